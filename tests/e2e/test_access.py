#!/usr/bin/env python3
"""The HTTP interface from outside: who may do what, limits, quarantine, health, metrics, and
PostgreSQL going away while alerts arrive.

    tests/e2e/test_access.py [--build-dir build-asan]
"""
import json
import os
import subprocess
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from checks import Checks, parse_arguments  # noqa: E402
from http_client import alertmanager_body, basic, bearer, call  # noqa: E402
from page_world import SECRETS, World, links_in  # noqa: E402

# Method, path, least role. {n} is an incident. Bodies are valid, so that only the role decides.
TABLE = [
    ("GET", "/incidents", "user", None), ("GET", "/incidents?status=open&limit=1", "user", None),
    ("GET", "/incidents/{n}", "user", None), ("GET", "/incidents/{n}/timeline", "user", None),
    ("GET", "/v1/receipts/{receipt}", "user", None),
    ("POST", "/notify", "engineer",
     {"incident_id": "{n}", "channel": "console", "message": "A note by hand"}),
    ("POST", "/incidents/test", "engineer", {"service": "billing", "summary": "Only a test"}),
    ("POST", "/run-script", "engineer", {"incident_id": "{n}", "script_name": "asked",
                                         "parameters": {"unit": "x"}}),
    ("POST", "/incidents/{n}/acknowledge", "engineer", None),
    ("POST", "/incidents/{n}/resolve", "engineer", None),
    ("POST", "/-/reload", "admin", None),
]
RANK = {"user": 1, "engineer": 2, "admin": 3}


class Scene:
    world = None
    incident = receipt = None


def fill(value):
    if isinstance(value, str):
        return int(Scene.incident) if value == "{n}" else \
            value.replace("{n}", str(Scene.incident)).replace("{receipt}", Scene.receipt)
    return {k: fill(v) for k, v in value.items()} if isinstance(value, dict) else value


def counts():
    return Scene.world.cluster.rows("""select (select count(*) from event) as events,
        (select count(*) from delivery) as deliveries, (select count(*) from run) as runs,
        (select count(*) from intake) as bodies""")[0]


def test_a_an_alert_by_hand(c):
    w = Scene.world
    answer = w.post([({"alertname": "Access", "case": "slack", "service": "api"}, {})])
    c.equal(answer.status, 200, "taken")
    Scene.receipt = answer.json()["receipt"]
    c.equal(uuid.UUID(Scene.receipt).version, 7, "the receipt is a uuid")
    Scene.incident = w.incident("slack")["number"]
    found = w.api("GET", "/v1/receipts/" + Scene.receipt, role="user").json()
    c.equal((found["state"], found["source"]), ("processed", "prod"), "the receipt can be looked up")
    c.equal(w.api("GET", "/v1/receipts/" + str(uuid.uuid4()), role="user").status, 404,
            "a receipt nobody got")
    w.cluster.wait_quiet()


def test_b_the_roles_table(c):
    w = Scene.world
    refused = w.cluster.one("select count(*) from access_log")
    before = counts()
    for method, path, least, body in TABLE:
        for what, headers in (("no token", {}), ("a wrong token", bearer("alr_" + "x" * 43)),
                              ("an empty token", bearer("")), ("basic", basic("admin", "admin"))):
            got = call(w.server.url + fill(path), method, fill(body), headers)
            c.equal(got.status, 401, "%s %s with %s" % (method, path, what))
        for role, rank in RANK.items():
            if rank < RANK[least]:
                got = w.api(method, fill(path), fill(body), role)
                c.equal(got.status, 403, "%s %s as %s" % (method, path, role))
    c.equal(counts(), before, "no refused request changed anything")
    c.that(w.cluster.one("select count(*) from access_log") >= refused + 4 * len(TABLE),
           "every refusal is on record")
    for method, path, least, body in TABLE:
        for role, rank in RANK.items():
            if rank >= RANK[least]:
                got = w.api(method, fill(path), fill(body), role)
                c.that(200 <= got.status <= 202, "%s %s as %s: %r" % (method, path, role, got))


def test_c_what_does_not_exist(c):
    w = Scene.world
    for path in ("/", "/admin", "/incidents/", "/incidents/x/y/z", "/v1/webhooks/alertmanager",
                 "/v1/webhooks/other/prod", "/a/", "/metrics/x", "/../etc/passwd", "/%2e%2e/x"):
        c.equal(w.api("GET", path, role="admin").status, 404, "GET " + path)
    for method, path in (("DELETE", "/incidents/1"), ("PUT", "/incidents"), ("POST", "/metrics"),
                         ("GET", "/v1/webhooks/alertmanager/prod"), ("GET", "/-/reload")):
        c.equal(w.api(method, path, role="admin").status, 405, "%s %s" % (method, path))
    c.equal(w.api("GET", "/incidents/99999", role="user").status, 404, "an incident nobody has")
    for query in ("status=broken", "limit=0", "limit=501", "x=y"):
        c.equal(w.api("GET", "/incidents?" + query, role="user").status, 422, query)


def test_d_contract_of_the_listing(c):
    w = Scene.world
    listed = w.api("GET", "/incidents", role="user").json()
    c.that(isinstance(listed, list) and {"id", "service", "severity", "status", "timestamp"}
           <= set(listed[0]), "an array of id, service, severity, status, timestamp")
    test = [i for i in listed if i["title"] == "Only a test"]
    c.that(test and test[0]["service"] == "billing", "POST /incidents/test opens an incident")
    kinds = {e["kind"] for e in w.api("GET", "/incidents/%d/timeline" % Scene.incident,
                                      role="user").json()}
    c.that({"opened", "attempt", "delivered", "note", "acknowledged", "resolved", "run_finished"}
           <= kinds, "everything is on the timeline: %s" % sorted(kinds))
    w.cluster.wait_quiet()
    c.that("A note by hand" in w.server.console(), "POST /notify arrives")


def test_e_webhook_authentication(c):
    w = Scene.world
    body = alertmanager_body([({"alertname": "Forged"}, {})])
    url = w.server.url + "/v1/webhooks/alertmanager/"
    cases = [("prod", {}), ("prod", bearer("wrong")), ("prod", bearer(SECRETS["PROD_TOKEN"][:-1])),
             ("prod", bearer(SECRETS["PROD_TOKEN"] + "x")), ("prod", bearer("")),
             ("basic", bearer(SECRETS["PROD_TOKEN"])), ("nosuch", bearer(SECRETS["PROD_TOKEN"])),
             ("basic", basic("hook", "CANARY")), ("basic", basic("Hook", SECRETS["BASIC_PASSWORD"])),
             ("basic", {"Authorization": "Basic !!!"}), ("test", {}),
             ("test", bearer(SECRETS["PROD_TOKEN"]))]
    answers = set()
    for source, headers in cases:
        answer = call(url + source, "POST", body, headers)
        c.equal(answer.status, 401, "%s with %s" % (source, headers))
        answers.add(answer.body)
    c.equal(len(answers), 1, "one answer for an unknown source and a wrong credential")
    c.equal(w.cluster.one("select count(*) from intake where position('Forged' in "
                          "encode(body, 'escape')) > 0"), 0, "nothing was stored")


def test_f_unreadable_bodies_are_kept(c):
    w = Scene.world
    url = w.server.url + "/v1/webhooks/alertmanager/prod"
    bodies = [b"", b"{", b"not json", b'{"a":1}x', b"\xff\xfe", b'{"a":"\xc3\x28"}', b"[" * 5000,
              b'{"status":"firing","alerts":[{]}', b"\x00", b'{"a":1e}', b'"\\ud800"x']
    headers = bearer(SECRETS["PROD_TOKEN"])
    for body in bodies:
        answer = call(url, "POST", body, headers)
        c.equal(answer.status, 400, "%r" % body[:30])
    kept = w.cluster.one("select count(*) from quarantine q join intake i on i.id = q.intake_id")
    c.equal(kept, len(bodies), "each is in quarantine")
    reasons = w.cluster.one("select count(*) from quarantine where reason = ''")
    c.equal(reasons, 0, "with a reason")
    deadline = time.monotonic() + 5
    while w.server.metric("alertify_quarantined") != len(bodies) and time.monotonic() < deadline:
        time.sleep(0.1)
    c.equal(w.server.metric("alertify_quarantined"), float(len(bodies)), "and counted")
    c.equal(w.post([({"alertname": "Fine", "case": "none"}, {})]).status, 200, "the next is taken")


def send_file(path, *arguments):
    w = Scene.world
    token = os.path.join(w.folder, "token-header")
    with open(token, "w", encoding="ascii") as file:
        file.write("Authorization: Bearer " + SECRETS["PROD_TOKEN"])
    done = subprocess.run(["curl", "-sS", "--cacert", w.ca, "-o", os.path.join(w.folder, "answer"),
                           "-w", "%{http_code}", "-H", "@" + token, "--data-binary", "@" + path,
                           *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout


def test_g_large_bodies(c):
    w = Scene.world
    path = os.path.join(w.folder, "large")
    alerts = [({"alertname": "Large", "case": "none", "instance": "host-%d" % i},
               {"summary": "x" * 1500}) for i in range(5000)]
    with open(path, "wb") as file:
        file.write(json.dumps(alertmanager_body(alerts)).encode())
    c.that(8 << 20 <= os.path.getsize(path) < 16 << 20, "the body has %d" % os.path.getsize(path))
    c.equal(send_file(path, w.server.url + "/v1/webhooks/alertmanager/prod"), "200", "8 MiB")
    stored = w.cluster.wait_one("select count(*) from alert a join incident i on "
                                "i.id = a.incident_id where i.group_labels::json->>'alertname' = "
                                "'Large'", timeout=30, until=lambda n: n == 5000)
    c.equal(stored, 5000, "5,000 fingerprints")
    with open(path, "wb") as file:
        file.write(b'{"alerts": "' + b"x" * (16 << 20) + b'"}')
    bodies = w.cluster.one("select count(*) from intake")
    for how in ((w.server.url,), (w.server.tls_url, "--http2"),
                (w.server.url, "-H", "Transfer-Encoding: chunked", "-H", "Expect:"),
                (w.server.url, "-H", "Expect:")):
        c.equal(send_file(path, how[0] + "/v1/webhooks/alertmanager/prod", *how[1:]), "413",
                "more than 16 MiB: %s" % " ".join(how[1:]))
    c.equal(w.cluster.one("select count(*) from intake"), bodies, "not stored")
    answer = w.api("POST", "/notify", {"x": "y" * 300000})
    c.equal(answer.status, 413, "256 KiB are enough for the API")


def test_h_health_and_metrics(c):
    w = Scene.world
    c.equal(call(w.server.url + "/healthz").status, 200, "healthz")
    c.equal(call(w.server.url + "/readyz").status, 200, "readyz")
    head = call(w.server.url + "/metrics", "HEAD")
    c.equal((head.status, head.body), (200, b""), "HEAD")
    text = w.server.metrics()
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                             text=True, timeout=30, check=False)
    c.equal((checked.returncode, checked.stdout + checked.stderr), (0, ""), "promtool check metrics")
    for name in ("alertify_http_requests_total", "alertify_sends_total", "alertify_backlog_items",
                 "alertify_process_alerts_total", "alertify_build_info"):
        c.that(name in text, name)
    c.equal(w.server.metric("alertify_database_up"), 1.0, "the database is up")


def test_i_postgresql_goes_away_and_comes_back(c):
    w = Scene.world
    c.that(w.cluster.wait_quiet(), "quiet")
    w.cluster.kill()
    answers, threads = {}, []

    def send(i):
        answers[i] = w.post([({"alertname": "Away", "case": "none", "instance": str(i)}, {})])

    for i in range(20):
        threads.append(threading.Thread(target=send, args=(i,)))
        threads[-1].start()
    time.sleep(1.0)
    # Whose statement was on the wire when the server died hears "unknown" at once, and sends again.
    unknown = [i for i, a in answers.items() if a.status == 503 and "unknown_outcome" in a.text]
    c.equal(sorted(answers), sorted(unknown), "the others are parked, not refused")
    c.equal(call(w.server.url + "/healthz").status, 200, "healthz: we run")
    w.cluster.again()
    back = time.monotonic()
    for thread in threads:
        thread.join(20)
    for i in unknown:
        send(i)
    c.equal({a.status for a in answers.values()}, {200}, "all are taken when it is back")
    c.that(time.monotonic() - back < 3.0, "within 3 s (%.1f s)" % (time.monotonic() - back))
    stored = w.cluster.wait_one("select count(*) from alert a join incident i on "
                                "i.id = a.incident_id where i.group_labels::json->>'alertname' = "
                                "'Away'", until=lambda n: n == 20)
    c.equal(stored, 20, "each once, in one incident")
    w.cluster.kill()
    w.cluster.again()
    c.equal(w.post([({"alertname": "Back", "case": "none"}, {})]).status, 200,
            "a restart that nobody noticed costs nobody an answer")
    w.cluster.kill()
    time.sleep(0.3)
    started = time.monotonic()
    refused = w.post([({"alertname": "Lost", "case": "none"}, {})])
    took = time.monotonic() - started
    c.that(refused.status == 503 and "retry-after" in refused.headers,
           "away for long: 503 with Retry-After: %r" % refused)
    c.that(6 <= took <= 12, "after about 8 s (%.1f s)" % took)
    c.equal(call(w.server.url + "/readyz").status, 503, "not ready")
    w.cluster.again()
    w.server.wait_ready()
    c.equal(w.post([({"alertname": "Lost", "case": "none"}, {})]).status, 200, "and sent again")


def test_j_a_drain_answers_what_is_in_flight(c):
    w = Scene.world
    answers = []

    def send(i):
        for k in range(40):
            try:
                answers.append(w.post([({"alertname": "Drain", "case": "none",
                                         "instance": "%d-%d" % (i, k)}, {})]).status)
            except OSError:
                answers.append(0)
                return

    threads = [threading.Thread(target=send, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.15)
    c.equal(w.server.stop(), 0, "SIGTERM ends it with 0")
    for thread in threads:
        thread.join(20)
    taken = answers.count(200)
    c.equal(set(answers) - {0, 200, 503}, set(), "answers while stopping: %s" % set(answers))
    w.server.start()
    stored = w.cluster.wait_one("select count(*) from alert a join incident i on "
                                "i.id = a.incident_id where i.group_labels::json->>'alertname' = "
                                "'Drain'", until=lambda n: n >= taken)
    c.that(stored >= taken > 0, "%d answered 200, %d stored" % (taken, stored))


def test_z_nothing_leaked(c):
    w = Scene.world
    c.equal(w.complaints(), [], "no bug, no sanitizer report, no secret anywhere")
    c.equal(links_in(w.server.log()), [], "no action link in the log")
    c.equal(w.server.stop(), 0, "a clean stop")
    c.equal(w.server.complaints(["CANARY"]), [], "also at the end")


def main():
    checks = Checks()
    Scene.world = World(parse_arguments("build-asan").build_dir)
    try:
        Scene.world.server.start()
        tests = [f for name, f in sorted(globals().items()) if name.startswith("test_")]
        code = checks.run(*tests)
        if code:
            print(Scene.world.server.log()[-3000:], file=sys.stderr)
        return code
    finally:
        Scene.world.stop()


if __name__ == "__main__":
    sys.exit(main())
