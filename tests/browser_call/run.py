"""Calls from Debian's Chromium, driven by Playwright: `run.py SETUP.json OUT_FOLDER`.

The setup: {"url", "clips": {text: file}, "script": [[expecting, text]], "whenever": text}; or, for Chromium's own fake
microphone, {"url", "microphone": file} with what is said from the call's beginning to its end. With "relay": {port of the
server: port to send to instead}; "ice": {what the browser's connection is made with}; "only": what the
server's candidates that are used have in them; "until": the event to hang up at; "ears": true to hear what is played.
Into the folder: told.json (events with their moments, lags, the answer's SDP) and heard.wav (what the page played).
"""

import base64
import json
import pathlib
import sys
import time
import wave

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "web"))
import chromium  # noqa: E402 (it lies beside the widget's tests)

CALL_S_MAX = 420


def main() -> None:
    setup = json.loads(pathlib.Path(sys.argv[1]).read_text())
    folder = pathlib.Path(sys.argv[2])
    encoded = lambda file: base64.b64encode(pathlib.Path(file).read_bytes()).decode()
    given = {
        "clips": {text: encoded(file) for text, file in setup["clips"].items()},
        "ears": pathlib.Path(__file__).with_name("ears.js").read_text() if setup.get("ears") else None,
        **{name: setup.get(name) for name in ["script", "whenever", "relay", "microphone", "ice", "only", "until"]},
    }
    script = pathlib.Path(__file__).with_name("page.js").read_text().replace("SETUP;", json.dumps(given) + ";", 1)
    microphone = [f"--use-file-for-fake-audio-capture={setup['microphone']}%noloop"] if setup.get("microphone") else []
    with sync_playwright() as playwright:
        browser = chromium.start(
            playwright,
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            "--autoplay-policy=no-user-gesture-required",
            *microphone,
        )
        # Ears are a script of ours, which the page's own policy would not run. Calls without ears are under that policy.
        page = browser.new_page(bypass_csp=bool(given["ears"]))
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        foreign = []
        page.on("request", lambda r: None if r.url.startswith(setup["url"]) else foreign.append(r.url))
        page.add_init_script(script)
        page.goto(setup["url"] + "/call")
        page.click("#start")
        began = time.monotonic()
        while not page.evaluate("told.over") and time.monotonic() - began < CALL_S_MAX:
            page.wait_for_timeout(250)
        told = page.evaluate("({ ...told, captured: null, speak: null })")
        samples = page.evaluate("(() => { const b = new Uint8Array(Int16Array.from(told.captured).buffer); let s = '';"
                                "for (let i = 0; i < b.length; i += 32768) s += String.fromCharCode(...b.subarray(i, i + 32768));"
                                "return btoa(s); })()")
        if setup.get("until"):
            told["way"] = page.evaluate("way()")
            page.click("#end")
            page.wait_for_function("document.getElementById('end').disabled")
        told["console"] = said
        told["foreign"] = foreign
        told["captions"] = page.locator("#captions p").all_inner_texts()
        told["consents"] = page.locator("#consents li").all_inner_texts()
        told["state"] = page.inner_text("#state")
        browser.close()
    (folder / "told.json").write_text(json.dumps(told))
    with wave.open(str(folder / "heard.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16000)
        out.writeframes(base64.b64decode(samples))


main()
