"use strict";
// The page about one call. Everything is drawn from the JSON in the page, as text; nothing is asked of any network.
const data = JSON.parse(document.getElementById("data").textContent);
const page = document.getElementById("page");

const SPEAKS = new Set(["caller", "agent", "either"]);

function make(tag, attributes, ...inside) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...inside.filter((part) => part !== null && part !== undefined));
  return node;
}
const clock = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}.${Math.floor(ms % 1000 / 100)}`;
const spoken = {
  same: "as recorded", differs: "differs", unread: "not replayable to the end",
  right: "as it must be", wrong: "not as it must be", unjudged: "could not be judged",
};
const NAMES = {
  caller: "Caller", agent: "Agent", either: "Both parties", script: "Script", judged: "Judged", phase: "Waits for", meaning: "Meaning", consent: "Consents", gate: "Gate",
  barge_in: "Cut off", latency: "Latency", gap: "Not readable",
};

// ---- what it is, and what was found
const about = () => {
  const begun = data.call.started_at.replace("T", " ").replace(/\.\d+Z$/, " UTC");
  return `Program ${data.call.program}, by ${data.call.channel}, ${data.call.locale}, begun ${begun}; ended: ${data.call.outcome || "cut off"}. ` +
    `${data.compared} of ${data.entries} entries compared, ${data.mode === "exact" ? "on the script it ran on" : "as if it had run on this script (what-if)"}.`;
};
const masking = data.foreign ? "What the caller told is masked, in text and in sound; a clear yes or no to what is judged is not." : "Sensitive words are masked, in text and in sound.";
page.replaceChildren(
  make("header", {},
    make("div", { class: "head" },
      make("h1", {}, `${data.foreign ? "Recording" : "Call"} ${data.call.id}`),
      make("span", { class: `badge ${data.verdict}` }, spoken[data.verdict])),
    make("p", { class: "soft" }, data.foreign ? data.about : about()),
    data.open ? make("p", {}, make("span", { class: "badge unread" }, data.foreign ? "everything is shown" : "sensitive words are shown"))
      : make("p", { class: "soft" }, masking)));

if (data.found) {
  const { name, at_ms: at, why } = data.found;
  page.append(make("section", { class: "card found", "aria-label": "What was found" },
    make("p", {}, make("strong", {}, name), at === null ? ": " : ` at ${clock(at)}: `, why),
    at === null || !data.sound ? null : make("p", {}, hearing(at, name, at - 3000, at + 4000))));
}
if (data.cause || data.stopped) {
  const told = make("section", { class: "card found", "aria-label": "What was found" });
  if (data.cause) {
    told.append(make("p", {}, make("strong", {}, data.cause.name), ": ", data.first || ""));
    for (const because of data.cause.because) told.append(make("p", { class: "soft" }, `because: ${because}`));
  }
  if (data.stopped && data.stopped.stopped === "unreadable") {
    told.append(make("p", {}, `Not replayable from entry ${data.stopped.entry}, at ${clock(data.stopped.at_ms)}: it ${data.stopped.why}.`));
  }
  if (data.stopped && data.stopped.stopped === "diverged") {
    told.append(make("p", { class: "soft" }, `From entry ${data.stopped.entry} on, what the caller did no longer fits what the agent would say; nothing after it was compared.`));
  }
  page.append(told);
}
if (data.destroyed && data.destroyed.length && data.sound) {
  page.append(make("p", { class: "soft destroyed" },
    `Of the recording this was destroyed, and is silent: ${data.destroyed.map(([from, to]) => `${clock(from)} to ${clock(to)}`).join(", ")}.`));
}

page.append(make("h2", { id: "h-score" }, "Scorecard"));
const score = make("dl", { class: "score" });
for (const row of data.score) {
  const looks = { right: "ok", wrong: "not", unjudged: "unsure" }[row.standing] || (row.ok === true ? "ok" : row.ok === false ? "not" : "");
  score.append(make("div", {}, make("dt", {}, row.name), make("dd", { class: looks }, row.value)));
}
page.append(make("section", { class: "card", "aria-labelledby": "h-score" }, score));

// ---- the script of a recording of another system, word for word
if (data.evidence && data.evidence.length) {
  const texts = data.evidence.map((text) => {
    const [from, to] = text.span_ms || [null, null];
    const how = from === null ? "not read" : text.is_whole ? `read to its end, ${clock(from)} to ${clock(to)}` : `in part, ${clock(from)} to ${clock(to)}`;
    return make("li", {},
      make("p", {}, make("strong", {}, text.what), " ",
        make("span", { class: `badge ${text.is_whole ? "right" : "wrong"}` }, how),
        make("span", { class: "soft" }, ` ${text.percent} words in a hundred were recognised `),
        from === null || !data.sound ? null : hearing(from, text.what, from, to)),
      make("p", { class: "aligned" }, ...text.words.flatMap((word) => [
        word.at_ms === null ? make("del", {}, word.text) : make("span", { title: clock(word.at_ms) }, word.text), " "])));
  });
  page.append(make("h2", { id: "h-script" }, "The script, and what of it was said"),
    make("section", { class: "card", "aria-labelledby": "h-script" },
      make("p", { class: "soft" }, "Words that are struck out were not recognised where the text was read."),
      make("ul", { class: "evidence" }, ...texts)));
}

// ---- expected and actual, side by side
if (data.differences.length) {
  const side = (shown) => shown ? shown.words : "nothing of the kind";
  const body = make("tbody");
  for (const difference of data.differences) {
    body.append(make("tr", { class: difference.kind === "other" ? "" : "decisive" },
      make("td", { class: "when" }, `${clock(difference.at_ms)}, entry ${difference.entry}`),
      make("td", {}, difference.kind.replace("_", " ")),
      make("td", { "data-name": "recorded" }, side(difference.recorded)),
      make("td", { "data-name": "now" }, side(difference.replayed))));
  }
  page.append(make("h2", { id: "h-sides" }, "Recorded, and now"),
    make("section", { class: "card", "aria-labelledby": "h-sides" },
      make("table", { class: "sides wide" },
        make("thead", {}, make("tr", {}, ...["When", "In", "Recorded", "Now"].map((name) => make("th", { scope: "col" }, name)))),
        body)));
}
if (data.foreseen) {
  const row = (name, ending) => make("tr", {}, make("td", {}, name), make("td", { "data-name": "outcome" }, ending.outcome || "no end in sight"),
    make("td", { "data-name": "gate" }, ending.gate_opened ? "opened" : "never opened"),
    make("td", { "data-name": "consents" }, ending.consents.map(([to, decision]) => `${to}: ${decision}`).join(", ") || "none"));
  page.append(make("h2", { id: "h-ends" }, "How it would end"),
    make("section", { class: "card", "aria-labelledby": "h-ends" },
      make("table", { class: "sides" },
        make("thead", {}, make("tr", {}, ...["", "Outcome", "Gate", "Consents"].map((name) => make(name ? "th" : "td", name ? { scope: "col" } : {}, name)))),
        make("tbody", {}, row("recorded", data.recorded), row("forecast", data.foreseen))),
      make("p", { class: "soft" }, "The forecast takes what the caller said then as answers to what is asked now; interruptions are not foreseen.")));
}

// ---- the call in time
const audio = data.sound ? make("audio", { src: data.sound.wav, preload: "auto" }) : null;
let scale = 1, until = null, chosen = null;
const stage = make("div", { class: "card stage", tabindex: "0", role: "region", "aria-label": "The call in time; scrolls sideways" });
const inner = make("div", { class: "inner" });
const head = make("div", { class: "head-line", hidden: "" });
const detail = make("section", { class: "card detail", "aria-live": "polite", "aria-label": "What is chosen" },
  make("p", { class: "soft" }, audio ? "Choose a span to read it and hear it. Arrow keys go from span to span." : "This call has no recording in this report. Choose a span to read it; arrow keys go from span to span."));
const time = make("span", { class: "clock", role: "timer", "aria-label": "Time in the call" }, clock(0));
const play = make("button", { type: "button", id: "play", onclick: toggle }, "Play");
page.append(make("h2", { id: "h-time" }, "The call in time"),
  make("div", { class: "bar" }, audio ? play : null, audio ? time : null,
    make("button", { type: "button", "aria-label": "Wider", onclick: () => zoom(1.6) }, "+"),
    make("button", { type: "button", "aria-label": "Narrower", onclick: () => zoom(1 / 1.6) }, "\u2212")),
  stage, detail);
stage.append(inner);

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const peaks = data.sound ? { caller: bytes(data.sound.caller), agent: bytes(data.sound.agent) } : null;
const wide = () => Math.max(stage.clientWidth - labelWidth(), data.lasted_ms / 1000 * 14 * scale, 200);
const labelWidth = () => matchMedia("(max-width: 600px)").matches ? 76 : 104;

function draw() {
  const width = wide();
  const x = (ms) => ms / data.lasted_ms * width;
  inner.style.width = `${width + labelWidth()}px`;
  inner.replaceChildren();
  const lane = (name, kind) => {
    const track = make("div", { class: "track" });
    track.style.width = `${width}px`;
    inner.append(make("div", { class: `lane ${kind || ""}` }, make("b", {}, name), track));
    return track;
  };
  const ticks = lane("Time", "ticks");
  const every = [1, 2, 5, 10, 15, 30, 60, 120, 300].find((s) => x(s * 1000) > 62) || 600;
  for (let s = 0; s * 1000 < data.lasted_ms; s += every) {
    const tick = make("span", {}, clock(s * 1000).replace(/\.0$/, ""));
    tick.style.left = `${x(s * 1000)}px`;
    ticks.append(tick);
  }
  if (peaks) {
    for (const [party, name] of data.is_mono ? [["agent", "Sound"]] : [["caller", "Caller's sound"], ["agent", "Agent's sound"]]) {
      const track = lane(name, "wave");
      wave(track, peaks[party], width, party);
      const marks = [...data.sensitive.map((span) => [...span, "mask"]), ...(data.destroyed || []).map((span) => [...span, "mask gone"])];
      for (const [from, to, kind] of marks) {
        const mask = make("div", { class: kind, title: kind === "mask" ? "masked" : "destroyed: nothing is heard here" });
        mask.style.left = `${x(from)}px`;
        mask.style.width = `${x(to) - x(from)}px`;
        track.append(mask);
      }
    }
  }
  for (const kind of Object.keys(NAMES)) {
    const spans = data.spans.filter((span) => span.lane === kind);
    if (!spans.length) continue;
    const track = lane(NAMES[kind], kind);
    spans.forEach((span, at) => {
      const point = span.to_ms <= span.from_ms;
      const legible = x(span.to_ms) - x(span.from_ms) > 34;
      const title = words(span);
      const node = make("button", {
        type: "button", title, tabindex: at ? "-1" : "0", "aria-pressed": String(span === chosen),
        "aria-label": `${NAMES[kind]} at ${clock(span.from_ms)}: ${title}`,
        class: `span ${kind} ${kind === "gate" ? span.title : span.standing || ""} ${point ? "point" : ""} ${span.heard || span.cut ? "cut" : ""}`,
        onclick: () => choose(span, node), onkeydown: (event) => walk(event, track),
      }, !legible ? "" : SPEAKS.has(kind) ? span.text || (span.masked ? "masked" : span.title) : span.title);
      node.style.left = `${x(span.from_ms)}px`;
      if (!point) node.style.width = `${Math.max(6, x(span.to_ms) - x(span.from_ms) - 1)}px`;
      track.append(node);
    });
  }
  for (const difference of data.differences.filter((d) => d.kind !== "other").slice(0, 40)) {
    const line = make("div", { class: "differ-line" });
    line.style.left = `${labelWidth() + x(difference.at_ms)}px`;
    inner.append(line);
  }
  inner.append(head);
}

function wave(track, values, width, party) {
  const canvas = make("canvas", { role: "img", "aria-label": `Loudness of the ${party}` });
  const most = Math.min(Math.round(width * Math.min(devicePixelRatio || 1, 2)), 16000);
  canvas.width = most;
  canvas.height = 92;
  const pen = canvas.getContext("2d");
  pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(`--${party}`);
  for (let px = 0; px < most; px += 1) {
    const from = Math.floor(px / most * data.lasted_ms / data.sound.step_ms);
    const to = Math.max(from + 1, Math.floor((px + 1) / most * data.lasted_ms / data.sound.step_ms));
    let peak = 0;
    for (let at = from; at < to && at < values.length; at += 1) peak = Math.max(peak, values[at]);
    const tall = Math.max(1, Math.sqrt(peak / 255) * 88);
    pen.fillRect(px, 46 - tall / 2, 1, tall);
  }
  track.append(canvas);
}

function words(span) {
  const text = span.masked ? "[masked: sensitive]" : span.text;
  return [span.title, text, span.heard].filter(Boolean).join(" \u00b7 ");
}

function choose(span, node) {
  chosen = span;
  for (const other of inner.querySelectorAll('[aria-pressed="true"]')) other.setAttribute("aria-pressed", "false");
  if (node) node.setAttribute("aria-pressed", "true");
  const text = span.masked ? make("p", { class: "masked" }, "masked: sensitive") : span.text ? make("p", {}, span.text) : null;
  detail.replaceChildren(
    make("p", {}, make("strong", {}, [NAMES[span.lane], span.title].filter(Boolean).join(": ")),
      make("span", { class: "soft" }, ` ${clock(span.from_ms)} to ${clock(span.to_ms)}${span.entry === undefined ? "" : `, entry ${span.entry}`}`)),
    ...[text, span.heard ? make("p", { class: "soft" }, span.heard) : null].filter(Boolean));
  if (data.foreign && span.to_ms <= span.from_ms) hear(span.from_ms - 3000, span.from_ms + 4000);
  else hear(span.from_ms, Math.max(span.to_ms, span.from_ms + 1500));
}

function hearing(at, name, from, to) {
  return make("button", { type: "button", class: "hear", "aria-label": `Hear it: ${name}, at ${clock(at)}`, onclick: () => hear(Math.max(0, from), to) }, "Hear it");
}

function hear(from, to) {
  if (!audio) return;
  audio.currentTime = Math.max(0, from) / 1000;
  until = to;
  audio.play().catch(() => { play.textContent = "Play"; });
}

function toggle() {
  until = null;
  if (audio.paused) audio.play().catch(() => {});
  else audio.pause();
}

function walk(event, track) {
  const all = [...track.querySelectorAll("button")];
  const at = all.indexOf(event.target);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined || !all[to]) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const lanes = [...inner.querySelectorAll(".track")].filter((lane) => lane.querySelector("button"));
    const next = lanes[lanes.indexOf(track) + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    const left = event.target.offsetLeft;
    const near = [...next.querySelectorAll("button")].sort((a, b) => Math.abs(a.offsetLeft - left) - Math.abs(b.offsetLeft - left))[0];
    return near.focus();
  }
  event.preventDefault();
  all[at].tabIndex = -1;
  all[to].tabIndex = 0;
  all[to].focus();
}

function zoom(by) {
  const middle = (stage.scrollLeft + stage.clientWidth / 2) / inner.clientWidth;
  scale = Math.min(40, Math.max(0.1, scale * by));
  draw();
  stage.scrollLeft = middle * inner.clientWidth - stage.clientWidth / 2;
}

if (audio) {
  audio.addEventListener("play", () => { play.textContent = "Pause"; head.hidden = false; requestAnimationFrame(follow); });
  audio.addEventListener("pause", () => { play.textContent = "Play"; });
  document.body.append(audio);
}
function follow() {
  const ms = audio.currentTime * 1000;
  time.textContent = clock(ms);
  head.style.left = `${labelWidth() + ms / data.lasted_ms * wide()}px`;
  if (until !== null && ms >= until) { until = null; audio.pause(); }
  if (!audio.paused) requestAnimationFrame(follow);
}

// ---- the words, for reading and for paper
const list = make("ol", { class: "words" });
for (const span of data.spans.filter((span) => SPEAKS.has(span.lane))) {
  const said = span.masked ? make("span", { class: "masked" }, "masked: sensitive") : span.text || `(${span.title})`;
  list.append(make("li", { class: span.lane },
    make("button", { type: "button", "aria-label": `${audio ? "Hear" : "Show"} ${NAMES[span.lane]} at ${clock(span.from_ms)}`, onclick: () => choose(span, null) }, clock(span.from_ms)),
    make("div", {}, make("span", { class: "who" }, `${NAMES[span.lane]} `),
      make("span", { class: "soft" }, span.lane === "agent" && !data.foreign ? `${span.title} ` : ""), said,
      span.heard ? make("span", { class: "soft" }, ` (${span.heard})`) : null)));
}
page.append(make("h2", { id: "h-words" }, "Who said what"), make("section", { class: "card", "aria-labelledby": "h-words" }, list));

draw();
addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
