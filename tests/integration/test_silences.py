#!/usr/bin/env python3
"""Silences and maintenance windows on a real database whose clock the test moves (acceptance
criterion 18): what resolves in one closes without a page, what still fires at its end pages soon.

    tests/integration/test_silences.py [--build-dir build-asan]
"""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from checks import Checks, parse_arguments  # noqa: E402
from small_world import SmallWorld  # noqa: E402

BUILD = parse_arguments().build_dir
ROUTES = """\
sources: { dev: { type: alertmanager, auth: none } }
channels: { console: {} }
route: { receiver: tree, group_by: [alertname] }
receivers:
  - name: tree
    escalation: [{ notify: console }, { wait: 5m }, { repeat: 9 }]
"""


class World(SmallWorld):
    def fire(self, name, status="firing"):
        self.post_alert(name, status, None if status == "firing" else "2026-01-05T10:00:00Z")
        return self.cluster.wait_one("select id from incident where title = %s and status = %s",
                                     name, "open" if status == "firing" else "resolved")

    def pages(self, name):
        return self.cluster.one(
            "select count(*) from delivery d join incident i on i.id = d.incident_id "
            "where d.kind = 'page' and d.state = 'sent' and i.title = %s", name)

    def seconds_to_page(self, name):
        begin = time.monotonic()
        while not self.pages(name) and time.monotonic() - begin < 15:
            time.sleep(0.05)
        return time.monotonic() - begin if self.pages(name) else None

    def command(self, *arguments):
        return self.server.command("silence", *arguments, check=False)


def test_windows_end(c):
    world = World(BUILD, ROUTES)
    try:
        made = world.api("POST", "/silences", {"matchers": ["alertname=~\"Disk.*\""], "for": "1h", "comment": "new disks"})
        c.equal(made.status, 201, "made: %s" % made.text)
        c.that(world.fire("DiskA") and world.fire("DiskB") and world.fire("Cpu"), "three open")
        c.that(world.seconds_to_page("Cpu") is not None, "what is not silenced pages")
        c.that(world.fire("DiskB", "resolved"), "one resolves meanwhile")
        world.cluster.advance(3590)
        time.sleep(1.5)
        c.equal((world.pages("DiskA"), world.pages("DiskB")), (0, 0), "nothing before its end")
        world.cluster.advance(11)
        took = world.seconds_to_page("DiskA")
        c.that(took is not None and took < 5, "still firing at its end: pages after %s s" % took)
        c.equal(world.pages("DiskB"), 0, "what resolved in it never pages")
        muted = world.cluster.one("select facts::json->>'by' from event where kind = 'muted' limit 1")
        c.that(muted.startswith("silence ") and muted.endswith("(new disks)"),
               "the timeline says why: %s" % muted)
    finally:
        c.equal(world.close(), 0, "a clean end")


def test_the_command_line(c):
    world = World(BUILD, ROUTES)
    options = ("--database", world.cluster.conninfo)
    try:
        done = world.command("add", "alertname=Disk", "--for", "8h", "--comment", "cable", *options)
        c.equal(done.returncode, 0, "add: %s" % done.stderr)
        name = done.stdout.strip()
        c.that(world.fire("Disk"), "fires")
        time.sleep(1.5)
        c.equal(world.pages("Disk"), 0, "quietly")
        listed = world.command("list", *options).stdout
        c.that(name in listed and '{alertname="Disk"}: cable' in listed, "list: %s" % listed)
        done = world.command("end", name, *options)
        c.equal(done.returncode, 0, "end: %s" % done.stderr)
        took = world.seconds_to_page("Disk")
        c.that(took is not None and took < 5, "ended early: pages after %s s" % took)
        c.equal(world.command("end", name, *options).returncode, 1, "it is over")
        c.that(name in world.command("list", "--expired", *options).stdout, "and still listed")
        for words in (("add", "--for", "1h", "--comment", "x"), ("add", "a=~.*", "--for", "1h",
                      "--comment", "x"), ("add", "a=b", "--comment", "x"), ("add", "a=b", "--for",
                      "1h"), ("add", "a=~(", "--for", "1h", "--comment", "x"), ("end", "7"),
                      ("add", "a=b", "--for", "2y", "--comment", "x"),
                      ("add", "a=b", "--for", "1h", "--comment", "x", "--during", "sundys"),
                      ("add", "a=b", "--for", "1h", "--comment", " "),
                      ("what",)):
            c.equal(world.command(*words, *options).returncode, 2, "refused: %s" % (words,))
        c.equal([s["state"] for s in json.loads(
            world.api("GET", "/silences?expired=true").text)], ["expired"],
            "the API agrees")
    finally:
        c.equal(world.close(), 0, "a clean end")


if __name__ == "__main__":
    sys.exit(Checks().run(test_windows_end, test_the_command_line))
