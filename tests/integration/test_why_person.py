#!/usr/bin/env python3
"""`why --user --at`: why a person was, or was not, paged. A real server and a real database, whose
clock the test moves."""
import datetime
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from alertify_server import Alertify  # noqa: E402
from checks import Checks, parse_arguments  # noqa: E402
from cluster import Cluster  # noqa: E402
from http_client import call  # noqa: E402

BUILD = parse_arguments().build_dir
ROUTES = """\
sources: { dev: { type: alertmanager, auth: none } }
channels: { console: {} }
time_intervals:
  - { name: always, time_intervals: [{ times: [{ start_time: "00:00", end_time: "24:00" }] }] }
users:
  anna: { name: Anna, console: true }
  eva: { name: Eva, console: true }
  quinn: { name: Quinn, console: true, quiet: { severity: [warning], during: [always] } }
  ulf: { name: Ulf }
  bob: { name: Bob, console: true }
  dan: { name: Dan, console: true }
  nora: { name: Nora, console: true }
schedules:
  primary:
    layers: [{ rotation: weekly, handoff: "monday 00:00", from: %s, users: [anna, eva] }]
route: { receiver: tree, group_by: ['...'] }
receivers:
  - name: tree
    escalation:
      - notify: [ 'schedule:primary', 'user:quinn', 'user:ulf' ]
      - wait: 5m
      - if: [ 'severity="critical"' ]
        then: [{ notify: 'user:bob' }]
        else: [{ notify: 'user:anna' }]
      - wait: 30m
      - notify: 'user:dan'
"""


def routes():
    """Anna's week is this one, whatever the day."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return ROUTES % (today - datetime.timedelta(days=today.weekday())).isoformat()


def alert(status="firing"):
    return {"version": "4", "status": status, "receiver": "r", "groupLabels": {},
            "commonLabels": {}, "commonAnnotations": {}, "externalURL": "", "groupKey": "g",
            "truncatedAlerts": 0,
            "alerts": [{"status": status, "labels": {"alertname": "Disk", "severity": "warning"},
                        "annotations": {}, "startsAt": "2026-01-01T00:00:00Z",
                        "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "",
                        "fingerprint": "00000000000000aa"}]}


class World:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="alertify-why-")
        self.cluster = Cluster()
        self.server = Alertify(BUILD, self.folder, self.cluster.conninfo, routes(),
                               "0123456789abcdef0123456789abcdef")
        self.server.migrate()
        self.cluster.install_clock()
        self.server.start()

    def close(self):
        code = self.server.stop()
        self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def time(self):
        moment = datetime.datetime.fromtimestamp(self.cluster.now(), datetime.timezone.utc)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def why(self, *words, check=True):
        return self.server.command("why", *words, "--config", self.server.config, check=check)

    def findings(self, user, at):
        found = json.loads(self.why("--user", user, "--at", at, "--json").stdout)["incidents"]
        return [(f["kind"], f["text"]) for i in found for f in i["findings"]]

    def wait_events(self, kind, n):
        sql = "select count(*) from event where kind = %s"
        return self.cluster.wait_one(sql, kind, timeout=20, until=lambda found: found >= n)


def run_story(c, world):
    """Returns moments: before, paged, later (after the branch), acknowledged, over."""
    moments = {"before": world.time()}
    world.cluster.advance(60)
    call(world.server.url + "/v1/webhooks/alertmanager/dev", "POST", alert())
    c.equal(world.wait_events("delivered", 1), 1, "the first page")
    world.cluster.wait_quiet()
    world.cluster.advance(60)
    moments["paged"] = world.time()
    world.cluster.advance(600)
    c.equal(world.wait_events("delivered", 2), 2, "the second page")
    world.cluster.advance(60)
    moments["later"] = world.time()
    token = {"Authorization": "Bearer " + world.server.create_token("engineer")}
    call(world.server.url + "/incidents/1/acknowledge", "POST", {}, headers=token)
    world.cluster.advance(3600)
    moments["acknowledged"] = world.time()
    call(world.server.url + "/v1/webhooks/alertmanager/dev", "POST", alert("resolved"))
    world.wait_events("resolved", 1)
    world.cluster.advance(60)
    moments["over"] = world.time()
    return moments


def check_findings(c, world, moments):
    def says(user, moment, kind, *parts):
        found = world.findings(user, moments[moment])
        fitting = [text for k, text in found if k == kind and all(p in text for p in parts)]
        c.that(fitting, "%s %s: %s %s in %s" % (user, moment, kind, parts, found))

    says("anna", "paged", "paged", "page by console", "delivered")
    says("eva", "paged", "on_call", "the step for schedule:primary", "when Anna was on call")
    says("quinn", "paged", "quiet", "the step for user:quinn", "quiet time for warning")
    says("ulf", "paged", "unreachable", "no way to reach them")
    says("dan", "paged", "not_reached", "had not come", "not due yet")
    says("bob", "paged", "not_reached", "not due yet")
    says("bob", "later", "other_branch", "branch that was not taken")
    says("dan", "acknowledged", "not_reached", "acknowledged by token:test-engineer")
    says("nora", "later", "not_named", "no step of receiver tree names them")
    for moment in ("before", "over"):
        c.equal(world.findings("anna", moments[moment]), [], "nothing %s" % moment)


def check_text(c, world, moments):
    out = world.why("--user", "eva", "--at", moments["paged"]).stdout
    for part in ("Eva (eva) at ", "on call then:\n  primary: Anna\n", "incident 1: ",
                 "opened by source:dev at ", "severity warning; receiver tree",
                 "routes.yml:"):
        c.that(part in out, "text says %r: %s" % (part, out))
    out = world.why("--user", "eva", "--at", moments["before"]).stdout
    c.that("no incident was open or acknowledged then" in out, "nothing then: %s" % out)


def check_refusals(c, world):
    for words, code, text in ((["--user", "zoe"], 1, 'no user "zoe"'),
                              (["--user", "eva", "--at", "noon"], 2, "--at: write times as"),
                              (["--at", "2026-01-01T00:00:00Z"], 2, "name an incident, or --user"),
                              (["1", "--user", "eva"], 2, "name an incident, or --user"),
                              ([], 2, "name an incident, or --user")):
        done = world.why(*words, check=False)
        c.that(done.returncode == code and text in done.stderr,
               "%s: %d %s" % (words, done.returncode, done.stderr))


def test_why_person(c):
    world = World()
    try:
        moments = run_story(c, world)
        check_findings(c, world, moments)
        check_text(c, world, moments)
        check_refusals(c, world)
        c.equal(world.server.complaints(), [], "a clean log")
    finally:
        c.equal(world.close(), 0, "a clean end")


sys.exit(Checks().run(test_why_person))
