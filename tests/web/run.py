"""One promise of the widget, in a real browser: run.py PROMISE ADDRESS. Exit 0 when it is kept.

tests/browser.rs starts the server, runs this, and looks at what is on record afterwards.
"""

import pathlib
import sys

import chromium
from playwright.sync_api import expect, sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
AXE = ROOT / "target/npm/node_modules/axe-core/axe.min.js"
TURN_MS = 15_000
PLAIN = ["Jane Doe", "202 555 0143", "my doctor", "Aetna", "XYZ12345", "March 3 1985"]


class Caller:
    """A page with the widget on it, and somebody who uses it."""

    def __init__(self, context, address, **options):
        self.page = context.new_page()
        self.address = address
        self.requests, self.wrong = [], []
        self.page.on("request", lambda r: self.requests.append(r.url))
        self.page.on("websocket", lambda w: self.requests.append(w.url))
        self.page.on("pageerror", lambda e: self.wrong.append(str(e)))
        self.page.on("console", lambda m: self.wrong.append(m.text) if m.type == "error" else None)
        self.page.set_default_timeout(TURN_MS)
        if options.get("init"):
            self.page.add_init_script(options["init"])
        if options.get("visit", True):
            self.page.goto(address)

    def q(self, selector):
        return self.page.locator(f"candor-chat {selector}")

    @property
    def log(self):
        return self.q(".log")

    def start(self):
        self.q(".welcome .strong").click()
        expect(self.q("section")).to_have_attribute("data-turn", "caller")
        expect(self.q('[data-choice="affirm"]')).to_be_visible()

    def read(self):
        """Scrolls through what is to be read, as people do, until a yes is offered."""
        box = self.log.bounding_box()
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        yes = self.q('[aria-disabled="true"]')
        for _ in range(200):
            if yes.count() == 0:
                return
            self.page.mouse.wheel(0, 40)
            self.page.wait_for_function("() => new Promise(d => requestAnimationFrame(() => requestAnimationFrame(() => d(true))))")
        raise AssertionError("the text cannot be read to its end")

    def lines(self):
        return self.q(".line:not(.mine)").count()

    def answered(self, act):
        """Acts, and waits for the agent's answer."""
        act()
        expect(self.q("section")).not_to_have_attribute("data-turn", "agent")

    def say(self, text):
        field = self.q("form:not([hidden]) input")
        field.fill(text)
        self.answered(lambda: field.press("Enter"))

    def choose(self, value):
        self.answered(lambda: self.q(f'[data-choice="{value}"]').click())

    def plain_questions(self):
        for answer in PLAIN:
            self.say(answer)
            while self.q('[data-choice="affirm"]').count() and "Is that right" in self.log.inner_text().splitlines()[-1]:
                self.choose("affirm")

    def sign(self, name):
        self.read()
        self.q("form:not([hidden]) input").fill(name)
        self.answered(lambda: self.q("form:not([hidden]) button").click())

    def end(self):
        self.q('[data-tool="end"]').click()
        expect(self.q("[data-state]")).to_have_attribute("data-state", "closed")

    def is_clean(self):
        """No request to anybody else, no error, no cookie, nothing sensitive in an address or in storage."""
        host = self.address.split("://")[1].rstrip("/")
        for url in self.requests:
            assert url.split("://")[1].split("/")[0] == host or url.startswith("blob:"), f"a request to {url}"
            assert "?" not in url and "#" not in url, f"something in the address: {url}"
        assert not self.wrong, self.wrong
        assert self.page.context.cookies() == []
        kept = self.page.evaluate("() => [Object.keys(localStorage), Object.entries(sessionStorage)]")
        assert kept[0] == [], kept
        assert all(k == "candor-chat:harbor" and len(v) == 32 for k, v in kept[1]), kept


def whole_chat(context, address):
    caller = Caller(context, address)
    caller.start()
    expect(caller.q(".sharing")).to_contain_text("Nothing is shared")
    caller.read()
    caller.choose("affirm")
    caller.plain_questions()
    caller.choose("affirm")
    assert caller.q("form:not([hidden]) button").get_attribute("aria-disabled") == "true", "read before signing"
    caller.sign("Jane Doe")
    granted = caller.q('[data-recipient="payor"]')
    expect(granted).to_have_attribute("data-decision", "granted")
    caller.choose("deny")
    expect(caller.q('[data-recipient="referral_source"]')).to_have_attribute("data-decision", "denied")
    caller.choose("deny")
    caller.answered(lambda: granted.locator("button").click())
    expect(granted).to_have_attribute("data-decision", "revoked")
    caller.is_clean()
    with caller.page.expect_download() as saved:
        caller.q('[data-tool="save"]').click()
    text = pathlib.Path(saved.value.path()).read_text()
    assert "You: Jane Doe" in text and "42 CFR Part 2" in text and saved.value.suggested_filename == "chat.txt"
    caller.end()
    assert caller.page.evaluate("sessionStorage.length") == 0, "the token is forgotten"


def unread_notice(context, address):
    context.set_default_timeout(TURN_MS)
    caller = Caller(context, address)
    caller.page.set_viewport_size({"width": 320, "height": 480})
    caller.start()
    yes = caller.q('[data-choice="affirm"]')
    assert yes.get_attribute("aria-disabled") == "true"
    yes.click(force=True)
    expect(caller.q(".foot .hint")).to_contain_text("read the text above")
    assert caller.q(".line.mine").count() == 0, "the yes was not taken"
    caller.say("yes, I have read it, go on")
    caller.say("yes")
    expect(caller.q('[data-choice="affirm"]')).to_be_visible()
    caller.end()


def reload(context, address):
    caller = Caller(context, address)
    caller.start()
    caller.read()
    caller.choose("affirm")
    caller.say("Jane Doe")
    lines = caller.lines()
    caller.page.reload()
    expect(caller.q("[data-state]")).to_have_attribute("data-state", "open")
    expect(caller.q(".line:not(.mine)")).to_have_count(lines)
    assert caller.q(".line.mine").count() == 0, "what was typed is not shown to whoever reloads"
    caller.say("202 555 0143")
    caller.is_clean()
    caller.end()


def two_tabs(context, address):
    caller = Caller(context, address)
    caller.start()
    caller.read()
    caller.choose("affirm")
    token = caller.page.evaluate("sessionStorage.getItem('candor-chat:harbor')")
    other = Caller(context, address, init=f"sessionStorage.setItem('candor-chat:harbor', '{token}')")
    expect(other.q("[data-state]")).to_have_attribute("data-state", "open")
    expect(caller.q("[data-state]")).to_have_attribute("data-state", "elsewhere")
    other.say("Jane Doe")
    caller.q(".choices button").click()
    expect(caller.q("[data-state]")).to_have_attribute("data-state", "open")
    expect(other.q("[data-state]")).to_have_attribute("data-state", "elsewhere")
    expect(caller.q(".line:not(.mine)")).to_have_count(other.lines())
    caller.end()


def spanish(context, address):
    caller = Caller(context, address)
    caller.q(".welcome .plain").click()
    expect(caller.q(".welcome .strong")).to_have_text("Comenzar el chat")
    caller.start()
    assert caller.q("section").get_attribute("lang") == "es"
    expect(caller.log).to_contain_text("ley federal de privacidad")
    expect(caller.q(".sharing")).to_contain_text("No se comparte nada")
    caller.read()
    caller.choose("affirm")
    caller.say("Juana Pérez")
    caller.page.reload()
    expect(caller.q("section")).to_have_attribute("data-turn", "caller")
    expect(caller.q('[data-tool="end"]')).to_have_text("Terminar el chat")
    caller.end()


def keyboard(context, address):
    caller = Caller(context, address)
    keys = caller.page.keyboard

    def focus(selector):
        for _ in range(40):
            if caller.page.evaluate(
                "s => document.querySelector('candor-chat').shadowRoot.activeElement?.matches(s) ?? false", selector
            ):
                return
            keys.press("Tab")
        raise AssertionError(f"no way to {selector} by the keyboard")

    focus(".welcome .strong")
    keys.press("Enter")
    expect(caller.q('[data-choice="affirm"]')).to_be_visible()
    focus(".log")
    for _ in range(60):
        if caller.q('[aria-disabled="true"]').count() == 0:
            break
        keys.press("ArrowDown")
        caller.page.wait_for_timeout(30)
    focus('[data-choice="affirm"]')
    caller.answered(lambda: keys.press("Enter"))
    focus("input")
    keys.type("Jane Doe")
    caller.answered(lambda: keys.press("Enter"))
    focus('[data-tool="end"]')
    keys.press("Enter")
    expect(caller.q("[data-state]")).to_have_attribute("data-state", "closed")


def exit_quickly(context, address):
    caller = Caller(context, address, visit=False)
    caller.page.goto(address + "readyz")
    caller.page.goto(address)
    caller.start()
    caller.say("my name is Jane")
    caller.q(".exit").click()
    caller.page.wait_for_url("**/blank")
    assert caller.page.evaluate("sessionStorage.length") == 0
    assert caller.page.title() == "New tab"
    caller.page.go_back()
    assert caller.page.url.endswith("/readyz"), "back leads to no chat"
    # And by the keyboard.
    caller.page.goto(address)
    caller.start()
    caller.page.keyboard.press("Escape")
    caller.page.keyboard.press("Escape")
    caller.page.wait_for_url("**/blank")


def network(context, address):
    caller = Caller(context, address, visit=False)
    sockets = []

    def between(page_side):
        server_side = page_side.connect_to_server()
        sockets.append(page_side)
        page_side.on_message(server_side.send)
        server_side.on_message(page_side.send)

    caller.page.route_web_socket("**/chat/harbor", between)
    caller.page.goto(address)
    caller.start()
    caller.read()
    caller.choose("affirm")
    lines = caller.lines()
    sockets[-1].close(code=1011)
    expect(caller.q("[data-state]")).to_have_attribute("data-state", "waiting")
    expect(caller.q("[data-state]")).to_have_attribute("data-state", "open")
    assert len(sockets) == 2 and caller.lines() == lines, "nothing is shown twice"
    caller.say("Jane Doe")
    context.set_offline(True)
    expect(caller.q(".status")).to_contain_text("offline")
    context.set_offline(False)
    caller.end()


def by_phone(context, address):
    caller = Caller(context, address)
    caller.page.set_viewport_size({"width": 320, "height": 640})
    caller.start()
    caller.read()
    caller.choose("affirm")
    caller.q('[data-tool="phone"]').press("Enter")
    panel = caller.q(".phone")
    expect(panel).to_be_visible()
    expect(panel).to_be_focused()
    shown = panel.locator(".code [aria-hidden]").inner_text()
    digits = shown.replace(" ", "")
    assert len(digits) == 6 and digits.isdigit() and digits[0] in "34567" and shown[3] == " ", shown
    assert panel.locator(".code .away").inner_text() == " ".join(digits[:3]) + " , " + " ".join(digits[3:])
    link = panel.locator("a")
    assert link.get_attribute("href") == f"tel:+12025550100,,{digits}", link.get_attribute("href")
    expect(link).to_have_text("Call +1 202 555 0100")
    wide = caller.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320, f"scrolls sideways ({wide})"
    panel.locator("button").press("Enter")
    expect(panel).to_be_hidden()
    expect(caller.q('[data-tool="phone"]')).to_be_focused()
    caller.say("Jane Doe")
    caller.is_clean()
    caller.end()
    expect(caller.q('[data-tool="phone"]')).to_have_count(0)


def posts(context, address):
    deaf = "window.WebSocket = class { constructor() { throw new Error('no WebSocket here') } }; WebSocket.OPEN = 1"
    caller = Caller(context, address, init=deaf)
    caller.start()
    caller.read()
    caller.choose("affirm")
    caller.say("Jane Doe")
    assert any("/events" in url for url in caller.requests)
    caller.is_clean()
    caller.end()


def axe_finds(caller, where):
    """What axe has against the page as it is now."""
    caller.page.evaluate(AXE.read_text())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    result = caller.page.evaluate("tags => axe.run(document, { runOnly: tags })", tags)
    assert len(result["passes"]) > 10, "axe looked at nothing"
    nodes = [(wrong, node) for wrong in result["violations"] for node in wrong["nodes"]]
    return [f"{where}: {wrong['id']}: {node['target']}: {node['failureSummary']}" for wrong, node in nodes]


def call_page(context, address):
    """The page to call from speaks the language that its address asks for, else the browser's."""
    there = context.browser.new_context(locale="es-MX")
    for page, path, start, tag in [
        (context.new_page(), "call", "Start the call", "en"),
        (context.new_page(), "call?locale=es-US", "Comenzar la llamada", "es"),
        (there.new_page(), "call", "Comenzar la llamada", "es"),
        (there.new_page(), "call?locale=en-US", "Start the call", "en"),
    ]:
        page.goto(address + path)
        expect(page.locator("#start")).to_have_text(start)
        expect(page.locator("html")).to_have_attribute("lang", tag)
        other = {"en": ["Colgar", "Enviar", "comparte"], "es": ["Hang up", "Send", "shared", "assistant"]}[tag]
        shown = page.inner_text("main")
        assert not any(word in shown for word in other), shown
        assert page.title().startswith({"en": "Call ", "es": "Llamar a "}[tag])


def axe(context, address):
    found = []

    def judge(caller, where):
        found.extend(axe_finds(caller, where))

    for scheme in ["light", "dark"]:
        for width in [320, 1280]:
            caller = Caller(context, address, visit=False)
            caller.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            caller.page.set_viewport_size({"width": width, "height": 800})
            caller.page.goto(address)
            at = f"{scheme} {width}"
            judge(caller, f"{at} welcome")
            caller.start()
            judge(caller, f"{at} notice")
            caller.read()
            caller.choose("affirm")
            caller.plain_questions()
            judge(caller, f"{at} consent")
            caller.q('[data-tool="phone"]').click()
            expect(caller.q(".phone")).to_be_visible()
            judge(caller, f"{at} by phone")
            caller.q(".phone button").click()
            caller.page.evaluate("scrollTo(0, 0)")
            caller.choose("affirm")
            judge(caller, f"{at} signing")
            caller.sign("Jane Doe")
            judge(caller, f"{at} granted")
            wide = caller.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{at}: scrolls sideways ({wide})"
            caller.end()
            judge(caller, f"{at} over")
            caller.page.close()
    assert not found, "\n".join(found)


def figures(context, address):
    import gzip

    caller = Caller(context, address)
    expect(caller.q(".welcome .strong")).to_be_visible()
    timing = caller.page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    script = caller.page.request.get(address + "widget.js").body()
    size = len(gzip.compress(script, 9))
    requests = [url for url in caller.requests if not url.endswith("/favicon.ico")]
    print(f"widget: {len(script)} bytes, {size} compressed; ready after {timing:.0f} ms; {len(requests)} requests")
    assert size < 40 * 1024
    assert len(requests) <= 3, requests
    caller.start()
    assert len(caller.requests) <= 4, caller.requests
    caller.is_clean()
    caller.end()


def pictures(context, address):
    """Not a promise: the pictures of docs/images."""
    folder = ROOT / "docs/images"
    folder.mkdir(exist_ok=True)
    for scheme in ["light", "dark"]:
        for width, height in [(320, 640), (768, 760), (1280, 800)]:
            caller = Caller(context, address, visit=False)
            caller.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            caller.page.set_viewport_size({"width": width, "height": height})
            caller.page.goto(address)
            caller.start()
            shot = lambda name: caller.page.screenshot(path=folder / f"chat-{name}-{width}-{scheme}.png", style="main > :not(candor-chat) { display: none }")
            caller.page.evaluate("document.querySelector('candor-chat').scrollIntoView()")
            shot("notice")
            caller.read()
            caller.choose("affirm")
            caller.plain_questions()
            caller.choose("affirm")
            caller.page.evaluate("document.querySelector('candor-chat').scrollIntoView()")
            shot("signing")
            caller.sign("Jane Doe")
            caller.page.evaluate("document.querySelector('candor-chat').scrollIntoView()")
            shot("shared")
            caller.q('[data-tool="phone"]').click()
            expect(caller.q(".phone")).to_be_visible()
            shot("phone")
            caller.q(".phone button").click()
            caller.end()
            caller.page.close()


PROMISES = [whole_chat, unread_notice, reload, two_tabs, spanish, keyboard, exit_quickly, network, by_phone, posts, call_page, axe, figures]

if __name__ == "__main__":
    wanted, address = sys.argv[1:]
    expect.set_options(timeout=TURN_MS)
    promise = {p.__name__: p for p in [*PROMISES, pictures]}[wanted]
    with sync_playwright() as playwright:
        browser = chromium.start(playwright)
        promise(browser.new_context(locale="en-US"), address)
        browser.close()
