"""HTML as Telegram's server reads it: what it refuses, what is left as text, what becomes live.

parse() gives the text and its entities, or raises Refused with the server's sentence. live() finds
what clients and the server make clickable in text without any markup.
"""
import re

TAGS = {"a": "text_link", "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
        "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
        "blockquote": "blockquote", "tg-spoiler": "spoiler", "span": "spoiler", "tg-emoji": "custom_emoji"}
NAMED = {b"lt": "<", b"gt": ">", b"amp": "&", b"quot": '"'}
SPACE = b" \t\r\n\0\x0b"


class Refused(Exception):
    def __init__(self, code, description, parameters=None):
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


class _Parser:
    def __init__(self, text):
        self.raw, self.at, self.out, self.stack, self.entities = text.encode(), 0, "", [], []

    def refuse(self, what, at=None):
        place = "" if at is None else " at byte offset %d" % at
        raise Refused(400, "Bad Request: can't parse entities: %s%s" % (what, place))

    def byte(self):
        return self.raw[self.at:self.at + 1]

    def skip(self, wanted):
        """What of it there is; a missing one ends the text."""
        begin = self.at
        while self.byte() and wanted(self.byte()):
            self.at += 1
        return self.raw[begin:self.at]

    def entity(self):
        """The semicolon may be missing; what is no entity is text."""
        match = re.compile(rb"&(#x[0-9a-fA-F]*|#[0-9]*|[a-zA-Z]*);?").match(self.raw, self.at)
        name = match.group(1)
        if name.startswith(b"#"):
            digits = name[2:] if name.startswith(b"#x") else name[1:]
            code = int(digits, 16 if name.startswith(b"#x") else 10) if digits else 0
            known = chr(code) if 0 < code < 0x10ffff and len(name) + 1 < 10 else None
        else:
            known = NAMED.get(name)
        if known is None:
            self.at += 1
            return "&"
        if 0xd800 <= ord(known) <= 0xdfff:
            self.refuse("Text contains invalid Unicode characters after decoding HTML entities, check for unmatched "
                        "surrogate code units")
        self.at = match.end()
        return known

    def value(self, begin):
        if self.byte() not in (b'"', b"'"):
            value = self.skip(lambda b: b.isalnum() or b in b".-").decode().lower()
            if self.byte() not in (b">", b"") and self.byte() not in SPACE:
                self.refuse("Unexpected end of name token", self.at)
        else:
            quote, value = self.byte(), bytearray()
            self.at += 1
            while self.byte() and self.byte() != quote:
                if self.byte() == b"&":
                    value += self.entity().encode()
                else:
                    value += self.byte()
                    self.at += 1
            self.at += 1
            value = bytes(value).decode()
        if not self.byte():
            self.refuse("Unclosed start tag", begin)
        return value

    def start_tag(self, begin):
        name = self.skip(lambda b: b not in SPACE and b != b">").decode(errors="replace").lower()
        if not self.byte():
            self.refuse("Unclosed start tag", begin)
        if name not in TAGS:
            self.refuse('Unsupported start tag "%s"' % name, begin)
        attributes = {}
        while self.byte() != b">":
            self.skip(lambda b: b in SPACE)
            if self.byte() == b">":
                break
            attribute = self.skip(lambda b: b not in SPACE and b not in b"=>").decode(errors="replace").lower()
            if not attribute:
                self.refuse('Empty attribute name in the tag "%s"' % name, begin)
            self.skip(lambda b: b in SPACE)
            if name == "blockquote" and attribute == "expandable" and self.byte() != b"=":
                continue
            if self.byte() != b"=":
                self.refuse('Expected equal sign in declaration of an attribute of the tag "%s"' % name, begin)
            self.at += 1
            self.skip(lambda b: b in SPACE)
            attributes[attribute] = self.value(begin)
        self.at += 1
        if name == "span" and attributes.get("class") != "tg-spoiler":
            self.refuse('Tag "span" must have class "tg-spoiler"', begin)
        self.stack.append((name, begin, len(self.out), attributes))

    def end_tag(self, begin):
        if not self.stack:
            self.refuse("Unexpected end tag", begin)
        self.at += 1
        name = self.skip(lambda b: b not in SPACE and b != b">").decode(errors="replace").lower()
        self.skip(lambda b: b in SPACE)
        if self.byte() != b">":
            self.refuse("Unclosed end tag", begin)
        self.at += 1
        opened, _, offset, attributes = self.stack.pop()
        if name and name != opened:
            self.refuse('Unmatched end tag at byte offset %d, expected "</%s>", found "</%s>"' % (begin, opened, name))
        text = self.out[offset:]
        if text:
            self.entities.append({"type": TAGS[opened], "text": text, "begin": offset, "url": attributes.get("href") or text})

    def run(self):
        while self.byte():
            begin = self.at
            if self.byte() == b"&":
                self.out += self.entity()
            elif self.byte() != b"<":
                self.out += self.skip(lambda b: b not in b"<&").decode()
            else:
                self.at += 1
                if self.byte() == b"/":
                    self.end_tag(begin)
                else:
                    self.start_tag(begin)
        if self.stack:
            self.refuse('Can\'t find end tag corresponding to start tag "%s"' % self.stack[-1][0])
        return self.out, self.entities


def parse(html):
    """The text, and entities as dicts with type, text, begin (characters) and, of links, url."""
    return _Parser(html).run()


def live(text, entities=()):
    """Mentions, commands of bots, tags and links that nobody marked up, in text outside of code."""
    for entity in entities:
        if entity["type"] in ("code", "pre", "text_link"):
            end = entity["begin"] + len(entity["text"])
            text = text[:entity["begin"]] + " " * len(entity["text"]) + text[end:]
    return (re.findall(r"(?<!\w)@[A-Za-z0-9_]{3,32}(?!\w)", text) + re.findall(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?![\w/<>])", text)
            + re.findall(r"(?<!\w)(?:tg|ton|tonsite)://\S+", text, re.I))
