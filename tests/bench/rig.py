"""What a benchmark runs on: a private PostgreSQL, alertify, Alertmanager, the load generators, and
who used how much processor time. Everything is on loopback and gone afterwards."""
import contextlib
import json
import os
import pathlib
import re
import resource
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

import psycopg2

ROOT = pathlib.Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
# As `alertify up` sets its own cluster (src/adapters/embedded_pg.c).
PG_SETTINGS = (
    "shared_buffers=128MB max_wal_size=4GB checkpoint_timeout=15min fsync=on full_page_writes=on "
    "synchronous_commit=on max_parallel_workers_per_gather=0 timezone=UTC log_min_messages=warning"
).split()

ROUTES = """\
sources:
  bench: {type: alertmanager, auth: {bearer: !file token}}
channels:
  allow_private_addresses: true
  webhooks:
    sink: {url: "http://127.0.0.1:%d/"}
route:
  receiver: nowhere
  group_by: [alertname, service]
  routes:
    - {matchers: ['run=~"page.*"'], receiver: sink}
receivers:
  - name: nowhere
  - name: sink
    storm: {pages: 0}
    notify: ["webhook:sink"]
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(*command, **kwargs):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=120, **kwargs)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def last_json(text):
    return json.loads(text.strip().splitlines()[-1])


def median(values):
    return statistics.median(values)


# ---- processor time ---------------------------------------------------------------------------
def stat_seconds(path):
    """(name, user + system seconds) of a process or thread, or None when it is gone."""
    try:
        text = pathlib.Path(path, "stat").read_text()
    except OSError:
        return None
    name = text[text.index("(") + 1:text.rindex(")")]
    fields = text[text.rindex(")") + 2:].split()
    return name, (int(fields[11]) + int(fields[12])) / TICKS


def thread_seconds(pid):
    total = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        found = stat_seconds(task)
        if found:
            total[found[0]] = total.get(found[0], 0) + found[1]
    return total


def children(pid):
    try:
        listed = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(c) for c in listed.split()]
    except OSError:
        return []


class Cpu:
    """Cores used between start and stop: alertify by thread, PostgreSQL by backend, and the load
    generators, which have ended by then."""

    def __init__(self, rig):
        self.rig, self.began = rig, time.monotonic()
        self.load = self.load_seconds()
        self.threads, self.backends = self.take()

    @staticmethod
    def load_seconds():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def take(self):
        backends = {}
        names = self.rig.backend_names()
        for pid in children(self.rig.postmaster):
            found = stat_seconds(f"/proc/{pid}")
            if found:
                backends[pid] = (names.get(pid, "other"), found[1])
        return thread_seconds(self.rig.server.pid), backends

    def stop(self):
        threads, backends = self.take()
        seconds = time.monotonic() - self.began
        alertify = {n: s - self.threads.get(n, 0) for n, s in threads.items()}
        postgres = {}
        for pid, (name, used) in backends.items():
            used -= self.backends.get(pid, ("", 0))[1]
            postgres[name] = postgres.get(name, 0) + used
        shown = lambda d: {n: round(s / seconds, 2) for n, s in
                           sorted(d.items(), key=lambda p: -p[1]) if s / seconds >= 0.01}
        return {"seconds": round(seconds, 2), "alertify": shown(alertify),
                "postgres": shown(postgres),
                "load": round((self.load_seconds() - self.load) / seconds, 2)}


# ---- the rig ----------------------------------------------------------------------------------
class Rig(contextlib.ExitStack):
    def __init__(self, build, is_profiled=False):
        super().__init__()
        self.is_profiled = is_profiled
        self.build = pathlib.Path(build).resolve()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="alertify-bench."))
        self.dir.chmod(0o711)  # PostgreSQL runs as a user of its own when we are root
        self.callback(shutil.rmtree, self.dir, ignore_errors=True)
        self.token = secrets.token_hex(24)
        self.children = []
        self.sink_port = free_port()

    def tool(self, name):
        return self.build / "tests" / name

    def spawn(self, *command, **kwargs):
        child = subprocess.Popen([str(c) for c in command], **kwargs)
        self.callback(self.end, child)
        return child

    @staticmethod
    def end(child):
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    # -- PostgreSQL
    def start_postgres(self):
        script, folder = ROOT / "tests/pg_cluster.sh", self.dir / "db"
        options = " ".join(f"-c {s}" for s in PG_SETTINGS)
        # lz4 is a build option of the server
        has_lz4 = "with-lz4" in run("/bin/sh", "-c", "pg_config --configure || true")
        options += " -c wal_compression=" + ("lz4" if has_lz4 else "on")
        if self.is_profiled:
            options += " -c shared_preload_libraries=pg_stat_statements"
        self.callback(subprocess.run, ["sh", str(script), "stop", str(folder)])
        env = dict(os.environ, PG_OPTIONS=options)
        self.conninfo = run("sh", script, "start", folder, env=env).strip()
        self.postmaster = int((folder / "pg/postmaster.pid").read_text().splitlines()[0])
        self.db = psycopg2.connect(self.conninfo + " application_name=bench")
        self.callback(self.db.close)
        self.db.autocommit = True

    def sql(self, text):
        with self.db.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall() if cursor.description else []

    def start_statements(self):
        if self.is_profiled:
            self.sql("create extension if not exists pg_stat_statements")
            self.sql("select pg_stat_statements_reset()")

    def show_statements(self, title, n=14):
        """Where PostgreSQL spent its time since start_statements."""
        if not self.is_profiled:
            return
        print(f"    statements of {title}: total ms, calls, ms each, rows each, WAL bytes each")
        for total, calls, rows, wal, query in self.sql(
                "select total_exec_time, calls, rows, wal_bytes, query from pg_stat_statements "
                f"order by total_exec_time desc limit {n}"):
            text = " ".join(re.sub(r"--[^\n]*", "", query).split())[:90]
            print(f"    {total:9.1f} {calls:7} {total / calls:9.3f} {rows / calls:8.1f} "
                  f"{wal / calls:8.0f}  {text}")

    def backend_names(self):
        """What a backend does is told by its last statement."""
        rows = self.sql("select pid, backend_type, application_name, query from pg_stat_activity")
        names = {}
        for pid, kind, application, query in rows:
            if kind != "client backend":
                names[pid] = kind
            elif "insert into intake" in query:
                names[pid] = "backend of ledger"
            elif application == "bench":
                names[pid] = "backend of bench"
            else:
                names[pid] = "backends of others"
        return names

    def empty_tables(self):
        self.sql("truncate alertify.intake, alertify.intake_queue, alertify.quarantine, "
                 "alertify.alert, alertify.event, alertify.incident cascade")
        self.sql("checkpoint")

    def backlog(self):
        return self.sql("select count(*) from alertify.intake_queue")[0][0]

    def wait_processed(self, timeout=60):
        until = time.monotonic() + timeout
        while self.sql("select exists (select from alertify.intake_queue)")[0][0]:
            if time.monotonic() > until:
                raise RuntimeError(f"{self.backlog()} rows are still not processed")
            time.sleep(0.01)

    @contextlib.contextmanager
    def processing_held(self):
        """Intake alone: the process flow waits for a table that the ledger does not touch."""
        self.sql("begin; lock table alertify.incident in access exclusive mode")
        try:
            yield
        finally:
            self.sql("rollback")
            self.drop_backlog()

    def drop_backlog(self):
        """What a run left over must not burden the next one."""
        self.sql("truncate alertify.intake_queue")

    # -- alertify
    def start_alertify(self):
        d = self.dir
        (d / "routes").mkdir()
        for name, text in (("routes/token", self.token), ("secret_key", secrets.token_hex(32)),
                           ("routes/bench.yml", ROUTES % self.sink_port)):
            (d / name).write_text(text)
            (d / name).chmod(0o600)
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", d / "key.pem",
            "-out", d / "cert.pem")
        self.port, self.tls_port = free_port(), free_port()
        (d / "alertify.yml").write_text(
            f"database: {{conninfo: \"{self.conninfo}\"}}\n"
            f"routes: {d}/routes\n"
            f"listen:\n"
            f"  - address: 127.0.0.1:{self.port}\n"
            f"  - address: 127.0.0.1:{self.tls_port}\n"
            f"    tls: {{certificate: {d}/cert.pem, key: {d}/key.pem}}\n"
            f"secret_key: !file {d}/secret_key\n"
            f"log: {{level: warning}}\n"
            f"actions: {{enabled: false}}\n")
        self.log = open(d / "alertify.log", "w+")
        self.callback(self.log.close)
        run(self.build / "alertify", "migrate", "--config", d / "alertify.yml")
        self.server = self.spawn(self.build / "alertify", "serve", "--config", d / "alertify.yml",
                                 stdout=self.log, stderr=self.log)
        self.wait_http(self.server, f"http://127.0.0.1:{self.port}/readyz")

    def wait_http(self, child, url):
        for _ in range(200):
            if child.poll() is not None:
                break
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url, timeout=1).read()
                return
            time.sleep(0.05)
        raise RuntimeError(f"{url} does not answer\n{self.log_tail()}")

    def log_tail(self):
        return (self.dir / "alertify.log").read_text()[-2000:]

    def metric(self, name, label=""):
        url = f"http://127.0.0.1:{self.port}/metrics"
        text = urllib.request.urlopen(url, timeout=5).read().decode()
        pattern = rf"^{name}(?:{{[^}}]*{re.escape(label)}[^}}]*}})? (\S+)$"
        return sum(float(m[1]) for m in re.finditer(pattern, text, re.M))

    # -- the others
    def start_echo(self):
        port = free_port()
        child = self.spawn(self.tool("http_echo_server"), "--tls-port", port,
                           "--cert", self.dir / "cert.pem", "--key", self.dir / "key.pem",
                           stdout=subprocess.PIPE)
        child.stdout.readline()
        child.stdout.readline()
        return child, port

    def start_alertmanager(self, sink_port=None):
        """With group_wait 0 and, when asked for, a webhook; empty every time."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.dir))
        receiver = {"name": "r"}
        if sink_port:
            receiver["webhook_configs"] = [{"url": f"http://127.0.0.1:{sink_port}/"}]
        config = {"route": {"receiver": "r", "group_by": ["alertname", "service"],
                            "group_wait": "0s"}, "receivers": [receiver]}
        (folder / "am.yml").write_text(json.dumps(config))
        port = free_port()
        child = self.spawn("prometheus-alertmanager", f"--config.file={folder}/am.yml",
                           f"--storage.path={folder}", "--cluster.listen-address=",
                           f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_http(child, f"http://127.0.0.1:{port}/-/ready")
        return child, port

    def start_sink(self, expect, seconds):
        child = self.spawn(self.tool("bench_sink"), "--port", self.sink_port, "--expect", expect,
                           "--seconds", seconds, stdout=subprocess.PIPE, text=True)
        child.stdout.readline()
        return child

    # -- load
    def h2load(self, url, body, *arguments):
        """Counts by status, seconds, and the latencies, as h2load logs them for each request."""
        log = self.dir / "h2load.log"
        log.unlink(missing_ok=True)
        out = run("h2load", "-t1", "-d", body, "-H", f"authorization: Bearer {self.token}",
                  "-H", "content-type: application/json", f"--log-file={log}", *arguments, url)
        times, first, last, failed = [], None, 0, 0
        with open(log) as lines:
            for line in lines:
                start, status, took = (int(f) for f in line.split("\t")[:3])
                first = start if first is None else min(first, start)
                last = max(last, start + took)
                times.append(took)
                failed += not 200 <= status < 300
        times.sort()
        if not times or failed > len(times) / 100:
            raise RuntimeError(f"h2load: {failed} of {len(times)} requests failed\n{out}")
        return {"requests": len(times), "failed": failed, "seconds": (last - first) / 1e6,
                "per_s": len(times) / ((last - first) / 1e6),
                "p50_ms": times[len(times) // 2] / 1e3,
                "p99_ms": times[len(times) * 99 // 100] / 1e3}

    def post(self, **options):
        arguments = [x for k, v in options.items() for x in ("--" + k.replace("_", "-"), v)]
        return last_json(run(self.tool("bench_post"), *arguments))

    def post_alertify(self, **options):
        return self.post(port=self.port, path="/v1/webhooks/alertmanager/bench",
                         authorization=f"Bearer {self.token}", **options)
