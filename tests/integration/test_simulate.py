#!/usr/bin/env python3
"""`alertify simulate` and `alertify routes unittest`: output, places of mistakes, exit codes."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from checks import Checks, parse_arguments  # noqa: E402

ALERTIFY = os.path.abspath(os.path.join(parse_arguments().build_dir, "alertify"))
DATA = os.path.join(HERE, "..", "data", "simulate")
GOLDEN = """\
at 2026-12-31 23:10:00 +00:00

route {severity=~"critical|page",team="payments"} → receiver payments (group alertname=WorkerStuck)
title "WorkerStuck", severity critical
+0:00 hold 30s
+0:30 run restart (wait for it up to 2m)
+2:30 page Bob Novak (primary, override "New Year swap") by webhook (no console)
+2:30 wait 5m
+7:30 page Anna Ivanova by webhook then console, Bob Novak by webhook, webhook:pager
+7:30 wait 10m
+17:30 if during:nights, yes
+17:30 page Anna Ivanova by webhook then console
+17:30 wait 10m
+27:30 round 2 of 2
+27:30 run restart (wait for it up to 2m)
+29:30 page Bob Novak (primary, override "New Year swap") by webhook (no console)
+29:30 wait 5m
+34:30 page Anna Ivanova by webhook then console, Bob Novak by webhook, webhook:pager
+34:30 wait 10m
+44:30 if during:nights, yes
+44:30 page Anna Ivanova by webhook then console
+44:30 wait 10m
+54:30 catch-all console, webhook:pager
+54:30 end
the first message, by webhook:
  | 🔴 CRITICAL: WorkerStuck — firing for 2 min
  | Acknowledge: https://alertify.example.org/a/preview
  | Since: 2026-12-31 23:10 GMT
  | Alerts: 1 of 1 firing
  | Incident: #1
  | • WorkerStuck — team=payments (2 min)
  | Open: https://alertify.example.org/a/preview

route {team="payments"} → receiver log (group alertname=WorkerStuck)
title "WorkerStuck", severity critical
+0:00 page console
+0:00 end
the first message, by console:
  | 🔴 CRITICAL: WorkerStuck
  | Acknowledge: https://alertify.example.org/a/preview
  | Since: 2026-12-31 23:10 GMT
  | Alerts: 1 of 1 firing
  | Incident: #1
  | • WorkerStuck — team=payments
  | Open: https://alertify.example.org/a/preview
"""
FAILING = """\
failing_test.yml
  FAILED  wrong receivers
    failing_test.yml:5:27: receivers: - expected, + got
        payments
      - everyone
      + log
  ok      right receivers
  FAILED  wrong timeline
    failing_test.yml:13:9: timeline: - expected, + got
      - +0:00 page Anna Ivanova by webhook
      + +0:00 page console
        +0:00 end
  1 passed, 2 failed
"""
PAYMENTS = ["team=payments", "severity=critical", "alertname=WorkerStuck"]


def alertify(*arguments):
    done = subprocess.run([ALERTIFY, *arguments], capture_output=True, timeout=20, cwd=DATA)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def simulate(at, *labels):
    return alertify("simulate", "--config.file", "routes.yml", "--at", at, *labels)


def test_timeline(checks):
    checks.equal(simulate("2026-12-31 23:10", *PAYMENTS), (0, GOLDEN, ""), "timeline")
    checks.equal(simulate("2026-12-31T23:10:00Z", *PAYMENTS), (0, GOLDEN, ""), "the same in RFC 3339")


def test_json(checks):
    code, out, _ = simulate("2026-12-31 23:10", "--json", *PAYMENTS)
    answer = json.loads(out)
    entries = answer["incidents"][0]["timeline"]
    checks.equal((code, answer["at"]), (0, "2026-12-31T23:10:00Z"), "moment")
    checks.equal([i["receiver"] for i in answer["incidents"]], ["payments", "log"], "receivers")
    golden = GOLDEN.split("\n\n")[1].splitlines()
    lines = [line.split(" ", 1)[1] for line in golden if line.startswith("+")]
    words = [line[4:] for line in golden if line.startswith("  | ")]
    checks.equal(answer["incidents"][0]["message"],
                 {"channel": "webhook", "language": "en", "text": "\n".join(words)}, "message")
    checks.equal([e["text"] for e in entries], lines, "texts are those of the lines")
    checks.equal((entries[2]["kind"], entries[2]["at"], entries[2]["offset_s"]),
                 ("page", "2026-12-31T23:12:30Z", 150), "an entry")
    checks.that(entries[2]["where"].startswith("routes.yml:"), "an entry knows its step")


def test_mistakes(checks):
    code, _, err = simulate("tomorrow", *PAYMENTS)
    checks.that(code == 1 and "write times as" in err, "time")
    code, _, err = simulate("2026-12-31 23:10", "team!=x")
    checks.that(code == 1 and "key=value" in err, "labels")
    checks.equal(alertify("simulate", "a=b")[0], 2, "no file")
    checks.equal(alertify("routes", "unittest")[0], 2, "no test file")


def test_unittest(checks):
    code, out, err = alertify("routes", "unittest", "good_test.yml")
    checks.that(code == 0 and "2 passed, 0 failed" in out and not err, "good: %s%s" % (out, err))
    checks.equal(alertify("routes", "unittest", "failing_test.yml"), (1, FAILING, ""), "failing")
    code, _, err = alertify("routes", "unittest", "broken_test.yml", "good_test.yml")
    checks.equal(code, 1, "broken")
    for place in ("4:5: error: unknown key \"lables\", did you mean \"labels\"?",
                  "6:5: error: a test with a timeline needs `at`", "9:9: error: write times as"):
        checks.that("broken_test.yml:" + place in err, "%s in %s" % (place, err))
    checks.equal(alertify("routes", "unittest", "not_there.yml")[0], 1, "no such file")


if __name__ == "__main__":
    sys.exit(Checks().run(test_timeline, test_json, test_mistakes, test_unittest))
