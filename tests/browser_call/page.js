// Runs in the page before its own script: a microphone that plays clips when the agent listens, ears on what the page
// plays, and the moments of both. `SETUP` is put in by run.py: {clips, script, whenever, relay, microphone, ears, ice, only, until}.
// Where the microphone is the browser's own, what is said lies in a file already, and only the ears are ours.
(() => {
  const setup = SETUP;
  const events = [];
  const lags = [];
  const captured = [];
  window.told = { events, lags, captured, over: false, speak: (text) => void speak(text) };

  // The microphone.
  const speaking = new AudioContext({ sampleRate: 48000 });
  const microphone = speaking.createMediaStreamDestination();
  if (!setup.microphone) navigator.mediaDevices.getUserMedia = async () => {
    await speaking.resume();
    // Without a source the context gives no samples at all, not even silence.
    const silence = speaking.createConstantSource();
    silence.offset.value = 0;
    silence.connect(microphone);
    silence.start();
    return microphone.stream;
  };
  let spokeUntil = 0;
  const speak = async (text) => {
    const bytes = Uint8Array.from(atob(setup.clips[text]), (c) => c.charCodeAt(0));
    const clip = speaking.createBufferSource();
    clip.buffer = await speaking.decodeAudioData(bytes.buffer);
    clip.connect(microphone);
    // A clip ends with silence of its own; the caller's last sound is what counts.
    const samples = clip.buffer.getChannelData(0);
    let last = samples.length - 1;
    while (last > 0 && Math.abs(samples[last]) < 0.01) last--;
    clip.start();
    spokeUntil = speaking.currentTime + last / clip.buffer.sampleRate;
    ears?.port.postMessage({ until: spokeUntil });
  };

  // The ears, on the same clock as the microphone.
  let ears = null;
  const hear = async (stream) => {
    if (!setup.ears) return;
    await speaking.resume();
    await speaking.audioWorklet.addModule(URL.createObjectURL(new Blob([setup.ears], { type: "text/javascript" })));
    ears = new AudioWorkletNode(speaking, "ears");
    ears.port.onmessage = ({ data: { piece, answered } }) => {
      if (answered) lags.push({ expecting: window.told.answered, ms: (answered - spokeUntil) * 1000 });
      if (!piece) return;
      window.told.capturedFrom ??= performance.now() - piece.length / 16;
      for (const sample of piece) captured.push(sample);
    };
    speaking.createMediaStreamSource(stream).connect(ears);
    ears.connect(speaking.destination);
  };

  // The caller: answers what the agent waits for, when the agent has stopped talking.
  const script = [...(setup.script ?? [])];
  const given = {};
  let waiting = null;
  let page = null;
  const answer = () => {
    if (waiting === null || setup.microphone) return;
    const next = script.findIndex(([expecting]) => expecting === waiting);
    let said = null;
    if (waiting.startsWith("confirm:") && next !== 0) said = setup.whenever;
    else if (next >= 0) said = given[waiting] = script.splice(next, 1)[0][1];
    // What was not understood is asked again, and answered again.
    else said = given[waiting] ?? null;
    if (said === null) return;
    window.told.answered = waiting;
    waiting = null;
    // `{...}` is sent on the data channel as the page's own buttons do; anything else is spoken.
    if (said.startsWith("{")) page.send(said);
    else setTimeout(() => speak(said), 300);
  };
  const happened = (event) => {
    events.push({ ...event, t: performance.now() });
    if (event.type === "listening") {
      waiting = event.expecting;
      answer();
    }
    if (event.type === "ended" || event.type === setup.until) window.told.over = true;
  };

  const create = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (...named) {
    window.call = this;
    this.addEventListener("track", ({ track }) => hear(new MediaStream([track])));
    page = create.apply(this, named);
    page.addEventListener("message", ({ data }) => happened(JSON.parse(data)));
    page.addEventListener("close", () => (window.told.over = true));
    return page;
  };

  // All packets go through a relay: its port for the server's.
  const describe = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const { relay } = setup;
    const port = /^(a=candidate:\S+ \d \S+ \S+ )\S+ (\d+) /gm;
    const through = (sdp) => sdp.replace(port, (_, before, own) => `${before}127.0.0.1 ${relay[own]} `);
    // Where the server can only be reached by some kind of address, the others lead nowhere.
    const known = (candidate) => (candidate.includes(setup.only ?? "") ? candidate : "");
    window.told.answer = description.sdp;
    const sdp = relay ? through(description.sdp) : description.sdp.replace(/^a=candidate:.*\r\n/gm, known);
    return describe.call(this, { type: description.type, sdp });
  };

  // How this browser may connect, where that is not for it to say.
  const Connection = RTCPeerConnection;
  window.RTCPeerConnection = class extends Connection {
    constructor(settings) {
      super({ ...settings, ...setup.ice });
    }
  };

  // By which way the call goes: [type of the candidate, protocol to its relay, address] of both sides.
  window.way = async () => {
    const stats = await window.call.getStats();
    const pair = [...stats.values()].find((s) => s.type === "candidate-pair" && s.nominated && s.state === "succeeded");
    const side = (id) => {
      const { candidateType, relayProtocol, address } = stats.get(id);
      return [candidateType, relayProtocol ?? null, address ?? null];
    };
    return pair ? [side(pair.localCandidateId), side(pair.remoteCandidateId)] : null;
  };
})();
