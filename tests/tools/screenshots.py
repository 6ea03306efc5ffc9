#!/usr/bin/env python3
"""Pictures of the mail and of the pages behind links, for docs/img, and a look at each of them.

    ./dev screenshots [--out docs/img | --all]

As a phone and a desktop show them, light and dark. Fails when anything is wider than the screen, or
text has a contrast of less than 4.5:1. --all: every message and page there is (tests/data/messages),
looked at but not kept. Drives Chromium over a pipe (Chrome DevTools Protocol)."""
import argparse
import base64
import email
import email.policy
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from incidents import Probe, incidents, notices, pages  # noqa: E402

WIDTHS = {"phone": 360, "desktop": 1280}
HEIGHTS = {"phone": 640, "desktop": 720}
SCHEMES = ("light", "dark")
CONTRAST_LEAST = 4.5

# What is wrong with a page: an array of sentences. Colours behind text are those of the nearest
# ancestor that has one; nothing of ours is transparent.
LOOK = r"""
(() => {
    const found = [];
    const parse = (color) => color.match(/[\d.]+/g).map(Number);
    const luminance = (color) => {
        const [r, g, b] = parse(color).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const color = getComputedStyle(e).backgroundColor;
            if (parse(color)[3] !== 0) return color;
        }
        return matchMedia("(prefers-color-scheme: dark)").matches ? "rgb(18, 18, 18)" : "rgb(255, 255, 255)";
    };
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) found.push(`${root.scrollWidth} px wide on ${root.clientWidth}`);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const text = node.textContent.trim(), element = node.parentElement;
        if (!text) continue;
        const [a, b] = [luminance(getComputedStyle(element).color), luminance(behind(element))].sort((x, y) => y - x);
        const contrast = (a + 0.05) / (b + 0.05);
        if (contrast < LEAST) found.push(`contrast ${contrast.toFixed(2)}: "${text.slice(0, 40)}"`);
        const range = document.createRange();
        range.selectNodeContents(node);
        for (const box of range.getClientRects()) {
            if (box.right > root.clientWidth + 1) { found.push(`cut off: "${text.slice(0, 40)}"`); break; }
        }
    }
    for (const button of document.querySelectorAll("button, a.button")) {
        const box = button.getBoundingClientRect();
        if (box.height < 44) found.push(`a button of ${box.height} px`);
        if (box.bottom > root.clientHeight) found.push(`the button is below the fold: ${Math.round(box.bottom)} px`);
    }
    return found;
})()
""".replace("LEAST", str(CONTRAST_LEAST))


class Browser:
    """One tab. Commands and answers end with NUL; the browser reads descriptor 3 and writes 4."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        read_end, self.commands = os.pipe()
        self.answers, write_end = os.pipe()

        def connect():
            # Out of the way of each other first: any of them may already be 3 or 4.
            first, second = os.dup(read_end), os.dup(write_end)
            spare = [os.dup(first) for _ in range(6)]
            os.dup2(spare[-1], 3)
            os.dup2(second if second not in (3, 4) else os.dup(second), 4)

        self.process = subprocess.Popen(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                                         "--remote-debugging-pipe", "--no-first-run", "--font-render-hinting=none",
                                         "--user-data-dir=" + self.profile.name, "about:blank"],
                                        preexec_fn=connect, close_fds=False, stderr=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL)
        os.close(read_end)
        os.close(write_end)
        self.buffer, self.last, self.session = b"", 0, None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    def read(self):
        while b"\0" not in self.buffer:
            data = os.read(self.answers, 1 << 16)
            if not data:
                raise RuntimeError("the browser is gone")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, **params):
        self.last += 1
        command = {"id": self.last, "method": method, "params": params}
        if self.session:
            command["sessionId"] = self.session
        os.write(self.commands, json.dumps(command).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise RuntimeError("%s: %s" % (method, answer["error"]))
                return answer["result"]

    def show(self, html, width, height, scheme, is_phone):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=is_phone)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        frame = self.call("Page.getFrameTree")["frameTree"]["frame"]["id"]
        self.call("Page.setDocumentContent", frameId=frame, html=html)

    def look(self):
        return self.call("Runtime.evaluate", expression=LOOK, returnByValue=True)["result"]["value"]

    def picture(self, width, height):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": width, "height": max(size["height"], height if width > 400 else 0), "scale": 1}
        return base64.b64decode(self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"])

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.profile.cleanup()


def mail_of(probe, message, language):
    mail = email.message_from_string(probe.message(message, "email", language)["body"], policy=email.policy.default)
    return mail.get_body(("html",)).get_content()


def kept(probe):
    """Name and HTML of what goes into docs/img."""
    incident = incidents()["plain"]
    messages, shown = notices(incident), pages(incident)
    for name, notice, language in (("page", "page", "en"), ("page-ru", "page", "ru"), ("resolved", "resolved", "en"),
                                   ("storm", "storm", "en")):
        yield "email-" + name, mail_of(probe, messages[notice], language)
    for name, kind, language in (("open", "open", "en"), ("open-ru", "open", "ru"), ("acknowledged", "acknowledged", "en"),
                                 ("merged", "merged", "en"), ("resolve", "to resolve", "en"), ("snooze-ru", "to snooze", "ru"),
                                 ("resolved", "resolved", "en"), ("storm", "storm", "en"), ("bad-link", "bad link", "en")):
        yield "ack-" + name, probe.page(shown[kind], language)


def everything(probe):
    for name, incident in incidents().items():
        for language in ("en", "ru"):
            for notice, message in notices(incident).items():
                yield "email, %s, %s, %s" % (name, notice, language), mail_of(probe, message, language)
            for kind, page in pages(incident).items():
                yield "page, %s, %s, %s" % (name, kind, language), probe.page(page, language)


def write_small(path, png):
    """A palette of 20 colours is enough for text and a few emoji."""
    done = subprocess.run(["pngquant", "--strip", "--speed", "1", "--nofs", "20", "-"], input=png, capture_output=True, check=True)
    with open(path, "wb") as file:
        file.write(done.stdout)


BAD = """<!DOCTYPE html><html><head><meta name="viewport" content="width=device-width"></head>
<body style="background: #fff"><p style="color: #888">grey</p><p>%s</p>
<div style="overflow: hidden"><p style="white-space: nowrap">%s</p></div><div style="height: 2000px"></div>
<button style="height: 30px">x</button></body></html>""" % ("long" * 200, "words " * 200)


def looks(browser):
    """Does it see what it is for?"""
    browser.show(BAD, 360, 640, "light", True)
    found = " ".join(browser.look())
    return all(word in found for word in ("px wide", "contrast", "cut off", "button of", "below the fold"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build-dir", default="build-asan")
    parser.add_argument("--out")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    probe, browser, wrong, n = Probe(options.build_dir), Browser(), 0, 0
    try:
        if not looks(browser):
            raise RuntimeError("what is bad is not seen")
        for name, html in everything(probe) if options.all else kept(probe):
            for device, width in WIDTHS.items():
                for scheme in SCHEMES:
                    browser.show(html, width, HEIGHTS[device], scheme, device == "phone")
                    for complaint in browser.look():
                        wrong += 1
                        print("%s, %s, %s: %s" % (name, device, scheme, complaint))
                    if options.out:
                        os.makedirs(options.out, exist_ok=True)
                        path = os.path.join(options.out, "%s-%s-%s.png" % (name.replace(", ", "-").replace(" ", "_"), device, scheme))
                        write_small(path, browser.picture(width, HEIGHTS[device]))
                    n += 1
    finally:
        browser.close()
    print("%d views, %d complaints" % (n, wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
