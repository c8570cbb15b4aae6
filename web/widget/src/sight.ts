// Whether a text was really displayed: every bit of it, whole, in the window, while the page was the one looked at.
// The browser says so; nothing is taken for seen because some time has passed.

/** So many characters are watched as one: small enough to fit on any screen, at any zoom. */
const BIT_CHARS = 60;

export class Sight {
  private readonly waiting = new Map<Element, () => void>();
  private readonly observer = new IntersectionObserver((entries) => this.looked(entries), { threshold: [0.99, 1] });
  private readonly back = () => this.lookAgain();

  constructor() {
    document.addEventListener("visibilitychange", this.back);
  }

  /** Fills `into` with the text, and calls `seen` once all of it was displayed. */
  watch(into: HTMLElement, text: string, seen: () => void): void {
    let left = 0;
    const bits: HTMLElement[] = [];
    for (const paragraph of text.split("\n").filter((line) => line.trim())) {
      const p = document.createElement("p");
      for (const bit of bitsOf(paragraph)) {
        const span = document.createElement("span");
        span.textContent = bit;
        p.append(span);
        bits.push(span);
      }
      into.append(p);
    }
    left = bits.length;
    for (const bit of bits) {
      this.waiting.set(bit, () => {
        left -= 1;
        if (left === 0) seen();
      });
      this.observer.observe(bit);
    }
  }

  stop(): void {
    this.observer.disconnect();
    this.waiting.clear();
    document.removeEventListener("visibilitychange", this.back);
  }

  private looked(entries: IntersectionObserverEntry[]): void {
    if (document.visibilityState !== "visible") return;
    for (const entry of entries) {
      const { width, height } = entry.boundingClientRect;
      if (entry.intersectionRatio < 0.99 || width === 0 || height === 0) continue;
      const seen = this.waiting.get(entry.target);
      this.waiting.delete(entry.target);
      this.observer.unobserve(entry.target);
      seen?.();
    }
  }

  /** What was displayed while the page was hidden is looked at again. */
  private lookAgain(): void {
    if (document.visibilityState !== "visible") return;
    for (const bit of this.waiting.keys()) {
      this.observer.unobserve(bit);
      this.observer.observe(bit);
    }
  }
}

function bitsOf(paragraph: string): string[] {
  const bits: string[] = [];
  let bit = "";
  for (const word of paragraph.split(/(?<=\s)/)) {
    if (bit && bit.length + word.length > BIT_CHARS) {
      bits.push(bit);
      bit = "";
    }
    bit += word;
  }
  if (bit) bits.push(bit);
  return bits;
}
