"""A chat in the widget that is gone on with by voice, and in writing again: `widget.py SETUP.json OUT_FOLDER`.

The setup: {"url", "clips": {text: file}}. Into the folder: told.json, and talking.png as it looks on a small screen.
"""

import base64
import json
import pathlib
import sys
import time

from playwright.sync_api import expect, sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "web"))
import chromium  # noqa: E402 (it lies beside the widget's tests)
from run import Caller, axe_finds  # noqa: E402

TURN_MS = 30_000
REVOKES = "Actually, don't send anything to my insurance."


def main() -> None:
    setup = json.loads(pathlib.Path(sys.argv[1]).read_text())
    folder = pathlib.Path(sys.argv[2])
    clips = {text: base64.b64encode(pathlib.Path(file).read_bytes()).decode() for text, file in setup["clips"].items()}
    given = {"clips": clips, "script": [], "whenever": "", "relay": None}
    script = pathlib.Path(__file__).with_name("page.js").read_text().replace("SETUP;", json.dumps(given) + ";", 1)
    expect.set_options(timeout=TURN_MS)
    with sync_playwright() as playwright:
        browser = chromium.start(
            playwright,
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            "--autoplay-policy=no-user-gesture-required",
        )
        told = talks(browser.new_context(locale="en-US", viewport={"width": 320, "height": 760}), setup["url"] + "/", script, folder)
        browser.close()
    (folder / "told.json").write_text(json.dumps(told))


def talks(context, address, script, folder):
    caller = Caller(context, address, init=script)
    caller.page.set_default_timeout(TURN_MS)
    last = lambda kind: caller.q(f".line.{kind}").last
    speak = lambda text: caller.page.evaluate("text => window.told.speak(text)", text)

    # In writing: the notice, the questions, a permission that is signed.
    caller.start()
    caller.read()
    caller.choose("affirm")
    caller.plain_questions()
    caller.choose("affirm")
    caller.sign("Jane Doe")
    payor = caller.q('[data-recipient="payor"]')
    expect(payor).to_have_attribute("data-decision", "granted")
    typed = caller.lines()

    # A microphone that is refused costs nothing.
    caller.page.evaluate("""() => {
        window.allowed = navigator.mediaDevices.getUserMedia;
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    }""")
    caller.q(".voice .talk").click()
    expect(caller.q(".voice .mic")).to_contain_text("The microphone cannot be used")
    caller.page.evaluate("() => { navigator.mediaDevices.getUserMedia = window.allowed; }")

    # By voice: what was signed is taken back in the middle of a question.
    began = time.monotonic()
    caller.q(".voice .talk").press("Enter")
    expect(caller.q(".voice")).to_have_attribute("data-voice", "talking")
    expect(caller.q(".voice .mic")).to_contain_text("The microphone is on")
    assert caller.page.evaluate("document.querySelector('candor-chat').shadowRoot.activeElement.textContent") == "Mute"
    expect(last("recording")).to_have_text("This call is recorded.")
    expect(caller.q(f".line:not(.mine) >> nth={typed + 1}")).to_have_class("line consent")
    found = axe_finds(caller, "talking at 320")
    caller.page.locator("candor-chat").screenshot(path=str(folder / "talking.png"))
    speak(REVOKES)
    expect(payor).to_have_attribute("data-decision", "revoked")
    expect(caller.q(".line.mine").last).to_contain_text("insurance")
    caller.q(".voice [aria-pressed]").click()
    expect(caller.q(".voice .mic")).to_contain_text("The microphone is off")
    caller.page.emulate_media(color_scheme="dark")
    found += axe_finds(caller, "muted, dark, at 320")

    # In writing again: the question is there, and what was decided stays.
    caller.q('.voice button >> text="Type instead"').press("Enter")
    expect(caller.q(".voice")).to_have_attribute("data-voice", "typing")
    talked_s = time.monotonic() - began
    expect(payor).to_have_attribute("data-decision", "revoked")
    expect(caller.q("section")).to_have_attribute("data-turn", "caller")
    expect(caller.q('[data-choice="deny"]')).to_be_visible()
    caller.choose("deny")
    expect(caller.q('[data-recipient="referral_source"]')).to_have_attribute("data-decision", "denied")
    caller.choose("deny")
    expect(last("question")).to_contain_text("have you been using")
    wrong = list(caller.wrong)
    caller.end()
    assert not wrong, wrong
    kept = caller.page.evaluate("() => [Object.keys(localStorage), Object.keys(sessionStorage)]")
    assert kept == [[], []], kept
    tokens = [url for url in caller.requests if "?" in url]
    assert tokens == [], tokens
    return {"axe": found, "talked_s": round(talked_s)}


if __name__ == "__main__":
    main()
