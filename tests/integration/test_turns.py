#!/usr/bin/env python3
"""Steps that page their people in turn (`round_robin`), on a real PostgreSQL: turns are handed out
once each whoever asks, incidents page one person after the other, nobody's absence loses a page.

    tests/integration/test_turns.py [--build-dir build-asan]
"""
import json
import os
import random
import sys
import threading

import psycopg2

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from alertify_server import Alertify  # noqa: E402
from checks import Checks, parse_arguments  # noqa: E402
from http_client import alertmanager_body, call  # noqa: E402
from small_world import SmallWorld  # noqa: E402

BUILD = parse_arguments("build-asan").build_dir
SQL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "adapters", "sql")
MINUTE = 60
ROUTES = """\
sources: { dev: { type: alertmanager, auth: none } }
channels: { console: {} }
users:
  anna: { name: Anna, console: true }
  boris: { name: Boris, console: true }
  chen: { name: Chen, console: true }
  ulf: { name: Ulf }
  kim: { name: Kim, console: true, quiet: { severity: [mild] } }
teams: { ops: { members: [anna, boris, chen] } }
schedules: { void: { layers: [{ rotation: daily, handoff: '00:00', from: 2100-01-01, users: [anna] }] } }
route:
  receiver: turns
  group_by: ['...']
  routes:
    - { matchers: ['alertname=~"Gap.*"'], receiver: gaps }
    - { matchers: ['alertname=~"Void.*"'], receiver: voids }
receivers:
  - name: turns
    storm: { pages: 0 }
    escalation:
      - { notify: [team:ops], round_robin: true }
      - wait: 5m
      - repeat: 2
  - name: gaps
    storm: { pages: 0 }
    escalation: [{ notify: [user:anna, user:ulf, schedule:void, user:boris], round_robin: true }, { wait: 1h }]
  - name: voids
    severity: { mild: mild }
    escalation: [{ notify: [user:kim, schedule:void], round_robin: true }, { wait: 1h }]
  - { name: rest, notify: [console] }
catch_all: rest
"""


def statement(name):
    """As the server runs it, for psycopg2."""
    with open(os.path.join(SQL, name + ".sql"), encoding="utf-8") as file:
        text = "".join(line for line in file if not line.startswith("--"))
    for n, parameter in enumerate(("receivers", "steps", "turns"), 1):
        text = text.replace("$%d" % n, "%%(%s)s" % parameter)
    return text


class World(SmallWorld):
    def __init__(self):
        super().__init__(BUILD, ROUTES)
        self.n = 0

    def fire(self, name, labels=None, url=None):
        self.n += 1
        body = alertmanager_body([(dict(labels or {}, alertname="%s%d" % (name, self.n)), {})])
        answer = call((url or self.server.url) + "/v1/webhooks/alertmanager/dev", "POST", body)
        if answer.status != 200:
            raise AssertionError("not taken: %r" % answer)

    def events(self, kind, receiver, n, timeout=20.0):
        """Facts of the first n such entries, in the order in which incidents were opened."""
        rows = self.cluster.wait_rows(n, "select e.facts from event e join incident i on i.id = "
                                      "e.incident_id where e.kind = %s and i.receiver = %s order by "
                                      "i.number, e.seq", kind, receiver, timeout=timeout)
        return [row["facts"] if isinstance(row["facts"], dict) else json.loads(row["facts"])
                for row in rows]

    def told(self, receiver, n):
        return [facts["to"] for facts in self.events("notified", receiver, n)]

    def turns(self):
        return {(r["receiver"], r["step"]): r["taken"]
                for r in self.cluster.rows("select receiver, step, taken from turn")}


def test_sessions_that_race_get_each_turn_once(c):
    """Eight sessions, each with one to three of four steps in random order: no turn is handed out
    twice or left out but for those that were rolled back, and nobody gets into a deadlock."""
    world = World()
    sql, lock = statement("turns_take"), threading.Lock()
    handed, failures = {}, []
    steps = [("a", 0), ("a", 3), ("b", 0), ("Ä", 2)]

    def take(seed):
        dice = random.Random(seed)
        connection = world.cluster.connect()
        connection.autocommit = False
        try:
            for _ in range(60):
                wanted = dice.sample(steps, dice.randint(1, 3))
                counts = [dice.randint(1, 3) for _ in wanted]
                with connection.cursor() as cursor:
                    cursor.execute(sql, {"receivers": [w[0] for w in wanted],
                                         "steps": [w[1] for w in wanted], "turns": counts})
                    rows = cursor.fetchall()
                    if dice.random() < 0.2:
                        connection.rollback()
                        continue
                    connection.commit()
                with lock:
                    for receiver, step, taken in rows:
                        count = counts[wanted.index((receiver, step))]
                        handed.setdefault((receiver, step), []).extend(
                            range(taken - count, taken))
        except psycopg2.Error as error:
            failures.append(repr(error))
        finally:
            connection.close()

    try:
        threads = [threading.Thread(target=take, args=(seed,)) for seed in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        c.equal(failures, [], "nobody failed")
        c.equal(sorted(handed), sorted(steps), "all steps were taken")
        for step, turns in handed.items():
            c.equal(sorted(turns), list(range(len(turns))), "each turn of %s once" % (step,))
            c.equal(world.turns()[step], len(turns), "as many as were kept of %s" % (step,))
        print("%d turns in 8 sessions" % sum(len(turns) for turns in handed.values()))
    finally:
        c.equal(world.close(), 0, "a clean end")


def test_two_replicas_page_in_one_rotation(c):
    world = World()
    other = Alertify(BUILD, world.folder, world.cluster.conninfo, ROUTES,
                     "0123456789abcdef0123456789abcdef", name="b")
    try:
        other.start()
        alerts = 60

        def fire(url):
            for _ in range(alerts // 2):
                world.fire("Race", url=url)

        threads = [threading.Thread(target=fire, args=(url,))
                   for url in (world.server.url, other.url)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        facts = world.events("notified", "turns", alerts)
        c.equal(sorted(int(f["turn"]) for f in facts), list(range(1, alerts + 1)), "each turn once")
        people = ["Anna", "Boris", "Chen"]
        wrong = [f for f in facts if f["to"] != people[(int(f["turn"]) - 1) % 3]]
        c.equal(wrong, [], "the page goes to whose turn it is")
        pages = world.cluster.rows("select label, count(*) as n from delivery where kind = 'page' "
                                   "group by label order by label")
        c.equal([(p["label"], p["n"]) for p in pages], [(p, alerts // 3) for p in people],
                "everybody the same number of times")
        c.equal(world.turns(), {("turns", 0): alerts}, "as many as incidents")
    finally:
        c.equal(other.stop(), 0, "the other ends cleanly")
        c.equal(world.close(), 0, "a clean end")


def test_three_incidents_page_three_people_and_rounds_go_on(c):
    world = World()
    try:
        for n in range(1, 4):
            world.fire("Disk")
            world.told("turns", n)
        c.equal(world.told("turns", 3), ["Anna", "Boris", "Chen"], "one after the other")
        c.that(world.cluster.wait_quiet(), "the first pages are out")
        sent = world.cluster.rows("select label from delivery where kind = 'page' "
                                  "and state = 'sent' order by id")
        c.equal([s["label"] for s in sent], ["Anna", "Boris", "Chen"], "and were sent")
        world.cluster.advance(5 * MINUTE + 1)
        c.equal(world.told("turns", 6), ["Anna", "Boris", "Boris", "Chen", "Chen", "Anna"],
                "the second round pages each incident's next one")
        world.cluster.wait_quiet()
        world.fire("Disk")
        c.equal(world.told("turns", 7)[6], "Anna", "a fourth incident takes the fourth turn")
        world.cluster.wait_quiet()
        world.server.stop()
        world.server.start()
        world.fire("Disk")
        c.equal(world.told("turns", 8)[7], "Boris", "turns outlive a restart")
        facts = world.events("notified", "turns", 8)
        c.equal((facts[0]["turn"], facts[0]["place"]), ("1", "1 of 3"), "whose turn it was")
        c.equal(facts[1].get("after"), "Anna", "behind whom the round went on")
        out = world.server.command("why", "1", "--config", world.server.config).stdout
        for part in ("page to Anna, 1 of 3 of those paged in turn (turn 1)",
                     "page to Boris, 2 of 3 of those paged in turn, behind Anna"):
            c.that(part in out, "why says %r:\n%s" % (part, out))
        at = world.cluster.rows("select to_char(clock() at time zone 'UTC', "
                                "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') as at")[0]["at"]
        out = world.server.command("why", "--user", "chen", "--at", at, "--config",
                                   world.server.config).stdout
        c.that("pages one of them at a time" in out and "it was the turn of Boris" in out,
               "why not Chen:\n%s" % out)
    finally:
        c.equal(world.close(), 0, "a clean end")


def test_who_cannot_be_reached_is_passed_over(c):
    world = World()
    try:
        for n in range(1, 5):
            world.fire("Gap")
            world.told("gaps", n)
        c.equal(world.told("gaps", 4), ["Anna", "Boris", "Boris", "Boris"], "the next one is paged")
        over = [f.get("passed_over") for f in world.events("notified", "gaps", 4)]
        c.equal(over, [None, "Ulf (no way to reach them), schedule:void (nobody on call)",
                       "schedule:void (nobody on call)", None], "and the timeline says why")
        world.fire("Void", {"severity": "mild"})
        skipped = world.events("step_skipped", "voids", 1)
        c.equal([f["reason"] for f in skipped], ["nobody reachable"], "the step is skipped")
        c.equal(skipped[0].get("passed_over"),
                "Kim (quiet time), schedule:void (nobody on call)", "and why")
        c.that(world.events("catch_all", "voids", 1), "the catch-all is told")
        c.equal(world.turns(), {("gaps", 0): 4}, "a step that is skipped takes no turn")
    finally:
        c.equal(world.close(), 0, "a clean end")


def test_a_shorter_list_goes_on_with_the_same_count(c):
    world = World()
    try:
        for n in range(1, 6):
            world.fire("Disk")
            world.told("turns", n)
        world.server.write_routes(ROUTES.replace("[anna, boris, chen]", "[boris, chen]"))
        world.server.stop()
        world.server.start()
        world.fire("Disk")
        c.equal(world.told("turns", 6)[5], "Chen", "turn 6, modulo the length of today's list")
    finally:
        c.equal(world.close(), 0, "a clean end")


if __name__ == "__main__":
    sys.exit(Checks().run(test_sessions_that_race_get_each_turn_once,
                          test_two_replicas_page_in_one_rotation,
                          test_three_incidents_page_three_people_and_rounds_go_on,
                          test_who_cannot_be_reached_is_passed_over,
                          test_a_shorter_list_goes_on_with_the_same_count))
