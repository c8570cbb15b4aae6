// What goes between a page and the server: docs/web.md has the whole of it.

export interface Choice {
  value: string;
  label: string;
}

export interface Line {
  type: "line";
  id: string;
  kind: string;
  text: string;
  locale: string;
  elicits: string;
  choices: Choice[];
  must_see?: boolean;
  seq: number;
}

export interface Consent {
  type: "consent";
  recipient: string;
  decision: string;
  name: string | null;
  seq: number;
}

/** How the chat goes on by phone: without a code the number can be called, and the call begins anew. */
export interface Handover {
  type: "handover";
  number: string | null;
  code: string | null;
  link: string | null;
  expires: string | null;
}

export type ServerEvent =
  | { type: "started"; call_id: string; resume: string }
  | Line
  | Consent
  | { type: "listening"; expecting: string }
  | { type: "moved"; to: string; seq: number }
  | { type: "said"; text: string }
  | { type: "gate"; open: boolean; seq: number }
  | Handover
  | { type: "ended"; outcome: string; seq: number }
  | { type: "error"; code: string; message: string };

export type PageMessage =
  | { type: "start"; locale: string; resume: string | null; after: number }
  | { type: "text"; text: string }
  | { type: "choice"; value: string; name?: string }
  | { type: "seen"; line: string }
  | { type: "handover" }
  | { type: "end" };
