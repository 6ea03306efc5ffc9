#!/usr/bin/env python3
"""Acceptance criteria of the escalation, each by its number, on a real database whose clock the test
moves: 4 to 8 and 15 to 17. Of the others, 3 is tests/chaos/test_kill.py, 13 test_storm.py, 18
test_silences.py, 19 test_time.py and test_oncall.py.

    tests/integration/test_criteria.py [--build-dir build-asan]
"""
import json
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import fake_slack  # noqa: E402
import fake_webhook  # noqa: E402
from alertify_server import Alertify  # noqa: E402
from checks import Checks, parse_arguments  # noqa: E402
from cluster import Cluster  # noqa: E402
from fake_slack import FakeSlack  # noqa: E402
from fake_webhook import FakeWebhook  # noqa: E402
from http_client import alertmanager_body, bearer, call, rfc3339  # noqa: E402

BUILD = parse_arguments().build_dir
SECRET = "0123456789abcdef0123456789abcdef"
ROUTES = """\
sources: { dev: { type: alertmanager, auth: none } }
channels:
  slack: { bot_token: !env SLACK_BOT_TOKEN, api_url: '%s' }
  webhooks: { sink: { url: '%s', signing: !env SINK_KEY } }
  allow_private_addresses: true
users:
  gone: { name: Gone }
route:
  receiver: slow
  group_by: [alertname]
  routes:
    - { matchers: ['kind="steps"'], receiver: steps }
    - { matchers: ['kind="gap"'], receiver: gap }
    - { matchers: ['kind="empty"'], receiver: empty }
    - { matchers: ['kind="kept"'], receiver: kept }
    - { matchers: ['kind="many"'], receiver: many }
receivers:
  - { name: slow, storm: { pages: 0 }, notify: ['slack:#alerts'] }
  - { name: many, storm: { pages: 0 }, notify: ['webhook:sink'] }
  - name: steps
    storm: { pages: 0 }
    escalation: [{ notify: 'slack:#alerts' }, { wait: 5m }, { notify: 'slack:#alerts' }, { wait: 5m }]
  - name: gap
    storm: { pages: 0 }
    escalation: [{ notify: 'user:gone' }, { wait: 5m }, { notify: 'slack:#alerts' }]
  - name: empty
    storm: { pages: 0 }
    escalation: [{ notify: 'user:gone' }, { wait: 5m }, { notify: 'user:gone' }]
  - name: kept
    storm: { pages: 0 }
    remind: 1h
    unack: 15m
    escalation: [{ notify: 'slack:#alerts' }, { wait: 5m }]
catch_all: slow
"""


def group(name):
    return '%%"%s"%%' % name


class World:
    def __init__(self, replicas=1):
        self.folder = tempfile.mkdtemp(prefix="alertify-criteria-")
        self.cluster = Cluster()
        self.slack = FakeSlack().start()
        self.sink = FakeWebhook().start()
        self.replicas = [
            Alertify(BUILD, self.folder, self.cluster.conninfo, 
                     ROUTES % (self.slack.api_url, self.sink.url), SECRET,
                     environment={"SLACK_BOT_TOKEN": fake_slack.TOKEN,
                                  "SINK_KEY": fake_webhook.SECRET}, name="ab"[i])
            for i in range(replicas)]
        self.server = self.replicas[0]
        self.server.migrate()
        self.cluster.install_clock()
        for replica in self.replicas:
            replica.start()
        self.auth = bearer(self.server.create_token("engineer"))

    def close(self):
        codes = [replica.stop() for replica in self.replicas]
        self.slack.stop()
        self.sink.stop()
        self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        return codes

    def post(self, alerts, status="firing", ends_at=None, server=None):
        answer = call((server or self.server).url + "/v1/webhooks/alertmanager/dev", "POST",
                      alertmanager_body(alerts, status=status, ends_at=ends_at))
        if answer.status != 200:
            raise AssertionError("not taken: %r" % answer)

    def pages(self, title):
        return [row["at"] for row in self.cluster.rows(
            "select extract(epoch from e.at)::float8 as at from event e join incident i "
            "on i.id = e.incident_id where e.kind = 'attempt' and e.facts::json->>'what' = 'page' "
            "and i.group_labels like %s order by e.seq", group(title))]

    def wait_pages(self, title, n, timeout=15):
        deadline = time.monotonic() + timeout
        while len(self.pages(title)) < n and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.pages(title)

    def incidents(self, title):
        return self.cluster.rows("select * from incident where group_labels like %s order by number", group(title))

    def events(self, title, kind):
        return self.cluster.rows(
            "select e.* from event e join incident i on i.id = e.incident_id "
            "where i.group_labels like %s and e.kind = %s order by e.seq", group(title), kind)

    def told(self, title, kind):
        return self.cluster.rows(
            "select d.* from delivery d join incident i on i.id = d.incident_id "
            "where i.group_labels like %s and d.kind = %s", group(title), kind)

    def wait(self, title, what):
        return self.cluster.wait_one("select " + what + " from incident where group_labels like %s",
                                     group(title))

    def act(self, title, what):
        return call("%s/incidents/%d/%s" % (self.server.url, self.incidents(title)[0]["number"],
                                            what), "POST", {}, self.auth)


def test_04_three_alertmanagers_and_a_stale_copy(c, w):
    begin = rfc3339(w.cluster.now() - 60)
    alert = [({"alertname": "Ha"}, {}, begin)]
    for _ in range(3):
        w.post(alert)
    w.wait_pages("Ha", 1)
    w.post(alert, "resolved", rfc3339(w.cluster.now()))
    w.wait("Ha", "status = 'resolved'")
    for _ in range(2):
        w.post(alert)  # what a slow peer still believes
    w.cluster.wait_quiet()
    incidents = w.incidents("Ha")
    c.equal((len(incidents), incidents[0]["status"], incidents[0]["cycle"]), (1, "resolved", 1),
            "one incident, and it is over")
    c.equal(len(w.pages("Ha")), 1, "one page")


def test_05_equal_summaries_and_different_labels(c, w):
    alerts = [({"alertname": "Twin", "host": host}, {"summary": "the same"}) for host in "ab"]
    w.post(alerts)
    w.wait("Twin", "total = 2")
    w.post(alerts[:1], "resolved")
    w.wait("Twin", "firing = 1")
    c.equal(w.incidents("Twin")[0]["status"], "open", "the other one still fires")
    w.post(alerts[1:], "resolved")
    c.that(w.wait("Twin", "status = 'resolved'"),
           "then neither does")


def test_06_the_first_call_is_soon(c, w):
    waits = []
    for i in range(20):
        begin = w.cluster.now()
        w.post([({"alertname": "Soon%d" % i, "severity": "critical"}, {})])
        at = w.wait_pages("Soon%d" % i, 1)
        waits.append(at[0] - begin)
    waits.sort()
    print("    first call after %.2f s, at most %.2f s" % (waits[10], waits[-1]))
    c.that(waits[-1] < 1, "%s" % waits)


def test_06_at_a_hundred_a_second(c, w):
    n, ahead = 500, w.cluster.now() - time.monotonic()
    began, posted = time.monotonic(), {}
    for i in range(n):
        time.sleep(max(0.0, began + i / 100 - time.monotonic()))
        title = "Many%d" % i
        posted[title] = time.monotonic() + ahead
        w.post([({"alertname": title, "kind": "many", "severity": "critical"}, {})],
               server=w.replicas[i % 2])
    rate = n / (time.monotonic() - began)
    c.that(w.cluster.wait_one("select count(distinct e.incident_id) = %s from event e "
                              "join incident i on i.id = e.incident_id "
                              "where e.kind = 'attempt' and i.receiver = 'many'", n),
           "each is paged")
    waits = sorted(row["at"] - posted[row["title"]] for row in w.cluster.rows(
        "select i.group_labels::json->>'alertname' as title, "
        "extract(epoch from min(e.at))::float8 as at from event e "
        "join incident i on i.id = e.incident_id "
        "where e.kind = 'attempt' and i.receiver = 'many' group by 1"))
    p99 = waits[n * 99 // 100 - 1]
    print("    %d/s: p50 %.2f s, p99 %.2f s, max %.2f s" % (rate, waits[n // 2], p99, waits[-1]))
    c.that(p99 <= 3, "p99 %.2f s" % p99)


def test_07_a_step_comes_in_time_though_its_process_died(c, w):
    other = w.replicas[1]
    w.post([({"alertname": "Step", "kind": "steps"}, {})])
    first = w.wait_pages("Step", 1)[0]
    w.cluster.wait_quiet()
    w.cluster.advance(first + 299 - w.cluster.now())
    w.server.kill()
    at = w.wait_pages("Step", 2)
    c.that(len(at) == 2 and 299 <= at[1] - first <= 301,
           "the next step after %s s" % [round(x - first, 1) for x in at])
    time.sleep(2)
    c.equal(len(w.pages("Step")), 2, "once")
    w.server.start()
    c.that(other.is_ready(), "the other one goes on")


def test_08_what_reaches_nobody_is_skipped_at_once(c, w):
    w.post([({"alertname": "Gap", "kind": "gap"}, {}), ({"alertname": "Empty", "kind": "empty"}, {})])
    for title in ("Gap", "Empty"):
        at = w.wait_pages(title, 1)
        opened = w.cluster.one("select extract(epoch from created_at)::float8 from incident "
                               "where group_labels like %s", group(title))
        c.that(at and at[0] - opened < 1, "%s is told at once: %s" % (title, at))
        facts = [json.loads(e["facts"]) for e in w.events(title, "step_skipped")]
        c.that(facts and facts[0]["reason"] == "nobody reachable", "and why: %s" % facts)
    c.equal(len(w.events("Empty", "catch_all")), 1, "the catch-all is paged")
    c.that(w.wait("AlertifyNobodyReached", "count(*) = 1"), "and alertify raises an alert")


def test_15_17_of_40(c, w):
    alerts = [({"alertname": "Many", "host": "h%d" % i}, {}) for i in range(40)]
    w.post(alerts)
    w.wait_pages("Many", 1)
    w.post(alerts[:23], "resolved")
    w.wait("Many", "firing = 17")
    incident = w.incidents("Many")[0]
    c.equal((incident["firing"], incident["total"], incident["status"]), (17, 40, "open"), "17 of 40")
    w.cluster.wait_quiet()
    w.cluster.advance(21)
    message = [m for m in w.slack.messages if "Many" in m["text"]][0]
    w.slack.wait_for(lambda _: "17 of 40" in json.dumps(message["blocks"]), 10)
    c.that("17 of 40" in json.dumps(message["blocks"]), "the message says so")
    w.post(alerts[23:], "resolved")
    w.wait("Many", "status = 'resolved'")
    w.cluster.wait_quiet()
    told = w.told("Many", "resolved")
    c.equal([(t["channel"], t["state"]) for t in told], [("slack", "sent")], "one notice")
    c.that("Resolved" in message["text"], "in the message of the page: %s" % message["text"])


def test_16_who_acknowledged_is_reminded_and_then_it_starts_again(c, w):
    w.post([({"alertname": "Kept", "kind": "kept"}, {})])
    w.wait_pages("Kept", 1)
    c.equal(w.act("Kept", "acknowledge").status, 200, "acknowledged")
    w.cluster.wait_quiet()
    w.cluster.advance(3601)
    c.that(w.cluster.wait_one("select count(*) = 1 from event where kind = 'reminded'"), "reminded")
    c.equal(len(w.pages("Kept")), 1, "no page meanwhile")
    w.cluster.wait_quiet()
    w.cluster.advance(901)
    c.equal(len(w.wait_pages("Kept", 2)), 2, "unanswered: paged again")
    c.equal(len(w.events("Kept", "unacknowledged")), 1, "and the timeline says why")


def test_17_flapping(c, w):
    for i in range(6):
        begin = rfc3339(w.cluster.now())
        w.post([({"alertname": "Flap"}, {}, begin)])
        w.wait("Flap", "status = 'open' and firing = 1")
        w.cluster.wait_quiet()
        w.cluster.advance(40)
        w.post([({"alertname": "Flap"}, {}, begin)], "resolved", rfc3339(w.cluster.now()))
        w.wait("Flap", "firing = 0")
        w.cluster.wait_quiet()
        w.cluster.advance(40)
    c.that(1 <= len(w.pages("Flap")) <= 2, "pages: %d" % len(w.pages("Flap")))
    c.equal(len(w.told("Flap", "flapping")), 1, "one notice that it flaps")


def test_criteria(c):
    w = World(replicas=2)
    try:
        for test in (test_04_three_alertmanagers_and_a_stale_copy,
                     test_05_equal_summaries_and_different_labels,
                     test_06_the_first_call_is_soon,
                     test_06_at_a_hundred_a_second,
                     test_07_a_step_comes_in_time_though_its_process_died,
                     test_08_what_reaches_nobody_is_skipped_at_once,
                     test_15_17_of_40,
                     test_16_who_acknowledged_is_reminded_and_then_it_starts_again,
                     test_17_flapping):
            print("==> " + test.__name__)
            test(c, w)
    finally:
        c.equal(w.close(), [0, 0], "a clean end")


if __name__ == "__main__":
    sys.exit(Checks().run(test_criteria))
