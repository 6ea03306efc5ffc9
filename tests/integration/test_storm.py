#!/usr/bin/env python3
"""A storm on a real database: hundreds of incidents at once, a Slack that asks to wait, one summary,
one button for all of it.

    tests/integration/test_storm.py [--build-dir build-asan]
"""
import json
import os
import re
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import fake_slack  # noqa: E402
import fake_webhook  # noqa: E402
from alertify_server import Alertify  # noqa: E402
from checks import Checks, parse_arguments  # noqa: E402
from cluster import Cluster  # noqa: E402
from fake_http import Reply  # noqa: E402
from fake_slack import FakeSlack  # noqa: E402
from fake_webhook import FakeWebhook  # noqa: E402
from http_client import alertmanager_body, call, press_button  # noqa: E402

BUILD = parse_arguments().build_dir
WAIT = 2  # seconds that Slack asks for
ROUTES = """
sources: { dev: { type: alertmanager, auth: none } }
channels:
  slack: { bot_token: !env SLACK_BOT_TOKEN, api_url: "%s" }
  webhooks: { hook: { url: !env HOOK_URL, signing: !env HOOK_SECRET } }
  allow_private_addresses: true
route:
  receiver: slack
  group_by: [alertname]
  routes: [{ matchers: ['team="hook"'], receiver: hook }]
receivers:
  - { name: slack, notify: ["slack:#alerts"] }
  - { name: hook, notify: ["webhook:hook"] }
"""


class BusySlack(FakeSlack):
    """Asks to wait until `busy_until`; notes who did not."""

    def __init__(self):
        super().__init__()
        self.busy_until = 0.0
        self.asked_at = None
        self.impatient = []
        self.is_gone = False

    def answer(self, request):
        now = time.monotonic()
        if self.is_gone:
            return Reply.of_json({"ok": False, "error": "channel_not_found"})
        if self.asked_at is not None and now < self.asked_at + WAIT:
            self.impatient.append(now - self.asked_at)
        if now < self.busy_until:
            self.asked_at = now
            return Reply.of_json({"ok": False, "error": "ratelimited"}, 429,
                                 {"Retry-After": str(WAIT)})
        self.asked_at = None
        return super().answer(request)


class World:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="alertify-storm-")
        self.cluster = Cluster()
        self.slack = BusySlack().start()
        self.hook = FakeWebhook(now=lambda: self.cluster.now()).start()
        self.server = Alertify(BUILD, self.folder, self.cluster.conninfo,
                               ROUTES % self.slack.api_url, "0123456789abcdef0123456789abcdef",
                               environment={"SLACK_BOT_TOKEN": fake_slack.TOKEN,
                                            "HOOK_URL": self.hook.url + "/hook",
                                            "HOOK_SECRET": fake_webhook.SECRET})
        self.server.migrate()
        self.cluster.install_clock()
        self.server.start()

    def close(self):
        code = self.server.stop()
        self.hook.stop()
        self.slack.stop()
        self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def fire(self, names, **labels):
        alerts = [(dict(labels, alertname=name), {}) for name in names]
        answer = call(self.server.url + "/v1/webhooks/alertmanager/dev", "POST",
                      alertmanager_body(alerts))
        if answer.status != 200:
            raise AssertionError("not taken: %r" % answer)

    def count(self, state, kind="page"):
        return self.cluster.one("select count(*) from delivery where state = %s and kind = %s",
                                state, kind)

    def wait_pages(self, n, timeout=30):
        return self.cluster.wait_one("""select count(*) from delivery
            where kind = 'page' and state in ('sent', 'covered')""",
                                     timeout=timeout, until=lambda have: have == n)

    def summary(self):
        return [m for m in self.slack.messages if "Storm" in json.dumps(m["blocks"])]


def link_of(message):
    return re.search(r'"(https?://[^"]+/a/[^"]+)"', json.dumps(message["blocks"])).group(1)


def check_waiting(c, world):
    """Acceptance criterion 13, with shorter times."""
    world.slack.busy_until = time.monotonic() + 7
    world.fire(["First"], severity="warning")
    world.cluster.wait_one("select count(*) from destination where paused_until is not null")
    c.that(world.slack.asked_at is not None, "Slack asked to wait")
    world.fire(["A%d" % i for i in range(490)], severity="warning")
    world.fire(["Z%d" % i for i in range(10)], severity="critical")
    began = time.monotonic()
    world.fire(["H%d" % i for i in range(5)], team="hook")
    world.hook.wait_for(lambda _: len(world.hook.messages) >= 5, 5)
    c.that(len(world.hook.messages) == 5 and time.monotonic() - began < 2,
           "other channels go on: %d in %.1f s" % (len(world.hook.messages),
                                                   time.monotonic() - began))
    c.equal(world.wait_pages(506), 506, "nobody is forgotten")
    c.equal(world.slack.impatient, [], "calls before the time")
    held = world.cluster.one("select count(distinct incident_id) from event "
                             "where kind = 'delivery_held'")
    c.equal(held, 501, "each timeline says that the provider asked to wait")


def check_summary(c, world):
    sent, covered = world.count("sent"), world.count("covered")
    c.equal(sent - 5 + covered, 501, "sent or covered")
    c.that(15 <= sent - 5 <= 30, "most are covered: %d sent" % (sent - 5))
    urgent = world.cluster.one("""select count(*) from delivery d join incident i
        on i.id = d.incident_id where d.kind = 'page' and d.state = 'sent'
        and i.severity = 'critical'""")
    c.equal(urgent, 10, "the urgent ones are sent one by one")
    first = [m["text"] for m in world.slack.messages[:13]]
    c.that(sum("Z" in text for text in first) == 10, "and go first: %s" % first)
    world.slack.wait_for(lambda _: world.summary(), 10)
    c.equal(len(world.summary()), 1, "one summary")
    c.equal(world.count("sent", "storm") + world.count("ready", "storm"), 1, "one delivery")
    world.cluster.advance(20)
    world.slack.wait_for(lambda _: world.summary()[0]["edits"] > 0, 10)
    text = json.dumps(world.summary()[0]["blocks"], ensure_ascii=False)
    c.that("%d incidents, open: %d" % (covered, covered) in text, "its text: %s" % text[:400])
    why = world.server.command("why", "100", "--database", world.cluster.conninfo).stdout
    c.that("is part of a storm: summary" in why, "why says so: %s" % why)


def check_button(c, world):
    link = link_of(world.summary()[0])
    before = world.cluster.one("select count(*) from incident where status = 'open'")
    page = call(link)
    c.equal(page.status, 200, "the page")
    c.equal(world.cluster.one("select count(*) from incident where status = 'open'"), before,
            "a GET acknowledges nothing")
    done = press_button(link, None, page)
    c.that(done.status == 200 and "Acknowledged" in done.text, "pressed: %s" % done)
    c.equal(world.cluster.one("""select count(*) from incident i join delivery d
        on d.incident_id = i.id where d.state = 'covered' and i.status = 'open'"""), 0,
            "all that it names")
    c.equal(world.cluster.one("select count(*) from incident where status = 'open'"),
            before - world.count("covered"), "and nothing else")
    edits = world.summary()[0]["edits"]
    world.cluster.advance(20)
    world.slack.wait_for(lambda _: world.summary()[0]["edits"] > edits, 10)
    text = json.dumps(world.summary()[0]["blocks"], ensure_ascii=False)
    c.that("none is open any more" in text, "the summary says so: %s" % text[:400])
    c.equal(world.count("sent", "acknowledged"), 0, "and nothing else does")


def check_lost_summary(c, world):
    """The channel vanishes behind the first pages: what the summary named is not lost with it."""
    world.slack.is_gone = True
    known = world.cluster.one("select max(number) from incident")
    world.fire(["L%d" % i for i in range(300)], severity="warning")
    n = world.cluster.wait_one("""select count(*) from delivery d join incident i on i.id = d.incident_id
        where i.number > %s and d.kind = 'page' and d.state = 'failed'""" % known, timeout=30,
                               until=lambda have: have == 300)
    c.equal(n, 300, "nobody was reached, and every page says so")
    c.that(world.count("failed", "storm") > 0, "summaries are given up")
    c.equal(world.cluster.one("""select count(*) from delivery p join delivery s on s.id = p.covered_by
        where p.state = 'covered' and s.state = 'failed'"""), 0, "none stays with a lost summary")
    why = world.server.command("why", str(known + 1), "--database", world.cluster.conninfo).stdout
    c.that("the summary that names it was given up: 200 OK: channel_not_found" in why,
           "why says so: %s" % why)


def test_storm(c):
    world = World()
    try:
        check_waiting(c, world)
        check_summary(c, world)
        check_button(c, world)
        check_lost_summary(c, world)
        c.equal(world.server.complaints(), [], "a clean log")
    finally:
        c.equal(world.close(), 0, "a clean end")


if __name__ == "__main__":
    sys.exit(Checks().run(test_storm))
