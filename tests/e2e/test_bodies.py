#!/usr/bin/env python3
"""Every captured body of tests/data is accepted and gives the incidents it should.

    tests/e2e/test_bodies.py [--build-dir build-asan]

The bodies go in the order in which they happened; after each sequence the incident is compared with
what tests/data/*/README.md documents. Grouping: receiver "stored", by alertname, cluster, service.
"""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from checks import Checks, parse_arguments  # noqa: E402
from http_client import basic, bearer, call, curl_h2, grafana_signature  # noqa: E402
from page_world import SECRETS, World  # noqa: E402

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
DISK = {"alertname": "DiskFull", "cluster": "us-2"}
PODS = {"alertname": "KubePodCrashLooping", "cluster": "eu-1"}
HA = {"alertname": "InstanceDown", "cluster": "eu-1"}
UNICODE = "Přetížení"

# (file, group labels, firing, total, status, cycle) after the file was processed.
ALERTMANAGER = [
    ("firing_single", {"alertname": "InstanceDown"}, 1, 1, "open", 1),
    ("resolved_single", {"alertname": "InstanceDown"}, 0, 1, "resolved", 1),
    ("v033_firing_single", {"alertname": "InstanceDown"}, 1, 1, "open", 2),
    ("firing_many", PODS, 25, 25, "open", 1),
    ("firing_many_joined", PODS, 26, 26, "open", 1),
    ("v033_new_alerts", PODS, 26, 26, "open", 1),
    ("partial_firing", DISK, 4, 4, "open", 1),
    ("partial_resolve", DISK, 2, 4, "open", 1),
    ("full_resolve", DISK, 0, 4, "resolved", 1),
    ("v033_partial_resolve", DISK, 2, 4, "open", 2),
    ("v033_full_resolve", DISK, 0, 4, "resolved", 2),
    ("repeat_first", {"alertname": "Watchdog"}, 1, 1, "open", 1),
    ("repeat_second", {"alertname": "Watchdog"}, 1, 1, "open", 1),
    ("v033_repeat", {"alertname": "Watchdog"}, 1, 1, "open", 1),
    ("group_by_all_cart", {"alertname": "LatencyHigh"}, 1, 1, "open", 1),
    ("group_by_all_login", {"alertname": "LatencyHigh"}, 2, 2, "open", 1),
    ("group_by_empty", {"alertname": "A2"}, 1, 1, "open", 1),
    ("v033_group_by_empty", {"alertname": "A1"}, 1, 1, "open", 1),
    ("unicode", {"alertname": UNICODE, "service": "платежи"}, 1, 1, "open", 1),
    ("quotes_newlines", {"alertname": "LogErrors"}, 1, 1, "open", 1),
    ("v033_quotes_newlines", {"alertname": "LogErrors"}, 1, 1, "open", 1),
    ("truncated", {"alertname": "TargetMissing", "cluster": "ap-3"}, 3, 3, "open", 1),
    ("empty_annotations", {"alertname": "NoAnnotations"}, 2, 2, "open", 1),
    ("long_values", {"alertname": "LongValues"}, 1, 1, "open", 1),
    ("no_alertname", {"service": "billing"}, 1, 1, "open", 1),
    ("nested_route", {"alertname": "ReplicationLag"}, 1, 1, "open", 1),
    ("refire_1_firing", {"alertname": "Flapping"}, 1, 1, "open", 1),
    ("refire_2_resolved", {"alertname": "Flapping"}, 0, 1, "resolved", 1),
    ("refire_3_firing", {"alertname": "Flapping"}, 1, 1, "open", 2),
    ("timeout_1_firing", {"alertname": "HeartbeatLost"}, 1, 1, "open", 1),
    ("timeout_2_resolved", {"alertname": "HeartbeatLost"}, 0, 1, "resolved", 1),
    ("send_resolved_false", {"alertname": "NoResolve"}, 2, 2, "open", 1),
    ("auth_basic", {"alertname": "AuthCheck"}, 1, 1, "open", 1),
    ("auth_bearer", {"alertname": "AuthCheck"}, 1, 1, "open", 1),
    ("ha_pair_a", HA, 1, 1, "open", 1),
    ("ha_pair_b", HA, 1, 1, "open", 1),
    ("ha_pair_resolved_a", HA, 0, 1, "resolved", 1),
    ("ha_pair_b", HA, 0, 1, "resolved", 1),  # late and stale: same startsAt as what was resolved
    ("ha_pair_resolved_b", HA, 0, 1, "resolved", 1),
    ("prometheus_group_all", {"alertname": "DiskFull", "cluster": "eu-1"}, 1, 1, "open", 1),
    ("v033_utf8_labels", {"alertname": "Utf8"}, 1, 1, "open", 1),
    ("v033_custom_payload", None, 0, 0, None, 0),
]
GRAFANA = [
    ("firing", {"alertname": "High memory usage"}, 1, 1, "open", 1),
    ("resolved", {"alertname": "High memory usage"}, 0, 1, "resolved", 1),
    ("multi_alert", {"alertname": "Pod restarts"}, 3, None, "open", 1),
    ("nodata", {"alertname": "DatasourceNoData"}, 1, 1, "open", 1),
    ("error", {"alertname": "DatasourceError"}, 1, 1, "open", 1),
    ("image_and_values", {"alertname": "Disk usage"}, 2, 2, "open", 1),
    ("legacy_v7_alerting", None, 1, 1, "open", 1),
    ("legacy_v7_ok", None, 0, 1, "resolved", 1),
    ("legacy_v7_no_data", None, 1, 1, "open", 1),
    ("custom_payload", None, 0, 0, None, 0),
]


class Scene:
    world = None
    n = 0


def read(folder, name):
    with open(os.path.join(DATA, folder, name + ".json"), "rb") as file:
        return file.read()


def alertmanager_ways():
    """Credentials, in turn: the bearer token in use, the one before it, basic."""
    return [("prod", bearer(SECRETS["PROD_TOKEN"])), ("prod", bearer(SECRETS["PROD_TOKEN_OLD"])),
            ("basic", basic("hook", SECRETS["BASIC_PASSWORD"]))]


def send(kind, source, body, headers):
    """POST, PUT by HTTP/1.1 and POST by HTTP/2, in turn."""
    w = Scene.world
    Scene.n += 1
    path = "/v1/webhooks/%s/%s" % (kind, source)
    headers = dict(headers, **{"Content-Type": "application/json"})
    if Scene.n % 3 == 0:
        file = os.path.join(w.folder, "body")
        with open(file, "wb") as out:
            out.write(body)
        arguments = ["--data-binary", "@" + file]
        for item in headers.items():
            arguments += ["-H", "%s: %s" % item]
        version, answer = curl_h2(w.server.tls_url + path, w.ca, *arguments)
        if version != "2":
            raise AssertionError("curl spoke HTTP/%s" % version)
        return answer
    return call(w.server.url + path, "PUT" if Scene.n % 3 == 1 else "POST", body, headers)


def group_now(labels):
    for row in Scene.world.cluster.rows("select * from incident where receiver = 'stored' "
                                        "order by number desc"):
        if json.loads(row["group_labels"]) == labels:
            return row
    return None


def check_receipt(c, answer, name):
    if answer.status != 200:
        c.that(False, "%s: %r" % (name, answer))
        return
    path = "/v1/receipts/" + answer.json()["receipt"]
    found = None
    for _ in range(200):
        found = Scene.world.api("GET", path, role="user").json()
        if found.get("state") != "waiting":
            break
        time.sleep(0.02)
    c.equal(found.get("state"), "processed", "%s: what became of the receipt" % name)


def test_alertmanager_bodies(c):
    for i, (name, labels, firing, total, status, cycle) in enumerate(ALERTMANAGER):
        source, headers = alertmanager_ways()[i % 3]
        answer = send("alertmanager", source, read("alertmanager", name), headers)
        check_receipt(c, answer, name)
        if labels is None:
            continue
        row = group_now(labels)
        got = row and (row["firing"], row["total"], row["status"], row["cycle"])
        c.equal(got, (firing, total, status, cycle), "%s gives %s" % (name, labels))
    c.that(group_now({"alertname": "A2"})["total"] == 1, "the groups of one body are apart")
    c.that(group_now({"alertname": UNICODE, "service": "кошик"}), "also by service")


def test_every_file_is_in_the_list(c):
    for folder, listed in (("alertmanager", ALERTMANAGER), ("grafana", GRAFANA)):
        files = {f[:-5] for f in os.listdir(os.path.join(DATA, folder)) if f.endswith(".json")}
        c.equal(files - {entry[0] for entry in listed}, set(), "untested bodies of " + folder)


def test_details_survive(c):
    w = Scene.world
    row = group_now({"alertname": "LogErrors"})
    sent = json.loads(read("alertmanager", "v033_quotes_newlines"))["alerts"][0]
    got = w.api("GET", "/incidents/%d" % row["number"], role="user").json()["alerts"][0]
    c.equal(got["labels"], sent["labels"], "labels with quotes and newlines")
    c.equal(got["annotations"], sent["annotations"], "annotations, too")
    utf8 = group_now({"alertname": "Utf8"})
    got = w.api("GET", "/incidents/%d" % utf8["number"], role="user").json()["alerts"][0]
    c.equal(got["labels"], json.loads(read("alertmanager", "v033_utf8_labels"))["alerts"][0]
            ["labels"], "label names that are not ASCII")
    long = group_now({"alertname": "LongValues"})
    got = w.api("GET", "/incidents/%d" % long["number"], role="user").json()["alerts"][0]
    c.equal(got["annotations"], json.loads(read("alertmanager", "long_values"))["alerts"][0]
            ["annotations"], "long values whole")
    ledger = w.cluster.one("select count(*) from intake where body = %s",
                           read("alertmanager", "long_values"))
    c.equal(ledger, 1, "the ledger has the body byte for byte")


def test_duplicates_write_no_news(c):
    w = Scene.world
    events = w.cluster.one("""select count(*) from event e join incident i on i.id = e.incident_id
        where i.group_labels::json->>'alertname' = 'Watchdog' and e.kind = 'opened'""")
    c.equal(events, 1, "a repeat opens nothing")
    ha = group_now(HA)
    kinds = [e["kind"] for e in w.events(ha)]
    c.equal((kinds.count("opened"), kinds.count("resolved"), kinds.count("reopened")), (1, 1, 0),
            "two Alertmanagers, one incident: %s" % kinds)


def test_grafana_bodies(c):
    w = Scene.world
    for name, labels, firing, total, status, cycle in GRAFANA:
        body = read("grafana", name)
        answer = send("grafana", "grafana", body,
                      grafana_signature(SECRETS["GRAFANA_HMAC"], body, int(w.cluster.now())))
        check_receipt(c, answer, name)
        if labels is None and name.startswith("legacy"):
            labels = {"alertname": json.loads(body)["ruleName"]}
        if labels is None:
            continue
        row = group_now(labels)
        got = row and (row["firing"], row["total"] if total else None, row["status"], row["cycle"])
        if name == "legacy_v7_no_data":
            got, cycle = got and got[:3], None
            c.equal(got, (firing, total, status), "%s gives %s" % (name, labels))
        else:
            c.equal(got, (firing, total, status, cycle), "%s gives %s" % (name, labels))


def test_grafana_signatures(c):
    w = Scene.world
    body, now = read("grafana", "firing"), int(w.cluster.now())
    url = w.server.url + "/v1/webhooks/grafana/grafana"
    good = SECRETS["GRAFANA_HMAC"]
    before = w.cluster.one("select count(*) from intake")
    for what, headers in (
            ("no signature", {}),
            ("a wrong key", grafana_signature("other", body, now)),
            ("another body", grafana_signature(good, body + b" ", now)),
            ("no timestamp", grafana_signature(good, body, "")),
            ("ten minutes old", grafana_signature(good, body, now - 600)),
            ("ten minutes ahead", grafana_signature(good, body, now + 600)),
            ("a moved timestamp", dict(grafana_signature(good, body, now - 600),
                                       **{"X-Grafana-Alerting-Timestamp": str(now)})),
            ("the bearer token of another source", bearer(SECRETS["PROD_TOKEN"]))):
        c.equal(call(url, "POST", body, headers).status, 401, what)
    c.equal(w.cluster.one("select count(*) from intake"), before, "nothing was stored")


def test_z_nothing_leaked(c):
    w = Scene.world
    c.equal(w.cluster.one("select count(*) from quarantine"), 0, "nothing was quarantined")
    c.equal(w.complaints(), [], "no bug, no sanitizer report, no secret anywhere")
    c.equal(w.server.stop(), 0, "a clean stop")


def main():
    checks = Checks()
    Scene.world = World(parse_arguments("build-asan").build_dir)
    try:
        Scene.world.server.start()
        return checks.run(test_every_file_is_in_the_list, test_alertmanager_bodies,
                          test_details_survive, test_duplicates_write_no_news, test_grafana_bodies,
                          test_grafana_signatures, test_z_nothing_leaked)
    finally:
        Scene.world.stop()


if __name__ == "__main__":
    sys.exit(main())
