#!/usr/bin/env python3
"""What people do to incidents besides acknowledging, on a real database whose clock the test moves:
put off, given back, escalated, reassigned, renamed, opened again, merged; and the links that resolve
and snooze.

    tests/integration/test_responses.py [--build-dir build-asan]
"""
import collections
import json
import os
import random
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from checks import Checks, parse_arguments  # noqa: E402
from http_client import call, form_nonce, post_form, press_button  # noqa: E402
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
# A message of somebody's own that shows the links.
LINKS = ROUTES + """\
    messages:
      console.text: |
        {{ .Notice.Kind }} for {{ .Target.User }} of {{ .GroupLabels.alertname }}: {{ .Incident.Links.Ack }} resolve {{ .Incident.Links.Resolve }} snooze {{ .Incident.Links.Snooze }}
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
        c.equal(world.api("POST", "/incidents/2/resolve", {}).status, 200, "the newer one is resolved")
        answer = world.post("reopen")
        c.that(answer.status == 409 and "#2" in answer.text,
               "its alerts go there all the same: %d %s" % (answer.status, answer.text))
        c.equal(world.api("POST", "/incidents/2/reopen", {}).status, 200, "the newer one goes on")
        world.post_alert("Disk", host="second")
        c.that(world.cluster.wait_one("select total = 2 from incident where number = 2"),
               "and takes what fires: %s" % world.cluster.rows(
                   "select number, status, total from incident"))
        world.cluster.advance(2 * 3600)
        c.equal(world.api("POST", "/incidents/2/resolve", {}).status, 200, "resolved")
        world.cluster.advance(2 * 3600)
        c.equal(world.api("POST", "/incidents/2/reopen", {}).status, 200, "opened again, late")
        c.equal(world.cluster.rows("select status, firing, total from incident where number = 2"),
                [{"status": "open", "firing": 0, "total": 2}], "what fires is not known")
        world.post_alert("Disk", host="second")
        c.that(world.cluster.wait_one("select firing = 1 and total = 2 from incident "
                                      "where number = 2"), "until it says so")
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


class Links(World):
    def links(self, alert, kind="page", who="Anna"):
        """The links of the newest message of that kind: what they do -> address."""
        found = re.findall(r"^%s for %s of %s: (\S*) ?resolve (\S*) ?snooze ?(\S*)$" % (kind, who, alert),
                           self.server.console(), re.M)
        own = [self.server.url + re.sub(r"^https?://[^/]+", "", url) if url else "" for url in found[-1]]
        return dict(zip(("ack", "resolve", "snooze"), own))

    def fire(self, c, alert, number):
        self.post_alert(alert)
        c.that(self.wait_pages_of(number, 1), alert + ": the first page")

    def wait_pages_of(self, number, n):
        return self.cluster.wait_one("select count(*) = " + str(n) + " from delivery d join incident i on i.id "
                                     "= d.incident_id where d.kind = 'page' and d.state = 'sent' and i.number = %s",
                                     number)

    def events(self, number, kind):
        return [json.loads(row["facts"]) | {"actor": row["actor"]} for row in self.cluster.rows(
            "select e.facts, e.actor from event e join incident i on i.id = e.incident_id where i.number = %s "
            "and e.kind = %s order by e.seq", number, kind)]


def test_links_that_only_are_looked_at_do_nothing(c, world):
    world.fire(c, "Looked", 1)
    before = world.cluster.rows("select status, seq from incident")
    for purpose, url in world.links("Looked").items():
        for _ in range(5):
            c.equal((call(url).status, call(url, "HEAD").status), (200, 200), purpose + ": looked at")
        c.equal(call(url, "POST", b"").status, 403, purpose + ": a form without its nonce")
        c.that(form_nonce(call(url)), purpose + ": there is a button")
    c.equal(world.cluster.rows("select status, seq from incident"), before, "nothing has changed")
    c.equal(world.cluster.one("select count(*) from link_use"), 0, "no link is used up")


def test_a_link_resolves(c, world):
    links = world.links("Looked")
    nonces = {purpose: form_nonce(call(url)) for purpose, url in links.items()}
    c.equal(post_form(links["ack"], None, nonces["resolve"]).status, 403, "the nonce of another link")
    done = post_form(links["resolve"], None, nonces["resolve"])
    c.that(done.status == 200 and "Resolved. The escalation has stopped" in done.text, "resolved: %r" % done)
    again = post_form(links["resolve"], None, nonces["resolve"])
    c.that(again.status == 200 and "resolved already" in again.text, "once more: %r" % again)
    for late in ("ack", "snooze"):
        c.that("resolved already" in post_form(links[late], None, nonces[late]).text, late + ": too late")
    c.equal(world.status(1), "resolved", "in the database")
    c.equal(world.events(1, "resolved"), [{"through": "link", "actor": "user:anna"}], "on the timeline, once")
    world.cluster.advance(600)
    c.that(not world.cluster.wait_one("select count(*) > 1 from delivery where kind = 'page'", timeout=1.5),
           "nobody is paged any more")


def test_a_link_snoozes(c, world):
    time.sleep(2.5)  # the server's copy of the clock is renewed every 2 s
    world.fire(c, "Snoozed", 2)
    links = world.links("Snoozed")
    done = press_button(links["snooze"], None)
    c.that(done.status == 200 and "Snoozed for an hour" in done.text, "snoozed: %r" % done)
    until = world.cluster.one("select extract(epoch from snoozed_until - clock()) from incident where number = 2")
    c.that(3590 < until <= 3601, "for an hour: %s" % until)
    event = world.events(2, "snoozed")
    c.that(len(event) == 1 and event[0]["through"] == "link" and event[0]["actor"] == "user:anna" and event[0]["until"],
           "on the timeline: %s" % event)
    c.that(world.cluster.wait_one("select count(*) = 1 from delivery d join incident i on i.id = d.incident_id where "
                                  "d.kind = 'acknowledged' and d.state = 'sent' and i.number = 2"), "Anna is told")
    told = world.links("Snoozed", "acknowledged")
    c.that(not told["ack"] and told["resolve"] and told["snooze"], "with links to go on: %s" % told)
    world.cluster.advance(3580)
    c.that(not world.cluster.wait_one("select status = 'open' from incident where number = 2", timeout=1.5),
           "nothing before its end")
    world.cluster.advance(30)
    c.that(world.wait_pages_of(2, 2), "then the escalation starts again")
    page = call(links["snooze"])
    c.that(form_nonce(page) is None and "has been used" in page.text, "the old link has no button: %r" % page)
    c.equal(press_button(world.links("Snoozed")["resolve"], None).status, 200, "the new page's resolves")
    c.that(world.cluster.wait_one("select count(*) = 1 from delivery d join incident i on i.id = d.incident_id where "
                                  "d.kind = 'resolved' and d.state = 'sent' and i.number = 2"), "Anna is told")
    c.equal(world.links("Snoozed", "resolved"), {"ack": "", "resolve": "", "snooze": ""}, "nothing to press any more")


def test_links(c):
    world = Links(BUILD, LINKS)
    try:
        for test in (test_links_that_only_are_looked_at_do_nothing, test_a_link_resolves, test_a_link_snoozes):
            test(c, world)
    finally:
        c.equal(world.close(), 0, "a clean end")


def pages_sent(world, number):
    return world.cluster.one("select count(*) from delivery d join incident i on i.id = d.incident_id where "
                             "d.kind = 'page' and d.state = 'sent' and i.number = %s", number)


def test_one_trouble(c, world):
    for number, alert in enumerate(("Switch", "Disk", "Fan"), 1):
        world.fire(c, alert, number)
    answer = world.post("merge", {"into": 1}, 2)
    c.equal((answer.status, json.loads(answer.text)["merged_into"]), (200, 1), "merged: %s" % answer.text)
    c.equal(world.post("merge", {"into": 1}, 3).status, 200, "the third, too")
    refused = world.post("merge", {"into": 2}, 1)
    c.that(refused.status == 409 and "#2 is merged into #1 itself" in refused.text, "no circle: %s" % refused.text)
    world.cluster.advance(310)
    c.that(world.wait_pages_of(1, 2), "the root goes on to Bob")
    time.sleep(1)
    c.equal((pages_sent(world, 2), pages_sent(world, 3)), (1, 1), "the merged ones keep still")
    shown = world.server.command("why", "2", "--config", world.server.config).stdout
    c.that("merged into #1, which escalates for both, by token:" in shown, "why: %s" % shown)
    draft = world.server.command("incidents", "export", "2", "--config", world.server.config).stdout
    c.that("| Merged into | \\#1 |" in draft or "| Merged into | #1 |" in draft, "the draft says so: %s" % draft[:800])
    c.equal(world.post("unmerge", {}, 3).status, 200, "taken out")
    c.that(world.wait_pages_of(3, 2), "escalates from the first step")
    world.post_alert("Switch", "resolved", "2026-11-21T03:00:00Z")
    c.that(world.cluster.wait_one("select status = 'resolved' from incident where number = 1"), "the switch is well")
    started = time.monotonic()
    c.that(world.wait_pages_of(2, 2), "the disk is not, and pages by itself")
    c.that(time.monotonic() - started < 5, "at once: after %.1f s" % (time.monotonic() - started))
    c.equal([e["reason"] for e in world.events(2, "unmerged")], ["that one has ended, this one has not"], "and says why")
    c.equal(world.post("merge", {"into": 3}, 2).status, 200, "into another one")
    c.equal(world.post("resolve", {}, 3).status, 200, "a person ends that")
    c.that(world.cluster.wait_one("select status = 'resolved' from incident where number = 2"), "and all of it")
    c.equal(world.events(2, "resolved")[-1]["through"], "the end of #3", "the timeline says how")


def test_who_merges_crosswise_makes_no_circle(c, world):
    numbers = range(4, 16)
    for number in numbers:
        world.post_alert("Cross%d" % number)
    c.that(world.cluster.wait_one("select count(*) = 12 from incident where number >= 4"), "twelve more")
    answers = collections.Counter()

    def merge_many(seed):
        dice = random.Random(seed)
        for _ in range(150):
            one, other = dice.sample(numbers, 2)
            what = world.post("merge", {"into": other}, one) if dice.random() < 0.6 else world.post("unmerge", {}, one)
            answers[what.status] += 1

    threads = [threading.Thread(target=merge_many, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    watched = 0
    while any(thread.is_alive() for thread in threads):
        chains = world.cluster.one("select count(*) from incident m join incident r on r.number = m.merged_into "
                                   "where r.merged_into is not null")
        c.equal(chains, 0, "no chain while they merge")
        watched += 1
    for thread in threads:
        thread.join()
    c.that(set(answers) == {200, 409} and min(answers.values()) > 50 and watched > 10,
           "answers %s, looked %d times" % (dict(answers), watched))
    timeline = world.cluster.one("select count(*) from event e join incident i on i.id = e.incident_id where e.kind = "
                                 "'merged' and e.facts like '%%\"into\"%%' and i.number >= 4")
    roots = world.cluster.one("select count(*) from event e join incident i on i.id = e.incident_id where e.kind = "
                              "'merged' and e.facts like '%%\"of\"%%' and i.number >= 4")
    c.that(timeline == roots and timeline > 50, "both sides of %d merges are on the timelines (%d)" % (timeline, roots))


def test_merges(c):
    world = Links(BUILD, ROUTES)
    try:
        test_one_trouble(c, world)
        test_who_merges_crosswise_makes_no_circle(c, world)
    finally:
        c.equal(world.close(), 0, "a clean end")


if __name__ == "__main__":
    sys.exit(Checks().run(test_responses, test_links, test_merges))
