// What a page plays, taken where it is mixed: on the browser's own audio thread, so that a busy page loses nothing of
// it. In comes `{ until }`, the moment at which the caller stops speaking; out go pieces of sound at 16 kHz, and
// `{ answered }`, the moment of the first sound after it. Moments are the audio context's, in seconds.
const PIECE = 1600;
const STEP = 3; // 48 kHz to 16 kHz
const LOUD = 0.02;

registerProcessor(
  "ears",
  class extends AudioWorkletProcessor {
    piece = new Int16Array(PIECE);
    filled = 0;
    sum = 0;
    summed = 0;
    until = null;

    constructor() {
      super();
      this.port.onmessage = ({ data }) => (this.until = data.until);
    }

    process([[samples]]) {
      for (const [n, sample] of (samples ?? new Float32Array(128)).entries()) {
        const now = currentTime + n / sampleRate;
        if (this.until !== null && now > this.until && Math.abs(sample) > LOUD) {
          this.port.postMessage({ answered: now });
          this.until = null;
        }
        this.sum += sample;
        if (++this.summed < STEP) continue;
        this.piece[this.filled++] = Math.max(-32768, Math.min(32767, Math.round((this.sum / STEP) * 32767)));
        this.sum = this.summed = 0;
        if (this.filled === PIECE) {
          this.port.postMessage({ piece: this.piece.slice() });
          this.filled = 0;
        }
      }
      return true;
    }
  },
);
