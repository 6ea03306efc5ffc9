"""A strict Telegram Bot API: sendMessage, editMessageText (HTML), getMe.

Refuses what the real server refuses, with its sentences. messages: dicts with chat_id, message_id,
text (parsed), html, reply_markup, edits.
"""
import re

import telegram_html
from fake_http import FakeHttp, Reply, utf16_len
from telegram_html import Refused

TOKEN = "123:CANARY"
TEXT_MAX = 4096


class FakeTelegram(FakeHttp):
    def __init__(self, token=TOKEN):
        super().__init__()
        self.token = token
        self.chats = {12345, -1001234567890}  # ids that exist
        self.names = {"@oncall_room": -1001234567890}
        self.threads = {-1001234567890: {45}}
        self.blocked = set()      # users who blocked the bot
        self.kicked = set()       # groups that removed it
        self.migrated = {}        # old id -> new id
        self.messages = []
        self._next_id = 100

    def answer(self, request):
        match = re.fullmatch(r"/bot([^/]+)/(\w+)", request.path)
        try:
            if not match:
                raise Refused(404, "Not Found")
            if match.group(1) != self.token:
                well_formed = re.fullmatch(r"\d+:[\w-]+", match.group(1))
                raise Refused(401, "Unauthorized") if well_formed else Refused(404, "Not Found")
            return self._call(match.group(2), request)
        except Refused as refused:
            body = {"ok": False, "error_code": refused.code, "description": refused.description}
            if refused.parameters:
                body["parameters"] = refused.parameters
            headers = {}
            if refused.parameters and "retry_after" in refused.parameters:
                headers["Retry-After"] = str(refused.parameters["retry_after"])
            return Reply.of_json(body, refused.code, headers)

    def limit_next(self, seconds, count=1):
        """The next calls are answered 429 with retry_after."""
        body = {"ok": False, "error_code": 429, "parameters": {"retry_after": seconds},
                "description": "Too Many Requests: retry after %d" % seconds}
        self.fail_next([Reply.of_json(body, 429, {"Retry-After": str(seconds)})] * count)

    def _call(self, method, request):
        if method.lower() == "getme":
            return Reply.of_json({"ok": True, "result": {"id": 123, "is_bot": True,
                                                         "username": "alertify_bot"}})
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise Refused(400, "Bad Request: message text is empty")
        try:
            payload = request.json()
        except (UnicodeDecodeError, ValueError):
            raise Refused(400, "Bad Request: can't parse JSON object") from None
        if method.lower() == "sendmessage":
            return self._send(payload)
        if method.lower() == "editmessagetext":
            return self._edit(payload)
        raise Refused(404, "Not Found")

    def _chat(self, payload):
        chat = payload.get("chat_id")
        chat = self.names.get(chat, chat)
        if chat in (None, ""):
            raise Refused(400, "Bad Request: chat_id is empty")
        if chat in self.migrated:
            raise Refused(400, "Bad Request: group chat was upgraded to a supergroup chat",
                          {"migrate_to_chat_id": self.migrated[chat]})
        if chat in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if chat in self.kicked:
            raise Refused(403, "Forbidden: bot was kicked from the supergroup chat")
        if chat not in self.chats:
            raise Refused(400, "Bad Request: chat not found")
        return chat

    def _text(self, payload):
        text, mode = payload.get("text", ""), payload.get("parse_mode")
        if not isinstance(text, str):
            raise Refused(400, "Bad Request: message text is empty")
        if mode is not None and mode.lower() != "html":
            raise Refused(400, "Bad Request: unsupported parse_mode")
        parsed = telegram_html.parse(text)[0] if mode else text
        if not parsed.strip():
            raise Refused(400, "Bad Request: message text is empty")
        if utf16_len(parsed.strip()) > TEXT_MAX:
            raise Refused(400, "Bad Request: message is too long")
        return parsed.strip()

    def _markup(self, payload):
        markup = payload.get("reply_markup")
        if markup is None:
            return None
        rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
        if not isinstance(rows, list):
            raise Refused(400, "Bad Request: object expected as reply markup")
        buttons = [button for row in rows for button in row]
        if len(buttons) > 100 or any(len(row) > 8 for row in rows):
            raise Refused(400, "Bad Request: reply markup is too long")
        for button in buttons:
            self._button(button)
        return rows or None

    @staticmethod
    def _button(button):
        if not button.get("text"):
            raise Refused(400, "Bad Request: inline keyboard button text must be non-empty")
        if ("url" in button) == ("callback_data" in button):
            raise Refused(400, "Bad Request: inline keyboard button must have exactly one action")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        if "url" in button and not re.match(r"(https?|tg)://[^\s/]+\.[^\s]+$", button["url"]):
            raise Refused(400, "Bad Request: BUTTON_URL_INVALID")

    def _send(self, payload):
        chat = self._chat(payload)
        text, markup = self._text(payload), self._markup(payload)
        thread = payload.get("message_thread_id")
        if thread is not None and thread not in self.threads.get(chat, ()):
            raise Refused(400, "Bad Request: message thread not found")
        reply = payload.get("reply_parameters") or {}
        if reply and not self._find(chat, reply.get("message_id")) \
                and not reply.get("allow_sending_without_reply"):
            raise Refused(400, "Bad Request: message to be replied not found")
        self._next_id += 1
        message = {"chat_id": chat, "message_id": self._next_id, "text": text,
                   "html": payload["text"], "reply_markup": markup, "thread": thread,
                   "reply_to": reply.get("message_id"), "edits": 0, "history": []}
        self.messages.append(message)
        return self._result(message)

    def _find(self, chat, message_id):
        for message in self.messages:
            if message["chat_id"] == chat and message["message_id"] == message_id:
                return message
        return None

    def _edit(self, payload):
        chat = self._chat(payload)
        text, markup = self._text(payload), self._markup(payload)
        message = self._find(chat, payload.get("message_id"))
        if message is None:
            raise Refused(400, "Bad Request: message to edit not found")
        if (text, markup) == (message["text"], message["reply_markup"]):
            raise Refused(400, "Bad Request: message is not modified: specified new message content "
                               "and reply markup are exactly the same as a current content and "
                               "reply markup of the message")
        message["history"].append(message["text"])
        message.update(text=text, html=payload["text"], reply_markup=markup)
        message["edits"] += 1
        return self._result(message)

    @staticmethod
    def _result(message):
        return Reply.of_json({"ok": True, "result": {
            "message_id": message["message_id"], "chat": {"id": message["chat_id"]},
            "date": 1795225920, "text": message["text"]}})
