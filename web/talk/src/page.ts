// The plain page at /call: a button, captions, consents, hang up. In the language that the address asks for, else in
// the browser's.

import { type Call, type CallEvent, NoCall, talk } from "./talk";
import { textsOf } from "./texts";

const part = (id: string) => document.getElementById(id) as HTMLElement;
const start = part("start") as HTMLButtonElement;
const end = part("end") as HTMLButtonElement;
const words = part("words") as HTMLFormElement;
const typed = part("typed") as HTMLInputElement;
const { program = "", name = "", locale: asked } = document.body.dataset;
const locale = asked || (navigator.language.toLowerCase().startsWith("es") ? "es-US" : "en-US");
const texts = textsOf(locale);
let call: Call | null = null;

document.documentElement.lang = locale.slice(0, 2);
document.title = `${texts.call} ${name}`;
for (const id of ["call", "intro", "start", "end", "type", "send", "sharing"] as const) {
  part(id).textContent = id === "call" ? document.title : texts[id];
}
part("captions").ariaLabel = texts.log;
part("choices").ariaLabel = texts.answers;

start.onclick = async () => {
  start.disabled = true;
  for (const id of ["captions", "consents", "choices"]) part(id).replaceChildren();
  try {
    call = await talk({ program, onEvent: show, locale });
    end.disabled = false;
  } catch (error) {
    state(error instanceof NoCall ? why(error, texts.refused) : texts.failed);
    start.disabled = false;
  }
};
end.onclick = () => call?.hangUp();
words.onsubmit = (event) => {
  event.preventDefault();
  const text = typed.value.trim();
  if (text) call?.type(text);
  typed.value = "";
};

function show(event: CallEvent): void {
  switch (event.type) {
    case "state":
      return changed(event.state);
    case "line":
      caption("agent", event.text);
      return offer(event.choices);
    case "said":
      return caption("caller", event.text);
    case "gate":
      return state(event.open ? texts.known : texts.unknown);
    case "consent":
      return consent(event.recipient, event.name ?? event.recipient, event.decision);
    case "ended":
      return state(texts.over);
    case "error":
      return state(why(event, texts.wrong));
  }
}

// A reason in the page's language: the server's are English.
function why({ code, message }: { code: string; message: string }, otherwise: string): string {
  if (code === "no_microphone" || code === "unreachable" || code === "silent") return texts[code];
  return locale.startsWith("en") ? message : otherwise;
}

function changed(now: "connecting" | "connected" | "disturbed" | "over"): void {
  state(texts[now]);
  if (now !== "over") return;
  call = null;
  start.disabled = false;
  end.disabled = true;
  offer([]);
}

function state(text: string): void {
  part("state").textContent = text;
}

function caption(who: "agent" | "caller", text: string): void {
  const line = document.createElement("p");
  line.className = who;
  line.textContent = text;
  part("captions").append(line);
  line.scrollIntoView({ block: "nearest" });
}

function offer(choices: { value: string; label: string }[]): void {
  part("choices").replaceChildren(
    ...choices
      // A signature is spoken here.
      .filter(({ value }) => value !== "sign")
      .map(({ value, label }) => button(label, () => call?.choose(value))),
  );
}

function consent(recipient: string, name: string, decision: string): void {
  const id = `consent-${recipient}`;
  const row = document.createElement("li");
  row.id = id;
  const decided: Record<string, string> = texts;
  row.append(`${name}: ${decided[decision] ?? decision} `);
  if (decision === "granted") row.append(button(texts.revoke, () => call?.choose(`revoke:${recipient}`)));
  const known = document.getElementById(id);
  if (known) known.replaceWith(row);
  else part("consents").append(row);
}

function button(label: string, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.onclick = act;
  return made;
}
