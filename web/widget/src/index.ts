// <candor-chat program="harbor">: a chat with a program, on any page. See docs/web.md.

import { Chat } from "./chat";

const script = document.currentScript as HTMLScriptElement | null;
const home = script?.src ? new URL(".", script.src).href : new URL("/", location.href).href;

class CandorChat extends HTMLElement {
  private chat: Chat | null = null;

  connectedCallback(): void {
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    this.chat = new Chat(shadow, {
      program: this.getAttribute("program") ?? "",
      server: new URL(this.getAttribute("server") ?? home, location.href).href,
      locale: this.getAttribute("locale") ?? navigator.language,
      title: this.getAttribute("heading"),
      exitTo: this.getAttribute("exit-to"),
    });
  }

  disconnectedCallback(): void {
    this.chat?.leave();
    this.chat = null;
  }
}

if (!customElements.get("candor-chat")) customElements.define("candor-chat", CandorChat);
