#!/usr/bin/env python3
"""Every message and page there is, about incidents of every kind, as its channel has to have it.

Slack's are checked by the TypeScript compiler against Slack's own types and by the limits of Block
Kit; Telegram's are read as its server reads them; mails by Python's parser; HTML by html-validate;
webhooks against the example in docs/webhook-payload.md. Of all of them: the first line says what is
broken, how bad and since when; hostile text is only text; a link to acknowledge is there if, and
only if, there is something to acknowledge. Node's packages: tests/node, installed by ./dev."""
import email
import email.policy
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from checks import Checks, parse_arguments  # noqa: E402
from fake_http import utf16_len  # noqa: E402
from fake_slack import BlockCheck  # noqa: E402
from fake_telegram import FakeTelegram  # noqa: E402
from incidents import ACK_URL, OPEN_URL, Probe, incidents, notices, pages  # noqa: E402
import telegram_html  # noqa: E402

BUILD = parse_arguments().build_dir
TOOLS = os.path.join(ROOT, "build-node", "node_modules", ".bin")
NODE = os.path.join(ROOT, "tests", "node")
LANGUAGES = ("en", "ru")
INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe]")
MARKS = {"critical": "🔴", "warning": "🟠", "none": "🔵"}
WORDS = {"en": {"acknowledged": "🟡 Acknowledged: ", "snoozed": "🟡 Snoozed: ", "resolved": "🟢 Resolved: ", "result": "⚙ Script result: ", "note": "💬 Note: ",
                "storm": "⛈ Storm: 85 incidents, open: 73, urgent: 3", "over": "⛈ Storm: 85 incidents, none is open any more",
                "reminder": "⏰ Still firing, acknowledged: ", "flapping": "🔁 Comes and goes: ", "again": "AGAIN ",
                "for": " — firing for 12 min", "lasted": " — lasted 12 min"},
         "ru": {"acknowledged": "🟡 Принято: ", "snoozed": "🟡 Отложено: ", "resolved": "🟢 Решено: ", "result": "⚙ Итог скрипта: ", "note": "💬 Заметка: ",
                "storm": "⛈ Шторм: инцидентов: 85, открыто: 73, срочных: 3", "over": "⛈ Шторм: инцидентов: 85, открытых больше нет",
                "reminder": "⏰ Всё ещё горит, принято: ", "flapping": "🔁 Мигает: ", "again": "СНОВА ",
                "for": " — горит 12 мин", "lasted": " — длилось 12 мин"}}


class Case:
    """One message: what it is about, for whom, and what must be said first."""

    def __init__(self, name, notice, message, incident, language):
        self.name = "%s, %s, %s" % (name, notice, language)
        self.notice, self.message, self.language = notice, message, language
        self.kind = message["kind"]
        self.is_storm = self.kind == "storm"
        self.shown = message["title"] if notice == "self-alert" else incident["shown"]

    @property
    def ack_url(self):
        """What is handled with another one has no button of its own."""
        return "" if self.message.get("merged_into") else self.message["ack_url"]

    @property
    def wants_ack(self):
        return bool(self.ack_url)

    def check_remark(self, c, text, channel):
        """It comes late, it may be a repeat: said when it is so, and only then."""
        late, repeat = {"en": ("Sent 12 min late: ", "This may be a repeat: "),
                        "ru": ("Опоздание 12 мин: ", "Возможен повтор: ")}[self.language]
        said = [late in text, repeat in text]
        wanted = [self.notice == "page that is late", bool(self.message.get("repeated"))]
        c.equal(said, wanted, "%s, remarks for %s" % (self.name, channel))

    def check_first_line(self, c, line, channel):
        words, what = WORDS[self.language], "%s, first line for %s: %r" % (self.name, channel, line)
        if self.is_storm:
            start = words["over" if self.notice == "storm that is over" else "storm"]
            c.that(line.startswith(start.replace("85", "500").replace("73", "488") if "500" in line else start), what)
            return
        severity = self.message["severity"]
        how_bad = "" if severity == "none" else severity.upper() + ": "
        start = words.get("snoozed" if self.message.get("snoozed_until") else self.kind, "")
        if self.kind in ("page", "update"):
            mark = "🔗" if self.message.get("merged_into") else "🟡" if self.message.get("acked_at") else MARKS[severity]
            start = "%s %s" % (mark, words["again"] if self.notice == "reopened" else "")
        if self.kind in ("page", "update", "reminder", "flapping"):
            start += how_bad
        end = {"resolved": words["lasted"], "result": "", "note": ""}.get(self.kind, words["for"])
        c.that(line.startswith(start + self.shown), what)
        c.that(line.endswith(end), what)


def all_cases():
    for name, incident in incidents().items():
        for notice, message in notices(incident).items():
            for language in LANGUAGES:
                yield Case(name, notice, message, incident, language)


class Rendered:
    """Everything, rendered once; (case, channel) -> request, (name, language) -> page."""

    def __init__(self):
        self.requests, self.pages, self.probe = {}, {}, Probe(BUILD)
        self.cases = list(all_cases())

    def channel(self, c, channel):
        for case in self.cases:
            answer = self.probe.message(case.message, channel, case.language)
            c.equal((answer.get("error"), answer.get("complaint")), (None, ""), "%s, %s" % (channel, case.name))
            if "body" in answer:
                self.requests[case, channel] = answer
                yield case, answer

    def all_pages(self):
        for name, incident in incidents().items():
            for kind, page in pages(incident).items():
                for language in LANGUAGES:
                    yield "page %s, %s, %s" % (name, kind, language), kind, page, incident, language, self.probe.page(page, language)


ALL = Rendered()


def check_text(c, text, what):
    c.equal(INVISIBLE.findall(text), [], what + ": no characters that cannot be seen")


# ---------------------------------------------------------------- Slack
TYPES = """import type {ActionsBlock, ContextBlock, HeaderBlock, SectionBlock} from "@slack/types";
interface Message {
    channel: string; text: string; blocks: (ActionsBlock | ContextBlock | HeaderBlock | SectionBlock)[];
    unfurl_links: false; unfurl_media: false; mrkdwn: false;
}
// @ts-expect-error no blocks
export const bad0: Message = {"channel": "C", "text": "t", "unfurl_links": false, "unfurl_media": false, "mrkdwn": false};
// @ts-expect-error a header is plain_text
export const bad1: HeaderBlock = {"type": "header", "text": {"type": "mrkdwn", "text": "x"}};
// @ts-expect-error no such key
export const bad2: SectionBlock = {"type": "section", "text": {"type": "plain_text", "text": "x", "verbatim": true}};
// @ts-expect-error no such style
export const bad3: ActionsBlock = {"type": "actions", "elements": [{"type": "button", "style": "red", "text":
    {"type": "plain_text", "text": "x"}}]};
"""


def check_types(c, payloads):
    """The compiler says what is wrong; five mistakes of ours prove that it looks."""
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.join(ROOT, "build-node", "node_modules"), os.path.join(folder, "node_modules"))
        with open(os.path.join(folder, "payloads.ts"), "w", encoding="utf-8") as file:
            file.write(TYPES)
            for i, payload in enumerate(payloads):
                file.write("export const p%d: Message = %s;\n" % (i, json.dumps(payload)))
        shutil.copy(os.path.join(NODE, "tsconfig.json"), folder)
        done = subprocess.run([os.path.join(TOOLS, "tsc")], cwd=folder, capture_output=True, text=True, timeout=120)
        c.equal((done.returncode, done.stdout[:2000], done.stderr), (0, "", ""), "types of %d payloads" % len(payloads))


def check_slack(c, case, payload):
    name = "Slack, " + case.name
    BlockCheck().check(payload["blocks"])
    check_text(c, json.dumps(payload, ensure_ascii=False).replace("\\n", ""), name)
    header = payload["blocks"][0]
    c.equal(header["type"], "header", name + ": a header is first")
    case.check_remark(c, json.dumps(payload["blocks"], ensure_ascii=False), "Slack")
    case.check_first_line(c, header["text"]["text"].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"), "Slack")
    c.that(len(payload["text"]) <= 3000, name + ": what a lock screen shows")
    first = payload["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    case.check_first_line(c, re.split(r"\. (?:Acknowledged by |Snoozed by |Принято: |Отложено: )", first)[0], "Slack's lock screen")
    buttons = [e for b in payload["blocks"] if b["type"] == "actions" for e in b["elements"]]
    c.equal([b["url"] for b in buttons], [url for url in (case.ack_url, case.message["open_url"]) if url],
            name + ": buttons")
    for block in payload["blocks"]:
        texts = block.get("elements", []) if block["type"] == "context" else [block["text"]] if "text" in block else []
        for text in texts:
            if text["type"] == "mrkdwn":  # only what is ours
                c.that(re.fullmatch(r"(<@U045EF>)? ?(Press “Acknowledge” to take it\.|Нажмите «Принять», чтобы взять в работу\.)?"
                                    r"|<https://[^<>|\s]+\|[\w ]+>", text["text"]), "%s: mrkdwn %r" % (name, text["text"]))
    c.equal("<@U045EF>" in json.dumps(payload["blocks"]), case.kind in ("page", "reminder"), name + ": mention")


def test_slack(c):
    payloads = {}
    for case, request in ALL.channel(c, "slack"):
        payload = json.loads(request["body"])
        check_slack(c, case, payload)
        payloads[json.dumps(payload)] = payload
    c.that(len(payloads) > 300, "different payloads")
    check_types(c, list(payloads.values()))


# ---------------------------------------------------------------- Telegram
def test_telegram(c):
    for case, request in ALL.channel(c, "telegram"):
        name = "Telegram, " + case.name
        payload = json.loads(request["body"])
        text, entities = telegram_html.parse(payload["text"])
        c.that(1 <= utf16_len(text.strip()) <= 4096 and len(entities) <= 100, name + ": lengths")
        c.equal(text, text.strip(), name + ": nothing is cut off at its ends")
        check_text(c, text.replace("\u2060", ""), name)
        case.check_first_line(c, text.split("\n")[0].replace("\u2060", ""), "Telegram")
        case.check_remark(c, text, "Telegram")
        c.equal(telegram_html.live(text, entities), [], name + ": nothing that can be pressed by accident")
        c.equal({e["type"] for e in entities} - {"bold", "italic", "pre", "text_link"}, set(), name + ": entities")
        c.that(all(e["url"].startswith("https://") for e in entities if e["type"] == "text_link"), name + ": links")
        c.equal("\n\n\n" in text, False, name + ": no two empty lines")
        rows = FakeTelegram()._markup(payload) or [[]]
        c.equal([b["url"] for b in rows[0]], [url for url in (case.ack_url, case.message["open_url"]) if url],
                name + ": buttons")
        c.that("TOKEN" not in payload["text"], name + ": links are buttons")
        c.equal((payload["parse_mode"], payload["link_preview_options"]), ("HTML", {"is_disabled": True}), name + ": options")


# ---------------------------------------------------------------- HTML
class Html(html.parser.HTMLParser):
    """Tags, attributes, links, and the text of every tag."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.links, self.text, self.open, self.of = set(), set(), [], "", [], {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name in ("href", "src", "action")]
        self.open.append(tag)
        self.of.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        for tag in set(self.open):
            self.of[tag][-1] += data
        if not {"style", "title"} & set(self.open):
            self.text += data


TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "p", "em", "strong", "a", "div", "ul", "li", "table", "tr", "th",
        "td", "main", "form", "input", "button", "dl", "dt", "dd", "span", "tbody"}
ATTRIBUTES = {"lang", "charset", "name", "content", "class", "href", "role", "rel", "method", "type", "value", "scope"}


def check_html(c, text, links, language, name):
    page = Html(text)
    c.equal((page.tags - TAGS, page.attributes - ATTRIBUTES), (set(), set()), name + ": only tags of ours")
    for link in page.links:
        c.that(link in links, "%s: link %r" % (name, link))
    c.that("ZgotmplZ" not in text, name + ": nothing was given up on")
    c.that('<html lang="%s">' % language in text, name + ": language")
    check_text(c, page.text, name)
    return page


def alert_links(message):
    found = {message.get(key, "") for key in ("open_url", "ack_url", "resolve_url", "snooze_url")}
    for alert in message["alerts"]:
        found |= {alert["generator_url"], *(v for k, v in alert["annotations"].items() if k.endswith(("_url", "_url__")))}
    return {link for link in found if re.fullmatch(r"https://[!-~]{1,2040}", link) and not re.search(r"[\"'<>\\^`{|}]", link)}


class Validator:
    """html-validate over everything at once, at the end."""

    def __init__(self):
        self.folder, self.names = tempfile.TemporaryDirectory(), {}

    def add(self, name, text):
        path = os.path.join(self.folder.name, "%d.html" % len(self.names))
        self.names[path] = name
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def run(self):
        report = os.path.join(self.folder.name, "report.json")
        with open(report, "w", encoding="utf-8") as file:
            subprocess.run([os.path.join(TOOLS, "html-validate"), "--config", os.path.join(NODE, "htmlvalidate.json"),
                            "--formatter", "json", self.folder.name], stdout=file, timeout=120)
        with open(report, encoding="utf-8") as file:
            found = json.load(file)
        return {self.names.get(f["filePath"], f["filePath"]): [(m.get("line"), m.get("ruleId"), m["message"]) for m in f["messages"]]
                for f in found if f["messages"]}


HTML = Validator()


def test_html_is_looked_at(c):
    validator = Validator()
    validator.add("bad", "<!DOCTYPE html><html><head><title>x</title></head><body><p><div>&nosuch;</div><img></p></body></html>")
    found = {rule for _, rule, _ in validator.run().get("bad", [])}
    c.that({"element-permitted-content", "element-required-attributes"} & found, "rules: %r" % found)


# ---------------------------------------------------------------- email
HEADERS = ["Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "X-Auto-Response-Suppress",
           "MIME-Version", "Content-Type"]


def check_headers(c, case, raw, mail, name):
    head = raw.split(b"\r\n\r\n", 1)[0]
    for line in head.split(b"\r\n"):
        most = 120 if line.startswith(b"Message-ID") else 78
        c.that(len(line) <= most and re.fullmatch(rb"[ -~]+", line), "%s: header line %r" % (name, line))
    c.that(all(len(word) <= 75 for word in re.findall(rb"=\?[^ \r\n]*\?=", head)), name + ": encoded words")
    c.equal(list(mail.keys()), HEADERS, name + ": headers, once each and in order")
    c.equal([d for h in mail.values() for d in h.defects], [], name + ": header defects")
    severity = case.message["severity"]
    start = "[alertify] " if case.is_storm else "[#42] %s" % ("" if severity == "none" else severity + ": ") + case.shown
    c.that(mail["Subject"].startswith(start), "%s: subject %r" % (name, mail["Subject"]))
    c.that(utf16_len(mail["Subject"]) <= 165, name + ": length of the subject")


def check_plain(c, case, text, name):
    lines = text.split("\n")
    case.check_first_line(c, lines[0], "email")
    case.check_remark(c, text, "email")
    c.that(not any(line != line.rstrip() for line in lines), name + ": no spaces at ends of lines: %r"
           % [line for line in lines if line != line.rstrip()][:2])
    c.that("\n\n\n" not in text and text == text.strip(), name + ": no two empty lines")
    c.equal(text.count(ACK_URL), int(case.wants_ack), name + ": link to acknowledge")
    c.equal(text.count(OPEN_URL), int(bool(case.message["open_url"])), name + ": link to open")
    c.that(all(line.endswith(url) for line in lines for url in (ACK_URL, OPEN_URL) if url in line), name + ": links end lines")
    check_text(c, text, name)


def test_email(c):
    for case, request in ALL.channel(c, "email"):
        name = "email, " + case.name
        raw = request["body"].encode("ascii")
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        c.that(b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b""), name + ": only CRLF")
        c.that(all(len(line) <= 76 for line in raw.split(b"\r\n\r\n", 1)[1].split(b"\r\n")), name + ": short lines")
        c.that(not re.search(rb"^\.", raw, re.M), name + ": no line begins with a dot")
        check_headers(c, case, raw, mail, name)
        c.equal((mail.get_content_type(), [p.get_content_type() for p in mail.iter_parts()]),
                ("multipart/alternative", ["text/plain", "text/html"]), name + ": parts")
        c.equal([d for part in mail.walk() for d in part.defects], [], name + ": defects")
        plain, rich = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
        check_plain(c, case, plain, name)
        page = check_html(c, rich, alert_links(case.message), case.language, name)
        case.check_first_line(c, page.of["h1"][0], "email's HTML")
        case.check_remark(c, page.text, "email's HTML")
        c.equal([link for link in page.links if "TOKEN" in link],
                [url for url in (case.ack_url, *(case.message.get(key) for key in ("snooze_url", "resolve_url", "open_url"))) if url],
                name + ": our links")
        c.equal(page.of["title"][0], mail["Subject"].replace("Re: ", "") if len(page.of["title"][0]) <= 160 else page.of["title"][0],
                name + ": title")
        HTML.add(name, rich)


# ---------------------------------------------------------------- pages
def test_pages(c):
    for name, kind, page, incident, language, text in ALL.all_pages():
        html_page = check_html(c, text, alert_links(page), language, name)
        c.equal(html_page.tags & {"form", "button"}, {"form", "button"} if page["page"].get("nonce") else set(), name + ": button")
        c.equal(text.count('name="nonce" value="bm9uY2U_-x&#61;"') + text.count('name="nonce" value="bm9uY2U_-x="'),
                int("nonce" in page["page"]), name + ": nonce")
        if page["part"] == "page.html":
            shown = page["title"] if kind == "self-alert" else incident["shown"]
            c.that(shown in html_page.of["h1"][0], "%s: heading %r" % (name, html_page.of["h1"][0]))
            state, severity = page["state"], "" if page["severity"] == "none" else page["severity"] + " · "
            mark = {"open": MARKS[page["severity"]], "acknowledged": "🟡", "resolved": "🟢"}[state]
            how_long = WORDS[language]["lasted" if state == "resolved" else "for"].replace(" — ", "")
            c.that(html_page.of["h1"][0].startswith(mark), name + ": mark")
            c.that(any(p.endswith(" " + severity + how_long) for p in html_page.of["p"]), "%s: how bad, since when: %r"
                   % (name, html_page.of["p"]))
            c.that("2026-11-21 01:40 UTC" in html_page.text, name + ": since when")
            c.equal(html_page.of["span"][0], {"en": {"open": "open", "acknowledged": "acknowledged", "resolved": "resolved"},
                                              "ru": {"open": "открыт", "acknowledged": "принят", "resolved": "закрыт"}}
                    [language][page["state"]], name + ": state")
        HTML.add(name, text)


def test_html(c):
    for name, found in HTML.run().items():
        c.that(False, "%s: %r" % (name, found[:3]))
    c.that(len(HTML.names) > 500, "%d documents" % len(HTML.names))


# ---------------------------------------------------------------- console
def test_console(c):
    for case, request in ALL.channel(c, "console"):
        text = request["body"]
        c.that(text.endswith("\n\n"), "console, %s: an empty line at the end" % case.name)
        check_plain(c, case, text[:-2], "console, " + case.name)


# ---------------------------------------------------------------- webhook
def documented():
    """The two examples of docs/webhook-payload.md, and the kinds that it lists."""
    with open(os.path.join(ROOT, "docs", "webhook-payload.md"), encoding="utf-8") as file:
        text = file.read()
    blocks = re.findall(r"```json\n(.*?)```", text, re.S)
    kinds = set(re.findall(r"`(\w+)`", re.search(r"^\| `kind` \|(.*)$", text, re.M).group(1)))
    return json.loads(blocks[0]), json.loads("{%s}" % blocks[1])["storm"], kinds


def shape_errors(got, example, at="$"):
    """Where the value has other keys or types than the example. Times may be null, maps may have any text."""
    if isinstance(example, dict) and at.endswith((".labels", ".annotations")):
        return [] if isinstance(got, dict) and all(isinstance(v, str) for v in got.values()) else [at]
    if isinstance(example, dict):
        if not isinstance(got, dict) or set(got) != set(example):
            return ["%s: keys %s" % (at, sorted(set(got) ^ set(example)) if isinstance(got, dict) else got)]
        return [e for key in example for e in shape_errors(got[key], example[key], "%s.%s" % (at, key))]
    if isinstance(example, list):
        return [at] if not isinstance(got, list) else [e for v in got for e in shape_errors(v, example[0], at + "[]")]
    if at.endswith(("_at", "_until")):
        return [] if got is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", got) else ["%s: %r" % (at, got)]
    if at.endswith("url"):
        return [] if isinstance(got, str) and re.fullmatch(r"(https?://[!-~]+)?", got) else ["%s: %r" % (at, got)]
    if at.endswith("merged_into"):
        return [] if got is None or isinstance(got, int) else ["%s: %r" % (at, got)]
    return [] if type(got) is type(example) else ["%s: %r" % (at, got)]


def test_webhook(c):
    page, storm, kinds = documented()
    for case, request in ALL.channel(c, "webhook"):
        name = "webhook, " + case.name
        payload = json.loads(request["body"])
        example = {k: page[k] for k in ("version", "kind", "delivery_id", "possible_repeat", "late_s")}
        example.update({"storm": storm} if case.is_storm else {k: page[k] for k in ("incident", "note", "alerts")})
        c.equal(shape_errors(payload, example), [], name)
        c.that(payload["kind"] in kinds or payload["kind"] == "update",  # an edit: webhooks get none
               "%s: kind %r is documented" % (name, payload["kind"]))
        c.that(len(request["body"].encode()) <= 64 * 1024, name + ": length")
        about = payload["storm" if case.is_storm else "incident"]
        c.equal(about["ack_url"], case.ack_url, name + ": link to acknowledge")
        c.equal([about.get(key, "") for key in ("resolve_url", "snooze_url")],
                [case.message[key] for key in ("resolve_url", "snooze_url")], name + ": links to resolve and snooze")
        c.equal(payload["late_s"], case.message.get("late_s", 0), name + ": how late it is")
        check_text(c, json.dumps(payload, ensure_ascii=False).replace("\\n", ""), name)
        if not case.is_storm:
            c.that(about["title"].startswith(case.shown), "%s: title %r" % (name, about["title"]))
            c.that(1 <= len(payload["alerts"]) <= 10, name + ": alerts")


if __name__ == "__main__":
    if not os.path.isdir(TOOLS):
        sys.exit("the packages of tests/node are not installed; ./dev integration messages does it")
    sys.exit(Checks().run(test_html_is_looked_at, test_slack, test_telegram, test_email, test_pages, test_html, test_console,
                          test_webhook))
