#!/usr/bin/env python3
"""`alertify config plan`: stored webhooks through another configuration. A real server lives through
some hours of random alerts and answers on a fast-forwarded clock; what the plan predicts for its
configuration has to be what it did, page by page. Then what the command says about changes.

    tests/integration/test_config_plan.py [--build-dir build-asan] [--seed N]
"""
import json
import os
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import fake_webhook  # noqa: E402
from alertify_server import Alertify  # noqa: E402
from checks import Checks  # noqa: E402
from cluster import Cluster  # noqa: E402
from fake_webhook import FakeWebhook  # noqa: E402
from http_client import bearer, call, rfc3339  # noqa: E402

MINUTE = 60
HOURS = 3
EVENTS = 60

ROUTES = """
timezone: Europe/Moscow
sources: { dev: { type: alertmanager, auth: none } }
channels:
  console: {}
  webhooks:
    one: { url: !env HOOK_URL, signing: !env HOOK_SECRET }
    two: { url: !env HOOK_URL, signing: !env HOOK_SECRET }
  allow_private_addresses: true
users:
  anna: { name: Анна Иванова, console: true }
  bob: { name: Bob Novak, console: true }
  chen: { name: Chen Li, console: true }
  dan: { name: Dan Unreachable }
teams: { payments: { members: [anna, bob, dan] } }
time_intervals:
  - name: window
    time_intervals: [{ times: [{ start_time: "%(start)s", end_time: "%(end)s" }], location: UTC }]
schedules:
  primary:
    timezone: UTC
    layers:
      - { rotation: hourly, handoff: "00:00", from: 2026-01-05, users: [anna, bob, chen] }
route:
  receiver: rest
  group_by: [alertname]
  routes:
    - { matchers: ['alertname="Copied"'], receiver: copy, continue: true }
    - matchers: ['team="payments"']
      receiver: payments
      group_by: [alertname, service]
      routes:
        - { matchers: ['severity="info"'], receiver: nowhere }
    - { matchers: ['team="search"'], receiver: search, group_by: ['...'] }
    - { matchers: ['team="quiet"'], receiver: quiet, mute_time_intervals: [window] }
    - { matchers: ['team="empty"'], receiver: empty, group_wait: 40s }
    - { matchers: ['team="turns"'], receiver: turns, group_by: [alertname, service] }
receivers:
  - name: payments
    hold: 30s
    escalation:
      - notify: [schedule:primary]
      - wait: 5m
      - if: during:window
        then: [{ notify: [team:payments] }, { wait: 4m }]
        else: [{ notify: ["webhook:one"] }]
      - wait: 6m
      - repeat: 2
    remind: 15m
    unack: 10m
  - name: search
    escalation:
      - if: severity:critical
        then: [{ notify: [user:anna] }, { wait: 3m }, { notify: [user:bob, user:chen] }]
        else: [{ notify: [user:chen] }]
      - wait: 12m
      - { notify: ["webhook:two"] }
  - { name: quiet, notify: ["webhook:one"], resolve: { after_silence: 50m } }
  - name: empty
    escalation:
      - notify: [user:dan]
      - wait: 5m
      - if: nobody_reachable
        then: [{ notify: [user:dan] }]
      - wait: 5m
  - name: turns
    escalation:
      - { notify: [team:payments, user:chen], round_robin: true }
      - wait: 6m
      - { notify: [schedule:primary, user:dan, "webhook:one"], round_robin: true }
      - wait: 9m
      - repeat: 1
    remind: 20m
    unack: 10m
  - { name: copy, notify: ["webhook:two"] }
  - { name: rest, notify: [console] }
  - { name: nowhere }
  - { name: last, notify: [user:bob, "webhook:two"] }
catch_all: last
inhibit_rules:
  - { source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'],
      equal: [service] }
"""
OTHER = """
sources: { dev: { type: alertmanager, auth: { bearer: !env NOT_SET_ANYWHERE } } }
channels: { slack: { bot_token: !file /nowhere/token } }
users: { anna: { name: Анна Иванова, slack: U045EF } }
route:
  receiver: rest
  group_by: ['...']
  routes:
    - { matchers: ['team="payments"'], receiver: payments }
    - { matchers: ['team="never"'], receiver: nowhere }
receivers:
  - name: payments
    escalation:
      - if: severity:critical
        then: [{ notify: [user:anna] }]
        else: [{ wait: 1m }]
  - { name: rest, notify: ["slack:#rest"] }
  - { name: nowhere }
catch_all: rest
"""


class World:
    def __init__(self, build_dir, seed):
        self.random = random.Random(seed)
        self.folder = tempfile.mkdtemp(prefix="alertify-plan-")
        self.cluster = Cluster()
        self.hook = FakeWebhook(now=lambda: self.cluster.now()).start()
        begin = time.time() // 60 * 60
        self.edges = [40 * MINUTE, 95 * MINUTE]
        wall = [time.strftime("%H:%M", time.gmtime(begin + edge)) for edge in self.edges]
        self.text = ROUTES % {"start": wall[0], "end": wall[1]}
        if wall[1] < wall[0]:  # Alertmanager's intervals do not cross midnight
            self.text = ROUTES % {"start": "00:00", "end": wall[1]}
            self.edges[0] = (begin // 86400 + 1) * 86400 - begin
        self.server = Alertify(build_dir, self.folder, self.cluster.conninfo, self.text,
                               "0123456789abcdef0123456789abcdef",
                               environment={"HOOK_URL": self.hook.url + "/hook",
                                            "HOOK_SECRET": fake_webhook.SECRET})
        self.server.migrate()
        self.cluster.install_clock()
        self.token = self.server.create_token("engineer")
        self.server.start()
        self.firing = {}
        self.begin = self.cluster.now()

    def close(self):
        code = self.server.stop()
        self.hook.stop()
        self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def plan(self, *words, check=True):
        return self.server.command("config", "plan", *words, "--database", self.cluster.conninfo,
                                   check=check)

    # -- living -------------------------------------------------------------------------------
    def post(self, label_sets, status, starts_at, ends_at):
        alerts = [{"status": status, "labels": labels, "annotations": {}, "generatorURL": "",
                   "startsAt": rfc3339(starts_at),
                   "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else rfc3339(ends_at)}
                  for labels in label_sets]
        body = {"version": "4", "groupKey": "g", "status": status, "receiver": "r",
                "truncatedAlerts": 0, "groupLabels": {}, "commonLabels": {},
                "commonAnnotations": {}, "externalURL": "", "alerts": alerts}
        answer = call(self.server.url + "/v1/webhooks/alertmanager/dev", "POST", body)
        if answer.status != 200:
            raise AssertionError("not taken: %r" % answer)

    def some_labels(self):
        r = self.random
        labels = {"alertname": r.choice(["Disk", "Latency", "Errors", "Copied"]),
                  "service": r.choice(["db", "web"]),
                  "severity": r.choice(["critical", "warning", "warning", "info"])}
        team = r.choice(["payments", "payments", "search", "quiet", "empty", "turns", "turns", None])
        if team:
            labels["team"] = team
        if team == "turns":  # neither mutes nor is muted: a moment's difference would swap turns
            labels["severity"] = "info"
        return labels

    def fire(self):
        sets = [self.some_labels() for _ in range(self.random.choice([1, 1, 2, 4]))]
        now = self.cluster.now()
        self.post(sets, "firing", now, None)
        for labels in sets:
            self.firing[json.dumps(labels, sort_keys=True)] = labels

    def resolve(self):
        if self.firing:
            key = self.random.choice(sorted(self.firing))
            now = self.cluster.now()
            self.post([self.firing.pop(key)], "resolved", now - 120, now)

    def act(self, what):
        rows = self.cluster.rows("select number from incident where status <> 'resolved' "
                                 "order by number")
        if rows:
            number = self.random.choice(rows)["number"]
            answer = call(self.server.url + "/incidents/%d/%s" % (number, what), "POST", {},
                          bearer(self.token))
            if answer.status != 200:
                raise AssertionError("not done: %r" % answer)

    def settle(self):
        """What is due is done and delivered."""
        self.cluster.wait_one("""select (select count(*) from intake_queue)
            + (select count(*) from incident where wake_at <= clock() or silent_at <= clock())
            + (select count(*) from delivery where state in ('ready', 'sending'))""",
                              timeout=20, until=lambda n: n == 0)

    def live_until(self, at):
        """From one due moment to the next, so that nothing is late by more than a moment."""
        while True:
            self.settle()
            self.look_again()
            due = self.cluster.one("""select extract(epoch from min(least(silent_at,
                    case when muted_by = '' then wake_at end)))
                from incident where status <> 'resolved'""")
            target = min(at, float(due)) if due is not None else at
            wait = target - self.cluster.now()
            if wait > 0:
                self.cluster.advance(wait)
            if target == at:
                self.settle()
                return

    def look_again(self):
        """Who is muted looks again every other second, which would take all day: only after
        something has happened."""
        if self.cluster.one("select count(*) from incident where muted_by <> ''"):
            self.cluster.advance(3)
            self.settle()

    def live(self):
        moments = sorted(self.random.sample(range(20, HOURS * 3600, 15), EVENTS))
        edges = [(edge - self.begin % 60) % (HOURS * 3600) for edge in self.edges]
        for moment in sorted(moments + edges):
            self.live_until(self.begin + moment)
            if moment in edges:
                continue
            what = self.random.choice(["fire"] * 5 + ["resolve"] * 3 + ["ack"] * 2 + ["close"])
            if what != "fire":  # not at the same moment as a step: either order would be right
                self.live_until(self.begin + moment + 7)
            if what == "fire":
                self.fire()
            elif what == "resolve":
                self.resolve()
            else:
                self.act("acknowledge" if what == "ack" else "resolve")
        self.live_until(self.begin + HOURS * 3600)

    def real_pages(self):
        # As severe as it was when it paged: worse alerts may have joined since.
        rows = self.cluster.rows("""select i.receiver, i.title,
                coalesce((select e.facts::json ->> 'was' from event e
                          where e.incident_id = i.id and e.kind = 'changed' and e.at > d.created_at
                          order by e.seq limit 1), i.severity) as severity,
                d.label, d.channel,
                d.address, d.step, d.round, extract(epoch from d.created_at) as at
            from delivery d join incident i on i.id = d.incident_id
            where d.kind = 'page' order by d.created_at, d.id""")
        return [(r["receiver"], r["title"], r["severity"], r["label"], r["channel"], r["address"],
                 r["step"], r["round"], float(r["at"])) for r in rows]


def seconds(text):
    whole, fraction = text.rstrip("Z").split(".") if "." in text else (text.rstrip("Z"), "0")
    return time.mktime(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) - time.timezone + \
        float("0." + fraction)


def predicted(plan):
    return [(p["receiver"], p["title"], p["severity"], p["name"], p["channel"], p["address"],
             p["step"], p["round"], seconds(p["at"])) for p in plan["new_pages"]]


def differences(real, plan, tolerance=15):
    """Pages of one side without a partner of the same content near in time."""
    left = sorted(plan)
    missing = []
    for page in sorted(real):
        near = [p for p in left if p[:-1] == page[:-1] and abs(p[-1] - page[-1]) < tolerance]
        if near:
            left.remove(min(near, key=lambda p: abs(p[-1] - page[-1])))
        else:
            missing.append(page)
    return missing, left


def check_prediction(c, world):
    other = world.write("other.yml", OTHER)
    out = world.plan(world.server.routes, "--against", other, "--since", rfc3339(world.begin - 60),
                     "--json", "--pages").stdout
    plan = json.loads(out)
    end = world.begin + HOURS * 3600 - 30  # what is due just now may be a moment late
    real = [page for page in world.real_pages() if page[-1] < end]
    plan["new_pages"] = [page for page in plan["new_pages"] if seconds(page["at"]) < end]
    missing, surplus = differences(real, predicted(plan))
    c.that(len(real) > 40, "enough happened: %d pages" % len(real))
    kinds = {(p[0], p[6]) for p in real}
    c.that(len(kinds) >= 9, "of many steps: %s" % sorted(kinds))
    c.equal(missing, [], "pages that were not predicted")
    c.equal(surplus, [], "predicted pages that did not come")
    print("%d pages of %d webhooks predicted, %d differences" % (
        len(real), plan["webhooks"], len(missing) + len(surplus)))


def check_report(c, world):
    other = world.write("other.yml", OTHER)
    done = world.plan(other, "--since", "1d")
    for part in ("old: ", ", in force since ", "new: " + other, "pages  ", "incidents  ",
                 "Анна Иванова (anna)", "by slack", "slack:#rest", "→ payments", "search → rest",
                 "routes that no alert took: 1", 'other.yml:10:7  {team="never"}',
                 "alerts that only the top route would take"):
        c.that(part in done.stdout, "the report says %r:\n%s" % (part, done.stdout))
    c.equal(done.returncode, 0, "shown only")
    done = world.plan(other, "--since", "1d", "--fail-on", "unrouted,more=100000", check=False)
    c.that(done.returncode == 1 and "FAILED: only the top route" in done.stdout, "a gate")
    c.that("% more" not in done.stdout, "the other gate holds")
    done = world.plan(world.server.routes, "--since", "1d", "--fail-on",
                      "any,lost,unrouted,nobody,more=0")
    c.that("FAILED" not in done.stdout, "the same again changes nothing:\n%s" % done.stdout)
    silent = world.write("silent.yml", OTHER.replace('notify: ["slack:#rest"]', "escalation: []"))
    done = world.plan(silent, "--since", "1d", "--fail-on", "lost", "--json", check=False)
    plan = json.loads(done.stdout)
    c.that(done.returncode == 1 and plan["lost"] and plan["failed"], "pages that are lost")
    c.that(any(r["old"] == "search" and r["new"] == "rest" for r in plan["rerouted"]), "rerouted")


def check_mistakes(c, world):
    bad = world.write("bad.yml", OTHER.replace("receiver: payments }", "receiver: paymets }"))
    done = world.plan(bad, check=False)
    c.that(done.returncode == 1 and "did you mean" in done.stderr, "mistakes: %s" % done.stderr)
    good = world.server.routes
    for words, part in ((["--since", "soon"], "--since"), (["--until", "soon"], "--until"),
                        (["--fail-on", "lots"], "none of lost"),
                        (["--since", "2030-01-01T00:00:00Z"], "before --until")):
        done = world.plan(good, *words, check=False)
        c.that(done.returncode == 2 and part in done.stderr, "%s: %s" % (words, done.stderr))
    done = world.server.command("config", "plan", check=False)
    c.that(done.returncode == 2 and "which files" in done.stderr, "no file: %s" % done.stderr)


def test_plan(c):
    world = World(ARGUMENTS.build_dir, ARGUMENTS.seed)
    try:
        done = world.server.command("override", "add", "--schedule", "primary", "--user", "chen",
                                    "--from", rfc3339(world.begin + 1800), "--to",
                                    rfc3339(world.begin + 7200), "--reason", "swap",
                                    "--database", world.cluster.conninfo, check=False)
        c.equal(done.returncode, 0, "an override: %s%s" % (done.stdout, done.stderr))
        world.live()
        check_prediction(c, world)
        check_report(c, world)
        check_mistakes(c, world)
        c.equal(world.server.complaints(), [], "a clean log")
    finally:
        c.equal(world.close(), 0, "a clean end")


def parse():
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("--build-dir", default="build-dev")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


ARGUMENTS = parse()
sys.exit(Checks().run(test_plan))
