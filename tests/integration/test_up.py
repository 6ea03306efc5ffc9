#!/usr/bin/env python3
"""`alertify up`: one command gives a page with a working link, and everything stops and returns.

The real binary with its private PostgreSQL, as root (PostgreSQL then runs as somebody else) and as
an unprivileged user.
"""
import argparse
import json
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

WAIT_S = 90  # sanitizers and a busy machine


class Failure(Exception):
    pass


def require(condition, what):
    if not condition:
        raise Failure(what)


def as_user(user, command):
    if user is None:
        return command
    entry = pwd.getpwnam(user)
    return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups",
            "--"] + command


class Up:
    """A running `alertify up`; collects what it prints."""

    def __init__(self, binary, folder, user, *options):
        self.lines = []
        self.process = subprocess.Popen(
            as_user(user, [binary, "up", "--state", os.path.join(folder, "state"), "--port", "0",
                           *options]),
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)

    def text(self):
        return "".join(self.lines)

    def wait_for(self, pattern):
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            found = re.search(pattern, self.text())
            if found:
                return found
            if self.process.poll() is not None:
                self.reader.join(5)
                found = re.search(pattern, self.text())
                if found:
                    return found
                break
            time.sleep(0.05)
        raise Failure(f"{pattern!r} was not printed; there is:\n{self.text()}")

    def url(self):
        return self.wait_for(r"alertify is up: (http://127\.0\.0\.1:\d+)").group(1)

    def stop(self, sig=signal.SIGINT):
        start = time.monotonic()
        self.process.send_signal(sig)
        try:
            code = self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failure("does not stop") from None
        self.reader.join(5)
        return code, time.monotonic() - start

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def request(url, token=None, data=None, headers=None):
    headers = dict(headers or {})
    if token:
        headers["Authorization"] = "Bearer " + token
    call = urllib.request.Request(url, data=data, headers=headers)
    try:
        with urllib.request.urlopen(call, timeout=20) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Case:
    """One state folder, owned by the user that runs alertify."""

    def __init__(self, binary, user):
        self.binary = binary
        self.user = user
        self.folder = tempfile.mkdtemp(prefix="alertify-up-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        if user:
            entry = pwd.getpwnam(user)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
        self.running = []

    def up(self, *options):
        up = Up(self.binary, self.folder, self.user, *options)
        self.running.append(up)
        return up

    def cli(self, *arguments):
        done = subprocess.run(as_user(self.user, [self.binary, *arguments]), cwd=self.folder,
                              capture_output=True, text=True, timeout=WAIT_S, check=False)
        return done.returncode, done.stdout, done.stderr

    def state(self):
        return os.path.join(self.folder, "state")

    def token(self, role):
        code, out, err = self.cli("token", "create", "--role", role, "--name", "test", "--state",
                                  self.state())
        require(code == 0, f"token create: exit {code}: {err}")
        require(re.fullmatch(r"alr_[A-Za-z0-9_-]{43}\n", out), f"not a token: {out!r}")
        return out.strip()

    def incidents(self, url, token):
        status, body = request(url + "/incidents", token)
        require(status == 200, f"/incidents: {status} {body}")
        answer = json.loads(body)
        return answer if isinstance(answer, list) else answer["incidents"]

    def close(self):
        for up in self.running:
            up.kill()
        # A killed alertify leaves its PostgreSQL to the next start: stop it with one.
        if os.path.exists(os.path.join(self.state(), "pg", "postmaster.pid")):
            self.cli("token", "list", "--state", self.state())
        shutil.rmtree(self.folder, ignore_errors=True)


def find_link(up):
    return up.wait_for(r"(http://127\.0\.0\.1:\d+/a/[A-Za-z0-9_-]+)").group(1)


def status_of(case, url, token, number=0):
    return case.incidents(url, token)[number]["status"]


def wait_for_status(case, url, token, wanted):
    end = time.monotonic() + 20
    while status_of(case, url, token) != wanted:
        require(time.monotonic() < end, f"never {wanted}: {case.incidents(url, token)}")
        time.sleep(0.1)


def post_form(link):
    """Does what a browser does with the page's form."""
    status, page = request(link)
    require(status == 200, f"GET of the link: {status}")
    fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page))
    buttons = dict(re.findall(r'<button[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page))
    body = urllib.parse.urlencode({**fields, **buttons}).encode()
    return request(link, data=body, headers={"Content-Type": "application/x-www-form-urlencoded"})


def test_demo_page_is_acknowledged_by_its_link_and_survives_a_restart(case):
    up = case.up("--demo")
    url, link = up.url(), find_link(up)
    token = case.token("user")
    require(status_of(case, url, token) == "open", "the incident is not open")
    for method in ("GET", "HEAD", "OPTIONS"):
        call = urllib.request.Request(link, method=method)
        try:
            urllib.request.urlopen(call, timeout=20).read()
        except urllib.error.HTTPError:
            pass
        require(status_of(case, url, token) == "open", f"{method} changed the incident")
    status, page = post_form(link)
    require(status in (200, 303), f"POST of the form: {status} {page[:300]}")
    wait_for_status(case, url, token, "acknowledged")
    code, seconds = up.stop()
    require(code == 0, f"Ctrl-C: exit {code}\n{up.text()}")
    require(seconds < 20, f"Ctrl-C took {seconds:.1f} s")
    require(not os.path.exists(os.path.join(case.state(), "pg", "postmaster.pid")),
            "PostgreSQL still runs")
    again = case.up()
    require(status_of(case, again.url(), token) == "acknowledged", "the second up lost the state")
    require(len(case.incidents(again.url(), token)) == 1, "not one incident")
    require(again.stop(signal.SIGTERM)[0] == 0, "SIGTERM: exit is not 0")


def test_page_fires_at_the_running_server(case):
    up = case.up()
    up.url()
    code, out, err = case.cli("page", "--state", case.state(), "--name", "FromTheShell")
    require(code == 0, f"page: exit {code}: {out}{err}")
    up.wait_for("Incident: #1")
    require(up.stop()[0] == 0, "exit")
    code, _, err = case.cli("page", "--state", case.state())
    require(code == 1 and "is the server running?" in err, f"page without a server: {code} {err}")


def test_a_second_up_on_the_same_folder_is_refused(case):
    up = case.up()
    up.url()
    second = case.up()
    require(second.process.wait(timeout=WAIT_S) == 1, "the second one runs")
    second.wait_for("another `alertify up` is running on this state folder")
    require(up.process.poll() is None, "the first one died")
    require(up.stop()[0] == 0, "exit")


def test_reload_keeps_the_old_configuration_on_a_mistake(case):
    up = case.up()
    url = up.url()
    path = os.path.join(case.state(), "routes", "alertify.yml")
    with open(path, encoding="utf-8") as file:
        good = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(good + "\nroutte: x\n")
    up.process.send_signal(signal.SIGHUP)
    up.wait_for(r"alertify\.yml:\d+:1: error:")
    up.wait_for("the routing files were not loaded")
    metrics = request(url + "/metrics")[1]
    require("alertify_config_last_reload_successful 0" in metrics, "the metric does not say so")
    code, out, _ = case.cli("check", path)
    require(code == 1 and "routte" in out, f"check: {code} {out}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(good)
    up.process.send_signal(signal.SIGHUP)
    up.wait_for(r'"routing files loaded" by=SIGHUP')
    require("alertify_config_last_reload_successful 1" in request(url + "/metrics")[1], "metric")
    require(case.cli("check", path)[0] == 0, "check of the sample")
    require(up.stop()[0] == 0, "exit")


def test_tokens_are_created_listed_and_revoked_without_a_server(case):
    up = case.up()
    url = up.url()
    token = case.token("admin")
    require(request(url + "/incidents", token)[0] == 200, "a fresh token is refused")
    require(request(url + "/incidents")[0] == 401, "no token is accepted")
    require(up.stop()[0] == 0, "exit")
    code, out, err = case.cli("token", "list", "--state", case.state())
    require(code == 0 and "admin" in out, f"list: {code} {out}{err}")
    number = out.splitlines()[1].split()[0]
    require(token not in out, "the token is shown again")
    code, _, err = case.cli("token", "revoke", number, "--state", case.state())
    require(code == 0, f"revoke: {err}")
    require(case.cli("keys", "rotate", "--state", case.state())[0] == 0, "keys rotate")
    up = case.up()
    require(request(up.url() + "/incidents", token)[0] == 401, "a revoked token is accepted")
    require(up.stop()[0] == 0, "exit")


def test_words_that_make_no_sense_are_usage_errors(case):
    for words in (["upp"], ["up", "--prot", "1"], ["up", "--port", "x"], ["token", "create"],
                  ["token", "create", "--role", "king"], ["serve"], ["check"], ["keys", "eat"]):
        code, _, err = case.cli(*words)
        require(code == 2 and err, f"{words}: exit {code} {err}")
    for words in (["help"], ["help", "settings"], ["version"], ["up", "--help"]):
        require(case.cli(*words)[0] == 0, f"{words}")


def test_a_taken_port_is_said_so(case):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, _, err = case.cli("up", "--state", case.state(), "--port", port)
        require(code == 1 and "--port" in err and port in err, f"exit {code}: {err}")


class Serve:
    """A running `alertify serve` with a settings file of its own."""

    def __init__(self, case, text):
        self.config = os.path.join(case.folder, "server.yml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)
        self.log = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            as_user(case.user, [case.binary, "serve", "--config", self.config]), cwd=case.folder,
            stdin=subprocess.DEVNULL, stderr=self.log, text=True)

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def wait(self, condition, what):
        end = time.monotonic() + WAIT_S
        while not condition():
            require(time.monotonic() < end and self.process.poll() is None,
                    f"{what}: never; {self.text()}")
            time.sleep(0.1)

    def stop(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        return self.process.wait(timeout=40)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log.close()


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def settings(conninfo, listen):
    return (f"database: {{ conninfo: \"{conninfo}\" }}\nroutes: state/routes\n"
            f"secret_key: !file state/secret_key\nlisten: [{listen}]\nlog: {{ format: json }}\n")


def read_conninfo(case):
    with open(os.path.join(case.state(), "conninfo"), encoding="utf-8") as file:
        return file.read().strip()


def is_ready(url):
    try:
        return request(url + "/readyz")[0] == 200
    except OSError:
        return False


def make_certificate(case, name):
    subprocess.run(as_user(case.user, [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", f"/CN={name}"]),
        cwd=case.folder, check=True, capture_output=True)


def served_certificate(port):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
        with context.wrap_socket(plain) as tls:
            return tls.getpeercert(binary_form=True)


def test_serve_runs_on_a_migrated_database_and_drains(case):
    up = case.up()
    up.url()
    port, tls_port = free_port(), free_port()
    make_certificate(case, "one.example.org")
    server = Serve(case, settings(read_conninfo(case), f"{{ address: 127.0.0.1:{port} }}, "
                                  f"{{ address: 'localhost:{tls_port}', "
                                  "tls: { certificate: cert.pem, key: key.pem } }"))
    try:
        code, out, err = case.cli("migrate", "--config", server.config)
        require(code == 0 and "up to date" in out, f"migrate: {code} {out}{err}")
        server.wait(lambda: is_ready(f"http://127.0.0.1:{port}"), "ready")
        first = served_certificate(tls_port)
        make_certificate(case, "two.example.org")
        server.process.send_signal(signal.SIGHUP)
        server.wait(lambda: served_certificate(tls_port) != first, "another certificate")
        require(server.stop() == 0, f"serve: {server.text()}")
        for line in server.text().splitlines():
            if line.startswith("{"):
                json.loads(line)
    finally:
        server.close()
    require(up.stop()[0] == 0, "exit")


def test_serve_refuses_a_schema_that_is_not_its_own(case):
    up = case.up()
    up.url()
    conninfo = read_conninfo(case)

    def sql(text):
        subprocess.run(as_user(case.user, ["psql", "-qX", conninfo, "-c", text]), check=True,
                       capture_output=True, cwd=case.folder, env={**os.environ, "LD_PRELOAD": ""})

    sql("alter schema alertify rename to elsewhere")
    server = Serve(case, settings(conninfo, f"{{ address: 127.0.0.1:{free_port()} }}"))
    try:
        require(server.process.wait(timeout=WAIT_S) == 1, "it serves")
        require("alertify migrate" in server.text(), f"no hint: {server.text()}")
    finally:
        server.close()
        sql("alter schema elsewhere rename to alertify")
    require(up.stop()[0] == 0, "exit")


def test_serve_waits_for_its_database_and_can_be_stopped(case):
    up = case.up()
    up.url()
    require(up.stop()[0] == 0, "exit")
    server = Serve(case, settings(read_conninfo(case), f"{{ address: 127.0.0.1:{free_port()} }}"))
    try:
        server.wait(lambda: "waiting for the database" in server.text(), "waiting")
        require(server.stop() == 0, f"exit: {server.text()}")
    finally:
        server.close()


def test_serve_refuses_plain_http_for_everybody(case):
    server = Serve(case, settings("dbname=x", "{ address: 0.0.0.0:8080 }"))
    try:
        require(server.process.wait(timeout=WAIT_S) == 1, "it serves")
        require("plain HTTP is only for loopback" in server.text(), server.text())
    finally:
        server.close()


TESTS = [value for name, value in sorted(globals().items()) if name.startswith("test_")]


def users(binary):
    """None: as we are. As root also as nobody, if nobody can reach the binary."""
    yield None
    if os.geteuid() == 0 and shutil.which("setpriv"):
        reaches = subprocess.run(as_user("nobody", ["test", "-x", binary]), check=False)
        if reaches.returncode == 0:
            yield "nobody"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build-dir", default="build-asan")
    parser.add_argument("pattern", nargs="?", default="")
    options = parser.parse_args()
    binary = os.path.abspath(os.path.join(options.build_dir, "alertify"))
    suppressions = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lsan.supp")
    os.environ.setdefault("LSAN_OPTIONS", f"suppressions={suppressions}:print_suppressions=0")
    passed = failed = 0
    for user in users(binary):
        for test in TESTS:
            if options.pattern not in test.__name__:
                continue
            start = time.monotonic()
            case = Case(binary, user)
            name = f"{test.__name__} as {user or 'ourselves'}"
            try:
                test(case)
                passed += 1
                print(f"ok   {name} ({time.monotonic() - start:.1f} s)", flush=True)
            except (Failure, OSError, ValueError, KeyError, IndexError,
                    subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"FAIL {name}: {type(error).__name__}: {error}", flush=True)
            finally:
                case.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
