#!/usr/bin/env python3
"""Mails of the email channel, read back by Python's email package."""
import email
import email.policy
import email.utils
import html.parser
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from checks import Checks, parse_arguments, render  # noqa: E402

BUILD = parse_arguments().build_dir
KINDS = ("page", "acknowledged", "resolved", "result", "note")
INCIDENT = "inc-0199c0de-0000-7000-8000-000000000042"


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.links, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.text += data


def mail_of(*arguments):
    raw = render(BUILD, "email", *arguments)["body"].encode("ascii")
    return email.message_from_bytes(raw, policy=email.policy.default), raw


def content(part):
    return part.get_content().replace("\r\n", "\n")


def page_of(mail):
    page = Page()
    page.feed(content(mail.get_body(("html",))))
    return page


def test_page(c):
    mail, _ = mail_of("page", "anna@example.org")
    c.equal(mail["Subject"], "[#42] critical: Disk almost full on db1", "subject")
    c.equal(mail["From"].addresses[0].addr_spec, "alertify@example.org", "sender")
    c.equal(mail["From"].addresses[0].display_name, "Alertify", "name")
    c.equal(mail["To"].addresses[0].addr_spec, "anna@example.org", "recipient")
    c.equal(mail["Date"].datetime.isoformat(), "2026-11-21T01:52:00+00:00", "date")
    c.equal(mail["Message-ID"], "<%s.0199c0de-0000-7000-8000-00000000d001@example.org>" % INCIDENT,
            "message id")
    c.equal(mail["References"], "<%s.0@example.org>" % INCIDENT, "thread")
    c.equal(mail["Auto-Submitted"], "auto-generated", "auto-submitted")
    c.equal(mail["X-Auto-Response-Suppress"], "All", "no auto-replies")
    c.equal(mail.get_content_type(), "multipart/alternative", "type")
    c.equal([p.get_content_type() for p in mail.iter_parts()], ["text/plain", "text/html"], "parts")
    text = content(mail.get_body(("plain",)))
    c.that(text.startswith("🔴 CRITICAL: Disk almost full on db1 — firing for 12 min\n"), "text")
    c.that("Acknowledge: https://alertify.example/a/TOKEN\n" in text, "link in the text")
    page = page_of(mail)
    c.equal(page.links, ["https://alertify.example/a/TOKEN",
                         "https://alertify.example/a/TOKEN-S",
                         "https://alertify.example/a/TOKEN-R",
                         "https://wiki.example/disk?a=1&b=2",
                         "https://alertify.example/incidents/42"], "links")
    c.that("— firing for 12 min" in page.text, "html text")
    c.equal(mail.defects, [], "defects")


def test_reply(c):
    mail, _ = mail_of("resolved", "anna@example.org", "--ref", "inc-x.y", "--ru")
    c.equal(mail["Subject"], "Re: [#42] critical: Disk almost full on db1", "subject")
    c.equal(mail["In-Reply-To"], "<%s.0@example.org>" % INCIDENT, "in reply to")
    c.that(content(mail.get_body(("plain",))).startswith("🟢 Решено: "), "Russian")
    c.that("TOKEN" not in str(mail), "nothing to press")


def test_hostile(c):
    for kind in KINDS:
        mail, raw = mail_of(kind, "anna@example.org", "--hostile")
        c.that(b"\n" not in raw.replace(b"\r\n", b""), kind + ": only CRLF")
        c.that(all(len(line) <= 200 for line in raw.split(b"\r\n")), kind + ": short lines")
        c.equal(len(mail.get_all("Bcc", [])), 0, kind + ": no injected header")
        c.equal(len(mail.keys()), len(set(mail.keys())), kind + ": every header once")
        c.that("Bcc: evil@example.org" in mail["Subject"].replace("\n", ""),
               kind + ": the line is part of the subject: %r" % mail["Subject"])
        page = page_of(mail)
        c.equal(set(page.tags) - {"html", "head", "meta", "title", "style", "body", "h1", "p", "b",
                                  "em", "strong", "br", "a", "div", "pre", "ul", "li", "table",
                                  "tr", "th", "td", "tbody"}, set(), kind + ": tags")
        c.that(all(link.startswith("https://alertify.example/") for link in page.links),
               kind + ": links %r" % page.links)
        for part in mail.iter_parts():
            text = content(part)
            c.equal(part.defects, [], kind + ": defects")
            c.that(not any(ord(ch) < 32 and ch != "\n" or ch in "\u202e\u200b" for ch in text),
                   kind + ": no controls")
        c.that("<script>" in content(mail.get_body(("plain",))), kind + ": text is kept")


def test_plain(c):
    mail, _ = mail_of("page", "anna@example.org", "--plain", "--hostile")
    c.equal(mail.get_content_type(), "text/plain", "one part")
    c.that("日本 😀" in content(mail), "UTF-8 survives")


sys.exit(Checks().run(test_page, test_reply, test_hostile, test_plain))
