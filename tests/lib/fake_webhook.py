"""A receiver of Standard Webhooks 1.0: verifies signature and time, remembers ids.

messages: the JSON payloads taken, once per webhook-id; repeats are counted in `repeats`.
"""
import base64
import hashlib
import hmac
import time

from fake_http import FakeHttp, Reply

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class FakeWebhook(FakeHttp):
    def __init__(self, secrets=(SECRET,), tolerance=300, now=time.time):
        super().__init__()
        self.secrets, self.tolerance, self.now = list(secrets), tolerance, now
        self.messages = []
        self.repeats = 0
        self.refusals = []
        self._seen = set()

    def _refuse(self, status, why):
        self.refusals.append(why)
        return Reply.of_text(why, status)

    def answer(self, request):
        if request.method != "POST":
            return self._refuse(405, "method")
        if not request.headers.get("content-type", "").startswith("application/json"):
            return self._refuse(415, "content type")
        webhook_id = request.headers.get("webhook-id", "")
        timestamp = request.headers.get("webhook-timestamp", "")
        if not webhook_id or "." in webhook_id or not timestamp.isascii() or \
                not timestamp.isdigit():
            return self._refuse(400, "headers")
        if abs(int(timestamp) - self.now()) > self.tolerance:
            return self._refuse(400, "timestamp")
        if not self._is_signed(webhook_id, timestamp, request):
            return self._refuse(401, "signature")
        try:
            payload = request.json()
        except (UnicodeDecodeError, ValueError):
            return self._refuse(400, "not JSON")
        if webhook_id in self._seen:
            self.repeats += 1
        else:
            self._seen.add(webhook_id)
            self.messages.append(payload)
        return Reply(204)

    def _is_signed(self, webhook_id, timestamp, request):
        given = request.headers.get("webhook-signature", "").split(" ")
        text = ("%s.%s." % (webhook_id, timestamp)).encode() + request.body
        for secret in self.secrets:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
            want = "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
            if any(hmac.compare_digest(want, one) for one in given):
                return True
        return False
