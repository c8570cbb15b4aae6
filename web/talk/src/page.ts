// The plain page at /call: a button, captions, consents, hang up.

import { type Call, type CallEvent, NoCall, talk } from "./talk";

const part = (id: string) => document.getElementById(id) as HTMLElement;
const start = part("start") as HTMLButtonElement;
const end = part("end") as HTMLButtonElement;
const words = part("words") as HTMLFormElement;
const typed = part("typed") as HTMLInputElement;
let call: Call | null = null;

start.onclick = async () => {
  start.disabled = true;
  for (const id of ["captions", "consents", "choices"]) part(id).replaceChildren();
  try {
    const { program = "", locale = "" } = document.body.dataset;
    call = await talk({ program, onEvent: show, ...(locale ? { locale } : {}) });
    end.disabled = false;
  } catch (error) {
    state(error instanceof NoCall ? error.message : "Something went wrong. Reload the page and try again.");
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
      return state(event.open ? "You know the notice. Questions about your treatment may follow." : "No questions about your treatment are asked.");
    case "consent":
      return consent(event.recipient, event.decision);
    case "ended":
      return state("The call is over.");
    case "error":
      return state(event.message);
  }
}

function changed(now: string): void {
  const texts: Record<string, string> = {
    connecting: "Connecting…",
    connected: "Connected. You can speak.",
    disturbed: "The connection is disturbed. One moment…",
    over: "The call is over.",
  };
  state(texts[now] ?? now);
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

function consent(recipient: string, decision: string): void {
  const id = `consent-${recipient}`;
  const row = document.createElement("li");
  row.id = id;
  row.append(`${recipient}: ${decision} `);
  if (decision === "granted") row.append(button("Take back", () => call?.choose(`revoke:${recipient}`)));
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
