// How it looks. Everything a site may change is a custom property; docs/web.md lists them.

export const STYLE = `
:host {
  --accent: var(--candor-accent, #1f5f5b);
  --on-accent: var(--candor-on-accent, #ffffff);
  --background: var(--candor-background, #fbfaf7);
  --surface: var(--candor-surface, #ffffff);
  --text: var(--candor-text, #22302f);
  --muted: var(--candor-muted, #55625f);
  --rule: var(--candor-rule, #d9d6cd);
  --edge: var(--candor-edge, #7d8783);
  --mine: var(--candor-mine, #e3eeec);
  --warn: var(--candor-warn, #8a2f16);
  --radius: var(--candor-radius, 14px);
  display: block;
  color: var(--text);
  font: 1rem/1.55 var(--candor-font, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif);
  text-align: start;
  max-width: 44rem;
  margin-inline: auto;
}
@media (prefers-color-scheme: dark) {
  :host(:not([theme="light"])) {
    --accent: var(--candor-accent-dark, #8fd0c6);
    --on-accent: var(--candor-on-accent-dark, #0d2422);
    --background: var(--candor-background-dark, #131a1a);
    --surface: var(--candor-surface-dark, #1b2424);
    --text: var(--candor-text-dark, #e8eceb);
    --muted: var(--candor-muted-dark, #aab6b3);
    --rule: var(--candor-rule-dark, #33403f);
    --edge: var(--candor-edge-dark, #83918e);
    --mine: var(--candor-mine-dark, #23403d);
    --warn: var(--candor-warn-dark, #ffb59c);
  }
}
:host([theme="dark"]) {
  --accent: var(--candor-accent-dark, #8fd0c6);
  --on-accent: var(--candor-on-accent-dark, #0d2422);
  --background: var(--candor-background-dark, #131a1a);
  --surface: var(--candor-surface-dark, #1b2424);
  --text: var(--candor-text-dark, #e8eceb);
  --muted: var(--candor-muted-dark, #aab6b3);
  --rule: var(--candor-rule-dark, #33403f);
  --edge: var(--candor-edge-dark, #83918e);
  --mine: var(--candor-mine-dark, #23403d);
  --warn: var(--candor-warn-dark, #ffb59c);
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.chat {
  display: flex; flex-direction: column;
  height: var(--candor-height, min(46rem, 94dvh)); min-height: 24rem;
  background: var(--background); border: 1px solid var(--rule); border-radius: var(--radius); overflow: hidden;
}
header { display: flex; align-items: center; gap: .75rem; padding: .7rem .9rem; background: var(--surface);
  border-bottom: 1px solid var(--rule); }
header .name { flex: 1; min-width: 0; }
h2 { font-size: 1.05rem; font-weight: 650; line-height: 1.25; margin: 0; }
.status { margin: 0; font-size: .85rem; color: var(--muted); }
.status::before { content: ""; display: inline-block; width: .55em; height: .55em; border-radius: 50%;
  margin-inline-end: .45em; background: var(--edge); }
.status[data-state="open"]::before { background: var(--accent); }
.status[data-state="waiting"], .status[data-state="elsewhere"] { color: var(--warn); }
button, input { font: inherit; color: inherit; }
button { min-height: 2.75rem; padding: .4rem 1rem; border-radius: calc(var(--radius) * .7); cursor: pointer;
  background: var(--surface); border: 1px solid var(--edge); }
button:hover { border-color: var(--accent); }
button.strong { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
button[aria-disabled="true"] { cursor: default; background: transparent; border: 1px dashed var(--edge);
  color: var(--muted); font-weight: 400; }
button.exit { background: var(--warn); border-color: var(--warn); color: var(--background); font-weight: 600;
  white-space: nowrap; }
button.small { min-height: 2rem; padding: .1rem .7rem; font-size: .875rem; }
button.plain { border-color: transparent; background: transparent; color: var(--accent); text-decoration: underline;
  text-underline-offset: .2em; padding-inline: .5rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.sharing { padding: .5rem .9rem; border-bottom: 1px solid var(--rule); background: var(--surface); font-size: .9rem; }
h3 { font-size: .9rem; font-weight: 600; margin: 0; display: inline; }
.sharing p { display: inline; margin: 0; color: var(--muted); }
.sharing ul { list-style: none; margin: .2rem 0 0; padding: 0; max-height: 8.5rem; overflow-y: auto; }
.sharing li { display: flex; align-items: center; gap: .6rem; min-height: 2.1rem; }
.sharing li span { flex: 1; min-width: 0; }
.sharing .mark { flex: none; width: 1.1em; color: var(--muted); }
.sharing [data-decision="granted"] .mark { color: var(--accent); }
.sharing em { font-style: normal; color: var(--muted); }
.log { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 1rem .9rem; scroll-padding: 1rem; }
.log:focus-visible { outline-offset: -3px; }
.line { max-width: min(36rem, 92%); margin: 0 0 .7rem; padding: .6rem .85rem; border-radius: var(--radius);
  background: var(--surface); border: 1px solid var(--rule); overflow-wrap: anywhere; }
.line p { margin: 0; }
.line p + p { margin-top: .5rem; }
.line.mine { margin-inline-start: auto; width: fit-content; background: var(--mine); border-color: transparent; }
.line.must { border-inline-start: 4px solid var(--accent); border-start-start-radius: 4px; border-end-start-radius: 4px; }
.line.emergency { border: 2px solid var(--warn); font-weight: 600; }
.label { display: block; font-size: .78rem; font-weight: 600; color: var(--muted); letter-spacing: .01em; }
.foot { border-top: 1px solid var(--rule); background: var(--surface); padding: .7rem .9rem; display: grid; gap: .6rem; }
.hint { margin: 0; font-size: .9rem; color: var(--muted); }
.hint.alert { color: var(--warn); font-weight: 600; }
.choices { display: flex; flex-wrap: wrap; gap: .5rem; }
form { display: flex; gap: .5rem; align-items: end; }
label { flex: 1; min-width: 0; font-size: .85rem; color: var(--muted); }
input { display: block; width: 100%; min-height: 2.75rem; padding: .4rem .7rem; margin-top: .15rem; font-size: 1rem;
  color: var(--text); background: var(--background); border: 1px solid var(--edge); border-radius: calc(var(--radius) * .7); }
.phone { display: grid; gap: .5rem; justify-items: start; overflow-y: auto; }
[data-phone] .foot > :not(.phone) { display: none; }
.phone p { margin: 0; font-size: .9rem; }
.phone .code { font-size: 2rem; font-weight: 600; line-height: 1.2; letter-spacing: .06em; font-variant-numeric: tabular-nums; }
.phone a { display: inline-flex; align-items: center; min-height: 2.75rem; color: var(--accent); font-weight: 600; }
.tools { display: flex; flex-wrap: wrap; gap: 0 .3rem; margin-inline: -.5rem; }
.voice { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .6rem; }
.voice .mic { flex: 1 1 12rem; min-width: 0; margin: 0; font-size: .9rem; color: var(--muted); }
.voice .mic.alert { color: var(--warn); font-weight: 600; }
.voice[data-voice="talking"] .mic { color: var(--text); }
.voice .mic::before { content: ""; display: inline-block; width: .6em; height: .6em; border-radius: 50%;
  margin-inline-end: .45em; border: 2px solid var(--edge); }
.voice[data-voice="talking"] .mic::before { background: var(--accent); border-color: var(--accent); }
.voice .level { flex: none; width: 4rem; height: .5rem; border: 1px solid var(--edge); border-radius: .25rem;
  overflow: hidden; }
.voice .level::before { content: ""; display: block; height: 100%; background: var(--accent);
  transform-origin: left; transform: scaleX(var(--level, 0)); }
.voice[data-turn="caller"][data-voice="talking"] .level { outline: 2px solid var(--accent); outline-offset: 1px; }
.voice [aria-pressed="true"] { background: var(--mine); border-width: 2px; font-weight: 600; }
.welcome { flex: 1; overflow-y: auto; padding: 1.5rem .9rem; display: flex; flex-direction: column;
  justify-content: center; gap: 1rem; align-items: flex-start; }
.welcome p { margin: 0; max-width: 34rem; }
.away { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 30rem) {
  header { padding: .45rem .65rem; } .log { padding: .65rem; } .sharing { padding: .35rem .65rem; }
  .foot { padding: .5rem .65rem .35rem; gap: .4rem; }
  .line { max-width: 96%; padding: .5rem .7rem; margin-bottom: .55rem; }
  button { padding-inline: .7rem; } .tools button { min-height: 1.75rem; }
  label, .hint { font-size: .82rem; line-height: 1.35; }
}
@media (prefers-reduced-motion: no-preference) {
  .log { scroll-behavior: smooth; }
  .line { animation: come .18s ease-out; }
  @keyframes come { from { opacity: 0; transform: translateY(4px); } }
}
@media (forced-colors: active) { .line, button { border: 1px solid; } .status::before { forced-color-adjust: none; } }
`;
