#!/usr/bin/env python3
"""A source that proves itself by its client certificate (mTLS), over HTTP/1.1 and HTTP/2.

    tests/integration/test_mtls.py [--build-dir build-asan]
"""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from alertify_server import Alertify  # noqa: E402
from checks import Checks, parse_arguments  # noqa: E402
from cluster import Cluster  # noqa: E402
from http_client import alertmanager_body, call  # noqa: E402
from smtp_sink import make_certificate  # noqa: E402

ROUTES = """
sources:
  prod: { type: alertmanager, auth: { client_subject: prom-1 } }
channels: { console: {} }
route: { receiver: all, group_by: [alertname] }
receivers:
  - name: all
    notify: [console]
"""


def client_certificate(folder, ca, ca_key, name):
    """(certificate, key), signed by that CA, with the subject CN=name."""
    cert, key = os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key")
    request = os.path.join(folder, name + ".csr")
    for command in (
            ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-subj", "/CN=" + name, "-keyout", key, "-out", request],
            ["openssl", "x509", "-req", "-days", "7", "-in", request, "-CA", ca, "-CAkey", ca_key,
             "-CAcreateserial", "-out", cert]):
        subprocess.run(command, check=True, capture_output=True)
    return cert, key


class World:
    def __init__(self, build_dir):
        self.folder = tempfile.mkdtemp(prefix="alertify-mtls-")
        ours, theirs = (os.path.join(self.folder, n) for n in ("ours", "theirs"))
        for folder in (ours, theirs):
            os.mkdir(folder)
        self.ca, cert, key = make_certificate(ours)
        self.good = client_certificate(ours, self.ca, os.path.join(ours, "ca.key"), "prom-1")
        self.other = client_certificate(ours, self.ca, os.path.join(ours, "ca.key"), "prom-2")
        foreign_ca = make_certificate(theirs)[0]
        self.foreign = client_certificate(theirs, foreign_ca, os.path.join(theirs, "ca.key"),
                                          "prom-1")
        self.cluster = Cluster()
        self.server = Alertify(build_dir, self.folder, self.cluster.conninfo, ROUTES, "k" * 64,
                               certificate=(self.ca, cert, key), client_ca=self.ca)
        self.server.migrate()
        self.server.start()

    def post(self, name, certificate, version):
        """The status of a webhook posted with curl; 0 when the handshake is refused."""
        body = json.dumps(alertmanager_body([({"alertname": name}, {})])).encode()
        command = ["curl", "-s", "-o", os.devnull, "-w", "%{http_code}", version, "--cacert",
                   self.ca, "-H", "Content-Type: application/json", "--data-binary", "@-",
                   self.server.tls_url + "/v1/webhooks/alertmanager/prod"]
        if certificate:
            command += ["--cert", certificate[0], "--key", certificate[1]]
        done = subprocess.run(command, input=body, capture_output=True, timeout=30, check=False)
        return int(done.stdout or 0)


def main():
    world = World(parse_arguments("build-asan").build_dir)

    def test_the_certificate_is_the_proof(c):
        for version in ("--http1.1", "--http2"):
            c.equal(world.post("Good", world.good, version), 200, "own certificate " + version)
            c.equal(world.post("None", None, version), 401, "no certificate " + version)
            c.equal(world.post("Other", world.other, version), 401, "other subject " + version)
            c.equal(world.post("Foreign", world.foreign, version), 0, "foreign CA " + version)

    def test_a_plain_listener_has_no_subject(c):
        body = alertmanager_body([({"alertname": "Plain"}, {})])
        answer = call(world.server.url + "/v1/webhooks/alertmanager/prod", "POST", body,
                      {"Content-Type": "application/json"})
        c.equal(answer.status, 401, "the same over plain HTTP")

    def test_only_the_proven_alert_is_there(c):
        world.cluster.wait_one("select count(*) = 1 from alertify.incident")
        names = world.cluster.rows("select group_labels from alertify.incident")
        c.equal([row["group_labels"] for row in names], ['{"alertname":"Good"}'], "incidents")
        c.equal(world.server.stop(), 0, "exit status")
        c.equal(world.server.complaints(), [], "complaints in the log")

    try:
        return Checks().run(test_the_certificate_is_the_proof, test_a_plain_listener_has_no_subject,
                            test_only_the_proven_alert_is_there)
    finally:
        world.server.stop()
        world.cluster.stop()


if __name__ == "__main__":
    sys.exit(main())
