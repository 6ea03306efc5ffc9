#!/usr/bin/env python3
"""What people do to incidents besides acknowledging, on a real database whose clock the test moves:
put off, given back, escalated, reassigned, renamed, opened again.

    tests/integration/test_responses.py [--build-dir build-asan]
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from checks import Checks, parse_arguments  # noqa: E402
from small_world import SmallWorld  # noqa: E402

BUILD = parse_arguments().build_dir
ROUTES = """\
sources: { dev: { type: alertmanager, auth: none } }
channels: { console: {} }
users:
  anna: { name: Anna, console: true }
  bob: { name: Bob, console: true }
route: { receiver: tree, group_by: [alertname] }
receivers:
  - name: tree
    escalation: [{ notify: 'user:anna' }, { wait: 5m }, { notify: 'user:bob' }, { wait: 5m }]
"""


class World(SmallWorld):
    def post(self, what, body=None, number=1):
        return self.api("POST", "/incidents/%d/%s" % (number, what), body or {})

    def status(self, number=1):
        return self.cluster.one("select status from incident where number = %s", number)

    def wait_pages(self, who, n):
        return self.cluster.wait_one("select count(*) = " + str(n) + " from delivery where kind = "
                                     "'page' and state = 'sent' and label = %s", who)


def test_responses(c):
    world = World(BUILD, ROUTES)
    try:
        world.post_alert("Disk")
        c.that(world.wait_pages("Anna", 1), "the first page")
        answer = world.post("snooze", {"for": "1h"})
        c.equal((answer.status, world.status()), (200, "acknowledged"), "put off: %s" % answer.text)
        world.cluster.advance(3590)
        c.that(not world.cluster.wait_one("select status = 'open' from incident", timeout=1.5),
               "nothing before its end")
        world.cluster.advance(20)
        c.that(world.wait_pages("Anna", 2), "pages again at its end")
        c.equal(world.status(), "open", "and is open")
        c.equal(world.post("escalate", {"step": 3}).status, 200, "escalated")
        c.that(world.wait_pages("Bob", 1), "to the third step")
        c.equal(world.post("acknowledge").status, 200, "acknowledged")
        c.equal(world.post("reassign", {"to": "user:bob"}).status, 200, "reassigned")
        c.that(world.wait_pages("Bob", 2), "who is paged")
        c.equal(world.post("title", {"title": "Cable <cut>"}).status, 200, "renamed")
        c.equal(world.post("severity", {"severity": "page"}).status, 200, "regraded")
        c.equal(world.cluster.rows("select title, severity from incident"),
                [{"title": "Cable <cut>", "severity": "page"}], "in the database")
        c.equal(world.post("note", {"text": "the cable"}).status, 200, "noted")
        c.equal(world.post("resolve").status, 200, "resolved")
        c.equal(world.post("snooze", {"for": "1h"}).status, 409, "nothing to put off")
        c.equal(world.post("reopen").status, 200, "opened again")
        c.that(world.wait_pages("Anna", 3), "and paged")
        c.equal(world.post("resolve").status, 200, "resolved")
        world.cluster.advance(2 * 3600)
        world.post_alert("Disk")
        c.that(world.cluster.wait_one("select count(*) = 2 from incident"), "a newer incident")
        answer = world.post("reopen")
        c.that(answer.status == 409 and "newer incident" in answer.text,
               "only one of a group is open: %d %s" % (answer.status, answer.text))
        c.equal(world.status(), "resolved", "nothing has changed")
        kinds = [row["kind"] for row in world.cluster.rows(
            "select e.kind from event e join incident i on i.id = e.incident_id "
            "where i.number = 1 order by e.seq")]
        for kind in ("snoozed", "unacknowledged", "escalated", "reassigned", "changed", "note",
                     "late_action", "reopened"):
            c.that(kind in kinds, "the timeline has %s: %s" % (kind, kinds))
        late = [i for i, kind in enumerate(kinds) if kind == "snoozed"]
        c.that("notified" not in kinds[late[0]:kinds.index("unacknowledged")],
               "no page while it was put off: %s" % kinds)
    finally:
        c.equal(world.close(), 0, "a clean end")


if __name__ == "__main__":
    sys.exit(Checks().run(test_responses))
