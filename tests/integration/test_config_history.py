#!/usr/bin/env python3
"""The configurations that were in force: listed, shown, compared and rolled back; and why an
incident went as it did. A real server and a real database."""
import json
import os
import shutil
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from alertify_server import Alertify  # noqa: E402
from checks import Checks, parse_arguments  # noqa: E402
from cluster import Cluster  # noqa: E402
from http_client import call  # noqa: E402

BUILD = parse_arguments().build_dir
ROUTES = """\
sources: { dev: { type: alertmanager, auth: none } }
channels: { console: {} }
users:
  anna: { name: Anna Ivanova, console: true }
  dan: { name: Dan Unreachable }
route: { receiver: r, group_by: ['...'] }
receivers:
  - { name: r, escalation: [{ notify: ['user:dan'] }, { notify: ['user:anna'] }, { wait: %s }] }
"""
FIRST, SECOND, THIRD = ROUTES % "1h", ROUTES % "2h", ROUTES % "3h"
ALERT = {"version": "4", "status": "firing", "receiver": "r", "groupLabels": {}, "commonLabels": {},
         "commonAnnotations": {}, "externalURL": "", "groupKey": "g", "truncatedAlerts": 0,
         "alerts": [{"status": "firing", "labels": {"alertname": "Disk"}, "annotations": {},
                     "startsAt": "2026-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
                     "generatorURL": "", "fingerprint": "00000000000000aa"}]}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class World:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="alertify-history-")
        self.cluster = Cluster()
        self.server = Alertify(BUILD, self.folder, self.cluster.conninfo, FIRST,
                               "0123456789abcdef0123456789abcdef")
        self.server.migrate()
        self.server.start()

    def close(self):
        code = self.server.stop()
        self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def config(self, *words, check=True):
        return self.server.command("config", *words, "--config", self.server.config, check=check)

    def history(self):
        return json.loads(self.config("history", "--json").stdout)

    def reload(self, text=None):
        """SIGHUP; waits for the configuration to be the one in force."""
        before = self.history()[0]
        if text is not None:
            self.server.write_routes(text)
        self.server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while self.history()[0] == before and time.monotonic() < deadline:
            time.sleep(0.05)


def check_history(c, world):
    rows = world.history()
    c.equal(len(rows), 3, "three configurations")
    c.equal([r["is_current"] for r in rows], [True, False, False], "the newest is in force")
    c.equal([r["loaded_by"] for r in rows], ["SIGHUP", "SIGHUP", "start"], "by whom")
    c.equal([r["incidents"] for r in rows], [0, 0, 1], "incidents")
    lines = world.config("history").stdout.splitlines()
    c.equal(len(lines), 4, "a heading and three lines")
    c.that(lines[1].startswith("* " + rows[0]["hash"][:12]), "current: %s" % lines[1])
    c.that(lines[3].startswith("  " + rows[2]["hash"][:12]), "not current: %s" % lines[3])
    return [r["hash"] for r in rows]


def check_show_and_diff(c, world, third, second, first):
    shown = world.config("show", first[:8]).stdout
    c.equal(shown, "# file %s\n%s\n" % (world.server.routes, FIRST), "the stored text")
    change = "-  - { name: r, escalation: [{ notify: ['user:dan'] }, { notify: ['user:anna'] }, " \
        "{ wait: %s }] }\n+  - { name: r, escalation: [{ notify: ['user:dan'] }, " \
        "{ notify: ['user:anna'] }, { wait: %s }] }\n"
    newest = world.config("diff").stdout
    c.that(newest.endswith(change % ("2h", "3h")), "the last change: %s" % newest)
    c.that("@@ -5,4 +5,4 @@\n" in newest, "a hunk: %s" % newest)
    c.that(second[:12] in newest and third[:12] in newest, "names: %s" % newest)
    c.that(world.config("diff", first).stdout.endswith(change % ("1h", "3h")), "to the current")
    c.that(world.config("diff", third, first[:12]).stdout.endswith(change % ("3h", "1h")), "both")
    c.equal(world.config("diff", third).stdout, "no difference\n", "with itself")
    c.equal(world.config("show", "XYZ", check=False).returncode, 2, "not a hash")
    missing = "0000" if not first.startswith("0000") else "1111"
    c.equal(world.config("show", missing, check=False).returncode, 1, "an unknown hash")


def check_rollback(c, world, first):
    path = world.server.routes
    dry = world.config("rollback", first[:12])
    c.that("nothing was written" in dry.stdout and "+++ " in dry.stdout, "dry: %s" % dry.stdout)
    c.equal(read(path), THIRD, "nothing was written")
    os.chmod(path, 0o604)
    done = world.config("rollback", first[:12], "--yes")
    c.that("SIGHUP" in done.stdout, "advice: %s" % done.stdout)
    c.equal(read(path), FIRST, "the text of then")
    c.equal(os.stat(path).st_mode & 0o777, 0o604, "the mode stays")
    world.reload()
    rows = world.history()
    c.equal((len(rows), rows[0]["hash"], rows[0]["is_current"]), (3, first, True), "in force again")
    c.that("nothing to write" in world.config("rollback", first, "--yes").stdout, "already so")
    folder = os.path.join(world.folder, "elsewhere")
    os.mkdir(folder)
    world.config("rollback", first, "--to", folder, "--yes")
    c.equal(os.listdir(folder), ["routes.yml"], "only the file, no remains")
    c.equal(read(os.path.join(folder, "routes.yml")), FIRST, "another folder")
    link = os.path.join(world.folder, "link.yml")
    os.symlink(os.path.join("elsewhere", "routes.yml"), link)
    world.config("rollback", rows[1]["hash"], "--to", link, "--yes")
    c.that(os.path.islink(link) and read(link) == THIRD, "the file behind a link")
    with open(os.path.join(folder, "more.yml"), "w", encoding="ascii") as file:
        file.write("{}\n")
    done = world.config("rollback", first, "--to", folder, "--yes", check=False)
    c.that(done.returncode == 1 and "more.yml" in done.stderr, "in the way: %s" % done.stderr)


def check_refusal(c, world):
    """A text that asks for a secret that is not there any more."""
    world.cluster.rows("insert into config (hash, loaded_by, source, loaded_at) values (%s, 'test',"
                       " %s, '2020-01-01')", "ab" * 32, "# file %s\n%s\n" % (
                           world.server.routes, FIRST.replace("auth: none",
                                                              "auth: { bearer: !env GONE }")))
    before = read(world.server.routes)
    done = world.config("rollback", "abab", "--yes", check=False)
    c.equal(done.returncode, 1, "refused")
    c.that("GONE" in done.stderr and "does not load today" in done.stderr, "why: %s" % done.stderr)
    c.equal(read(world.server.routes), before, "nothing was written")
    world.cluster.rows("insert into config (hash, loaded_by, source, loaded_at) values (%s, 'test',"
                       " '', '2020-01-01')", "ab" * 31 + "ac")
    done = world.config("show", "abab", check=False)
    c.that(done.returncode == 1 and "several" in done.stderr, "ambiguous: %s" % done.stderr)


def page_and_acknowledge(world):
    url = world.server.url
    call(url + "/v1/webhooks/alertmanager/dev", "POST", ALERT)
    world.cluster.wait_one("select count(*) from event where kind = 'delivered'", timeout=20)
    token = {"Authorization": "Bearer " + world.server.create_token("engineer")}
    return call(url + "/incidents/1/acknowledge", "POST", {}, headers=token).status


def check_why(c, world, first):
    out = world.server.command("why", "1", "--config", world.server.config).stdout
    for part in ("incident 1: ", "configuration " + first[:12], "opened by source:dev",
                 "goes to receiver r by route default-route (", "skipped, nobody reachable", "page to Anna Ivanova",
                 "attempt 1: page to Anna Ivanova by console",
                 "page to Anna Ivanova by console was delivered",
                 "acknowledged by token:test-engineer through api"):
        c.that(part in out, "why says %r: %s" % (part, out))
    identity = world.cluster.one("select id::text from incident")
    found = json.loads(world.server.command("why", identity, "--json", "--config",
                                            world.server.config).stdout)
    c.equal((found["config"], found["timeline"][0]["kind"]), (first, "opened"), "as JSON")
    c.that(all(e["text"] and isinstance(e["facts"], dict) for e in found["timeline"]), "texts")
    done = world.server.command("why", "99", "--config", world.server.config, check=False)
    c.that(done.returncode == 1 and "no incident 99" in done.stderr, "unknown: %s" % done.stderr)


def test_history_and_why(c):
    world = World()
    try:
        c.that(page_and_acknowledge(world) in (200, 202), "acknowledged")
        world.reload(SECOND)
        world.reload(THIRD)
        third, second, first = check_history(c, world)
        check_show_and_diff(c, world, third, second, first)
        check_why(c, world, first)
        check_rollback(c, world, first)
        check_refusal(c, world)
        c.equal(world.server.complaints(), [], "a clean log")
    finally:
        c.equal(world.close(), 0, "a clean end")


sys.exit(Checks().run(test_history_and_why))
