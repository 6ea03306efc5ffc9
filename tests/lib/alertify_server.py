"""`alertify serve` under test: settings and routes in a folder, logs that must stay clean."""
import json
import os
import re
import signal
import socket
import subprocess
import time

from http_client import call

LIB = os.path.dirname(os.path.abspath(__file__))
SUPPRESSIONS = os.path.join(LIB, "..", "lsan.supp")
TSAN_SUPPRESSIONS = os.path.join(LIB, "..", "tsan.supp")
UNWANTED = ("bug at", "Sanitizer", "runtime error:", "SUMMARY:")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Alertify:
    """One replica. routes: text of the routing file; certificate: (ca, cert, key) or None."""

    def __init__(self, build_dir, folder, conninfo, routes, secret_key, certificate=None,
                 environment=None, name="a", settings="", client_ca=None):
        self.program = os.path.abspath(os.path.join(build_dir, "alertify"))
        self.folder, self.name = os.path.join(folder, "replica-" + name), name
        os.makedirs(self.folder, exist_ok=True)
        self.environment = environment or {}
        self.certificate, self.client_ca = certificate, client_ca
        self.port, self.tls_port = free_port(), free_port()
        self.url = "http://127.0.0.1:%d" % self.port
        self.tls_url = "https://127.0.0.1:%d" % self.tls_port
        self.config = os.path.join(self.folder, "alertify.yml")
        self.routes = os.path.join(self.folder, "routes.yml")
        self.process = None
        self.starts = 0
        self.write_routes(routes)
        self._write_settings(conninfo, secret_key, settings)

    # -- files --------------------------------------------------------------------------------
    def write_routes(self, text):
        with open(self.routes, "w", encoding="utf-8") as file:
            file.write(text)

    def _write_settings(self, conninfo, secret_key, more):
        key_file = os.path.join(self.folder, "secret_key")
        with open(os.open(key_file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w",
                  encoding="ascii") as file:
            file.write(secret_key)
        lines = ["database: { conninfo: %s }" % json.dumps(conninfo), "routes: routes.yml",
                 "listen:", "  - address: 127.0.0.1:%d" % self.port]
        if self.certificate:
            lines += ["  - address: 127.0.0.1:%d" % self.tls_port,
                      "    tls: { certificate: %s, key: %s%s }" % (
                          *self.certificate[1:],
                          ", client_ca: " + self.client_ca if self.client_ca else "")]
        lines += ["external_url: %s" % (self.tls_url if self.certificate else self.url),
                  "secret_key: !file secret_key", "replica_name: %s" % self.name, more]
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def _environment(self):
        own = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": self.folder,
               "LSAN_OPTIONS": "suppressions=%s:print_suppressions=0" % SUPPRESSIONS,
               "TSAN_OPTIONS": "suppressions=" + TSAN_SUPPRESSIONS,
               "UBSAN_OPTIONS": "print_stacktrace=1"}
        own.update(self.environment)
        return own

    # -- commands -----------------------------------------------------------------------------
    def command(self, *arguments, check=True):
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True,
                              timeout=60, env=self._environment(), check=False)
        if check and done.returncode:
            raise RuntimeError("alertify %s: %d\n%s%s" % (" ".join(arguments), done.returncode,
                                                          done.stdout, done.stderr))
        return done

    def migrate(self):
        return self.command("migrate", "--config", self.config)

    def create_token(self, role):
        done = self.command("token", "create", "--role", role, "--name", "test-" + role,
                            "--config", self.config)
        return done.stdout.strip().splitlines()[-1]

    # -- life ---------------------------------------------------------------------------------
    def log_file(self, start=None):
        return os.path.join(self.folder, "log-%d" % (start or self.starts))

    @property
    def console_file(self):
        return os.path.join(self.folder, "console")

    def start(self, wait=True):
        if self.process and self.process.poll() is None:
            self.kill()  # a test that failed half-way left it
        self.starts += 1
        with open(self.log_file(), "wb") as log, open(self.console_file, "ab") as console:
            self.process = subprocess.Popen([self.program, "serve", "--config", self.config],
                                            stdout=console, stderr=log, stdin=subprocess.DEVNULL,
                                            env=self._environment(), cwd=self.folder)
        if wait:
            self.wait_ready()
        return self

    def is_ready(self):
        try:
            return call(self.url + "/readyz", timeout=2.0).status == 200
        except OSError:
            return False

    def wait_ready(self, timeout=30.0):
        deadline = time.monotonic() + timeout
        while not self.is_ready():
            if self.process.poll() is not None:
                raise RuntimeError("alertify ended with %d:\n%s" % (self.process.returncode,
                                                                    self.log()[-4000:]))
            if time.monotonic() > deadline:
                raise RuntimeError("alertify is not ready:\n%s" % self.log()[-4000:])
            time.sleep(0.02)

    def kill(self):
        """kill -9, as a crash would end it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, timeout=30.0):
        """SIGTERM; the exit status."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode if self.process else None

    # -- what it wrote ------------------------------------------------------------------------
    def log(self):
        text = []
        for start in range(1, self.starts + 1):
            with open(self.log_file(start), encoding="utf-8", errors="replace") as file:
                text.append(file.read())
        return "".join(text)

    def console(self):
        with open(self.console_file, encoding="utf-8", errors="replace") as file:
            return file.read()

    def complaints(self, secrets=()):
        """Lines of the log that must not be there: bugs, sanitizer reports, secrets, links."""
        found = []
        for line in self.log().splitlines():
            if any(word in line for word in UNWANTED) or any(s in line for s in secrets) \
                    or re.search(r"/a/[A-Za-z0-9_-]{40}", line):
                found.append(line[:300])
        return found[:8] + (["and %d more" % (len(found) - 8)] if len(found) > 8 else [])

    def metrics(self):
        return call(self.url + "/metrics").text

    def metric(self, name, **labels):
        """Sum of the samples of this name that carry these labels."""
        total = 0.0
        for line in self.metrics().splitlines():
            match = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if match and match.group(1) == name and \
                    all('%s="%s"' % item in (match.group(2) or "") for item in labels.items()):
                total += float(match.group(3))
        return total
