// A call from a page: the microphone to the server, the agent's voice back, and what happens as events.
// One function; docs/browser-call.md has the protocol.

export interface Choice {
  value: string;
  label: string;
}

export type CallEvent =
  | { type: "started"; call_id: string }
  | { type: "line"; id: string; kind: string; text: string; elicits: string; choices: Choice[] }
  | { type: "heard"; line: string; complete: boolean }
  | { type: "said"; text: string }
  | { type: "listening"; expecting: string }
  | { type: "gate"; open: boolean }
  | { type: "consent"; recipient: string; name?: string; decision: string }
  | { type: "request"; kind: string }
  | { type: "ended"; outcome: string }
  | { type: "error"; code: string; message: string }
  // Of the connection itself, told by this side.
  | { type: "state"; state: "connecting" | "connected" | "disturbed" | "over" };

export interface Options {
  program: string;
  onEvent: (event: CallEvent) => void;
  /** Where the server is; the page's own where it is left out. */
  server?: string;
  /** The language to begin in, as "es-US". */
  locale?: string;
  /** The token of a chat that is gone on with by voice; without one a call begins. */
  token?: string;
  /** TURN servers for callers whose network lets no UDP through. */
  relays?: RTCIceServer[];
  /** Gives the call up, also one that is still being made: the microphone is off at once. */
  signal?: AbortSignal;
  /** What to listen to instead of the microphone. Its owner stops it. */
  voice?: MediaStream;
}

export interface Call {
  /** The agent's voice, which is played already. */
  readonly agent: MediaStream;
  /** What the caller is heard by. */
  readonly voice: MediaStream;
  type(text: string): void;
  choose(value: string, name?: string): void;
  press(key: string): void;
  /** Sends silence instead of the caller's voice. */
  mute(on: boolean): void;
  hangUp(): void;
}

/** Why there is no call: `code` is for programs, the message for people. */
export class NoCall extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const REPORT_MS = 200;
const GATHER_MS = 1000;

export async function talk(options: Options): Promise<Call> {
  const { program, onEvent } = options;
  const voice = options.voice ?? (await microphone());
  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: options.relays ?? [] });
  const agent = new MediaStream();
  const player = new Audio();
  player.srcObject = agent;
  const page = connection.createDataChannel("candor");
  let place: string | null = null;
  let over = false;
  let reports = 0;

  const send = (message: object) => {
    if (page.readyState === "open") page.send(JSON.stringify(message));
  };
  const close = () => {
    if (over) return;
    over = true;
    clearInterval(reports);
    removeEventListener("pagehide", hangUp);
    connection.close();
    player.srcObject = null;
    if (!options.voice) for (const track of voice.getTracks()) track.stop();
    onEvent({ type: "state", state: "over" });
  };
  const hangUp = () => {
    if (over) return;
    send({ type: "end" });
    if (place) void fetch(place, { method: "DELETE", keepalive: true, credentials: "omit" }).catch(() => {});
    close();
  };

  for (const track of voice.getAudioTracks()) connection.addTrack(track, voice);
  connection.ontrack = ({ track, receiver }) => {
    agent.addTrack(track);
    void player.play().catch(() => {
      if (!over) onEvent({ type: "error", code: "silent", message: "This page may not play sound." });
    });
    reports = setInterval(() => report(receiver, send), REPORT_MS);
  };
  connection.onconnectionstatechange = () => {
    const state = connection.connectionState;
    if (state === "connected") onEvent({ type: "state", state: "connected" });
    else if (state === "disconnected") onEvent({ type: "state", state: "disturbed" });
    else if (state === "failed" || state === "closed") close();
  };
  page.onmessage = ({ data }) => onEvent(JSON.parse(String(data)) as CallEvent);
  page.onclose = close;
  addEventListener("pagehide", hangUp);
  options.signal?.addEventListener("abort", hangUp);

  onEvent({ type: "state", state: "connecting" });
  try {
    if (options.signal?.aborted) hangUp();
    if (over) throw new NoCall("given_up", "The call was given up.");
    await connection.setLocalDescription(await connection.createOffer());
    await gathered(connection);
    const server = options.server ?? location.origin;
    const url = new URL(`/call/${encodeURIComponent(program)}`, server);
    if (options.locale) url.searchParams.set("locale", options.locale);
    const headers: Record<string, string> = { "content-type": "application/sdp" };
    if (options.token) headers["authorization"] = `Bearer ${options.token}`;
    const response = await fetch(url, {
      method: "POST",
      headers,
      body: connection.localDescription?.sdp ?? "",
      credentials: "omit",
      cache: "no-store",
      ...(options.signal ? { signal: options.signal } : {}),
    });
    if (response.status !== 201) throw await refused(response);
    place = new URL(response.headers.get("location") ?? "", url).href;
    await connection.setRemoteDescription({ type: "answer", sdp: await response.text() });
  } catch (error) {
    close();
    throw error instanceof NoCall ? error : new NoCall("unreachable", "The server cannot be reached. Try again in a moment.");
  }
  return {
    agent,
    voice,
    type: (text) => send({ type: "text", text }),
    choose: (value, name) => send(name === undefined ? { type: "choice", value } : { type: "choice", value, name }),
    press: (key) => send({ type: "key", key }),
    mute: (on) => {
      for (const track of voice.getAudioTracks()) track.enabled = !on;
    },
    hangUp,
  };
}

async function microphone(): Promise<MediaStream> {
  try {
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch {
    throw new NoCall("no_microphone", "This page may not use the microphone, or there is none. Allow it, then try again.");
  }
}

// What was really played: a line counts as heard only then.
function report(receiver: RTCRtpReceiver, send: (message: object) => void): void {
  const [source] = receiver.getSynchronizationSources();
  if (source) send({ type: "played", timestamp: source.rtpTimestamp });
}

function gathered(connection: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const look = () => connection.iceGatheringState === "complete" && resolve();
    connection.addEventListener("icegatheringstatechange", look);
    setTimeout(resolve, GATHER_MS);
    look();
  });
}

async function refused(response: Response): Promise<NoCall> {
  const wrong = (await response.json().catch(() => ({}))) as { code?: string; message?: string };
  return new NoCall(wrong.code ?? "refused", wrong.message ?? "No call can be taken now. Try again in a moment.");
}
