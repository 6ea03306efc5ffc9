#!/usr/bin/env python3
"""The fakes refuse what the real services refuse, and take what the channels build."""
import functools
import hashlib
import json
import os
import smtplib
import ssl
import sys
import threading
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from checks import Checks, parse_arguments, render  # noqa: E402
from fake_http import Reply  # noqa: E402
from fake_slack import FakeSlack  # noqa: E402
from fake_telegram import FakeTelegram  # noqa: E402
from fake_webhook import FakeWebhook  # noqa: E402
from telegram_html import Refused, live, parse  # noqa: E402

try:
    from smtp_sink import SmtpSink
except ImportError:  # python3-aiosmtpd is not installed
    SmtpSink = None

BUILD = parse_arguments().build_dir
render = functools.lru_cache(maxsize=None)(render)  # the same words give the same request
KINDS = ("page", "acknowledged", "resolved", "result", "note")


def send(url, body, headers, method="POST"):
    data = body if isinstance(body, bytes) else body.encode("utf-8")
    request = urllib.request.Request(url, data, dict(headers), method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5) as reply:
            return reply.status, reply.read().decode(), reply.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


def send_rendered(request):
    return send(request["url"], request["body"], request["headers"], request["method"])


def slack_call(fake, method, payload, token="xoxb-CANARY",
               content_type="application/json; charset=utf-8"):
    headers = {"Content-Type": content_type, "Authorization": "Bearer " + token}
    status, body, head = send(fake.api_url + "/" + method, json.dumps(payload), headers)
    return status, json.loads(body), head


def test_slack_takes_our_messages(c):
    with FakeSlack() as fake:
        for hostile in ([], ["--hostile"]):
            for plain in ([], ["--plain"]):
                for kind in KINDS:
                    options = hostile + plain + ["--base", fake.url]
                    status, body, _ = send_rendered(render(BUILD, "slack", kind, "#alerts",
                                                           *options))
                    reply = json.loads(body)
                    c.that(status == 200 and reply["ok"], "post %s %s: %s" % (kind, options, body))
                    ref = "%s %s" % (reply.get("channel"), reply.get("ts"))
                    _, body, _ = send_rendered(render(BUILD, "slack", kind, "#alerts", "--ref", ref,
                                                      *options))
                    c.that(json.loads(body)["ok"], "follow-up %s %s: %s" % (kind, options, body))
        edited = [m for m in fake.messages if m["edits"]]
        threaded = [m for m in fake.messages if m["thread_ts"]]
        c.equal((len(fake.messages), len(edited), len(threaded)), (32, 8, 8), "edits and threads")
        status, body, _ = send_rendered(render(BUILD, "slack", "page", "U045EF", "--base", fake.url))
        c.equal(json.loads(body)["channel"], "D045EF", "a person is a D… channel")
        c.that("<@U045EF>" in json.dumps(fake.messages[-1]), "mention")


def test_slack_refuses(c):
    with FakeSlack() as fake:
        fake.archived.add("C0OLD")
        fake.add_channel("C0OLD", "old")
        good = {"channel": "#alerts", "text": "hi"}
        section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
        header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}
        small = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}
        raw = {"type": "section", "text": {"type": "mrkdwn", "text": "<!channel>"}}
        ts = slack_call(fake, "chat.postMessage", good)[1]["ts"]
        dm = slack_call(fake, "chat.postMessage", {"channel": "U045EF", "text": "hi"})[1]
        update = {"channel": "C024BE91L", "ts": ts, "text": "new"}
        cases = [
            ("chat.postMessage", {**good, "channel": "#nope"}, "channel_not_found"),
            ("chat.postMessage", {**good, "channel": "#old"}, "is_archived"),
            ("chat.postMessage", {"channel": "#alerts"}, "no_text"),
            ("chat.postMessage", {**good, "text": "x" * 40001}, "msg_too_long"),
            ("chat.postMessage", {**good, "blocks": [section]}, "invalid_blocks"),
            ("chat.postMessage", {**good, "blocks": [header]}, "invalid_blocks"),
            ("chat.postMessage", {**good, "blocks": [raw]}, "invalid_blocks"),
            ("chat.postMessage", {**good, "blocks": [small] * 51}, "invalid_blocks"),
            ("chat.postMessage", {**good, "blocks": [small] * 5}, "msg_blocks_too_long"),
            ("chat.postMessage", {**good, "blocks": "x"}, "invalid_blocks_format"),
            ("chat.postMessage", {**good, "ts": ts}, "invalid_arguments"),
            ("chat.postMessage", {**good, "thread_ts": "1.1"}, "thread_not_found"),
            ("chat.update", {**update, "ts": "1.1"}, "message_not_found"),
            ("chat.update", {**update, "channel": "U045EF"}, "channel_not_found"),
            ("chat.update", {**update, "channel": "#alerts"}, "channel_not_found"),
            ("chat.update", {**update, "text": "x" * 4001}, "msg_too_long"),
        ]
        for method, payload, word in cases:
            status, reply, _ = slack_call(fake, method, payload)
            c.equal((status, reply["ok"], reply.get("error")), (200, False, word), method)
        _, reply, _ = slack_call(fake, "chat.postMessage", {**good, "blocks": [small, section]})
        c.equal(reply["errors"], ["must be less than 3001 characters "
                                  "[json-pointer:/blocks/1/text/text]"], "pointer")
        c.equal(slack_call(fake, "chat.postMessage", good, token="x")[1]["error"], "invalid_auth",
                "token")
        c.equal(slack_call(fake, "chat.postMessage", good, content_type="text/plain")[1]["error"],
                "invalid_post_type", "content type")
        c.that(slack_call(fake, "chat.update", {**update, "channel": dm["channel"],
                                                "ts": dm["ts"]})[1]["ok"], "update of a DM by D…")


def test_slack_modes(c):
    with FakeSlack() as fake:
        good = {"channel": "#alerts", "text": "hi"}
        fake.one_per_second = True
        slack_call(fake, "chat.postMessage", good)
        status, reply, head = slack_call(fake, "chat.postMessage", good)
        c.equal((status, reply["error"], head["Retry-After"]), (429, "ratelimited", "1"), "1/s")
        fake.one_per_second = False
        fake.fail_next([Reply.of_text("oops", 503), {"ok": False, "error": "internal_error"}])
        c.equal(slack_call_raw(fake, good)[0], 503, "scripted 503")
        c.equal(json.loads(slack_call_raw(fake, good)[1])["error"], "internal_error", "scripted 200")
        before = len(fake.messages)
        fake.lose_next()
        try:
            slack_call_raw(fake, good)
            c.that(False, "the connection should be lost")
        except (urllib.error.URLError, ConnectionError, OSError):
            c.equal(len(fake.messages), before + 1, "carried out though no reply came")
        c.equal(send(fake.webhook_url, '{"text":"hi"}', {})[1], "ok", "webhook")
        c.equal(send(fake.webhook_url, "{", {})[:2], (400, "invalid_payload"), "webhook payload")
        c.equal(send(fake.webhook_url + "x", "{}", {})[:2], (404, "no_service"), "webhook path")
        timer = threading.Timer(0.1, slack_call, (fake, "chat.postMessage", good))
        count = len(fake.messages)
        timer.start()
        c.that(fake.wait_for(lambda f: len(f.messages) > count), "wait_for sees it")
        c.that(not fake.wait_for(lambda f: False, 0.05), "wait_for gives up")


def slack_call_raw(fake, payload):
    return send(fake.api_url + "/chat.postMessage", json.dumps(payload),
                {"Content-Type": "application/json; charset=utf-8",
                 "Authorization": "Bearer xoxb-CANARY"})


def test_telegram_takes_our_messages(c):
    with FakeTelegram() as fake:
        for address in ("-1001234567890:45", "12345", "@oncall_room"):
            for options in ([], ["--hostile"], ["--plain"], ["--hostile", "--plain"]):
                for kind in KINDS:
                    extra = options + ["--base", fake.url]
                    _, body, _ = send_rendered(render(BUILD, "telegram", "page", address, *extra))
                    reply = json.loads(body)
                    c.that(reply["ok"], "send %s: %s" % (extra, body[:300]))
                    ref = str(reply["result"]["message_id"]) if reply["ok"] else "1"
                    again = render(BUILD, "telegram", kind, address, "--ref", ref, *extra)
                    _, body, _ = send_rendered(again)
                    c.that(json.loads(body)["ok"], "%s %s: %s" % (kind, extra, body[:300]))
        c.that(any(m["edits"] for m in fake.messages), "edits")
        c.that(any(m["reply_to"] for m in fake.messages), "answers")
        c.that(any(m["thread"] == 45 for m in fake.messages), "topics")
        c.that("<script>" in fake.messages[-1]["text"], "text is kept")


def telegram_call(fake, method, payload, token="123:CANARY"):
    status, body, _ = send("%s/bot%s/%s" % (fake.url, token, method), json.dumps(payload),
                           {"Content-Type": "application/json"})
    return status, json.loads(body)


def test_telegram_refuses(c):
    with FakeTelegram() as fake:
        fake.blocked.add(5)
        fake.kicked.add(-6)
        fake.migrated[-7] = -1001234567890
        good = {"chat_id": 12345, "text": "hi"}
        sent = telegram_call(fake, "sendMessage", good)[1]["result"]["message_id"]
        button = {"text": "x", "url": "https://a.example/"}
        key = lambda b: {"inline_keyboard": [[b]]}  # noqa: E731
        cases = [
            ({**good, "chat_id": 1}, 400, "Bad Request: chat not found"),
            ({**good, "chat_id": 5}, 403, "Forbidden: bot was blocked by the user"),
            ({**good, "chat_id": -6}, 403, "Forbidden: bot was kicked from the supergroup chat"),
            ({**good, "chat_id": -7}, 400,
             "Bad Request: group chat was upgraded to a supergroup chat"),
            ({**good, "text": ""}, 400, "Bad Request: message text is empty"),
            ({**good, "text": "😀" * 2049}, 400, "Bad Request: message is too long"),
            ({**good, "message_thread_id": 9}, 400, "Bad Request: message thread not found"),
            ({**good, "reply_markup": key({"text": "x"})}, 400, "Bad Request: inline keyboard "
             "button must have exactly one action"),
            ({**good, "reply_markup": key({"text": "x", "callback_data": "x" * 65})}, 400,
             "Bad Request: BUTTON_DATA_INVALID"),
            ({**good, "reply_markup": key({"text": "x", "url": "http://localhost/"})}, 400,
             "Bad Request: BUTTON_URL_INVALID"),
            ({**good, "text": "é<x>", "parse_mode": "HTML"}, 400, "Bad Request: can't parse "
             "entities: Unsupported start tag \"x\" at byte offset 2"),
        ]
        for payload, code, words in cases:
            status, reply = telegram_call(fake, "sendMessage", payload)
            c.equal((status, reply["error_code"], reply["description"]), (code, code, words),
                    "send")
        reply = telegram_call(fake, "sendMessage", {**good, "chat_id": -7})[1]
        c.equal(reply["parameters"], {"migrate_to_chat_id": -1001234567890}, "migration")
        edit = {**good, "message_id": sent}
        c.that("message is not modified" in
               telegram_call(fake, "editMessageText", edit)[1]["description"], "not modified")
        c.that(telegram_call(fake, "editMessageText", {**edit, "reply_markup": key(button)})[1]["ok"],
               "markup is a change")
        c.equal(telegram_call(fake, "editMessageText", {**edit, "message_id": 1})[1]["description"],
                "Bad Request: message to edit not found", "edit of nothing")
        c.equal(telegram_call(fake, "sendMessage", good, "9:x")[0], 401, "wrong token")
        c.equal(telegram_call(fake, "sendMessage", good, "x")[0], 404, "malformed token")
        fake.limit_next(7)
        status, reply = telegram_call(fake, "sendMessage", good)
        c.equal((status, reply["parameters"]["retry_after"]), (429, 7), "429")


def test_telegram_html(c):
    for html, text in (("<b>a &lt; b</b> &amp; &nosuch;", "a < b & &nosuch;"), ("&lt &#39;&#x27 &#;&#0;", "< '' &#;&#0;"),
                       ("<a href=\"https://a.example/?x&amp;y\">a</a><pre>b</pre></b >"[:-5], "ab"), ("a > b", "a > b"),
                       ("<B>x</b\n>", "x"), ("<blockquote expandable>q</>", "q"), ("<tg-spoiler></tg-spoiler>-", "-")):
        c.equal(parse(html)[0], text, html)
    c.equal([(e["type"], e["text"], e["url"]) for e in parse('<b>x<a href="https://a.example/?x&amp;y">y</a></b>')[1]],
            [("text_link", "y", "https://a.example/?x&y"), ("bold", "xy", "xy")], "entities")
    for bad, words in (("<b>", "Can't find end tag corresponding to start tag \"b\""), ("</b>", "Unexpected end tag at byte"),
                       ("<b></i>", "Unmatched end tag at byte offset 3, expected \"</b>\", found \"</i>\""),
                       ("<b", "Unclosed start tag at byte offset 0"), ("<b>x</b x>", "Unclosed end tag at byte offset 4"),
                       ("<b><i></b></i>", "Unmatched end tag"), ("<br>", "Unsupported start tag \"br\""),
                       ("<b/>", "Unsupported start tag \"b/\""), ("1 < 2", "Unsupported start tag"),
                       ("< 2>", "Unsupported start tag \"\""), ("<a href=https://x>x</a>", "Unexpected end of name token"),
                       ("<a href>x</a>", "Expected equal sign in declaration of an attribute of the tag \"a\""),
                       ("<a =x>x</a>", "Empty attribute name"), ("<a href=\"x>x</a>", "Unclosed start tag"),
                       ("<span>x</span>", "must have class"), ("&#xD800;", "invalid Unicode")):
        try:
            parse(bad)
            c.that(False, "taken: " + bad)
        except Refused as refused:
            c.that("can't parse entities: " in refused.description and words in refused.description,
                   "%s: %s" % (bad, refused.description))
    for text in ("@anna", "(@anna_b)", "/stop", "a (/stop@bot)", "x=/var,", "tg://user?id=1", "say TG://x"):
        c.that(live(text), "live: " + text)
    for text in ("anna@example.org", "a/b", "https://a.example/b", "/var/log", "@\u2060anna", "#42", "12/s", "</b"):
        c.that(not live(text), "not live: %s: %r" % (text, live(text)))
    c.equal(live(*parse("<pre>@anna</pre> <code>/x</code>")), [], "not in code")


def test_webhook(c):
    now = 1795225920
    with FakeWebhook(now=lambda: now) as fake:
        request = render(BUILD, "webhook", "page", "pager", "--base", fake.url)
        c.equal(send_rendered(request)[0], 204, "signed")
        c.equal(send_rendered(request)[0], 204, "repeated")
        c.equal((len(fake.messages), fake.repeats), (1, 1), "once")
        c.equal(fake.messages[0]["incident"]["number"], 42, "payload")
        c.equal(send(request["url"], request["body"] + " ", request["headers"])[0], 401, "altered")
        headers = [(n, v) for n, v in request["headers"] if n != "webhook-signature"]
        c.equal(send(request["url"], request["body"], headers)[0], 401, "unsigned")
        for kind in KINDS:
            rendered = render(BUILD, "webhook", kind, "pager", "--hostile", "--base", fake.url)
            c.equal(send_rendered(rendered)[0], 204, kind)
    for drift in (-301, 301):
        with FakeWebhook(now=lambda: now + drift) as fake:
            request = render(BUILD, "webhook", "page", "pager", "--base", fake.url)
            c.equal(send_rendered(request)[:2], (400, "timestamp"), "drift %d" % drift)


def smtp_send(sink, rendered, password="CANARY", starttls=True):
    context = ssl.create_default_context(cafile=sink.ca_file)
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as client:
        if starttls:
            client.starttls(context=context)
            client.login("bot", password)
        client.sendmail(rendered["mail_from"], [rendered["mail_to"]], rendered["body"].encode())


def smtp_code(sink, rendered, **options):
    try:
        smtp_send(sink, rendered, **options)
    except smtplib.SMTPRecipientsRefused as error:
        return next(iter(error.recipients.values()))[0]
    except smtplib.SMTPResponseException as error:
        return error.smtp_code
    return 250


def test_smtp(c):
    if SmtpSink is None:
        print("skipped: no aiosmtpd")
        return
    with SmtpSink(username="bot", password="CANARY") as sink:
        for kind in KINDS:
            for options in ([], ["--hostile"], ["--plain", "--hostile"]):
                rendered = render(BUILD, "email", kind, "anna@example.org", *options)
                c.equal(smtp_code(sink, rendered), 250, "%s %s" % (kind, options))
                c.equal(hashlib.sha256(sink.messages[-1]["raw"]).hexdigest(),
                        hashlib.sha256(rendered["body"].encode()).hexdigest(), "byte for byte")
        c.equal(sink.messages[-1]["rcpt_to"], ["anna@example.org"], "recipient")
        c.equal(smtp_code(sink, rendered, password="x"), 535, "password")
        c.equal(smtp_code(sink, rendered, starttls=False), 530, "TLS is required")
        sink.fail_next(["RCPT 550 5.1.1 no such user", "DATA 452 4.2.2 full", "MAIL 421 busy"])
        c.equal(smtp_code(sink, rendered), 421, "MAIL")
        c.equal(smtp_code(sink, rendered), 550, "RCPT")
        c.equal(smtp_code(sink, rendered), 452, "after the dot")
        c.that(sink.wait_for(lambda s: len(s.messages) == 15), "messages")
    crlf = b"Date: x\r\nFrom: a@b\r\nTo: a@b\r\nSubject: x\r\nMessage-ID: <a@b>\r\n" \
           b"MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n\r\nx\r\n"
    c.equal(SmtpSink.complaint(crlf), None, "a minimal mail")
    c.that("bare" in SmtpSink.complaint(crlf + b"a\nb\r\n"), "bare LF")
    c.that("long" in SmtpSink.complaint(crlf + b"x" * 999 + b"\r\n"), "long line")
    c.that("Date" in SmtpSink.complaint(crlf.replace(b"Date", b"Dat")), "missing header")


code = Checks().run(test_slack_takes_our_messages, test_slack_refuses, test_slack_modes,
                    test_telegram_takes_our_messages, test_telegram_refuses, test_telegram_html,
                    test_webhook, test_smtp)
sys.exit(code)
