// One chat on a page: what is shown, what can be done, and nothing kept but the token to go on with it.

import { Connection, type State } from "./connection";
import { make } from "./make";
import type { Choice, Consent, Handover, Line, ServerEvent } from "./protocol";
import { Sight } from "./sight";
import { STYLE } from "./style";
import { wordsOf, type Words } from "./texts";
import { canTalk, Voice } from "./voice";

export interface Options {
  program: string;
  server: string;
  locale: string;
  title: string | null;
  exitTo: string | null;
}

const ESCAPES_WITHIN_MS = 1500;

/** A number of this country as people write it. */
function spaced(number: string): string {
  return number.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, "+1 $1 $2 $3");
}

export class Chat {
  private words: Words;
  private locale: string;
  private connection: Connection | null = null;
  private sight = new Sight();
  private state: State = "connecting";
  private readonly consents = new Map<string, Consent>();
  private readonly unseen = new Set<string>();
  private transcript: string[] = [];
  private choices: Choice[] = [];
  private replaying = false;
  private first: HTMLElement | null = null;
  private escaped = 0;

  private box!: HTMLElement;
  private status!: HTMLElement;
  private sharing!: HTMLElement;
  private log!: HTMLElement;
  private hint!: HTMLElement;
  private answers!: HTMLElement;
  private signing!: HTMLFormElement;
  private signer!: HTMLInputElement;
  private signButton!: HTMLButtonElement;
  private writing!: HTMLButtonElement;
  private typing!: HTMLFormElement;
  private text!: HTMLInputElement;
  private phone!: HTMLElement;
  private tools!: HTMLElement;
  private voice: Voice | null = null;

  private readonly onKey = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    if (event.timeStamp - this.escaped < ESCAPES_WITHIN_MS) this.exit();
    this.escaped = event.timeStamp;
  };
  private readonly onNetwork = () => this.showState();

  constructor(
    private readonly shadow: ShadowRoot,
    private readonly options: Options,
  ) {
    this.locale = options.locale.toLowerCase().startsWith("es") ? "es-US" : "en-US";
    this.words = wordsOf(this.locale);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
    document.addEventListener("keydown", this.onKey);
    addEventListener("online", this.onNetwork);
    addEventListener("offline", this.onNetwork);
    const kept = this.kept();
    if (kept) this.begin(kept);
    else this.welcome();
  }

  leave(): void {
    this.voice?.close();
    this.connection?.close();
    this.sight.stop();
    document.removeEventListener("keydown", this.onKey);
    removeEventListener("online", this.onNetwork);
    removeEventListener("offline", this.onNetwork);
    this.shadow.replaceChildren();
  }

  // What is kept: the token, for as long as this tab is open.

  private get key(): string {
    return `candor-chat:${this.options.program}`;
  }

  private kept(): string | null {
    try {
      return sessionStorage.getItem(this.key);
    } catch {
      return null;
    }
  }

  private keep(token: string | null): void {
    try {
      if (token) sessionStorage.setItem(this.key, token);
      else sessionStorage.removeItem(this.key);
    } catch {
      // A browser that keeps nothing: the chat goes on, and ends with the page.
    }
  }

  // The frame.

  private frame(...inside: HTMLElement[]): void {
    const exit = make("button", { class: "exit", type: "button", "aria-describedby": "exit-hint" }, this.words.exit);
    exit.onclick = () => this.exit();
    this.status = make("p", { class: "status", role: "status" });
    this.box = make(
      "section",
      { class: "chat", lang: this.locale.slice(0, 2), "aria-labelledby": "title" },
      make(
        "header",
        {},
        make("div", { class: "name" }, make("h2", { id: "title" }, this.options.title ?? this.words.title), this.status),
        make("span", { id: "exit-hint", class: "away" }, this.words.exitHint),
        exit,
      ),
      ...inside,
    );
    this.shadow.replaceChildren(this.box);
  }

  private welcome(): void {
    const start = make("button", { class: "strong", type: "button" }, this.words.start);
    start.onclick = () => this.begin(null);
    const other = make("button", { class: "plain", type: "button", lang: this.words.otherTag.slice(0, 2) }, this.words.other);
    other.onclick = () => {
      this.locale = this.words.otherTag;
      this.words = wordsOf(this.locale);
      this.welcome();
      this.shadow.querySelector<HTMLElement>(".plain")?.focus();
    };
    this.frame(make("div", { class: "welcome" }, make("p", {}, this.words.intro), make("p", {}, this.words.exitHint), start, other));
    this.status.hidden = true;
  }

  private room(): void {
    const words = this.words;
    this.sharing = make("div", { class: "sharing", role: "region", "aria-label": words.sharing });
    this.log = make("div", { class: "log", role: "log", "aria-label": words.log, "aria-live": "polite", tabindex: "0" });
    this.hint = make("p", { class: "hint", role: "status" });
    this.answers = make("div", { class: "choices", role: "group", "aria-label": words.answers });

    this.signer = make("input", { autocomplete: "name", maxlength: "200", required: "" });
    this.signButton = make("button", { type: "submit" });
    this.signing = make("form", {}, make("label", {}, words.name, this.signer), this.signButton);
    this.signing.onsubmit = (event) => {
      event.preventDefault();
      const name = this.signer.value.trim();
      if (this.unseen.size || !name) return this.explain();
      this.choose({ value: "sign", label: this.signButton.textContent ?? "" }, name);
      this.signer.value = "";
    };

    this.writing = make("button", { type: "button" });
    this.writing.onclick = () => this.toggleWriting();

    this.text = make("input", { autocomplete: "off", maxlength: "2000", enterkeyhint: "send" });
    this.typing = make(
      "form",
      {},
      make("label", {}, words.answer, this.text),
      make("button", { class: "strong", type: "submit" }, words.send),
    );
    this.typing.onsubmit = (event) => {
      event.preventDefault();
      const text = this.text.value.trim();
      if (!text) return;
      if (!this.connection?.send({ type: "text", text })) return this.tell(words.notSent, true);
      this.text.value = "";
      this.mine(text);
      this.offer([]);
    };

    this.phone = make("div", { class: "phone", role: "region", "aria-label": words.phone, tabindex: "-1", hidden: "" });
    const phone = make("button", { class: "plain small", type: "button", "data-tool": "phone" }, words.phone);
    phone.onclick = () => {
      if (!this.connection?.send({ type: "handover" })) this.tell(words.notSent, true);
    };
    const save = make("button", { class: "plain small", type: "button", "data-tool": "save" }, words.save);
    save.onclick = () => this.save();
    const end = make("button", { class: "plain small", type: "button", "data-tool": "end" }, words.end);
    end.onclick = () => this.connection?.send({ type: "end" });
    this.tools = make("div", { class: "tools", role: "group", "aria-label": words.more }, phone, save, end);

    this.voice?.close();
    this.voice = canTalk()
      ? new Voice(words, {
          program: this.options.program,
          server: this.options.server,
          token: () => this.connection?.resume ?? null,
          changed: (talking) => this.talks(talking),
        })
      : null;
    const ways = this.voice ? [this.voice.bar] : [];

    this.frame(
      this.sharing,
      this.log,
      make("div", { class: "foot" }, this.hint, this.phone, this.answers, this.signing, this.typing, ...ways, this.tools),
    );
    this.showSharing();
    this.offer([]);
  }

  // The conversation.

  private begin(resume: string | null): void {
    this.consents.clear();
    this.unseen.clear();
    this.transcript = [];
    this.room();
    // What comes before the page is up to date is not read out again.
    this.replaying = resume !== null;
    if (this.replaying) this.log.setAttribute("aria-live", "off");
    this.connection = new Connection(this.options.server, this.options.program, this.locale, resume, {
      event: (event) => this.take(event),
      state: (state) => {
        this.state = state;
        if (state === "elsewhere") this.voice?.end();
        this.showState();
      },
    });
    this.connection.open();
    this.log.focus({ preventScroll: true });
  }

  private take(event: ServerEvent): void {
    switch (event.type) {
      case "started":
        this.keep(event.resume);
        break;
      case "line":
        this.line(event);
        break;
      case "consent":
        this.consents.set(event.recipient, event);
        this.showSharing();
        break;
      case "listening":
        this.listening();
        break;
      case "handover":
        this.offerPhone(event);
        break;
      case "ended":
        this.ended();
        break;
      case "error":
        this.failed(event.code);
        break;
      case "moved":
        this.moved(event.to);
        break;
      case "said":
        this.mine(event.text);
        break;
      case "gate":
        break;
    }
  }

  private line(line: Line): void {
    if (this.replaying && !this.log.childElementCount && line.locale !== this.locale) this.speak(line.locale);
    if (line.choices.length) this.choices = line.choices;
    this.voice?.turn(false);
    const mark = line.must_see ? " must" : "";
    const bubble = make("div", { class: `line ${line.kind}${mark}`, lang: line.locale.slice(0, 2), "data-line": line.id });
    if (line.must_see) {
      const label = line.kind === "signature" ? this.words.document : this.words.notice;
      bubble.append(make("span", { class: "label" }, label));
      this.unseen.add(line.id);
      this.sight.watch(bubble, line.text, () => {
        this.unseen.delete(line.id);
        this.connection?.send({ type: "seen", line: line.id });
        this.explain();
      });
    } else {
      bubble.append(make("p", {}, line.text));
    }
    this.transcript.push(`${this.words.assistant}: ${line.text}`);
    this.add(bubble);
    // Who talks hears the line now, and may answer it by a button at any time.
    if (this.voice?.talking) {
      if (line.choices.length) this.offer(line.choices);
      this.log.scrollTop = this.log.scrollHeight;
    }
  }

  /** The same chat goes on in another way: what counted stays, and what did not is said anew. */
  private moved(to: string): void {
    if (to === "chat") this.voice?.ended();
    this.unseen.clear();
    this.choices = [];
    this.offer([]);
  }

  /** The captions of a voice are not read out over it. */
  private talks(talking: boolean): void {
    this.log.setAttribute("aria-live", talking || this.replaying ? "off" : "polite");
    this.box.dataset["way"] = talking ? "talking" : "typing";
    this.offer([]);
  }

  /** A chat that goes on does so in its own language, which no storage holds. */
  private speak(locale: string): void {
    this.locale = locale;
    this.words = wordsOf(locale);
    this.room();
    this.log.setAttribute("aria-live", "off");
    this.showState();
  }

  private mine(text: string): void {
    this.box.dataset["turn"] = "agent";
    this.showPhone(false);
    this.transcript.push(`${this.words.you}: ${text}`);
    const bubble = make("div", { class: "line mine" }, make("span", { class: "away" }, `${this.words.you}: `), make("p", {}, text));
    this.add(bubble);
    this.first = null;
    this.log.scrollTop = this.log.scrollHeight;
    // What was not seen until now is asked for again where it counts.
    this.unseen.clear();
  }

  private add(bubble: HTMLElement): void {
    this.log.append(bubble);
    this.first ??= bubble;
  }

  /** The caller's turn: what is new is shown from its beginning. */
  private listening(): void {
    // What is offered to who talks stays until the next line.
    if (!this.voice?.talking || this.choices.length) this.offer(this.choices);
    this.choices = [];
    this.voice?.turn(true);
    if (this.replaying) {
      this.replaying = false;
      this.log.setAttribute("aria-live", "polite");
      this.log.scrollTop = this.log.scrollHeight;
    } else if (this.voice?.talking) {
      this.log.scrollTop = this.log.scrollHeight;
    } else if (this.first) {
      const top = this.first.offsetTop - this.log.offsetTop - 16;
      this.log.scrollTop = Math.min(top, this.log.scrollHeight);
    }
    this.first = null;
    this.box.dataset["turn"] = "caller";
  }

  private offer(choices: Choice[]): void {
    // Who talks signs by voice.
    const talking = this.voice?.talking ?? false;
    const sign = talking ? undefined : choices.find((choice) => choice.value === "sign");
    this.signing.hidden = !sign;
    this.typing.hidden = !!sign;
    this.writing.hidden = !sign;
    this.writing.textContent = this.words.write;
    if (sign) this.signButton.textContent = sign.label;
    const others = choices.filter((choice) => choice.value !== "sign");
    this.answers.replaceChildren(
      ...others.map((choice) => {
        // No answer looks like the better one: a yes counts only where a no was as easy.
        const button = make("button", { type: "button", "data-choice": choice.value }, choice.label);
        button.onclick = () => {
          if (button.getAttribute("aria-disabled") === "true") return this.explain();
          this.choose(choice);
        };
        return button;
      }),
    );
    if (sign) this.answers.append(this.writing);
    this.answers.hidden = others.length === 0;
    this.explain();
  }

  /** Who is asked to sign can write something else instead, and come back to signing. */
  private toggleWriting(): void {
    const writes = this.typing.hidden;
    this.typing.hidden = !writes;
    this.signing.hidden = writes;
    this.writing.textContent = writes ? this.words.sign : this.words.write;
    (writes ? this.text : this.signer).focus();
    this.explain();
  }

  private choose(choice: Choice, name?: string): void {
    if (!this.connection?.send({ type: "choice", value: choice.value, ...(name ? { name } : {}) })) {
      return this.tell(this.words.notSent, true);
    }
    this.mine(name ? `${name}. ${choice.label}` : choice.label);
    this.offer([]);
    this.log.focus({ preventScroll: true });
  }

  /** A yes is offered when what it is a yes to was displayed. */
  private explain(): void {
    const unread = this.unseen.size > 0;
    const yes = [...this.answers.querySelectorAll<HTMLElement>('[data-choice="affirm"]'), this.signButton];
    for (const button of yes) button.setAttribute("aria-disabled", String(unread));
    this.tell(unread && (!this.answers.hidden || !this.signing.hidden) ? this.words.readFirst : "", false);
  }

  private tell(text: string, alert: boolean): void {
    if (this.hint.textContent !== text) this.hint.textContent = text;
    this.hint.classList.toggle("alert", alert);
    this.hint.hidden = !text;
  }

  private failed(code: string): void {
    if (code === "resume_gone") {
      this.log.replaceChildren();
      this.consents.clear();
      this.showSharing();
      this.replaying = false;
      this.log.setAttribute("aria-live", "polite");
      this.tell(this.words.resumed, true);
    } else if (code === "unavailable" || code === "too_many") {
      this.connection?.close();
      this.keep(null);
      this.over(this.words.unavailable);
    } else if (code === "no_voice") {
      this.voice?.refused();
    } else if (code !== "unknown_line") {
      this.tell(this.words.wrong, true);
    }
  }

  /** The number, and the code large and in groups; read out digit by digit. */
  private offerPhone(offer: Handover): void {
    const words = this.words;
    const said = offer.code ? words.phoneHow : offer.number ? words.phoneAnew : words.phoneNone;
    const inside: HTMLElement[] = [make("p", {}, said)];
    if (offer.number && offer.link) inside.push(make("a", { href: offer.link }, `${words.call} ${spaced(offer.number)}`));
    if (offer.code && offer.expires) {
      const digits = [...offer.code].map((one) => (one === " " ? "," : one)).join(" ");
      const until = new Date(offer.expires).toLocaleTimeString(this.locale, { hour: "numeric", minute: "2-digit" });
      inside.push(
        make("p", {}, words.phoneCode),
        make("p", { class: "code" }, make("span", { "aria-hidden": "true" }, offer.code), make("span", { class: "away" }, digits)),
        make("p", {}, `${words.phoneUntil} ${until}.`),
      );
    }
    const close = make("button", { class: "small", type: "button" }, words.close);
    close.onclick = () => {
      this.showPhone(false);
      this.tools.querySelector<HTMLElement>('[data-tool="phone"]')?.focus({ preventScroll: true });
    };
    this.phone.replaceChildren(...inside, close);
    this.showPhone(true);
    this.phone.focus({ preventScroll: true });
  }

  /** On a small screen there is room for this or for an answer. */
  private showPhone(open: boolean): void {
    this.phone.hidden = !open;
    this.box.toggleAttribute("data-phone", open);
  }

  private ended(): void {
    this.keep(null);
    this.over(this.words.closed);
  }

  private over(why: string): void {
    this.voice?.close();
    this.state = "closed";
    this.box.dataset["turn"] = "nobody";
    this.offer([]);
    this.typing.hidden = true;
    this.tell(why, false);
    const again = make("button", { type: "button", class: "strong" }, this.words.again);
    again.onclick = () => {
      this.connection?.close();
      this.begin(null);
    };
    this.answers.replaceChildren(again);
    this.answers.hidden = false;
    this.showPhone(false);
    this.tools.querySelector('[data-tool="phone"]')?.remove();
    this.tools.lastElementChild?.remove();
    this.showSharing();
    this.showState();
  }

  // What is shared, always on the screen.

  private showSharing(): void {
    const words = this.words;
    const heading = make("h3", {}, `${words.sharing}: `);
    if (this.consents.size === 0) {
      return this.sharing.replaceChildren(heading, make("p", {}, words.nothing));
    }
    const rows = [...this.consents.values()].map((consent) => {
      const name = consent.name ?? consent.recipient;
      const granted = consent.decision === "granted";
      const told = (words as Record<string, string>)[consent.decision] ?? consent.decision;
      const row = make(
        "li",
        { "data-recipient": consent.recipient, "data-decision": consent.decision },
        make("span", { class: "mark", "aria-hidden": "true" }, granted ? "✓" : "–"),
        make("span", {}, name, " ", make("em", {}, `(${told})`)),
      );
      if (granted && this.state !== "closed") {
        const revoke = make("button", { class: "small", type: "button", "aria-label": `${words.revokeFor} ${name}` }, words.revoke);
        revoke.onclick = () => this.choose({ value: `revoke:${consent.recipient}`, label: `${words.revoke}: ${name}` });
        row.append(revoke);
      }
      return row;
    });
    this.sharing.replaceChildren(heading, make("ul", {}, ...rows));
  }

  private showState(): void {
    if (!this.connection) return;
    const offline = !navigator.onLine && this.state !== "closed";
    const text = offline ? this.words.offline : this.words[this.state];
    if (this.status.textContent !== text) this.status.textContent = text;
    if (this.voice) this.voice.bar.hidden = !this.connection.resume || this.state === "closed" || this.state === "elsewhere";
    this.status.dataset["state"] = offline ? "waiting" : this.state;
    if (this.state === "elsewhere") {
      const here = make("button", { type: "button", class: "strong" }, this.words.here);
      here.onclick = () => this.connection?.takeBack();
      this.answers.replaceChildren(here);
      this.answers.hidden = false;
      this.typing.hidden = this.signing.hidden = true;
    } else if (this.state === "open") {
      this.typing.hidden = !this.signing.hidden;
    }
  }

  // Leaving.

  private save(): void {
    const text = this.transcript.join("\n\n") + "\n";
    const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    make("a", { href: url, download: "chat.txt" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    this.tell(this.words.saved, false);
  }

  /** Away at once: the screen is cleared before anything that could take time, and "back" leads to no chat. */
  private exit(): void {
    this.voice?.close();
    this.keep(null);
    this.connection?.send({ type: "end" });
    this.transcript = [];
    this.leave();
    document.title = "";
    document.body.replaceChildren();
    location.replace(this.options.exitTo ?? new URL("blank", this.options.server).href);
  }
}
