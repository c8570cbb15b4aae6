// Opens the pages of a replay in Chromium, as a reviewer would: clicks, listens, walks with the keyboard, reads.
//
//   node report.mjs MODULES CHROMIUM CALL.html INDEX.html SCREENSHOTS RECORDING.html RECORDINGS.html
//
// MODULES is a node_modules folder with playwright-core and axe-core. Exit status 1 with what is wrong.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import assert from "node:assert/strict";

const [modules, executablePath, call, index, shots, recording, recordings] = process.argv.slice(2);
const require = createRequire(join(modules, "index.js"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core"), "utf8");

// A browser that dies while it starts says nothing about our pages, so it is started again.
async function start(triesLeft) {
  try {
    return await chromium.launch({ executablePath, args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"] });
  } catch (died) {
    if (triesLeft === 0) throw died;
    console.error(`Chromium died while it started, ${triesLeft} more tries: ${String(died.message).split("\n")[0]}`);
    return start(triesLeft - 1);
  }
}

const browser = await start(2);
const trouble = [];

async function open(file, width, scheme) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
  const page = await context.newPage();
  page.on("request", (request) => {
    if (!/^(file|data|blob):/.test(request.url())) trouble.push(`asked the network for ${request.url()}`);
  });
  page.on("console", (message) => message.type() === "error" && trouble.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => trouble.push(`script: ${error.message}`));
  await page.goto(pathToFileURL(file).href);
  return page;
}

async function faultless(page, name) {
  // The page forbids scripts from elsewhere; this one comes through the debugger.
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const fault of found.violations.filter((v) => ["serious", "critical"].includes(v.impact))) {
    trouble.push(`${name}: axe: ${fault.id}: ${fault.help}: ${fault.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
  }
}

for (const scheme of ["light", "dark"]) {
  for (const width of [1280, 390]) {
    for (const [name, file] of [["call", call], ["index", index], ["recording", recording], ["recordings", recordings]]) {
      const page = await open(file, width, scheme);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) trouble.push(`${name} at ${width}: ${wide} px wide, scrolls sideways`);
      await faultless(page, `${name} ${width} ${scheme}`);
      await page.screenshot({ path: join(shots, `${name}-${width}-${scheme}.png`), fullPage: true });
      await page.close();
    }
  }
}

const page = await open(call, 1280, "light");
const lanes = await page.locator(".lane > b").allTextContents();
for (const lane of ["Caller's sound", "Agent's sound", "Caller", "Agent", "Waits for", "Meaning"]) {
  assert.ok(lanes.includes(lane), `no lane ${lane} in ${lanes}`);
}
assert.ok(await page.locator(".mask").count() > 0, "nothing is masked");
assert.match(await page.locator(".destroyed").innerText(), /destroyed, and is silent: 0:02.0 to 0:04.0/);
assert.equal(await page.getByText("Notice", { exact: true }).count(), 1, "the scorecard");

// A click on a span shows it and lets it be heard.
const notice = page.locator(".span.agent", { hasText: "privacy" }).first();
await notice.click();
assert.equal(await notice.getAttribute("aria-pressed"), "true");
assert.match(await page.locator(".detail").innerText(), /notice/);
const playing = () => page.evaluate(() => {
  const audio = document.querySelector("audio");
  return { at: audio.currentTime, paused: audio.paused, length: audio.duration, error: audio.error && audio.error.message };
});
const began = await playing();
assert.equal(began.error, null);
assert.ok(began.length > 1, `the sound is ${began.length} s long`);
await page.waitForFunction((at) => document.querySelector("audio").currentTime > at + 0.2, began.at, { timeout: 10000 });
assert.match(await page.locator(".clock").innerText(), /^\d+:\d\d\.\d$/);
await page.locator("#play").click();
assert.equal((await playing()).paused, true, "Pause stops it");

// The keyboard goes from span to span and from lane to lane, and chooses.
await notice.focus();
const at = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
const first = await at();
await page.keyboard.press("ArrowRight");
assert.notEqual(await at(), first);
await page.keyboard.press("ArrowDown");
assert.doesNotMatch(await at(), /^Agent/);
await page.keyboard.press("Enter");
assert.match(await page.locator(".detail").innerText(), /entry \d+/);

// What is masked is nowhere in the page.
assert.match(await page.locator(".words").innerText(), /masked: sensitive/);
await page.getByRole("button", { name: "Wider" }).click();
assert.ok(await page.evaluate(() => document.querySelector(".inner").clientWidth > document.querySelector(".stage").clientWidth));
// On paper the words stand, and the controls do not.
await page.emulateMedia({ media: "print" });
assert.equal(await page.locator(".bar").isVisible(), false);
assert.equal(await page.locator(".words").isVisible(), true);

const list = await open(index, 1280, "light");
await list.locator("a").first().click();
await list.waitForURL(/calls\//);
await list.getByRole("heading", { level: 1 }).waitFor();

// A recording of another system: where it went wrong, the script word for word, and the sound of it.
const other = await open(recording, 1280, "light");
assert.match(await other.locator(".found").innerText(), /notice at \d+:\d\d\.\d: part b was cut short/);
const found = await other.locator(".lane > b").allTextContents();
for (const lane of ["Caller's sound", "Agent's sound", "Caller", "Agent", "Script", "Judged"]) {
  assert.ok(found.includes(lane), `no lane ${lane} in ${found}`);
}
const script = await other.locator(".evidence").innerText();
assert.match(script, /notice a\s+read to its end/);
assert.match(script, /notice b\s+in part/);
assert.match(script, /notice c\s+not read/);
assert.ok(await other.locator(".aligned del").count() > 10, "words that were not said are struck out");
assert.match(await other.locator(".words").innerText(), /masked: sensitive/);
assert.match(await other.locator(".words").innerText(), /Yes, go ahead/);
await other.locator(".evidence .hear").first().focus();
await other.keyboard.press("Enter");
await other.waitForFunction(() => document.querySelector("audio").currentTime > 0.2, null, { timeout: 10000 });
const wrong = other.locator(".span.judged.wrong").first();
await wrong.focus();
await other.keyboard.press("Enter");
assert.match(await other.locator(".detail").innerText(), /cut short|not read in full/);
const many = await open(recordings, 1280, "light");
assert.match(await many.locator("table").innerText(), /could not be judged/);
await many.locator("a").first().click();
await many.waitForURL(/calls\//);

await browser.close();
if (trouble.length) {
  console.error([...new Set(trouble)].join("\n"));
  process.exit(1);
}
console.log("read, heard and walked through");
