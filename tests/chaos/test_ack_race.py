#!/usr/bin/env python3
"""Acknowledgements race against pages that go out: eight clients press at any moment while every
incident is paged again and again. No attempt may stand behind the acknowledgement on a timeline.

    tests/chaos/test_ack_race.py [--build-dir build-asan] [--incidents N] [--per-second N]

Ends with one line of JSON."""
import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from alertify_server import Alertify  # noqa: E402
from checks import Checks  # noqa: E402
from cluster import Cluster  # noqa: E402
from fake_http import FakeHttp, Reply  # noqa: E402
from http_client import alertmanager_body, bearer, call  # noqa: E402

CLIENTS, STEPS, BATCH, PLACES = 8, 12, 50, 8
ROUTES = """\
sources: { dev: { type: alertmanager, auth: none } }
channels:
  webhooks: { %s }
  allow_private_addresses: true
route: { receiver: tree, group_by: [alertname] }
receivers:
  - name: tree
    storm: { pages: 0 }
    escalation: [%s]
"""


def routes(url):
    places = ", ".join("p%d: { url: '%s/p%d' }" % (i, url, i) for i in range(PLACES))
    steps = ", ".join("{ notify: 'webhook:p%d' }, { wait: 1s }" % (i % PLACES)
                      for i in range(STEPS))
    return ROUTES % (places, steps)


class Sink(FakeHttp):
    """Takes every page."""

    def answer(self, request):
        return Reply(200)


# What the race is about, in the order of the incident's own numbers.
BEHIND = """
select count(*) from event a join event k on k.incident_id = a.incident_id
where k.kind = 'acknowledged' and a.kind = 'attempt' and a.seq > k.seq
  and a.facts::json->>'what' = 'page'"""


class Race:
    def __init__(self, build_dir, incidents, per_second):
        self.folder = tempfile.mkdtemp(prefix="alertify-race-")
        self.cluster = Cluster()
        self.sink = Sink().start()
        self.server = Alertify(build_dir, self.folder, self.cluster.conninfo, routes(self.sink.url),
                               "0123456789abcdef0123456789abcdef")
        self.server.migrate()
        self.server.start()
        self.auth = bearer(self.server.create_token("engineer"))
        self.incidents, self.pause = incidents, BATCH / per_second if per_second else 0
        self.todo = []
        self.lock = threading.Lock()
        self.is_over = False
        self.acked, self.failures = 0, []

    def close(self):
        code = self.server.stop()
        self.sink.stop()
        self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def press(self, seed):
        dice = random.Random(seed)
        while True:
            with self.lock:
                if not self.todo:
                    if self.is_over:
                        return
                    number = None
                else:
                    number = self.todo.pop(dice.randrange(len(self.todo)))
            if number is None:
                time.sleep(0.01)
                continue
            answer = call("%s/incidents/%d/acknowledge" % (self.server.url, number), "POST", {},
                          self.auth)
            with self.lock:
                if answer.status == 200:
                    self.acked += 1
                else:
                    self.failures.append((number, answer.status))

    def run(self):
        clients = [threading.Thread(target=self.press, args=(i,)) for i in range(CLIENTS)]
        for client in clients:
            client.start()
        pending, known = [], 0
        for first in range(0, self.incidents, BATCH):
            body = alertmanager_body([({"alertname": "A%d" % i}, {})
                                      for i in range(first, first + BATCH)])
            call(self.server.url + "/v1/webhooks/alertmanager/dev", "POST", body)
            self.cluster.wait_one("select count(*) from incident", until=lambda n: n >= first + BATCH)
            numbers = [r["number"] for r in self.cluster.rows(
                "select number from incident where number > %s order by number", known)]
            known = max([known] + numbers)
            # They are paged for some seconds before anybody may press.
            pending.append((time.monotonic() + random.uniform(3, 9), numbers))
            self.release(pending)
            time.sleep(self.pause)
        while pending:
            self.release(pending)
            time.sleep(0.05)
        self.is_over = True
        for client in clients:
            client.join()

    def release(self, pending):
        for entry in [p for p in pending if p[0] <= time.monotonic()]:
            pending.remove(entry)
            with self.lock:
                self.todo += entry[1]


def test_ack_race(c, options):
    race = Race(options.build_dir, options.incidents, options.per_second)
    began = time.monotonic()
    try:
        race.run()
        race.cluster.wait_quiet()
        attempts = race.cluster.one("select count(*) from event where kind = 'attempt' and "
                                    "facts::json->>'what' = 'page'")
        behind = race.cluster.one(BEHIND)
        dropped = race.cluster.one("select count(*) from delivery where kind = 'page' and "
                                   "state = 'superseded'")
        c.equal(race.failures[:5], [], "every press is answered")
        c.equal(race.acked, options.incidents, "all are acknowledged")
        c.equal(behind, 0, "no attempt is behind the acknowledgement")
        c.that(attempts >= options.incidents / 2, "they were paged meanwhile: %d" % attempts)
        print(json.dumps({"suite": "ack-race", "clients": CLIENTS, "acks": race.acked,
                          "attempts": attempts, "attempts_behind_an_ack": behind,
                          "superseded": dropped, "secs": round(time.monotonic() - began, 1)}))
    finally:
        c.equal(race.close(), 0, "a clean end")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build-dir", default="build-asan")
    parser.add_argument("--incidents", type=int, default=300)
    parser.add_argument("--per-second", type=float, default=0, help="so many are opened; default: as fast as it goes")
    ARGUMENTS = parser.parse_args()
    sys.exit(Checks().run(lambda c: test_ack_race(c, ARGUMENTS)))
