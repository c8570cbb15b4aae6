// Talking instead of typing, in the same chat: the button, the microphone's state, and the way back.

import { type Call, NoCall, talk } from "../../talk/src/talk";
import { make } from "./make";
import type { Words } from "./texts";

export interface Place {
  program: string;
  server: string;
  /** The token of the chat that is gone on with; it goes in a header. */
  token(): string | null;
  /** Talking began, or ended. */
  changed(talking: boolean): void;
}

const LEVEL_MS = 120;

/** Whether this page may have a microphone at all. */
export function canTalk(): boolean {
  return isSecureContext && "RTCPeerConnection" in window && !!navigator.mediaDevices?.getUserMedia;
}

export class Voice {
  readonly bar: HTMLElement;
  private call: Call | null = null;
  /** Every try has its own; one that was given up is hung up when it comes. */
  private tries = 0;
  private trying: AbortController | null = null;
  private busy = false;
  private connected = false;
  private muted = false;
  private meter: { context: AudioContext; timer: number } | null = null;

  private readonly state = make("p", { class: "mic", role: "status" });
  private readonly level = make("span", { class: "level", "aria-hidden": "true" });
  private readonly begin: HTMLButtonElement;
  private readonly mute: HTMLButtonElement;
  private readonly stop: HTMLButtonElement;

  constructor(
    private readonly words: Words,
    private readonly place: Place,
  ) {
    this.begin = make("button", { type: "button", class: "talk" }, words.talk);
    this.begin.onclick = () => void this.start();
    this.mute = make("button", { type: "button", class: "small", "aria-pressed": "false" }, words.mute);
    this.mute.onclick = () => this.setMuted(!this.muted);
    this.stop = make("button", { type: "button", class: "small" }, words.type);
    this.stop.onclick = () => this.end();
    this.bar = make("div", { class: "voice", role: "group", "aria-label": words.voice }, this.state, this.level, this.begin, this.mute, this.stop);
    this.show("");
  }

  get talking(): boolean {
    return this.call !== null;
  }

  /** The microphone is off at once, and the chat goes on in writing. */
  end(): void {
    this.giveUp(this.call ? this.words.typing : "");
  }

  /** Nobody talks in a chat that is over, or that another page goes on with. */
  close(): void {
    this.end();
    this.bar.hidden = true;
  }

  /** The server listens no more: the chat goes on in writing. */
  ended(): void {
    // One that is still connecting is another than the one that ended.
    if (this.connected) this.end();
  }

  /** Whose turn it is, for those who look; those who listen hear it. */
  turn(caller: boolean): void {
    this.bar.dataset["turn"] = caller ? "caller" : "agent";
  }

  /** The server cannot take this voice. */
  refused(): void {
    this.giveUp(this.words.noVoice, true);
  }

  private async start(): Promise<void> {
    const token = this.place.token();
    if (!token || this.call || this.busy) return;
    this.tries += 1;
    const mine = this.tries;
    this.busy = true;
    this.connected = false;
    this.trying = new AbortController();
    this.show(this.words.asking);
    try {
      const call = await talk({
        program: this.place.program,
        server: this.place.server,
        token,
        signal: this.trying.signal,
        onEvent: (event) => {
          if (mine !== this.tries) return;
          if (event.type === "state" && event.state === "connected") this.joined();
          else if (event.type === "state" && event.state === "disturbed") this.show(this.words.disturbed, true);
          else if (event.type === "state" && event.state === "over") this.over(this.words.typing);
          else if (event.type === "error" && event.code === "silent") this.show(this.words.silent, true);
        },
      });
      if (mine !== this.tries) return call.hangUp();
      this.busy = false;
      this.call = call;
      this.listen(call.voice);
      this.show(this.words.joining);
      this.place.changed(true);
      if (this.connected) this.joined();
    } catch (error) {
      if (mine !== this.tries) return;
      const refused = error instanceof NoCall && error.code === "no_microphone";
      this.over(refused ? this.words.noMicrophone : this.words.noVoice, true);
    }
  }

  private joined(): void {
    this.connected = true;
    if (this.call) this.show(this.muted ? this.words.muted : this.words.talking);
  }

  private giveUp(why: string, alert = false): void {
    const trying = this.trying;
    this.tries += 1;
    this.over(why, alert);
    trying?.abort();
  }

  private over(why: string, alert = false): void {
    const talked = this.call !== null;
    this.call = null;
    this.trying = null;
    this.busy = this.muted = this.connected = false;
    if (this.meter) {
      clearInterval(this.meter.timer);
      void this.meter.context.close();
      this.meter = null;
    }
    this.show(why, alert);
    if (talked) this.place.changed(false);
  }

  private setMuted(muted: boolean): void {
    this.muted = muted;
    this.call?.mute(muted);
    this.show(muted ? this.words.muted : this.words.talking);
  }

  private show(text: string, alert = false): void {
    const talking = this.call !== null;
    const root = this.bar.getRootNode();
    const focused = root instanceof ShadowRoot ? root.activeElement : null;
    if (this.state.textContent !== text) this.state.textContent = text;
    this.state.hidden = !text;
    this.state.classList.toggle("alert", alert);
    this.begin.hidden = talking;
    this.begin.setAttribute("aria-disabled", String(this.busy));
    this.mute.hidden = this.stop.hidden = this.level.hidden = !talking;
    this.mute.setAttribute("aria-pressed", String(this.muted));
    this.bar.dataset["voice"] = talking ? (this.muted ? "muted" : "talking") : "typing";
    // What had the focus may be hidden now: it goes to what stands in its place.
    if (focused instanceof HTMLElement && focused.hidden && this.bar.contains(focused)) (talking ? this.mute : this.begin).focus();
  }

  /** How loud the microphone is, so that people see that they are heard. */
  private listen(voice: MediaStream): void {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 512;
    context.createMediaStreamSource(voice).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = window.setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      const level = this.muted ? 0 : Math.min(1, Math.sqrt(power) * 6);
      this.level.style.setProperty("--level", level.toFixed(2));
    }, LEVEL_MS);
    this.meter = { context, timer };
  }
}
