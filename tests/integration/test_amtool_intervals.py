#!/usr/bin/env python3
"""What amtool accepts and refuses in a time interval, alertify accepts and refuses as well."""
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from checks import Checks, parse_arguments  # noqa: E402

ALERTIFY = os.path.join(parse_arguments().build_dir, "alertify")
ROUTE = "route: { receiver: r }\nreceivers: [{ name: r }]\n"
DAYS = ["1", "28", "29", "31", "32", "0", "-1", "-3", "-28", "-29", "-31", "-32", "5", "+5", "x", "",
        " 1", "1.5"]
WEEKDAYS = ["monday", "Sunday", "SATURDAY", "friday", "mon", "1", "", "monday "]
MONTHS = ["january", "MAY", "december", "1", "12", "13", "0", "-1", "jan", "", "5"]
YEARS = ["2024", "2026", "-1", "0", "x", "", "2026.0"]
TIMES = ["00:00", "09:00", "9:00", "23:59", "24:00", "24:01", "12:60", "1200", "", "09:00:00"]


def ranges(dice, members, count):
    found = list(members) + ["a:b:c", ":"]
    found += ["%s:%s" % (dice.choice(members), dice.choice(members)) for _ in range(count)]
    return found


def specs():
    dice = random.Random(7)
    for field, members in (("days_of_month", DAYS), ("weekdays", WEEKDAYS), ("months", MONTHS),
                           ("years", YEARS)):
        for text in ranges(dice, members, 60):
            yield "{ %s: ['%s'] }" % (field, text)
        yield "{ %s: [] }" % field
        yield "{ %s: ~ }" % field
    for _ in range(60):
        yield "{ times: [{ start_time: '%s', end_time: '%s' }] }" % (dice.choice(TIMES),
                                                                     dice.choice(TIMES))
    yield from ("{ times: [{ start_time: '09:00' }] }", "{ times: [{ end_time: '09:00' }] }",
                "{ times: [{}] }", "{ times: ['09:00-10:00'] }", "{ times: [] }", "{}",
                "{ location: Europe/London }", "{ location: UTC }", "{ location: Local }",
                "{ location: Europe/Nowhere }", "{ location: ../etc/passwd }", "{ minutes: [1] }")


def accepts(command, text):
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([*command, file.name], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def test_amtool_agrees(c):
    if not shutil.which("amtool"):
        print("  (no amtool here: nothing is compared)")
        return
    compared = {True: 0, False: 0}
    for spec in specs():
        text = "time_intervals: [{ name: i, time_intervals: [%s] }]\n%s" % (spec, ROUTE)
        want = accepts(["amtool", "check-config"], text)
        c.equal(accepts([ALERTIFY, "check"], text), want, "accepted: %s" % spec)
        compared[want] += 1
    c.that(min(compared.values()) > 50, "both kinds were tried: %s" % compared)


sys.exit(Checks().run(test_amtool_agrees))
