#!/usr/bin/python3
"""Attacks on the http adapter, with honest traffic beside them.

    /usr/bin/python3 tests/integration/test_http_abuse.py --build-dir build-asan [name…]

Starts tests/http_echo_server of that build, attacks it and prints for each attack after how many
frames or how long the server cut the connection, and what it cost in memory. Fails when a limit is
not enforced, when memory grows, or when the honest client is disturbed. Needs python3-h2."""

import argparse
import os
import re
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

import h2.config
import h2.connection
import h2.events

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BODY_MAX = 1 << 20
BUFFER_MAX = 16 << 20
HEADER_S, BODY_S, WRITE_S = 1.5, 3.0, 1.5
FRAMES_MAX = 3000  # the limit in frames for every flood, as the server counts them
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, END_HEADERS = 1, 4


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def literal(index, value):
    head = bytes((index,)) if index < 15 else bytes((15, index - 15))
    return head + bytes((len(value),)) + value


def block(method=b"POST", path=b"/hold", extra=b""):
    return literal(2, method) + literal(4, path) + b"\x86" + literal(1, b"abuse") + extra


class Server:
    def __init__(self, build_dir):
        self.dir = tempfile.mkdtemp(prefix="http_abuse_")
        cert, key = self.dir + "/cert.pem", self.dir + "/key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"],
                       check=True, stderr=subprocess.DEVNULL)
        env = dict(os.environ)
        env["LSAN_OPTIONS"] = f"suppressions={ROOT}/tests/lsan.supp:print_suppressions=0"
        env["ASAN_OPTIONS"] = "quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
        env["MALLOC_ARENA_MAX"] = "2"
        self.log_path = self.dir + "/stderr"
        self.process = subprocess.Popen(
            [os.path.join(build_dir, "tests/http_echo_server"), "--cert", cert, "--key", key,
             "--body-max", str(BODY_MAX), "--buffer-max", str(BUFFER_MAX),
             "--header-ms", str(int(HEADER_S * 1000)), "--body-ms", str(int(BODY_S * 1000)),
             "--write-ms", str(int(WRITE_S * 1000))],
            stdout=subprocess.PIPE, stderr=open(self.log_path, "wb"), env=env)
        self.ports = [int(self.process.stdout.readline().split()[1]) for _ in range(2)]

    def rss(self):
        with open(f"/proc/{self.process.pid}/statm") as f:
            return int(f.read().split()[1]) * 4096

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def metrics(self):
        s = dial(self)
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        text = drain(s, 5)[0].decode()
        return {k: float(v) for k, v in re.findall(r"^(alertify_\S+) (\S+)$", text, re.M)}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "did not stop"


def dial(server, tls=False, receive_buffer=0):
    s = socket.socket()
    if receive_buffer:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    s.connect(("127.0.0.1", server.ports[1 if tls else 0]))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if tls:
        ctx = ssl.create_default_context()
        ctx.check_hostname = False
        ctx.verify_mode = ssl.CERT_NONE
        ctx.set_alpn_protocols(["h2"])
        s = ctx.wrap_socket(s)
    s.settimeout(5)
    return s


def dial_h2(server, tls=False):
    s = dial(server, tls)
    s.sendall(PREFACE + frame(SETTINGS, 0, 0))
    return s


def drain(s, seconds):
    """What the server sends until it closes or the time is over; and whether it closed."""
    got, until = b"", time.monotonic() + seconds
    while time.monotonic() < until:
        s.settimeout(max(0.01, until - time.monotonic()))
        try:
            part = s.recv(65536)
        except socket.timeout:
            return got, False
        except OSError:
            return got, True
        if not part:
            return got, True
        got += part
    return got, False


def push(s, chunks, seconds=4):
    """Sends until the server cuts. Returns chunks sent, or None if it never cut."""
    until, sent = time.monotonic() + seconds, 0
    s.setblocking(False)
    for chunk in chunks:
        while chunk:
            if time.monotonic() > until:
                return None
            try:
                readable, writable, _ = select.select([s], [s], [], 0.5)
                if readable:
                    try:
                        if not s.recv(1 << 20):
                            return sent
                    except (BlockingIOError, ssl.SSLWantReadError):
                        pass
                if writable:
                    chunk = chunk[s.send(chunk):]
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                continue
            except OSError:
                return sent
        sent += 1
    return sent if drain(s, 1.5)[1] else None


class Honest(threading.Thread):
    """POSTs 2.5 KB on one HTTP/2 connection, about 200 a second, all the time."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.done, self.count, self.failure = server, False, 0, None
        self.times = []

    def run(self):
        try:
            self.converse()
        except Exception as e:  # any failure of the honest client is the finding
            self.failure = repr(e)

    def converse(self):
        c = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        s = dial(self.server, tls=True)
        c.initiate_connection()
        body = b"h" * 2500
        while not self.done:
            began, stream, got, status = time.monotonic(), c.get_next_available_stream_id(), b"", None
            c.send_headers(stream, [(":method", "POST"), (":path", "/echo"), (":scheme", "https"),
                                    (":authority", "honest")])
            c.send_data(stream, body, end_stream=True)
            s.sendall(c.data_to_send())
            ended = False
            while not ended:
                data = s.recv(65536)
                if not data:
                    raise RuntimeError("connection closed")
                for e in c.receive_data(data):
                    if isinstance(e, h2.events.ResponseReceived):
                        status = dict(e.headers)[":status"]
                    elif isinstance(e, h2.events.DataReceived):
                        got += e.data
                        c.acknowledge_received_data(e.flow_controlled_length, e.stream_id)
                    elif isinstance(e, h2.events.StreamEnded):
                        ended = True
                    elif isinstance(e, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
                        raise RuntimeError(repr(e))
                s.sendall(c.data_to_send())
            if status != "200" or got != body:
                raise RuntimeError(f"status {status}, {len(got)} bytes")
            self.times.append(time.monotonic() - began)
            self.count += 1
            time.sleep(0.004)
        s.close()


class Failed(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failed(text)


class Attack:
    """Runs a flood and looks up in the server's log how far it came."""

    def __init__(self, server):
        self.server, self.mark = server, len(server.log())

    def cut(self, reason=None):
        for _ in range(40):
            lines = re.findall(r'msg="connection cut".*? reason=(\S+) requests=(\d+) frames=(\d+)',
                               self.server.log()[self.mark:])
            if lines:
                why, requests, frames = lines[0][0], int(lines[0][1]), int(lines[0][2])
                check(reason is None or why in reason, f"cut for {why}, expected {reason}")
                return why, requests, frames
            time.sleep(0.05)
        raise Failed("the server did not log a cut")


def flood(server, unit, reason, tls=False, batch=20, most=250, open_stream=None, frames_max=FRAMES_MAX):
    a = Attack(server)
    before = server.metrics()
    s = dial_h2(server, tls)
    if open_stream is not None:
        s.sendall(open_stream)
    streams = iter(range(1, 1 << 30, 2))
    sent = push(s, (b"".join(unit(next(streams)) for _ in range(batch)) for _ in range(100000 // batch)))
    check(sent is not None, "never cut")
    why, requests, frames = a.cut(reason)
    check(frames <= frames_max, f"{frames} frames were let through")
    after = server.metrics()
    gone = 'alertify_http_requests_total{code="499",version="2"}'
    held = after.get(gone, 0) - before.get(gone, 0)
    held += after["alertify_http_in_flight"] - before["alertify_http_in_flight"]
    check(held <= most + 1, f"{held} requests reached the handler")
    s.close()
    return f"cut for {why} after {frames} frames, {requests} requests"


def rapid_reset(tls=False):
    def unit(stream):
        return frame(HEADERS, END_HEADERS | END_STREAM, stream, block()) + frame(RST, 0, stream, b"\0\0\0\x08")
    return lambda server: flood(server, unit, ("resets", "abandoned_requests"), tls)


def made_you_reset(second, reasons=("resets", "abandoned_requests"), first=END_STREAM, extra=b"", **more):
    def unit(stream):
        return frame(HEADERS, END_HEADERS | first, stream, block(extra=extra)) + second(stream)
    return lambda server: flood(server, unit, reasons, **more)


def header_bomb(server):
    a = Attack(server)
    s = dial_h2(server)
    # one 4 KB value in the dynamic table, then references to it
    seed = block(extra=b"\x40\x01a\x7f\xa1\x1e" + b"v" * 4000)
    s.sendall(frame(HEADERS, END_HEADERS | END_STREAM, 1, seed))
    streams = iter(range(3, 1 << 20, 2))
    sent = push(s, (frame(HEADERS, END_HEADERS, next(streams), block() + b"\xbe" * 16000) for _ in range(50)))
    check(sent is not None, "never cut")
    return "cut for %s after %d requests, %d frames" % a.cut("header_fields")


def continuation_bomb(server):
    a = Attack(server)
    s = dial_h2(server)
    sent = push(s, [frame(HEADERS, 0, 1, block())] + [frame(CONTINUATION, 0, 1, b"\x82" * 100)] * 10000)
    check(sent is not None, "never cut")
    return "cut for %s after %d requests, %d frames" % a.cut("header_block")


def body_buffering(server):
    part, held, cut = frame(DATA, 0, 0, b"b" * 16000), 0, 0
    conns, rss = [], 0
    for _ in range(6):
        s = dial_h2(server)
        conns.append(s)
        ids = range(1, 200, 2)
        chunks = [frame(HEADERS, END_HEADERS, i, block(path=b"/echo")) for i in ids]
        chunks += [part[:5] + struct.pack(">I", i) + part[9:] for _ in range(8) for i in ids]
        sent = push(s, chunks, 3)
        cut += sent is not None
        rss = max(rss, server.rss())
        held += len(chunks) * 16000
    for s in conns:
        s.close()
    check(cut >= 4, f"only {cut} of 6 connections were cut")
    check(server.metrics()['alertify_http_connections_closed_total{reason="body_memory"}'] >= 4, "not for memory")
    return f"{held >> 20} MiB offered, {cut} of 6 connections cut for body_memory, RSS then {rss >> 20} MiB"


def slow(server, what, start, drip, reason, least, most, count=1):
    key = f'alertify_http_connections_closed_total{{reason="{reason}"}}'
    before = server.metrics().get(key, 0)
    began, conns = time.monotonic(), [dial(server) for _ in range(count)]
    for s in conns:
        s.sendall(start)
    open_ones = set(conns)
    while open_ones and time.monotonic() - began < most:
        for s in list(open_ones):
            try:
                if drip:
                    s.sendall(drip)
                readable, _, _ = select.select([s], [], [], 0)
                if readable and not s.recv(65536):
                    open_ones.discard(s)
            except OSError:
                open_ones.discard(s)
        time.sleep(0.05)
    took = time.monotonic() - began
    check(not open_ones, f"{len(open_ones)} of {count} still open after {took:.1f} s")
    check(took >= least, f"cut too early: {took:.1f} s")
    check(server.metrics().get(key, 0) - before == count, f"not all cut for {reason}")
    return f"{count} × {what} cut for {reason} after {took:.1f} s"


def drip_h2(server, frames, drip, reason):
    return slow(server, "h2 drip", PREFACE + frame(SETTINGS, 0, 0) + frames, drip, reason, 1.0, BODY_S + 2)


def never_read(server, start, what):
    a = Attack(server)
    began, s = time.monotonic(), dial(server, receive_buffer=4096)
    s.sendall(start)
    why = None
    while why is None and time.monotonic() - began < WRITE_S + 3:
        time.sleep(0.1)
        found = re.search(r'msg="connection cut".*? reason=(\S+)', server.log()[a.mark:])
        why = found and found.group(1)
    check(why == "slow_read", f"not cut, or for {why}")
    s.close()
    return f"{what} cut for slow_read after {time.monotonic() - began:.1f} s"


def oversized_h1(server):
    s = dial(server)
    s.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (1 << 30))
    got, closed = drain(s, 2)
    check(got.startswith(b"HTTP/1.1 413 "), got[:60])
    check(closed, "left open")
    for _ in range(20):  # the 413 must not be overtaken by a reset while the client still sends
        s = dial(server)
        s.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n" + b"x" * 4000000)
        got, closed = drain(s, 2)
        check(got.startswith(b"HTTP/1.1 413 ") and closed, f"after sending: {got[:60]}")
    s = dial(server)
    s.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    sent = push(s, [b"4000\r\n" + b"c" * 0x4000 + b"\r\n"] * 4000, 3)
    check(sent is not None and sent < 1000, "a chunked body of 64 MiB was taken")
    return f"1 GiB announced: 413 at once; chunked: refused within {sent * 16} KiB"


def oversized_h2(server):
    c = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    s = dial(server)
    c.initiate_connection()
    headers = [(":method", "POST"), (":path", "/echo"), (":scheme", "http"), (":authority", "a")]
    c.send_headers(1, headers)
    left, status, rss = 8 << 20, None, server.rss()
    s.sendall(c.data_to_send())
    s.settimeout(3)
    while status is None:
        room = min(c.local_flow_control_window(1), 16384, left)
        if left and room:
            left -= room
            c.send_data(1, b"o" * room, end_stream=left == 0)
            s.sendall(c.data_to_send())
            if not select.select([s], [], [], 0)[0]:
                continue
        for e in c.receive_data(s.recv(65536)):
            if isinstance(e, h2.events.ResponseReceived):
                status = dict(e.headers)[":status"]
            check(not isinstance(e, (h2.events.StreamReset, h2.events.ConnectionTerminated)), repr(e))
        s.sendall(c.data_to_send())
    check(status == "413", status)
    grown = server.rss() - rss
    check(grown < 8 << 20, f"8 MiB were kept: {grown}")
    c.send_headers(3, [(":method", "GET"), (":path", "/now"), *headers[2:]], end_stream=True)
    s.sendall(c.data_to_send())
    check(b"ok" in drain(s, 0.5)[0], "connection is not usable afterwards")
    return f"8 MiB sent, answered 413, RSS +{grown >> 10} KiB, connection still usable"


def too_many_in_flight(server):
    before = server.metrics()["alertify_http_in_flight"]
    s = dial_h2(server)
    one = block(path=b"/hold")
    s.sendall(b"".join(frame(HEADERS, END_HEADERS | END_STREAM, i, one) for i in range(1, 401, 2)))
    time.sleep(0.3)
    n = server.metrics()["alertify_http_in_flight"] - before
    check(n <= 105, f"{n} in flight from one connection")
    s.close()
    return f"200 streams at once: {int(n)} in flight"


def says_goodbye(server):
    s = dial_h2(server)
    drain(s, 0.2)
    s.sendall(frame(PING, 0, 0, b"12345678") * 300)
    got, closed = drain(s, 1)
    goaway = got.find(b"\x00\x00\x08\x07\x00\x00\x00\x00\x00")
    check(closed and goaway >= 0, "no GOAWAY")
    code = struct.unpack(">I", got[goaway + 13:goaway + 17])[0]
    check(code == 11, f"GOAWAY with {code}")
    return "a flood is answered with GOAWAY(ENHANCE_YOUR_CALM)"


def unknown_frames_print_nothing(server):
    a = Attack(server)
    s = dial_h2(server)
    s.sendall(frame(99, 0, 0, b"grease") * 50 + frame(HEADERS, END_HEADERS | END_STREAM, 1, block(path=b"/now")))
    got, _ = drain(s, 0.5)
    check(b"ok" in got, "no answer")
    check("skipping frame" not in server.log()[a.mark:], "the library printed")
    return "50 unknown frames: answered, nothing printed"


def early_close(server):
    """Answers to peers that have gone: SIGPIPE would end the server."""
    for i in range(200):
        s = dial(server)
        s.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()
    check(server.process.poll() is None, "the server is gone")
    return "200 clients reset their connection before the answer"


def raw(kind, flags, stream, payload):
    return lambda _: frame(kind, flags, stream, payload)


OPEN = frame(HEADERS, END_HEADERS, 1, block(path=b"/echo"))
H1_POST = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
ZERO_WINDOW = PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 0))
BIG_H2 = frame(HEADERS, END_HEADERS | END_STREAM, 1, block(b"GET", b"/big"))

ATTACKS = {
    "rapid reset": rapid_reset(),
    "rapid reset over TLS": rapid_reset(tls=True),
    "MadeYouReset, window update of 0": made_you_reset(lambda i: frame(WINDOW, 0, i, b"\0\0\0\0")),
    "MadeYouReset, window overflow": made_you_reset(lambda i: frame(WINDOW, 0, i, b"\x7f\xff\xff\xff")),
    # Only the library sees these, so the guard can count them after the read: one read buffer more.
    "MadeYouReset, data on a closed half": made_you_reset(
        lambda i: frame(DATA, END_STREAM, i, b"x"), frames_max=20000),
    "MadeYouReset, wrong content-length": made_you_reset(
        lambda i: frame(DATA, END_STREAM, i, b"xyz"), ("resets",), first=0, extra=literal(28, b"9"),
        frames_max=20000, most=0),
    "header bomb": header_bomb,
    "CONTINUATION flood": continuation_bomb,
    "SETTINGS flood": lambda s: flood(s, raw(SETTINGS, 0, 0, b""), "control_frames"),
    "PING flood": lambda s: flood(s, raw(PING, 0, 0, b"12345678"), "control_frames"),
    "PRIORITY flood": lambda s: flood(s, raw(PRIORITY, 0, 1, b"\0\0\0\0\x10"), "control_frames", open_stream=OPEN),
    "empty DATA flood": lambda s: flood(s, raw(DATA, 0, 1, b""), "control_frames", open_stream=OPEN),
    "unknown frame flood": lambda s: flood(s, raw(123, 0, 0, b"x"), "control_frames"),
    "WINDOW_UPDATE flood": lambda s: flood(s, raw(WINDOW, 0, 0, b"\0\0\0\1"), "window_updates"),
    "body buffering": body_buffering,
    "oversized body, HTTP/1": oversized_h1,
    "oversized body, HTTP/2": oversized_h2,
    "requests piling up": too_many_in_flight,
    "slowloris heads": lambda s: slow(s, "head", b"GET / HTTP/1.1\r\n", b"X", "slow_headers", HEADER_S - 0.3, 5, 50),
    "silent connections": lambda s: slow(s, "silence", b"", b"", "no_request", HEADER_S - 0.3, 5, 50),
    "drip-fed body, HTTP/1": lambda s: slow(s, "body", H1_POST, b"b", "slow_body", HEADER_S - 0.3, 6, 20),
    "drip-fed body, HTTP/2": lambda s: drip_h2(s, OPEN, frame(DATA, 0, 1, b"b"), "slow_body"),
    "drip-fed head, HTTP/2": lambda s: drip_h2(
        s, frame(HEADERS, END_HEADERS, 1, block() + b"\x82" * 90)[:30], b"\x82", "slow_headers"),
    "answer never read, HTTP/1": lambda s: never_read(s, b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n", "4 MiB"),
    "answer never read, HTTP/2": lambda s: never_read(s, ZERO_WINDOW + BIG_H2, "zero window"),
    "goodbye": says_goodbye,
    "unknown frames": unknown_frames_print_nothing,
    "clients that vanish": early_close,
}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build-dir", default=os.path.join(ROOT, "build-dev"))
    p.add_argument("--rss-max", type=int, default=48, help="MiB one attack may cost (tsan: 150)")
    p.add_argument("names", nargs="*", help="only attacks whose name contains one of these")
    args = p.parse_args()
    server = Server(args.build_dir)
    honest = Honest(server)
    honest.start()
    passed = failed = 0
    time.sleep(0.5)
    for name, attack in ATTACKS.items():
        if args.names and not any(n in name for n in args.names):
            continue
        before = server.rss()
        began = time.monotonic()
        try:
            said = attack(server)
            grown = server.rss() - before
            check(grown < args.rss_max << 20, f"RSS grew by {grown >> 20} MiB ({said})")
            check(honest.failure is None, f"honest client: {honest.failure} ({said})")
            print(f"ok   {name}: {said}; RSS {grown / 1048576:+.1f} MiB, {time.monotonic() - began:.1f} s")
            passed += 1
        except (Failed, OSError) as e:
            print(f"FAIL {name}: {e}")
            failed += 1
        sys.stdout.flush()
        if server.process.poll() is not None:
            print("FAIL the server died:\n" + server.log()[-4000:])
            failed += 1
            break
    honest.done = True
    honest.join(2)
    times = sorted(honest.times) or [99]
    p99 = times[int(len(times) * 0.99)] * 1000
    good = honest.failure is None and honest.count > 50 and p99 < 250
    print(f"{'ok  ' if good else 'FAIL'} honest client: {honest.count} requests, p50 "
          f"{times[len(times) // 2] * 1000:.1f} ms, p99 {p99:.1f} ms, failure {honest.failure}")
    rc = server.stop()
    clean = rc == 0
    print(f"{'ok  ' if clean else 'FAIL'} server ended with {rc}")
    if not clean:
        print(server.log()[-6000:])
    shutil.rmtree(server.dir)
    passed += good + clean
    failed += (not good) + (not clean)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
