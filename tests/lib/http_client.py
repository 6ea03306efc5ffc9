"""HTTP as the tests speak it: HTTP/1.1 by http.client, HTTP/2 by the curl command."""
import base64
import hashlib
import hmac
import http.client
import json
import re
import ssl
import subprocess
import time
from urllib.parse import urlencode, urlsplit


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def __repr__(self):
        return "%d %s" % (self.status, self.text[:300])


def call(url, method="GET", body=None, headers=None, ca=None, timeout=30.0):
    """One request on a connection of its own. body: bytes, or an object sent as JSON."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=ca)
        connection = http.client.HTTPSConnection(parts.netloc, context=context, timeout=timeout)
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    head = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    if body is not None and "Content-Type" not in head:
        head["Content-Type"] = "application/json"
    path = parts.path + ("?" + parts.query if parts.query else "")
    try:
        connection.request(method, path or "/", body, head)
        reply = connection.getresponse()
        return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
    finally:
        connection.close()


def curl_h2(url, ca, *arguments):
    """(HTTP version, Answer) of a request by curl, which negotiates HTTP/2 by ALPN."""
    done = subprocess.run(["curl", "-sS", "--http2", "--cacert", ca, "-w", "\n%{http_version} "
                           "%{http_code}", *arguments, url], capture_output=True, timeout=30,
                          check=True)
    body, last = done.stdout.rsplit(b"\n", 1)
    version, status = last.decode().split()
    return version, Answer(int(status), {}, body)


def bearer(token):
    return {"Authorization": "Bearer " + token}


def basic(user, password):
    both = base64.b64encode(("%s:%s" % (user, password)).encode()).decode()
    return {"Authorization": "Basic " + both}


def grafana_signature(secret, body, timestamp=None):
    """Headers of Grafana's webhook HMAC; timestamp "" leaves the header (and the time) out."""
    if timestamp == "":
        mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return {"X-Grafana-Alerting-Signature": mac}
    timestamp = str(int(time.time())) if timestamp is None else str(timestamp)
    mac = hmac.new(secret.encode(), timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Grafana-Alerting-Signature": mac, "X-Grafana-Alerting-Timestamp": timestamp}


def form_nonce(page):
    """The hidden field of the acknowledge form, None when the page has no form."""
    found = re.search(r'<input type="hidden" name="nonce" value="([^"]+)">', page.text)
    return found.group(1) if found else None


def press_button(url, ca, page=None):
    """What a browser does: GET the page, POST its form."""
    page = page or call(url, ca=ca)
    nonce = form_nonce(page)
    if not nonce:
        raise AssertionError("no form behind the link: %r" % page)
    return post_form(url, ca, nonce)


def post_form(url, ca, nonce):
    parts = urlsplit(url)
    return call(url, "POST", urlencode({"nonce": nonce}).encode(), ca=ca, headers={
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": "%s://%s" % (parts.scheme, parts.netloc)})


def rfc3339(at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def alertmanager_body(alerts, status="firing", receiver="alertify", ends_at=None):
    """A version 4 body. alerts: (labels, annotations) or (labels, annotations, starts_at)."""
    listed = []
    for alert in alerts:
        starts = alert[2] if len(alert) > 2 else "2026-01-05T09:00:00Z"
        listed.append({"status": status, "labels": alert[0], "annotations": alert[1],
                       "startsAt": starts, "generatorURL": "",
                       "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else
                                 ends_at or rfc3339(time.time())})
    return {"version": "4", "groupKey": "{}:{}", "status": status, "receiver": receiver,
            "truncatedAlerts": 0, "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {},
            "externalURL": "http://am.test", "alerts": listed}
