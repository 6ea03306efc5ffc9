#!/usr/bin/env python3
"""Time zones and schedules against Python's zoneinfo and an implementation of our own here.

10,000 random instants in each of the zones below; schedules are compared four ways: the engine
(tz_probe), `alertify oncall`, the iCalendar feed, and Python."""
import datetime as dt
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import zoneinfo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from checks import Checks, parse_arguments  # noqa: E402

BUILD = parse_arguments().build_dir
PROBE = os.path.join(BUILD, "tests", "tz_probe")
ALERTIFY = os.path.join(BUILD, "alertify")
UTC = dt.timezone.utc
ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata",
         "Europe/Moscow")
MORE_ZONES = ("Europe/Dublin", "America/Nuuk", "Africa/Casablanca", "Asia/Jerusalem",
              "Pacific/Apia", "America/Santiago", "Pacific/Chatham", "Antarctica/Troll")
INSTANTS = 10000
BEGIN = int(dt.datetime(2020, 1, 1, tzinfo=UTC).timestamp())
END = int(dt.datetime(2036, 1, 1, tzinfo=UTC).timestamp())
SEED = int(os.environ.get("ALERTIFY_TEST_SEED", "20261121"))


def ask(lines, *arguments, **environment):
    done = subprocess.run([PROBE, *arguments], input="".join(line + "\n" for line in lines),
                          stdout=subprocess.PIPE, text=True, check=True,
                          env={**os.environ, **environment})
    return done.stdout.splitlines()


def alertify(*arguments):
    done = subprocess.run([ALERTIFY, *arguments], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


# --- zones ----------------------------------------------------------------------------------------

def instants_of(dice, zone, count, begin=BEGIN, end=END):
    """Half anywhere, half within three hours of a change."""
    changes = changes_of(zone, begin, end)
    found = [dice.randrange(begin, end) for _ in range(count)]
    for i in range(0, count if changes else 0, 2):
        found[i] = dice.choice(changes) + dice.randint(-10800, 10800)
    return found


def changes_of(name, begin, end):
    """Hours in which the zone's offset changes."""
    zone = zoneinfo.ZoneInfo(name)

    def offset(t):
        return dt.datetime.fromtimestamp(t, zone).utcoffset()

    found = []
    for t in range(begin, end, 86400):
        if offset(t) != offset(t + 86400):
            low, high = t, t + 86400
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            found.append(high)
    return found


def wall_in_python(zone, wall, fold):
    """The instant of a wall time. Python's fold=0 is our policy in gaps and overlaps."""
    return int(wall.replace(tzinfo=zone, fold=fold).timestamp())


def is_gap(zone, wall):
    local = wall.replace(tzinfo=zone)
    return local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall


def compare_zone(c, name, dice, count, **environment):
    zone = zoneinfo.ZoneInfo(name)
    moments = instants_of(dice, name, count)
    wrong = []
    for t, got in zip(moments, ask(["%s offset %d" % (name, t) for t in moments], "zones",
                                   **environment)):
        local = dt.datetime.fromtimestamp(t, zone)
        want = "%d %d %s" % (local.utcoffset().total_seconds(), bool(local.dst()), local.tzname())
        # Python guesses the DST flag of zones whose summer is behind standard time.
        skip_dst = name in ("Europe/Dublin", "Africa/Casablanca")
        drop = (lambda text: re.sub(r" \d ", " ", text)) if skip_dst else (lambda text: text)
        if drop(got) != drop(want):
            wrong.append((t, got, want))
    c.equal(wrong[:3], [], "%s: instant to wall clock" % name)
    walls = [dt.datetime.fromtimestamp(t, zone).replace(tzinfo=None, second=0, fold=0) +
             dt.timedelta(minutes=dice.randint(-90, 90)) for t in moments]
    folds = [dice.randint(0, 1) for _ in walls]
    lines = ["%s wall %d %d %d %d %d %s" % (name, w.year, w.month, w.day, w.hour, w.minute,
                                            "second" if fold else "first")
             for w, fold in zip(walls, folds)]
    wrong = []
    for wall, fold, got in zip(walls, folds, ask(lines, "zones", **environment)):
        want = wall_in_python(zone, wall, 0 if is_gap(zone, wall) else fold)
        if int(got) != want:
            wrong.append((wall, fold, got, want))
    c.equal(wrong[:3], [], "%s: wall clock to instant" % name)


def test_zones_agree_with_python(c):
    dice = random.Random(SEED)
    for name in ZONES:
        compare_zone(c, name, dice, INSTANTS)
    for name in MORE_ZONES:
        compare_zone(c, name, dice, 1000)


def test_slim_files_say_the_same(c):
    """zic writes what distributions may ship: all of the future in the footer."""
    source = "/usr/share/zoneinfo/tzdata.zi"
    if not shutil.which("zic") or not os.path.exists(source):
        print("  (no zic or tzdata.zi here: slim files are not tried)")
        return
    dice = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        for style in ("slim", "fat"):
            out = os.path.join(folder, style)
            subprocess.run(["zic", "-b", style, "-d", out, source], check=True,
                           stderr=subprocess.DEVNULL)
            for name in ZONES:
                compare_zone(c, name, dice, 1000, TZDIR=out)


# --- schedules ------------------------------------------------------------------------------------

ROUTES = """\
timezone: %(zone)s
users: { anna: { console: true }, bob: { console: true }, chen: { console: true } }
time_intervals:
  - name: nights
    time_intervals:
      - { times: [{ start_time: '00:00', end_time: '08:00' }, { start_time: '22:00', end_time: '24:00' }], location: %(zone)s }
schedules:
  weekly:
    layers: [{ rotation: weekly, handoff: 'monday 09:00', from: 2024-01-01, users: [anna, bob, chen] }]
  monthly:
    layers: [{ rotation: monthly, handoff: '31 01:30', from: 2024-01-01, users: [anna, bob] }]
  layered:
    layers:
      - { rotation: daily, handoff: '01:30', from: 2024-01-01, users: [anna, bob] }
      - { rotation: 12h, handoff: '07:00', from: 2024-03-01, until: 2025-06-01, users: [chen, anna], only: [nights] }
      - rotation: daily
        from: 2024-02-01
        users: [bob, chen, anna]
        only: [{ weekdays: ['saturday', 'sunday'] }]
        except: [{ times: [{ start_time: '01:00', end_time: '02:15' }] }]
    overrides:
      - { user: chen, from: '2024-12-31 12:00', to: '2025-01-02 12:00', reason: 'Swap' }
      - { user: bob, from: '2025-01-01 00:00', to: '2025-01-01 06:00' }
route: { receiver: r }
receivers: [{ name: r, notify: [console] }]
"""
FIRST = int(dt.datetime(2024, 1, 3, tzinfo=UTC).timestamp())
LAST = FIRST + 2 * 366 * 86400


class Oracle:
    """The same schedules, written from their description and not from the engine's code."""

    def __init__(self, name):
        self.zone = zoneinfo.ZoneInfo(name)

    def at(self, *wall):
        return wall_in_python(self.zone, dt.datetime(*wall), 0)

    def turns(self, walls):
        """Instants of hand-offs, by number."""
        return [wall_in_python(self.zone, wall, 0) for wall in walls]

    @staticmethod
    def last_turn(handoffs, t):
        """The highest number whose hand-off has come. Hand-offs are at most two days out of order."""
        low, high = 0, len(handoffs)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if handoffs[middle] <= t + 2 * 86400 else (low, middle)
        while low > 0 and handoffs[low - 1] > t:
            low -= 1
        return low - 1

    @staticmethod
    def every(start, step, count):
        return [start + i * step for i in range(count)]

    def prepare(self):
        day, hour = dt.timedelta(days=1), dt.timedelta(hours=1)
        self.weekly_turns = self.turns(self.every(dt.datetime(2024, 1, 1, 9), 7 * day, 120))
        ends = []
        for i in range(30):
            year, month = 2024 + i // 12, i % 12 + 1
            after = dt.datetime(year + month // 12, month % 12 + 1, 1)
            ends.append(after - day + dt.timedelta(hours=1, minutes=30))
        self.monthly_turns = self.turns(ends)
        self.daily = self.turns(self.every(dt.datetime(2024, 1, 1, 1, 30), day, 800))
        self.half = self.turns(self.every(dt.datetime(2024, 3, 1, 7), 12 * hour, 1600))
        self.weekend = self.turns(self.every(dt.datetime(2024, 2, 1), day, 800))

    def pick(self, turns, users, t):
        turn = self.last_turn(turns, t)
        return users[turn % len(users)] if turn >= 0 else None

    def weekly(self, t):
        return self.pick(self.weekly_turns, ["anna", "bob", "chen"], t)

    def monthly(self, t):
        return self.pick(self.monthly_turns, ["anna", "bob"], t)

    def layered(self, t):
        local = dt.datetime.fromtimestamp(t, self.zone)
        minute = local.hour * 60 + local.minute
        if self.at(2025, 1, 1) <= t < self.at(2025, 1, 1, 6):
            return "bob"
        if self.at(2024, 12, 31, 12) <= t < self.at(2025, 1, 2, 12):
            return "chen"
        user = None
        if local.weekday() >= 5 and not 60 <= minute < 135:
            user = self.pick(self.weekend, ["bob", "chen", "anna"], t)
        if not user and (minute < 480 or minute >= 1320) and t < self.at(2025, 6, 1):
            user = self.pick(self.half, ["chen", "anna"], t)
        return user or self.pick(self.daily, ["anna", "bob"], t)


def moment(text):
    return int(dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())


def shifts_of_cli(routes, schedule):
    rows = json.loads(alertify(
        "oncall", "--config.file", routes, "--schedule", schedule, "--json", "--from",
        dt.datetime.fromtimestamp(FIRST, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "--until",
        dt.datetime.fromtimestamp(LAST, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")))
    return [(moment(r["from"]), moment(r["until"]), r["user"]) for r in rows]


def unfold(text):
    return text.replace("\r\n ", "").split("\r\n")


def shifts_of_feed(c, routes, schedule):
    text = subprocess.run(
        [ALERTIFY, "oncall", "--config.file", routes, "--schedule", schedule, "--ics", "--from",
         dt.datetime.fromtimestamp(FIRST, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "--until",
         dt.datetime.fromtimestamp(LAST, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")],
        stdout=subprocess.PIPE, check=True).stdout.decode("utf-8")
    c.equal([l for l in text.split("\r\n") if "\n" in l or len(l.encode()) > 75], [], "lines")
    events, event = [], None
    for line in unfold(text):
        key, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            event = {}
        elif line == "END:VEVENT":
            events.append(event)
            event = None
        elif event is not None:
            event[key] = value
    c.equal(len({e["UID"] for e in events}), len(events), "every event has its own UID")

    def at(value):
        return moment("%s-%s-%sT%s:%s:%sZ" % (value[:4], value[4:6], value[6:8], value[9:11],
                                              value[11:13], value[13:15]))

    return [(at(e["DTSTART"]), at(e["DTEND"]), e["SUMMARY"].partition(": ")[2]) for e in events]


def lookup(shifts, t):
    low, high = 0, len(shifts)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if shifts[middle][0] <= t else (low, middle)
    return shifts[low - 1][2] if low and t < shifts[low - 1][1] else None


def compare_schedules(c, name, routes, dice):
    oracle = Oracle(name)
    oracle.prepare()
    for schedule in ("weekly", "monthly", "layered"):
        what = "%s, %s" % (name, schedule)
        moments = instants_of(dice, name, INSTANTS, FIRST, LAST - 10800)
        moments = [max(t, FIRST) for t in moments]
        engine = ask([str(t) for t in moments], routes, schedule)
        cli = shifts_of_cli(routes, schedule)
        feed = shifts_of_feed(c, routes, schedule)
        wrong = []
        for t, got in zip(moments, engine):
            answers = (got if got != "-" else None, lookup(cli, t), lookup(feed, t),
                       getattr(oracle, schedule)(t))
            if len(set(answers)) > 1:
                wrong.append((t, *answers))
        c.equal(wrong[:3], [], "%s: engine, CLI, feed and Python (%d differ)" % (what, len(wrong)))
        holes = [(a, b) for a, b in zip(cli, cli[1:]) if a[1] != b[0]]
        c.equal(holes[:3], [], "%s: shifts have neither gaps nor overlaps" % what)
        c.equal((cli[0][0], cli[-1][1]), (FIRST, LAST), "%s: the whole time is covered" % what)


def test_schedules_agree(c):
    dice = random.Random(SEED + 1)
    for name in ZONES:
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as routes:
            routes.write(ROUTES % {"zone": name})
            routes.flush()
            compare_schedules(c, name, routes.name, dice)


def test_weekly_handoffs_are_at_nine(c):
    """Two years: every hand-off reads Monday 09:00, a week later on the wall clock."""
    for name in ZONES:
        zone = zoneinfo.ZoneInfo(name)
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as routes:
            routes.write(ROUTES % {"zone": name})
            routes.flush()
            shifts = shifts_of_cli(routes.name, "weekly")
        walls = [dt.datetime.fromtimestamp(s[0], zone).replace(tzinfo=None) for s in shifts[1:]]
        c.equal({(w.weekday(), w.hour, w.minute, w.second) for w in walls}, {(0, 9, 0, 0)},
                "%s: Monday 09:00" % name)
        c.equal({b - a for a, b in zip(walls, walls[1:])}, {dt.timedelta(days=7)},
                "%s: no week is missing" % name)
        c.that(len(walls) >= 104, "%s: two years" % name)
        users = [s[2] for s in shifts]
        c.that(all(a != b for a, b in zip(users, users[1:])), "%s: everyone in turn" % name)


def test_one_moment(c):
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as routes:
        routes.write(ROUTES % {"zone": "Europe/London"})
        routes.flush()
        rows = json.loads(alertify("oncall", "--config.file", routes.name, "--json", "--schedule",
                                   "layered", "--at", "2025-01-01 00:00"))
        c.equal([(r["user"], r["reason"], r["until"]) for r in rows],
                [("bob", "override", "2025-01-01T06:00:00Z")], "the later override wins")
        text = alertify("oncall", "--config.file", routes.name, "--at", "2024-12-31T12:00:00Z")
        c.that(re.search(r"^layered +chen \(chen\) +until 2025-01-01 00:00 \+00:00 "
                         r"+override \"Swap\"$", text, re.M), "for people: %s" % text)


sys.exit(Checks().run(test_zones_agree_with_python, test_slim_files_say_the_same,
                      test_schedules_agree, test_weekly_handoffs_are_at_nine, test_one_moment))
