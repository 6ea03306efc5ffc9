"""A strict Slack: chat.postMessage, chat.update, incoming webhooks.

Refuses what Slack refuses, with Slack's words. Channels are created with add_channel; a message to
a user (U…) goes to a D… channel made for it. messages: a list of dicts, newest state, with "edits".
"""
import json
import re
import time

from fake_http import FakeHttp, Reply

TOKEN = "xoxb-CANARY"
WEBHOOK_PATH = "/services/T000/B000/CANARY"
TEXT_UPDATE_MAX, TEXT_POST_MAX, BLOCKS_SUM_MAX = 4000, 40000, 13200


class Refused(Exception):
    def __init__(self, word, messages=None):
        super().__init__(word)
        self.word, self.messages = word, messages


class FakeSlack(FakeHttp):
    def __init__(self, token=TOKEN):
        super().__init__()
        self.token = token
        self.channels = {}  # id -> name
        self.users = {"U045EF"}
        self.archived = set()
        self.messages = []
        self.one_per_second = False
        self._last_post = {}
        self._next_ts = 1503435956
        self.add_channel("C024BE91L", "alerts")

    # -- set-up -------------------------------------------------------------------------------
    def add_channel(self, channel_id, name):
        self.channels[channel_id] = name

    @property
    def api_url(self):
        return self.url + "/api"

    @property
    def webhook_url(self):
        return self.url + WEBHOOK_PATH

    def in_channel(self, name):
        return [m for m in self.messages if self.channels.get(m["channel"]) == name.lstrip("#")]

    # -- requests -----------------------------------------------------------------------------
    def answer(self, request):
        if request.path.startswith("/services/"):
            return self._webhook(request)
        if not request.path.startswith("/api/"):
            return Reply.of_text("not found", 404)
        method = request.path[len("/api/"):]
        try:
            self._authenticate(request)
            payload = self._payload(request)
            if method == "chat.postMessage":
                return self._post(payload)
            if method == "chat.update":
                return self._update(payload)
            raise Refused("unknown_method")
        except Refused as refused:
            return self._refusal(refused)

    @staticmethod
    def _refusal(refused):
        body = {"ok": False, "error": refused.word}
        if refused.messages:
            body["errors"] = refused.messages
            body["response_metadata"] = {"messages": ["[ERROR] " + m for m in refused.messages]}
        return Reply.of_json(body)

    def _authenticate(self, request):
        given = request.headers.get("authorization", "")
        if not given:
            raise Refused("not_authed")
        if given != "Bearer " + self.token:
            raise Refused("invalid_auth")

    @staticmethod
    def _payload(request):
        if request.method != "POST":
            raise Refused("method_not_supported_for_channel_type")
        kind = request.headers.get("content-type", "").replace(" ", "").lower()
        if kind != "application/json;charset=utf-8":
            raise Refused("invalid_post_type")  # without the charset Slack adds a warning
        try:
            payload = json.loads(request.body.decode("utf-8"))
        except (UnicodeDecodeError, ValueError):
            raise Refused("invalid_json") from None
        if not isinstance(payload, dict):
            raise Refused("json_not_object")
        return payload

    # -- methods ------------------------------------------------------------------------------
    def _find_channel(self, name):
        if not isinstance(name, str) or not name:
            raise Refused("channel_not_found")
        if re.fullmatch(r"[UW][A-Z0-9]+", name):
            if name not in self.users:
                raise Refused("channel_not_found")
            self.channels["D" + name[1:]] = "@" + name
            return "D" + name[1:]
        for channel_id, known in self.channels.items():
            if name == channel_id or name.lstrip("#") == known:
                if channel_id in self.archived:
                    raise Refused("is_archived")
                return channel_id
        raise Refused("channel_not_found")

    def _limit_rate(self, channel):
        if not self.one_per_second:
            return None
        now = time.monotonic()
        if now - self._last_post.get(channel, -1.0) < 1.0:
            return Reply.of_json({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "1"})
        self._last_post[channel] = now
        return None

    def _post(self, payload):
        known = {"channel", "text", "blocks", "thread_ts", "reply_broadcast", "unfurl_links",
                 "unfurl_media", "mrkdwn", "parse", "link_names", "metadata"}
        self._check_arguments(payload, known)
        channel = self._find_channel(payload.get("channel"))
        limited = self._limit_rate(channel)
        if limited:
            return limited
        self._check_content(payload, TEXT_POST_MAX)
        thread = payload.get("thread_ts")
        if thread is not None:
            parent = self._message(channel, thread)
            if parent is None or parent.get("thread_ts"):
                raise Refused("thread_not_found")
        ts = self._store(channel, payload)
        return Reply.of_json({"ok": True, "channel": channel, "ts": ts, "message": {"ts": ts}})

    def _store(self, channel, payload):
        self._next_ts += 1
        ts = "%d.%06d" % (self._next_ts, 247)
        self.messages.append({"channel": channel, "ts": ts, "text": payload.get("text", ""),
                              "blocks": payload.get("blocks"),
                              "thread_ts": payload.get("thread_ts"), "edits": 0, "history": []})
        return ts

    def _message(self, channel, ts):
        for message in self.messages:
            if message["channel"] == channel and message["ts"] == ts:
                return message
        return None

    def _update(self, payload):
        self._check_arguments(payload, {"channel", "ts", "text", "blocks", "parse", "link_names",
                                        "metadata", "reply_broadcast"})
        channel = payload.get("channel", "")
        if not re.fullmatch(r"[CDG][A-Z0-9]+", channel) or channel not in self.channels:
            raise Refused("channel_not_found")  # also for U…: only the returned id will do
        message = self._message(channel, payload.get("ts"))
        if message is None:
            raise Refused("message_not_found")
        self._check_content(payload, TEXT_UPDATE_MAX)
        message["history"].append({"text": message["text"], "blocks": message["blocks"]})
        message["text"] = payload.get("text", message["text"])
        message["blocks"] = payload.get("blocks")
        message["edits"] += 1
        return Reply.of_json({"ok": True, "channel": channel, "ts": message["ts"],
                              "text": message["text"]})

    def _webhook(self, request):
        if request.path != WEBHOOK_PATH:
            return Reply.of_text("no_service", 404)
        try:
            payload = json.loads(request.body.decode("utf-8"))
            self._check_content(payload, TEXT_POST_MAX)
        except Refused as refused:
            return Reply.of_text(refused.word, 400)
        except (UnicodeDecodeError, ValueError):
            return Reply.of_text("invalid_payload", 400)
        self._store("C024BE91L", payload)
        return Reply.of_text("ok")

    # -- content ------------------------------------------------------------------------------
    @staticmethod
    def _check_arguments(payload, known):
        extra = sorted(set(payload) - known)
        if extra:
            raise Refused("invalid_arguments", ["unknown argument %s" % name for name in extra])

    def _check_content(self, payload, text_max):
        text, blocks = payload.get("text", ""), payload.get("blocks")
        if not text and not blocks:
            raise Refused("no_text")
        if len(text) > text_max:
            raise Refused("msg_too_long")
        if blocks is not None:
            BlockCheck().check(blocks)


class BlockCheck:
    """Block Kit's limits, for the blocks in use and some more. Errors carry a JSON pointer."""

    def __init__(self):
        self.sum = 0

    def fail(self, what, pointer):
        raise Refused("invalid_blocks", ["%s [json-pointer:%s]" % (what, pointer)])

    def check(self, blocks):
        if not isinstance(blocks, list) or not all(isinstance(b, dict) for b in blocks):
            raise Refused("invalid_blocks_format")
        if len(blocks) > 50:
            self.fail("no more than 50 items allowed", "/blocks")
        ids = [b["block_id"] for b in blocks if "block_id" in b]
        if len(ids) != len(set(ids)):
            self.fail("block_id must be unique", "/blocks")
        for i, block in enumerate(blocks):
            self.block(block, "/blocks/%d" % i)
        if self.sum > BLOCKS_SUM_MAX:
            raise Refused("msg_blocks_too_long")

    def block(self, block, at):
        kind = block.get("type")
        fields = {"header": {"text"}, "section": {"text", "fields", "accessory"},
                  "context": {"elements"}, "actions": {"elements"}, "divider": set()}.get(kind)
        if fields is None:
            self.fail("unsupported type: %s" % kind, at + "/type")
        self.only(block, fields | {"type", "block_id"}, at)
        if kind == "header":
            self.text(block.get("text"), 150, at + "/text", {"plain_text"})
        elif kind == "section":
            if "text" not in block and "fields" not in block:
                self.fail("must provide one of text or fields", at)
            if "text" in block:
                self.text(block["text"], 3000, at + "/text")
            if len(block.get("fields", [])) > 10:
                self.fail("no more than 10 items allowed", at + "/fields")
            for i, field in enumerate(block.get("fields", [])):
                self.text(field, 2000, "%s/fields/%d" % (at, i))
        elif kind in ("context", "actions"):
            self.elements(block, kind, at)

    def elements(self, block, kind, at):
        elements = block.get("elements")
        most = 10 if kind == "context" else 25
        if not isinstance(elements, list) or not 1 <= len(elements) <= most:
            self.fail("must have between 1 and %d items" % most, at + "/elements")
        for i, element in enumerate(elements):
            place = "%s/elements/%d" % (at, i)
            if kind == "context":
                self.text(element, 3000, place)
            else:
                self.button(element, place)
        actions = [e.get("action_id") for e in elements]
        if kind == "actions" and len(actions) != len(set(actions)):
            self.fail("action_id must be unique", at + "/elements")

    def button(self, button, at):
        if not isinstance(button, dict) or button.get("type") != "button":
            self.fail("unsupported element", at + "/type")
        self.only(button, {"type", "text", "action_id", "url", "value", "style"}, at)
        self.text(button.get("text"), 75, at + "/text", {"plain_text"})
        for name, most in (("action_id", 255), ("url", 3000), ("value", 2000)):
            value = button.get(name, "")
            if not isinstance(value, str) or len(value) > most:
                self.fail("must be less than %d characters" % (most + 1), at + "/" + name)
        if "url" in button and not re.match(r"https?://[^\s<>|]+$", button["url"]):
            self.fail("invalid url", at + "/url")
        if button.get("style", "primary") not in ("primary", "danger"):
            self.fail("must be primary or danger", at + "/style")

    def text(self, text, most, at, kinds=frozenset({"plain_text", "mrkdwn"})):
        if not isinstance(text, dict) or text.get("type") not in kinds:
            self.fail("must be one of %s" % sorted(kinds), at + "/type")
        allowed = {"type", "text"} | ({"emoji"} if text["type"] == "plain_text" else {"verbatim"})
        self.only(text, allowed, at)
        value = text.get("text")
        if not isinstance(value, str) or not value:
            self.fail("must be more than 0 characters", at + "/text")
        if len(value) > most:
            self.fail("must be less than %d characters" % (most + 1), at + "/text")
        self.sum += len(value)
        # Stricter than Slack: what is not escaped must be one of the links we mean to send.
        bare = re.sub(r"<@[UW][A-Z0-9]+>|<https?://[^\s<>|]+(\|[^<>|&\n]+)?>", "", value)
        if text["type"] == "plain_text":
            bare = value
        if re.search(r"[<>]|&(?!amp;|lt;|gt;)", bare):
            self.fail("unescaped text", at + "/text")

    def only(self, value, names, at):
        extra = sorted(set(value) - set(names))
        if extra:
            self.fail("no more keys allowed: %s" % extra[0], at)
