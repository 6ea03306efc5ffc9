"""An SMTP server that takes mail: STARTTLS with a certificate of its own, AUTH, scripted replies.

Strict: refuses bare CR or LF, lines over 998 octets, a message without the headers RFC 5322 wants.
messages: dicts with mail_from, rcpt_to, raw (bytes) and mail (email.message.EmailMessage).
Needs aiosmtpd (Debian: python3-aiosmtpd) and the openssl command.
"""
import email
import email.policy
import logging
import os
import re
import ssl
import subprocess
import tempfile
import threading
import time
import warnings

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

# aiosmtpd's own use of its own attribute
warnings.filterwarnings("ignore", message="Session.login_data", category=DeprecationWarning)
logging.getLogger("mail.log").setLevel(logging.ERROR)
REQUIRED = ("Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Auto-Submitted")


def make_certificate(folder):
    """A CA and a certificate for localhost and 127.0.0.1. Returns (ca, cert, key) paths."""
    ca, ca_key = os.path.join(folder, "ca.pem"), os.path.join(folder, "ca.key")
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    request, extra = os.path.join(folder, "request.pem"), os.path.join(folder, "extra.cnf")
    with open(extra, "w", encoding="ascii") as file:
        file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    new = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    for command in (
            new + ["-x509", "-days", "7", "-subj", "/CN=Test CA", "-keyout", ca_key, "-out", ca],
            new + ["-subj", "/CN=localhost", "-keyout", key, "-out", request],
            ["openssl", "x509", "-req", "-days", "7", "-in", request, "-CA", ca, "-CAkey", ca_key,
             "-CAcreateserial", "-extfile", extra, "-out", cert]):
        subprocess.run(command, check=True, capture_output=True)
    return ca, cert, key


class SmtpSink:
    """start(), stop(), url, ca_file, messages, fail_next(["RCPT 550 5.1.1 no such user", …])."""

    def __init__(self, starttls=True, username=None, password=None):
        self.lock = threading.Condition(threading.RLock())
        self.starttls, self.username, self.password = starttls, username, password
        self.messages, self.requests = [], []
        self._failures = []  # (verb, reply)
        self._folder = tempfile.TemporaryDirectory(prefix="smtp-sink-")
        self.ca_file = None
        self._controller = None
        self.port = None

    def start(self):
        sink, context = self, None
        if self.starttls:
            self.ca_file, cert, key = make_certificate(self._folder.name)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, key)

        class Sink(Controller):
            def factory(self):
                return SMTP(sink, require_starttls=context is not None, tls_context=context,
                            authenticator=sink._authenticate if sink.username else None,
                            auth_required=sink.username is not None,
                            auth_require_tls=context is not None, hostname="sink.test",
                            data_size_limit=1024 * 1024)

            def _trigger_server(self):  # the port is only known after the bind
                sink.port = self.server.sockets[0].getsockname()[1]
                self.port = sink.port
                super()._trigger_server()

        self._controller = Sink(self, hostname="127.0.0.1", port=0)
        self._controller.start()
        return self

    def stop(self):
        if self._controller:
            self._controller.stop()
            self._controller = None
        self._folder.cleanup()

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()

    @property
    def url(self):
        return "smtp://127.0.0.1:%d" % self.port

    def fail_next(self, failures):
        """Each "VERB code text" (MAIL, RCPT, DATA; DATA is the reply after the final dot) answers
        the next command of that verb."""
        with self.lock:
            self._failures += [tuple(failure.split(" ", 1)) for failure in failures]

    def wait_for(self, predicate, timeout=5.0):
        deadline = time.monotonic() + timeout
        with self.lock:
            while not predicate(self):
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self.lock.wait(min(left, 0.1))
            return True

    def _scripted(self, verb, detail):
        with self.lock:
            self.requests.append((verb, detail))
            for i, (wanted, reply) in enumerate(self._failures):
                if wanted == verb:
                    del self._failures[i]
                    return reply
            return None

    def _authenticate(self, server, session, envelope, mechanism, data):
        given = (getattr(data, "login", b"").decode(), getattr(data, "password", b"").decode())
        self._scripted("AUTH", mechanism)
        return AuthResult(success=given == (self.username, self.password), handled=False)

    # -- aiosmtpd's hooks ---------------------------------------------------------------------
    async def handle_MAIL(self, server, session, envelope, address, options):
        failure = self._scripted("MAIL", address)
        if failure:
            return failure
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        failure = self._scripted("RCPT", address)
        if failure:
            return failure
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        raw = envelope.original_content
        failure = self._scripted("DATA", len(raw)) or self.complaint(raw)
        if failure:
            return failure
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        with self.lock:
            self.messages.append({"mail_from": envelope.mail_from, "rcpt_to": envelope.rcpt_tos,
                                  "raw": raw, "mail": mail})
            self.lock.notify_all()
        return "250 OK: queued"

    @staticmethod
    def complaint(raw):
        """What a strict server or reader would refuse, or None."""
        if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
            return "554 5.6.11 bare CR or LF"
        if any(len(line) > 998 for line in raw.split(b"\r\n")):
            return "554 5.6.0 line too long"
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        for name in REQUIRED:
            if len(mail.get_all(name, [])) != 1:
                return "554 5.6.0 header %s missing or repeated" % name
        for part in mail.walk():
            if part.defects:
                return "554 5.6.0 %s" % part.defects[0]
        return None
