"""A fake HTTP service on 127.0.0.1: the part that is equal for all of them.

A subclass answers requests in `answer(request) -> Reply`; state is guarded by `self.lock`, which
`wait_for` also waits on. Only the standard library.
"""
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Request:
    method: str
    path: str
    headers: dict  # names in lower case
    body: bytes
    at: float = field(default_factory=time.time)

    def json(self):
        return json.loads(self.body.decode("utf-8"))


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)
    drop: bool = False  # close the connection without an answer: the outcome stays unknown
    delay: float = 0.0  # seconds before the answer

    @staticmethod
    def of_json(value, status=200, headers=None):
        head = {"Content-Type": "application/json; charset=utf-8"}
        head.update(headers or {})
        return Reply(status, json.dumps(value).encode(), head)

    @staticmethod
    def of_text(text, status=200, headers=None):
        head = {"Content-Type": "text/plain; charset=utf-8"}
        head.update(headers or {})
        return Reply(status, text.encode(), head)


class FakeHttp:
    """start(), stop(), url, requests, fail_next([Reply, …]), wait_for(predicate, timeout)."""

    def __init__(self):
        self.lock = threading.Condition(threading.RLock())
        self.requests = []
        self.accept_then_fail = []  # replies given after the request was carried out
        self._failures = []
        self._server = None

    def start(self):
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def _serve(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                if len(body) < length:  # the sender died while it sent: nothing has arrived
                    self.close_connection = True
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = fake._take(Request(self.command, self.path, headers, body))
                if reply.delay:
                    time.sleep(reply.delay)
                if reply.drop:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _serve

            def handle(self):
                try:
                    super().handle()
                except (ConnectionError, ValueError):
                    pass

            def finish(self):
                try:
                    super().finish()
                except (ConnectionError, OSError, ValueError):
                    pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128  # a burst of messages is no reason to reset connections

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self._server.server_address[1]

    def fail_next(self, replies):
        """The next requests get these replies and have no effect. A dict is sent as JSON with 200."""
        with self.lock:
            self._failures += [r if isinstance(r, Reply) else Reply.of_json(r) for r in replies]

    def lose_next(self, count=1):
        """The next requests are carried out, but the connection is closed before the answer."""
        with self.lock:
            self.accept_then_fail += [Reply(drop=True)] * count

    def wait_for(self, predicate, timeout=5.0):
        """True as soon as predicate(self) holds; False after the timeout."""
        deadline = time.monotonic() + timeout
        with self.lock:
            while not predicate(self):
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self.lock.wait(min(left, 0.1))
            return True

    def _take(self, request):
        with self.lock:
            self.requests.append(request)
            if self._failures:
                reply = self._failures.pop(0)
            else:
                reply = self.answer(request)
                if self.accept_then_fail:
                    reply = self.accept_then_fail.pop(0)
            self.lock.notify_all()
            return reply

    def answer(self, request):
        raise NotImplementedError


def utf16_len(text):
    return len(text.encode("utf-16-le")) // 2
