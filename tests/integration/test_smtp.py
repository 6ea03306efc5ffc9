#!/usr/bin/python3
"""Mail through the real adapter to a real SMTP server (aiosmtpd) and to scripted broken ones, and
what needs a certificate: implicit TLS, trust of HTTPS.

    test_smtp.py PATH_OF_TRANSFER_PROBE
"""
import http.server
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

try:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
except ImportError:
    print("skipped: aiosmtpd is not installed")
    sys.exit(77)

PROBE = sys.argv[1]
FOLDER = tempfile.mkdtemp(prefix="alertify-smtp-")
SECRET = "hunter2-SECRET"
MAIL = b"Subject: test\r\n\r\nhello\r\n"


def make_certificate(name):
    key, pem = os.path.join(FOLDER, name + ".key"), os.path.join(FOLDER, name + ".pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", key, "-out", pem, "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True)
    return key, pem


KEY, CA = make_certificate("server")
_, OTHER_CA = make_certificate("other")


class Handler:
    def __init__(self):
        self.mails = []
        self.commands = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.commands.append("RCPT " + address)
        if address.startswith("unknown"):
            return "550 5.1.1 no such user"
        if address.startswith("later"):
            return "451 4.7.1 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((session.ssl is not None, envelope.mail_from, list(envelope.rcpt_tos),
                           envelope.original_content or envelope.content, session.auth_data))
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 5.7.1 not wanted"
        if envelope.rcpt_tos[0].startswith("full"):
            return "452 4.2.2 mailbox full"
        return "250 2.0.0 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.password == SECRET.encode()
    return AuthResult(success=good, handled=False, auth_data=(mechanism, data.login))


class Server(Controller):
    def __init__(self, handler, tls=True, auth=False, mechanisms_off=()):
        self.tls, self.auth, self.mechanisms_off = tls, auth, mechanisms_off
        super().__init__(handler, hostname="127.0.0.1", port=free_port())

    def factory(self):
        context = None
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CA, KEY)
        extra = {}
        if self.auth:
            extra = dict(authenticator=authenticate, auth_required=True,
                         auth_exclude_mechanism=self.mechanisms_off)
        return SMTP(self.handler, tls_context=context, decode_data=False, hostname="test", **extra)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def send(port, *options, sender="from@example.org", to="to@example.org", mail=MAIL, scheme="smtp"):
    run = subprocess.run([PROBE, f"{scheme}://localhost:{port}/mailer.example", sender, to, *options],
                         input=mail, capture_output=True, timeout=60)
    assert run.returncode == 0, run.stderr.decode()
    text = run.stdout.decode()
    assert SECRET not in text, text
    return text.strip().split("\n")


class Serving:
    def __init__(self, **options):
        self.handler = Handler()
        self.server = Server(self.handler, **options)

    def __enter__(self):
        self.server.start()
        return self.handler, self.server.port

    def __exit__(self, *unused):
        self.server.stop()


class Scripted:
    """A server that answers by a fixed list; None closes the connection, "..." hangs."""

    def __init__(self, *answers):
        self.answers = answers
        self.seen = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        connection, _ = self.listener.accept()
        with connection:
            for i, answer in enumerate(self.answers):
                if i > 0:
                    end = b"\r\n.\r\n" if self.answers[i - 1].startswith("354") else b"\r\n"
                    before = len(self.seen)
                    while end not in self.seen[max(0, before - 2):]:
                        got = connection.recv(65536)
                        if not got:
                            return
                        self.seen += got
                if answer is None:
                    return
                if answer == "...":
                    while connection.recv(65536):
                        pass
                    return
                connection.sendall(answer.encode() + b"\r\n")

    def finish(self):
        self.thread.join(15)
        self.listener.close()


def expect(line, start):
    assert line.startswith(start), f"{line!r} does not start with {start!r}"


def test_accepted_over_starttls():
    with Serving() as (handler, port):
        expect(send(port, "ca=" + CA)[0], "replied 250|250 2.0.0 taken|")
        assert [m[:3] for m in handler.mails] == [(True, "from@example.org", ["to@example.org"])]
        assert handler.mails[0][3] == MAIL, handler.mails[0][3]


def test_unknown_recipient_is_550():
    with Serving() as (handler, port):
        expect(send(port, "ca=" + CA, to="unknown@example.org")[0], "replied 550|550 5.1.1 ")
        assert handler.mails == []


def test_recipient_for_later_is_451():
    with Serving() as (_, port):
        expect(send(port, "ca=" + CA, to="later@example.org")[0], "replied 451|")


def test_refused_content_is_554_or_452():
    with Serving() as (_, port):
        expect(send(port, "ca=" + CA, to="spam@example.org")[0], "replied 554|554 5.7.1 ")
        expect(send(port, "ca=" + CA, to="full@example.org")[0], "replied 452|")


def test_login_is_plain_over_tls():
    with Serving(auth=True) as (handler, port):
        expect(send(port, "ca=" + CA, "user=bot", "password=" + SECRET)[0], "replied 250|")
        assert handler.mails[0][0] and handler.mails[0][4] == ("PLAIN", b"bot"), handler.mails


def test_login_falls_back_to_login_mechanism():
    with Serving(auth=True, mechanisms_off=("PLAIN",)) as (handler, port):
        expect(send(port, "ca=" + CA, "user=bot", "password=" + SECRET)[0], "replied 250|")
        assert handler.mails[0][4] == ("LOGIN", b"bot"), handler.mails


def test_wrong_password_is_535():
    with Serving(auth=True) as (handler, port):
        expect(send(port, "ca=" + CA, "user=bot", "password=wrong")[0], "replied 535|")
        assert handler.mails == []


def test_unknown_ca_is_not_sent():
    with Serving() as (handler, port):
        expect(send(port)[0], "not_sent 0|")
        expect(send(port, "ca=" + OTHER_CA)[0], "not_sent 0|")
        expect(send(port, "ca=/nonexistent.pem")[0], "not_sent 0|")
        assert handler.mails == []


def test_wrong_host_name_is_not_sent():
    with Serving() as (handler, port):
        run = subprocess.run([PROBE, f"smtp://127.0.0.1:{port}", "a@b.org", "c@d.org", "ca=" + CA],
                             input=MAIL, capture_output=True, timeout=60)
        expect(run.stdout.decode(), "not_sent 0|")
        assert handler.mails == []


def test_extra_trust_does_not_leak_to_the_next_request():
    with Serving() as (handler, port):
        lines = send(port, "ca=" + CA, "twice")
        expect(lines[0], "replied 250|")
        expect(lines[1], "not_sent 0|")
        assert len(handler.mails) == 1


def test_plaintext_server_is_refused_unless_allowed():
    with Serving(tls=False) as (handler, port):
        expect(send(port)[0], "not_sent 0|")
        assert handler.mails == [] and handler.commands == []
        expect(send(port, "plaintext")[0], "replied 250|")
        # a password never travels in the clear, whatever is allowed
        expect(send(port, "plaintext", "user=bot", "password=" + SECRET)[0], "not_sent 0|")
        assert len(handler.mails) == 1


def test_body_round_trips_byte_for_byte():
    body = ("Subject: =?UTF-8?B?0YI=?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
            "Диск полон 🔥\r\n.\r\n..\r\n.начало\r\n...\r\n\r\n.\r\n" + "x" * 900 + "\r\n").encode()
    large = body + b".line of text, \xd0\x96\r\n.\r\n" * 20000
    with Serving() as (handler, port):
        for mail in (body, large, body + b"no line end", body + b"."):
            expect(send(port, "ca=" + CA, mail=mail)[0], "replied 250|")
            got = handler.mails[-1][3]
            want = mail if mail.endswith(b"\r\n") else mail + b"\r\n"
            assert got == want, (len(got), len(want))


def test_injection_is_refused_before_anything_is_sent():
    with Serving() as (handler, port):
        for bad in ("a@b.org>\r\nRCPT TO:<evil@b.org", "a@b.org\r\n", "a@b.org> SIZE=1", "<a@b.org>",
                    "a@b.org\nRSET", '"a b"@b.org', "a@b.org,evil@b.org"):
            expect(send(port, "ca=" + CA, to=bad)[0], "refused 0||the recipient")
            expect(send(port, "ca=" + CA, sender=bad)[0], "refused 0||the sender")
        for mail in (b"a\nb\r\n", b"a\r\n.\nMAIL FROM:<x@y>\r\n", b"a\r.\r\n", b"a\0\r\n", b""):
            expect(send(port, "ca=" + CA, mail=mail)[0], "refused 0||the message")
        assert handler.commands == [] and handler.mails == []


def server_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CA, KEY)
    return context


def test_implicit_tls_works_and_is_verified():
    handler = Handler()
    port = free_port()
    server = Controller(handler, hostname="localhost", port=port, ssl_context=server_context(),
                        decode_data=False)
    server.start()
    try:
        expect(send(port, "ca=" + CA, scheme="smtps")[0], "replied 250|")
        expect(send(port, scheme="smtps")[0], "not_sent 0|")
        assert len(handler.mails) == 1
    finally:
        server.stop()


def test_https_trust_does_not_leak_to_the_next_request():
    posts = []

    class Web(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            posts.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *unused):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    server.daemon_threads = True
    server.socket = server_context().wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        port = server.server_address[1]
        lines = send(port, "ca=" + CA, "twice", scheme="https")
        expect(lines[0], "replied 200|ok|")
        expect(lines[1], "not_sent 0|")
        expect(send(port, "ca=" + OTHER_CA, scheme="https")[0], "not_sent 0|")
        assert posts == [MAIL], posts
    finally:
        server.shutdown()


EHLO = "250-test\r\n250 8BITMIME"


def test_loss_after_the_final_dot_is_broken():
    server = Scripted("220 hi", EHLO, "250 ok", "250 ok", "354 go", None)
    expect(send(server.port, "plaintext")[0], "broken 0|")
    server.finish()
    assert server.seen.endswith(b"hello\r\n.\r\n"), server.seen
    assert b"EHLO mailer.example\r\n" in server.seen


def test_silence_after_the_final_dot_is_broken():
    server = Scripted("220 hi", EHLO, "250 ok", "250 ok", "354 go", "...")
    expect(send(server.port, "plaintext")[0], "broken 0|")
    server.finish()


def test_loss_before_the_data_is_not_sent():
    for answers in ([None], ["220 hi", None], ["220 hi", EHLO, None],
                    ["220 hi", EHLO, "250 ok", "250 ok", None]):
        server = Scripted(*answers)
        expect(send(server.port, "plaintext")[0], "not_sent 0|")
        server.finish()


def test_refusals_outside_the_transaction_count():
    server = Scripted("554 5.3.2 no service")
    expect(send(server.port, "plaintext")[0], "replied 554|")
    server.finish()
    server = Scripted("220 hi", EHLO, "421 4.3.0 going down")
    expect(send(server.port, "plaintext")[0], "replied 421|")
    server.finish()
    server = Scripted("220 hi", EHLO, "250 ok", "250 ok", "354 go", "251 fine too")
    expect(send(server.port, "plaintext")[0], "replied 251|")
    server.finish()


def main():
    passed = failed = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_"):
            continue
        try:
            test()
            passed += 1
            print("ok    ", name)
        except Exception as error:  # a failing test must not hide the others
            failed += 1
            print("FAILED", name, "-", repr(error))
    subprocess.run(["rm", "-r", FOLDER], check=False)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
