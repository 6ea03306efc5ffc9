#!/usr/bin/env python3
"""kill -9 of the server at random moments under load: nothing that was answered 2xx is lost.

    tests/chaos/test_kill.py [--build-dir build-asan] [--kills 100] [--seed N]

The clients write a journal line, fsynced, before each request and after each answer, and send an
alert again until it is answered 2xx, as Alertmanager does. Afterwards journal, database and the
provider's own record are joined. Prints one JSON line of figures.
"""
import argparse
import json
import os
import random
import re
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from alertify_server import Alertify  # noqa: E402
from checks import Checks  # noqa: E402
from cluster import Cluster  # noqa: E402
from fake_slack import FakeSlack  # noqa: E402
from fake_webhook import SECRET, FakeWebhook  # noqa: E402
from http_client import alertmanager_body, bearer, call  # noqa: E402

TOKEN, KEY = "CANARY-load", "CANARY-0123456789abcdef0123456789abcdef"
CLIENTS, PER_GROUP, PAUSE = 4, 8, 0.02

ROUTES = """
sources:
  load: { type: alertmanager, auth: { bearer: !env LOAD_TOKEN } }
channels:
  slack: { bot_token: !env SLACK_TOKEN, api_url: "%s" }
  webhooks: { hook: { url: !env HOOK_URL, signing: !env HOOK_SECRET } }
  allow_private_addresses: true
route: { receiver: all, group_by: [group] }
receivers:
  - name: all
    storm: { pages: 0 } # every page is counted
    escalation:
      - notify: [ "webhook:hook", "slack:#alerts" ]
      - wait: 10m
      - notify: [ "webhook:hook" ]
"""

# Oracles. Each counts violations.
ORACLES = {
    "two live incidents of one group":
        """select count(*) from (select group_labels from incident where status <> 'resolved'
           group by group_labels having count(*) > 1) x""",
    "incidents whose group has several rows":
        """select count(*) from (select group_labels from incident group by group_labels
           having count(*) > 1) x""",
    "page attempts ordered after the acknowledgement (I7)":
        """select count(*) from event e join incident i on i.id = e.incident_id
           where e.kind = 'attempt' and e.facts::json->>'what' = 'page' and e.seq > i.ack_seq""",
    "timelines with a gap (I9)":
        """select count(*) from incident i where seq <> (select count(*) from event e
           where e.incident_id = i.id and e.seq between 1 and i.seq)""",
    "timeline entries beyond their incident's seq":
        "select count(*) from event e join incident i on i.id = e.incident_id where e.seq > i.seq",
    "incidents that never paged":
        """select count(*) from incident i where not exists (select from delivery d
           where d.incident_id = i.id and d.kind = 'page' and d.state = 'sent')
           and i.ack_seq is null""",
    "first step told more than once":
        """select count(*) from (select incident_id from event where kind = 'notified'
           group by incident_id having count(*) > 1) x""",
    "counts of alerts that are wrong":
        """select count(*) from incident i where total <> (select count(*) from alert a
           where a.incident_id = i.id) or firing <> (select count(*) from alert a
           where a.incident_id = i.id and a.status = 'firing')""",
    "ledger rows left or quarantined":
        "select (select count(*) from intake_queue) + (select count(*) from quarantine)",
    "deliveries that failed or are stuck":
        "select count(*) from delivery where state in ('ready', 'sending', 'failed')",
}


# What each oracle must see: damage done in a transaction that is rolled back.
DAMAGE = {
    "two live incidents of one group":
        "drop index incident_live; update incident set group_labels = (select group_labels from "
        "incident where status <> 'resolved' limit 1)",
    "incidents whose group has several rows":
        "drop index incident_live; update incident set group_labels = '{}'",
    "page attempts ordered after the acknowledgement (I7)":
        "update incident set ack_seq = 1",
    "timelines with a gap (I9)":
        "delete from event where ctid = (select ctid from event limit 1)",
    "timeline entries beyond their incident's seq":
        "update incident set seq = seq - 1",
    "incidents that never paged":
        "update delivery set state = 'superseded'",
    "first step told more than once":
        "insert into event select incident_id, seq + 100000, at, cycle, kind, actor, facts "
        "from event where kind = 'notified' limit 1",
    "counts of alerts that are wrong":
        "delete from alert where ctid = (select ctid from alert limit 1)",
    "ledger rows left or quarantined":
        "insert into intake_queue values (0)",
    "deliveries that failed or are stuck":
        "update delivery set state = 'failed'",
}


class SlowHook(FakeWebhook):
    """Takes its time, so that many crashes come between sending and hearing of it."""

    def answer(self, request):
        reply = super().answer(request)
        reply.delay = random.choice((0.0, 0.02, 0.1))
        return reply


class Journal:
    """Lines of one client: about to send, answered."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        self.sent, self.acked = {}, set()

    def write(self, **line):
        os.write(self.fd, (json.dumps(line) + "\n").encode())
        os.fsync(self.fd)

    def before(self, name, group):
        self.sent[name] = group
        self.write(send=name)

    def after(self, name, status):
        self.write(send=name, status=status)
        if 200 <= status <= 299:
            self.acked.add(name)


class Load:
    def __init__(self, server, folder):
        self.server, self.stop = server, threading.Event()
        self.statuses, self.errors = {}, 0
        self.lock = threading.Lock()
        self.journals = [Journal(os.path.join(folder, "journal-%d" % i)) for i in range(CLIENTS)]
        self.threads = [threading.Thread(target=self._run, args=(i,), daemon=True)
                        for i in range(CLIENTS)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def join(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(30)

    def _count(self, status):
        with self.lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1

    def _run(self, client):
        journal, n = self.journals[client], 0
        while not self.stop.is_set():
            # Two clients share each group, so that they also race for it.
            group = "g%d-%d" % (client // 2, n // PER_GROUP)
            name = "c%d-%d" % (client, n)
            labels = {"alertname": "Load", "group": group, "name": name, "service": "load"}
            body = alertmanager_body([(labels, {"summary": name})])
            while True:
                journal.before(name, group)
                status = self._send(body)
                journal.after(name, status)
                self._count(status)
                if 200 <= status <= 299 or self.stop.is_set():
                    break
                time.sleep(0.05)
            n += 1
            time.sleep(PAUSE * random.random() * 2)

    def _send(self, body):
        try:
            return call(self.server.url + "/v1/webhooks/alertmanager/load", "POST", body,
                        bearer(TOKEN), timeout=15).status
        except Exception:  # the server died somewhere on the way: unknown
            return 0


class Acknowledger(threading.Thread):
    """A person who acknowledges every third incident, often while it is being paged."""

    def __init__(self, server, token):
        super().__init__(daemon=True)
        self.server, self.token = server, token
        self.stop = threading.Event()
        self.acked = set()

    def run(self):
        while not self.stop.is_set():
            try:
                found = call(self.server.url + "/incidents?status=open&limit=20", "GET", None,
                             bearer(self.token), timeout=5).json()
                every_third = [i for i in found if i["number"] % 3 == 0]
                for incident in random.sample(every_third, min(2, len(every_third))):
                    path = "/incidents/%s/acknowledge" % incident["id"]
                    done = call(self.server.url + path, "POST", None, bearer(self.token), timeout=5)
                    if done.status == 200:
                        self.acked.add(incident["id"])
            except Exception:  # killed meanwhile
                pass
            time.sleep(0.1 * random.random())


def kill_and_restart(server, cluster, kills):
    """Figures of the crashes: how many messages were in flight at each, how long a start took."""
    in_flight, starts = set(), []
    for i in range(kills):
        # Mostly while serving, at times while still starting.
        time.sleep(random.choice((0.01, 0.1, 0.3, 0.6)) * random.random())
        server.kill()
        in_flight |= {(row["id"], row["fence"]) for row in cluster.rows(
            "select id, fence from delivery where state = 'sending' and kind = 'page'")}
        started = time.monotonic()
        server.start(wait=i % 5 != 0)
        if i % 5:
            starts.append(time.monotonic() - started)
    server.wait_ready()
    return len(in_flight), sorted(starts)


def drain(cluster):
    """Messages whose sender died come again after their deadline, 10 s: skip the waiting."""
    end = time.monotonic() + 60
    cluster.wait_one("select count(*) from intake_queue", timeout=30, until=lambda n: n == 0)
    left = """select count(*) from delivery where state in ('ready', 'sending')"""
    while cluster.one(left) and time.monotonic() < end:
        time.sleep(1.0)
        cluster.advance(5)
    return cluster.one(left) == 0


def check_alerts(c, cluster, load, figures):
    sent, acked = {}, set()
    for journal in load.journals:
        sent.update(journal.sent)
        acked |= journal.acked
    stored = {}
    for row in cluster.rows("select labels::json->>'name' as name, i.group_labels::json->>'group' "
                            "as g from alert a join incident i on i.id = a.incident_id"):
        stored[row["name"]] = row["g"]
    lost = sorted(acked - set(stored))
    phantom = sorted(set(stored) - set(sent))
    wrong = sorted(n for n, g in stored.items() if sent.get(n, g) != g)
    figures.update(sent=len(sent), acked=len(acked), stored=len(stored), acked_lost=len(lost),
                   phantom=len(phantom), unknown_stored=len(set(stored) - acked))
    c.equal(lost, [], "alerts answered 2xx and not in an incident (I1)")
    c.equal(phantom, [], "alerts nobody sent (I2)")
    c.equal(wrong, [], "alerts in the wrong incident")
    c.equal(cluster.one("select count(*) from (select 1 from alert group by labels "
                        "having count(*) > 1) x"), 0, "alerts stored twice (I3)")


def check_slack(slack):
    """Pages beyond one per incident, and how many of these are not marked as a repeat."""
    seen, extra, unmarked = set(), 0, 0
    for message in slack.messages:
        first = (message["history"] or [message])[0]
        text = json.dumps(first["blocks"], ensure_ascii=False)
        if "open_acknowledge" not in text:
            continue  # a follow-up to a page whose message is not known
        number = re.search(r"Incident: (#\d+)", text).group(1)
        if number in seen:
            extra += 1
            unmarked += "repeat" not in text.lower()
        seen.add(number)
    return extra, unmarked


def check_pages(c, cluster, hook, slack, acknowledger, in_flight, figures):
    incidents = {str(r["id"]): r for r in cluster.rows("select * from incident")}
    pages = {}
    for request in hook.requests:
        payload = request.json()
        if payload["kind"] == "page":
            pages.setdefault(payload["incident"]["id"], []).append(payload)
    unmarked = [i for i, list_ in pages.items() for p in list_[1:] if not p["possible_repeat"]]
    duplicates = sum(len(list_) - 1 for list_ in pages.values())
    slack_extra, slack_unmarked = check_slack(slack)
    unpaged = [i for i, row in incidents.items() if i not in pages and row["ack_seq"] is None]
    lost_acks = [i for i in acknowledger.acked
                 if i not in incidents or incidents[i]["status"] != "acknowledged"]
    figures.update(incidents=len(incidents), acks=len(acknowledger.acked), pages=len(pages),
                   duplicates=duplicates, duplicates_unmarked=len(unmarked),
                   slack_duplicates=slack_extra, slack_duplicates_unmarked=slack_unmarked,
                   in_flight_at_kills=in_flight,
                   refused_by_fakes=len(hook.refusals))
    told = {r.json()["incident"]["id"] for r in hook.requests if r.json()["kind"] == "acknowledged"}
    c.equal([i for i in pages if incidents[i]["ack_seq"] is not None and i not in told], [],
            "paged, acknowledged, and never told")
    c.equal(unpaged, [], "incidents that reached nobody")
    c.equal([p for p in pages if p not in incidents], [], "pages of incidents that do not exist")
    c.equal(unmarked, [], "repeated pages that do not say so")
    c.equal(slack_unmarked, 0, "repeated Slack messages that do not say so")
    c.that(duplicates + slack_extra <= in_flight, "%d + %d repeated pages, %d in flight at the kills" %
           (duplicates, slack_extra, in_flight))
    c.equal(lost_acks, [], "acknowledgements answered 200 and forgotten")
    c.equal(hook.refusals, [], "every signature was valid")


def check_database(c, cluster):
    for what, sql in ORACLES.items():
        c.equal(cluster.one(sql), 0, what)


def check_oracles(c, cluster):
    """An oracle that cannot fail proves nothing."""
    for what, damage in DAMAGE.items():
        connection = cluster.connect()
        connection.autocommit = False
        with connection.cursor() as cursor:
            cursor.execute(damage)
            cursor.execute(ORACLES[what])
            c.that(cursor.fetchone()[0] > 0, "the oracle sees: " + what)
        connection.rollback()
        connection.close()


def run(arguments, folder, cluster, hook, slack):
    server = Alertify(arguments.build_dir, folder, cluster.conninfo, ROUTES % slack.api_url, KEY,
                      environment={"LOAD_TOKEN": TOKEN, "SLACK_TOKEN": slack.token,
                                   "HOOK_URL": hook.url + "/x", "HOOK_SECRET": SECRET})
    try:
        return run_with(server, arguments, folder, cluster, hook, slack)
    finally:
        server.stop()


def run_with(server, arguments, folder, cluster, hook, slack):
    c, figures = Checks(), {"suite": "chaos-kill", "seed": arguments.seed, "kills": arguments.kills}
    server.migrate()
    cluster.install_clock()
    token = server.create_token("engineer")
    started = time.monotonic()
    server.start()
    load, acknowledger = Load(server, folder), Acknowledger(server, token)
    load.start()
    acknowledger.start()
    in_flight, starts = kill_and_restart(server, cluster, arguments.kills)
    time.sleep(0.5)
    load.join()
    acknowledger.stop.set()
    acknowledger.join(10)
    figures["load_s"] = round(time.monotonic() - started, 1)
    c.that(drain(cluster), "the backlog drains once the crashes stop (I13)")
    check_alerts(c, cluster, load, figures)
    check_pages(c, cluster, hook, slack, acknowledger, in_flight, figures)
    check_database(c, cluster)
    c.equal(set(load.statuses) - {0, 200, 503}, set(), "answers that no sender should see")
    c.that(figures["acked"] > arguments.kills, "there was load: %s" % figures)
    c.equal(server.stop(), 0, "a clean stop at the end")
    check_oracles(c, cluster)
    c.equal(server.complaints(["CANARY", token]), [], "no bug, no sanitizer report, no secret")
    figures.update(statuses={str(k): v for k, v in sorted(load.statuses.items())},
                   start_p50_s=round(starts[len(starts) // 2], 3) if starts else None,
                   start_max_s=round(starts[-1], 3) if starts else None,
                   secs=round(time.monotonic() - started, 1), fail=c.failed)
    print(json.dumps(figures))
    if c.failed:
        print(server.log()[-3000:], file=sys.stderr)
    print("%d passed, %d failed" % (c.passed, c.failed))
    return 1 if c.failed else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build-dir", default="build-asan")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    cluster = Cluster()
    try:
        with tempfile.TemporaryDirectory(prefix="alertify-chaos-") as folder:
            os.chmod(folder, 0o755)
            hook = SlowHook(now=cluster.now)
            with hook, FakeSlack() as slack:
                return run(arguments, folder, cluster, hook, slack)
    finally:
        cluster.stop()


if __name__ == "__main__":
    sys.exit(main())
