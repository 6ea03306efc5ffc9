"""Debian's Prometheus and Alertmanager, fed by a metric that the test switches on and off."""
import json
import os
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from alertify_server import free_port
from http_client import call

RULES = """
groups:
  - name: probes
    rules:
      - alert: ProbeBroken
        expr: probe_broken > 0
        labels: { severity: critical }
        annotations:
          summary: "Probe of {{ $labels.service }} is broken"
          description: "value {{ $value }} in case {{ $labels.case }}"
          runbook_url: "https://runbooks.example/probe"
"""

PROMETHEUS = """
global: { scrape_interval: 500ms, scrape_timeout: 400ms, evaluation_interval: 500ms }
rule_files: [ %(folder)s/rules.yml ]
alerting:
  alertmanagers:
    - static_configs: [ { targets: %(alertmanagers)s } ]
scrape_configs:
  - job_name: probe
    static_configs: [ { targets: [ "%(exporter)s" ] } ]
"""

ALERTMANAGER = """
route:
  receiver: alertify
  group_by: [alertname, case]
  group_wait: 100ms
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: alertify
    webhook_configs:
      - url: %(url)s
        send_resolved: true
        http_config:
          authorization: { credentials_file: %(folder)s/token }
          tls_config: { ca_file: %(ca)s }
"""


def _label_text(value):
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class Exporter:
    """GET /metrics: probe_broken with a sample for every firing label set."""

    def __init__(self):
        exporter = self
        self.lock = threading.Lock()
        self.firing = {}  # case -> labels

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                body = exporter.text().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.address = "127.0.0.1:%d" % self._server.server_address[1]

    def text(self):
        lines = ["# HELP probe_broken 1 when the probe fails.", "# TYPE probe_broken gauge"]
        with self.lock:
            for case, labels in self.firing.items():
                every = dict(labels, case=case)
                lines.append("probe_broken{%s} 1" % ",".join(
                    '%s="%s"' % (k, _label_text(v)) for k, v in every.items()))
        return "\n".join(lines) + "\n"

    def fire(self, case, **labels):
        with self.lock:
            self.firing[case] = labels

    def clear(self, case):
        with self.lock:
            self.firing.pop(case, None)

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class Stack:
    """One Prometheus, n Alertmanagers that do not know of each other (a split HA pair)."""

    def __init__(self, folder, webhook_url, token, ca, n_alertmanagers=2):
        self.folder = folder
        self.exporter = Exporter()
        self.processes = []
        self._write("token", token)
        self._write("rules.yml", RULES)
        self._write("alertmanager.yml",
                    ALERTMANAGER % {"url": webhook_url, "folder": folder, "ca": ca})
        self.alertmanagers = ["127.0.0.1:%d" % free_port() for _ in range(n_alertmanagers)]
        self._write("prometheus.yml", PROMETHEUS % {
            "folder": folder, "alertmanagers": json.dumps(self.alertmanagers),
            "exporter": self.exporter.address})
        self.prometheus = "127.0.0.1:%d" % free_port()
        self._start()

    def _write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def _spawn(self, name, *command):
        with open(os.path.join(self.folder, name + ".log"), "wb") as log:
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log,
                                                   stdin=subprocess.DEVNULL, cwd=self.folder))

    def _start(self):
        for i, address in enumerate(self.alertmanagers):
            self._spawn("alertmanager-%d" % i, "prometheus-alertmanager",
                        "--config.file=alertmanager.yml", "--storage.path=am-%d" % i,
                        "--web.listen-address=" + address, "--cluster.listen-address=")
        self._spawn("prometheus", "prometheus", "--config.file=prometheus.yml",
                    "--storage.tsdb.path=tsdb", "--web.listen-address=" + self.prometheus)

    def wait_ready(self, timeout=30.0):
        deadline = time.monotonic() + timeout
        for address in self.alertmanagers + [self.prometheus]:
            while True:
                try:
                    if call("http://%s/-/ready" % address, timeout=2.0).status == 200:
                        break
                except OSError:
                    pass
                if time.monotonic() > deadline:
                    raise RuntimeError("%s is not ready, see %s" % (address, self.folder))
                time.sleep(0.05)

    def failed_notifications(self):
        """Webhooks that an Alertmanager counts as failed."""
        total = 0.0
        for address in self.alertmanagers:
            for line in call("http://%s/metrics" % address).text.splitlines():
                if line.startswith('alertmanager_notifications_failed_total{integration="webhook"'):
                    total += float(line.rsplit(" ", 1)[1])
        return total

    def stop(self):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()
        self.exporter.stop()
