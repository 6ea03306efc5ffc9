#!/usr/bin/env python3
"""Schedules with a server and a database: the page goes to whom the override names, the calendar
shows it and opens only with its token."""
import datetime as dt
import os
import shutil
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
timezone: Europe/London
sources: { dev: { type: alertmanager, auth: none } }
channels: { console: {} }
users:
  anna: { name: Anna Ivanova, console: true }
  "bob c": { name: Bob Novak, console: true }
schedules:
  primary: { layers: [{ rotation: weekly, handoff: 'monday 09:00', from: 2026-01-05, users: [anna] }] }
route: { receiver: r, group_by: ['...'] }
receivers:
  - { name: r, escalation: [{ notify: ['schedule:primary'] }, { wait: 1h }] }
"""
ALERT = {"version": "4", "status": "firing", "receiver": "r", "groupLabels": {}, "commonLabels": {},
         "commonAnnotations": {}, "externalURL": "", "groupKey": "{}", "truncatedAlerts": 0}


class World:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="alertify-oncall-")
        self.cluster = Cluster()
        self.server = Alertify(BUILD, self.folder, self.cluster.conninfo, ROUTES,
                               "0123456789abcdef0123456789abcdef")
        self.server.migrate()
        self.server.start()

    def close(self):
        code = self.server.stop()
        self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code


def stamp(hours):
    return (dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=hours)).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


def fire(world, name):
    body = dict(ALERT, groupKey=name, alerts=[{
        "status": "firing", "labels": {"alertname": name}, "annotations": {},
        "startsAt": stamp(0), "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "",
        "fingerprint": "%016x" % abs(hash(name))}])
    return call(world.server.url + "/v1/webhooks/alertmanager/dev", "POST", body).status


def addressee(world, token, name):
    """Who was paged for the incident, by its timeline."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for incident in call(world.server.url + "/incidents", headers=token).json():
            if name not in incident["title"]:
                continue
            timeline = call("%s/incidents/%d/timeline" % (world.server.url, incident["number"]),
                            headers=token).json()
            text = str([e["facts"] for e in timeline])
            for person in ("Anna Ivanova", "Bob Novak"):
                if person in text:
                    return person
        time.sleep(0.1)
    return None


def test_overrides_and_calendars(c):
    world = World()
    try:
        url, config = world.server.url, world.server.config
        token = {"Authorization": "Bearer " + world.server.create_token("user")}
        c.equal(fire(world, "Before"), 200, "an alert")
        c.equal(addressee(world, token, "Before"), "Anna Ivanova", "the layer's user")
        made = world.server.command("override", "add", "--schedule", "primary", "--user", "bob c",
                                    "--from", stamp(-1), "--to", stamp(1), "--reason", "Swap",
                                    "--config", config)
        c.that(made.stdout.startswith("override 1: "), "made: %s" % made.stdout)
        c.equal(fire(world, "During"), 200, "an alert")
        c.equal(addressee(world, token, "During"), "Bob Novak", "the override's user")
        listed = world.server.command("override", "list", "--config", config).stdout
        c.that("bob c" in listed and "Swap" in listed, "listed: %s" % listed)
        shown = world.server.command("oncall", "--config.file", world.server.routes, "--config",
                                     config).stdout
        c.that('Bob Novak (bob c)' in shown and 'override "Swap"' in shown, "oncall: %s" % shown)
        check_feeds(c, world, url, config, token)
        world.server.command("override", "remove", "1", "--config", config)
        c.equal(world.server.command("override", "remove", "1", "--config", config,
                                     check=False).returncode, 1, "only once")
        c.equal(fire(world, "After"), 200, "an alert")
        c.equal(addressee(world, token, "After"), "Anna Ivanova", "the layer's user again")
        c.equal(world.server.complaints(), [], "a clean log")
    finally:
        c.equal(world.close(), 0, "a clean end")


def check_feeds(c, world, url, config, token):
    feed = world.server.command("oncall", "feed-url", "--schedule", "primary", "--config",
                                config).stdout.strip()
    c.that(feed.startswith(url + "/v1/schedules/primary.ics?token="), "address: %s" % feed)
    answer = call(feed)
    c.equal(answer.status, 200, "the feed opens with its token")
    c.equal(answer.headers["content-type"], "text/calendar; charset=utf-8", "type")
    c.that("SUMMARY:primary: Bob Novak\r\nDESCRIPTION:Override: Swap\r\n" in answer.text, "swap")
    c.that("SUMMARY:primary: Anna Ivanova\r\n" in answer.text, "turns")
    again = call(feed, headers={"If-None-Match": answer.headers["etag"]})
    c.equal((again.status, again.body), (304, b""), "not modified")
    bare = feed.partition("?")[0]
    c.equal(call(bare).status, 401, "no token")
    c.equal(call(bare, headers=token).status, 200, "a bearer token opens it, too")
    c.equal(call(feed[:-1] + ("A" if feed[-1] != "A" else "B")).status, 401, "another token")
    person = world.server.command("oncall", "feed-url", "--user", "bob c", "--config",
                                  config).stdout.strip()
    c.that("/v1/users/bob%20c.ics?token=" in person, "address: %s" % person)
    mine = call(person)
    c.equal((mine.status, mine.text.count("BEGIN:VEVENT")), (200, 1), "only Bob's shift")
    c.that("SUMMARY:On call: primary\r\n" in mine.text, "summary")
    c.equal(call(person.replace("/users/", "/schedules/")).status, 401, "of this feed only")
    c.equal(call(url + "/v1/schedules/none.ics", headers=token).status, 404, "no such schedule")
    c.equal(call(url + "/v1/schedules/primary", headers=token).status, 404, "no .ics")


sys.exit(Checks().run(test_overrides_and_calendars))
