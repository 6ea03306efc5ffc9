#!/usr/bin/env python3
"""Maintenance windows that recur, on a real database whose clock the test moves: over the nights in which
clocks change in Berlin, and over the ones behind them. What still fires at the end of a window pages
within 5 s (acceptance criterion 18).

    tests/integration/test_window.py [--build-dir build-asan]
"""
import datetime as dt
import os
import sys
import time
import zoneinfo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from checks import Checks, parse_arguments  # noqa: E402
from small_world import SmallWorld  # noqa: E402

BUILD = parse_arguments().build_dir
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
HOUR = 3600
# Clocks change between 2:00 and 3:00, and both ends are beyond that.
ROUTES = """\
sources: { dev: { type: alertmanager, auth: none } }
channels: { console: {} }
time_intervals:
  - name: nights
    time_intervals: [{ location: Europe/Berlin, times: [{ start_time: '01:30', end_time: '03:30' }] }]
route:
  receiver: tree
  group_by: [alertname]
  routes: [{ matchers: ['kind="routed"'], receiver: tree, mute_time_intervals: [nights] }]
receivers: [{ name: tree, notify: console }]
"""


def window(day):
    """First and last second of the night's window."""
    return [dt.datetime.combine(day, dt.time(hour, 30), BERLIN).timestamp() for hour in (1, 3)]


def changes(after):
    """The next two days on which clocks change, each with how long the window lasts then."""
    found, day = [], dt.datetime.fromtimestamp(after, BERLIN).date() + dt.timedelta(days=2)
    while len(found) < 2:
        begin, end = window(day)
        if end - begin != 2 * HOUR:
            found.append((day, end - begin))
        day += dt.timedelta(days=1)
    return found


class Window:
    def __init__(self, world, c):
        self.world, self.c, self.n = world, c, 0

    def go(self, at):
        self.world.cluster.advance(at - self.world.cluster.now())

    def pages(self, name):
        """When its pages were attempted."""
        return [row["at"] for row in self.world.cluster.rows(
            "select extract(epoch from e.at)::float8 as at from event e join incident i "
            "on i.id = e.incident_id where e.kind = 'attempt' and e.facts::json->>'what' = 'page' "
            "and i.title = %s order by e.seq", name)]

    def wait_pages(self, name):
        ends = time.monotonic() + 10
        while not self.pages(name) and time.monotonic() < ends:
            time.sleep(0.05)
        return self.pages(name)

    def fire(self, kind):
        self.n += 1
        name = "%s%d" % (kind, self.n)
        self.world.post_alert(name, kind=kind)
        self.c.that(self.world.cluster.wait_one("select count(*) = 1 from incident where title = %s", name),
                    "%s has an incident" % name)
        return name

    def night(self, day):
        c, (begin, end) = self.c, window(day)
        self.go(begin - 60)
        early = self.fire("early")
        c.that(self.wait_pages(early), "%s: before the window it pages" % day)
        self.go(begin + 5)
        names = [self.fire("silenced"), self.fire("routed")]
        for at in (begin + 0.5 * HOUR, (begin + end) / 2, end - 15):
            self.go(at)
            time.sleep(1.5)
            c.equal([self.pages(name) for name in names], [[], []],
                    "%s: nothing %d min into the window" % (day, (at - begin) / 60))
        self.go(end - 2)
        for name in names:
            at = self.wait_pages(name)
            c.that(len(at) == 1 and 0 <= at[0] - end <= 5,
                   "%s: %s pages %s s after the end" % (day, name, [round(x - end, 2) for x in at]))
        for name in [early] + names:
            self.world.post_alert(name, "resolved", "2026-01-05T10:00:00Z", kind=name.rstrip("0123456789"))
        self.world.cluster.wait_quiet()


def test_windows_recur_whatever_the_clocks_do(c):
    world = SmallWorld(BUILD, ROUTES)
    try:
        made = world.api("POST", "/silences", {"matchers": ['kind="silenced"'], "for": "365d", "during": "nights",
                                               "comment": "the nightly import"})
        c.equal(made.status, 201, "made: %s" % made.text)
        found = changes(world.cluster.now())
        c.equal(sorted(length / HOUR for _, length in found), [1.0, 3.0], "a short night and a long one")
        tests = Window(world, c)
        for day, _ in found:
            tests.night(day)
            tests.night(day + dt.timedelta(days=1))
    finally:
        c.equal(world.close(), 0, "a clean end")


if __name__ == "__main__":
    sys.exit(Checks().run(test_windows_recur_whatever_the_clocks_do))
