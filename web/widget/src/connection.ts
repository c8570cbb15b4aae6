// The way to the server: a WebSocket, or posts and a stream of events where no WebSocket gets through. It comes back
// by itself after the network was gone, and goes on after the last event it had.

import type { PageMessage, ServerEvent } from "./protocol";

export type State = "connecting" | "open" | "waiting" | "elsewhere" | "closed";

export interface Listener {
  event(event: ServerEvent): void;
  state(state: State): void;
}

/** Another page goes on with this chat. */
const TAKEN_OVER = 4001;
const WAIT_MS = [500, 1000, 2000, 4000, 8000, 15000];
/** After so many sockets that never opened, posts are tried. */
const DEAF_SOCKETS_MAX = 2;

export class Connection {
  private socket: WebSocket | null = null;
  private stream: AbortController | null = null;
  private address: string | null = null;
  private token: string | null;
  private after = 0;
  private tries = 0;
  private deaf = 0;
  private timer = 0;
  private over = false;
  private readonly online = () => this.again();

  constructor(
    private readonly server: string,
    private readonly program: string,
    private readonly locale: string,
    resume: string | null,
    private readonly to: Listener,
  ) {
    this.token = resume;
    addEventListener("online", this.online);
  }

  open(): void {
    clearTimeout(this.timer);
    if (this.over) return;
    this.to.state("connecting");
    if (this.deaf >= DEAF_SOCKETS_MAX) void this.openStream();
    else this.openSocket();
  }

  /** The token with which this chat is gone on with. */
  get resume(): string | null {
    return this.token;
  }

  /** Takes the chat back from another page. */
  takeBack(): void {
    this.over = false;
    this.open();
  }

  send(message: PageMessage): boolean {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify(message));
      return true;
    }
    if (this.stream && this.address) {
      void this.post(this.address, message);
      return true;
    }
    return false;
  }

  close(): void {
    this.over = true;
    clearTimeout(this.timer);
    removeEventListener("online", this.online);
    this.socket?.close();
    this.stream?.abort();
    this.socket = this.stream = null;
  }

  private start(): PageMessage {
    return { type: "start", locale: this.locale, resume: this.token, after: this.after };
  }

  private openSocket(): void {
    const url = new URL(`chat/${encodeURIComponent(this.program)}`, this.server);
    url.protocol = url.protocol.replace("http", "ws");
    let socket: WebSocket;
    try {
      socket = new WebSocket(url);
    } catch {
      this.deaf = DEAF_SOCKETS_MAX;
      return this.lost();
    }
    let opened = false;
    this.socket = socket;
    socket.onopen = () => {
      opened = true;
      this.deaf = 0;
      socket.send(JSON.stringify(this.start()));
    };
    socket.onmessage = (message) => {
      if (this.socket === socket) this.take(message.data as string);
    };
    socket.onclose = (closed) => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (!opened && navigator.onLine) this.deaf += 1;
      if (closed.code === TAKEN_OVER) this.elsewhere();
      else this.lost();
    };
  }

  private async openStream(): Promise<void> {
    const controller = new AbortController();
    this.stream = controller;
    try {
      const url = new URL(`chat/${encodeURIComponent(this.program)}`, this.server);
      const begun = await this.post(url.href, this.start());
      if (!begun?.ok) throw new Error("not begun");
      const started = (await begun.json()) as { call_id: string; resume: string; events: string };
      this.token = started.resume;
      this.address = `${url.href}/${started.call_id}`;
      const response = await fetch(`${this.address}/events`, {
        headers: { authorization: `Bearer ${this.token}`, "last-event-id": String(this.after) },
        signal: controller.signal,
      });
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      if (!response.ok || !reader) throw new Error("no events");
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const parts = (rest + value).split("\n\n");
        rest = parts.pop() ?? "";
        for (const part of parts) {
          const data = part.split("\n").find((line) => line.startsWith("data:"));
          if (data) this.take(data.slice(5).trim());
        }
      }
    } catch {
      // What was lost is asked for again.
    }
    if (this.stream === controller) {
      this.stream = null;
      this.lost();
    }
  }

  private async post(url: string, message: PageMessage): Promise<Response | null> {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.token) headers["authorization"] = `Bearer ${this.token}`;
    try {
      return await fetch(url, { method: "POST", headers, body: JSON.stringify(message), keepalive: true });
    } catch {
      return null;
    }
  }

  private take(text: string): void {
    const event = JSON.parse(text) as ServerEvent;
    if (event.type === "started") {
      this.token = event.resume;
      this.tries = 0;
      this.to.state("open");
    }
    if (event.type === "error" && event.code === "resume_gone") this.after = 0;
    if (event.type === "error" && event.code === "taken_over") return this.elsewhere();
    if ("seq" in event) this.after = Math.max(this.after, event.seq);
    if (event.type === "ended") this.over = true;
    this.to.event(event);
    if (event.type === "ended") this.to.state("closed");
  }

  private elsewhere(): void {
    this.over = true;
    this.to.state("elsewhere");
  }

  private lost(): void {
    if (this.over) return;
    this.to.state("waiting");
    const wait = WAIT_MS[Math.min(this.tries, WAIT_MS.length - 1)] ?? 15000;
    this.tries += 1;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.open(), wait);
  }

  private again(): void {
    if (!this.over && !this.socket && !this.stream) this.open();
  }
}
