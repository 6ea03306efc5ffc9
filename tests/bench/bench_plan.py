#!/usr/bin/python3
"""bench plan — `alertify config plan` over 100,000 stored alerts, beside reading them alone.

    ./dev bench plan [--quick] [--runs N]

The reference reads the same rows from the same PostgreSQL and takes the JSON apart (Python's json,
which is written in C), and decides nothing. Ends with one line of JSON; docs/benchmarks.md."""
import argparse
import json
import random
import time
import uuid

import psycopg2
import psycopg2.extras

from rig import Rig, median, run

GOAL_S = 10
SCHEMA = """
insert into alertify.intake (receipt, source, received_at, body) values %s"""
PLAN = """\
sources: {bench: {type: alertmanager, auth: {bearer: !file token}}}
channels: {console: {}}
users:
%(users)s
schedules:
  primary: {layers: [{rotation: daily, handoff: "09:00", from: 2026-01-05, users: [u0, u1, u2]}]}
route:
  receiver: rest
  group_by: [alertname, service]
  routes:
%(routes)s
receivers:
  - {name: rest, notify: [console]}
%(receivers)s
catch_all: rest
inhibit_rules:
  - {source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'],
     equal: [service]}
"""
TEAMS = 40


def plan_text(wait):
    routes, receivers = [], []
    for team in range(TEAMS):
        routes.append(f"    - {{matchers: ['team=\"t{team}\"', 'service=~\"s[0-9]+\"'], "
                      f"receiver: t{team}}}")
        receivers.append(f"  - name: t{team}\n    escalation:\n"
                         f"      - notify: [schedule:primary]\n      - wait: {wait}\n"
                         f"      - notify: [user:u{team % 20}]\n      - wait: 15m\n"
                         f"      - repeat: 2")
    users = [f"  u{i}: {{name: User {i}, console: true}}" for i in range(20)]
    return PLAN % {"users": "\n".join(users), "routes": "\n".join(routes),
                   "receivers": "\n".join(receivers)}


def bodies(alerts, per_body, days, rng):
    """Alerts that begin, repeat and end, in the order of time."""
    now, n = time.time(), alerts // per_body
    firing = {}
    for i in range(n):
        at = now - days * 86400 * (n - i) / n
        listed, service = [], f"s{rng.randrange(60)}"
        for _ in range(per_body):
            labels = {"alertname": f"Alert{rng.randrange(25)}", "service": service,
                      "team": f"t{rng.randrange(TEAMS + 5)}", "instance": f"i{rng.randrange(40)}",
                      "severity": rng.choice(["critical", "warning", "warning", "info"])}
            key = tuple(sorted(labels.items()))
            ends = key in firing and rng.random() < 0.6
            began = firing.pop(key, at) if ends else firing.setdefault(key, at)
            stamp = lambda t: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
            listed.append({"status": "resolved" if ends else "firing", "labels": labels,
                           "annotations": {"summary": "Something is wrong with " + service,
                                           "description": "x" * 120},
                           "startsAt": stamp(began), "generatorURL": "http://prometheus.test/g",
                           "endsAt": stamp(at) if ends else "0001-01-01T00:00:00Z"})
        yield at, json.dumps({"version": "4", "groupKey": "{}", "status": "firing",
                              "receiver": "r", "groupLabels": {}, "commonLabels": {},
                              "commonAnnotations": {}, "externalURL": "", "truncatedAlerts": 0,
                              "alerts": listed})


def fill(connection, alerts, rng):
    rows = [(str(uuid.UUID(int=rng.getrandbits(128))), "bench", at, body)
            for at, body in bodies(alerts, 10, 29, rng)]
    with connection.cursor() as cursor:
        psycopg2.extras.execute_values(
            cursor, SCHEMA, rows, "(%s, %s, to_timestamp(%s), convert_to(%s, 'UTF8'))", 500)
        cursor.execute("vacuum analyze alertify.intake")


def read_only(conninfo):
    began = time.monotonic()
    with psycopg2.connect(conninfo) as connection:
        cursor = connection.cursor("rows")
        cursor.itersize = 1000
        cursor.execute("select body from alertify.intake order by id")
        n = sum(len(json.loads(bytes(row[0]))["alerts"]) for row in cursor)
    return time.monotonic() - began, n


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build-dir", default="build")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    alerts = 5000 if options.quick else 100000
    with Rig(options.build_dir) as rig:
        rig.start_postgres()
        rig.start_alertify()
        connection = psycopg2.connect(rig.conninfo)
        connection.autocommit = True
        fill(connection, alerts, random.Random(1))
        for name, wait in (("old", "5m"), ("new", "10m")):
            (rig.dir / f"{name}.yml").write_text(plan_text(wait))
        plans, reads = [], []
        for _ in range(options.runs):
            began = time.monotonic()
            out = json.loads(run(rig.build / "alertify", "config", "plan", rig.dir / "new.yml",
                                 "--against", rig.dir / "old.yml", "--since", "30d", "--json",
                                 "--database", rig.conninfo))
            plans.append(time.monotonic() - began)
            seconds, n = read_only(rig.conninfo)
            reads.append(seconds)
        assert out["alerts"] == n == alerts, (out["alerts"], n)
    plan_s, read_s = median(plans), median(reads)
    print(f"{alerts} alerts in {out['webhooks']} webhooks, two configurations: "
          f"{out['pages']['old']} and {out['pages']['new']} pages")
    print(f"config plan            {plan_s:6.2f} s   goal {GOAL_S} s for 100,000: "
          f"{'met' if plan_s < GOAL_S else 'MISSED'}")
    print(f"reading them (a)       {read_s:6.2f} s   plan = {plan_s / read_s:.2f} × (a)")
    print(json.dumps({"bench": "plan", "alerts": alerts, "plan_s": round(plan_s, 2),
                      "read_s": round(read_s, 2), "ratio": round(plan_s / read_s, 2),
                      "pages": out["pages"]}))


main()
