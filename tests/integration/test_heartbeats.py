#!/usr/bin/env python3
"""Heartbeats on a real PostgreSQL whose clock is fast-forwarded: what does not come in time is one
incident, however many replicas look and die; the next beat ends it.

    tests/integration/test_heartbeats.py [--build-dir build-asan]
"""
import base64
import json
import os
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from alertify_server import Alertify  # noqa: E402
from checks import Checks, parse_arguments  # noqa: E402
from cluster import Cluster  # noqa: E402
from http_client import alertmanager_body, bearer, call  # noqa: E402

MINUTE, HOUR = 60.0, 3600.0
BEAT, OTHER, KEY = "CANARY-beat", "CANARY-other", "CANARY-0123456789abcdef0123456789abcdef"

ROUTES = """
sources:
  prod: { type: alertmanager, auth: { bearer: !env PROD } }
channels: { console: {} }
heartbeats:
%s
route:
  receiver: rest
  group_by: [alertname, heartbeat]
  routes:
    - { matchers: ['team="ops"'], receiver: ops }
receivers:
  - { name: ops, escalation: [ { notify: [console] } ], resolve: { after_silence: 1h } }
  - { name: rest, notify: [console] }
"""
BACKUP = "  backup: { every: 10m, grace: 1m, auth: { bearer: !env BEAT }, labels: { team: ops } }\n"
REST = """  cron: { every: 5m, auth: { basic: { username: cron, password: !env BEAT } }, summary: Cron is gone }
  prom: { every: 5m, grace: 2m, matchers: ['alertname="Watchdog"'], labels: { severity: page } }
"""


class Scene:
    cluster = a = b = None


def beat(name="backup", method="POST", headers=None, replica=None, body=None):
    headers = bearer(BEAT) if headers is None else headers
    return call((replica or Scene.a).url + "/v1/heartbeats/" + name, method, body, headers)


def watchdog(status="firing", **labels):
    labels = dict({"alertname": "Watchdog", "severity": "none"}, **labels)
    answer = call(Scene.a.url + "/v1/webhooks/alertmanager/prod", "POST",
                  alertmanager_body([(labels, {})], status), bearer("CANARY-prod"))
    Scene.cluster.wait_quiet()
    return answer


def row(name="backup"):
    rows = Scene.cluster.rows("select * from heartbeat where name = %s", name)
    return rows[0] if rows else None


def incidents(name="backup"):
    return Scene.cluster.rows("select * from incident where group_labels like %s order by number",
                              '%"heartbeat":"' + name + '"%')


def wait_incident(n, status, name="backup", timeout=8.0):
    """The n-th incident (cycle) of a heartbeat, once it has the status."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        found = incidents(name)
        if sum(i["cycle"] for i in found) >= n and found[-1]["status"] == status:
            return found[-1]
        time.sleep(0.05)
    return None


def looked():
    """The replicas have looked since now."""
    time.sleep(2.6)


def open_alerts(name="backup"):
    return Scene.cluster.one("select count(*) from alert a join incident i on i.id = a.incident_id "
                             "where a.status = 'firing' and a.labels like %s", '%"' + name + '"%')


# ---- proof ----------------------------------------------------------------------------------------
def test_a_a_beat_needs_its_credential(c):
    Scene.cluster.wait_rows(3, "select 1 from heartbeat", timeout=5)
    for headers, what in (({}, "none"), (bearer(OTHER), "another"), (bearer("CANARY-prod"), "a source's")):
        for method in ("GET", "POST"):
            answer = beat(method=method, headers=headers)
            c.equal(answer.status, 401, "%s with %s credential" % (method, what))
    c.equal(beat("unknown").text, beat(headers={}).text, "one answer for unknown and unproven")
    c.equal(beat("prom").status, 401, "one that only alerts feed takes no request")
    c.equal(row()["beat_at"], None, "nothing was written")
    c.equal(beat(method="HEAD").status, 405, "HEAD is no beat")
    c.equal(row()["beat_at"], None, "nothing was written by HEAD")
    c.equal(beat(method="PUT").status, 405, "nor is PUT")


def test_b_get_and_post_beat(c):
    answer = beat(method="GET")
    facts = json.loads(answer.text)
    c.equal((answer.status, facts["heartbeat"], facts["status"]), (200, "backup", "received"), "GET")
    first = row()["beat_at"]
    c.that(first is not None, "it is written before the answer")
    Scene.cluster.advance(2)
    c.equal(beat(body={"any": "thing"}).status, 200, "POST, whatever it says")
    c.that(row()["beat_at"] > first, "counts as well")
    basic = "Basic " + base64.b64encode(("cron:" + BEAT).encode()).decode()
    c.equal(beat("cron", "GET", {"authorization": basic}).status, 200, "basic, as in a URL")


def test_c_a_flood_of_beats_costs_a_write_a_second(c):
    started, seen = time.monotonic(), set()
    for _ in range(60):
        beat()
        seen.add(row()["beat_at"])
    c.that(len(seen) <= time.monotonic() - started + 2, "%d writes" % len(seen))


# ---- missed ---------------------------------------------------------------------------------------
def test_d_a_missed_one_is_one_incident_in_its_place_of_the_tree(c):
    for name in ("backup", "cron"):
        Scene.cluster.rows("update heartbeat set beat_at = clock() where name = %s", name)
    watchdog()
    Scene.cluster.advance(5 * MINUTE)
    looked()
    c.equal(len(incidents()), 0, "not yet")
    for _ in range(2):
        watchdog()
        Scene.cluster.rows("update heartbeat set beat_at = clock() where name = 'cron'")
        Scene.cluster.advance(3.2 * MINUTE)
    incident = wait_incident(1, "open")
    c.that(incident, "missed after 10m and the grace")
    if not incident:
        return
    c.equal((incident["receiver"], incident["severity"]), ("ops", "critical"), "routed by its labels")
    Scene.cluster.wait_quiet()
    c.that("no heartbeat from backup" in Scene.a.console() + Scene.b.console(), "somebody is paged")
    looked()
    c.equal(len(incidents()), 1, "one, although two replicas look")
    c.equal(Scene.cluster.one("select count(*) from event where kind in ('opened', 'reopened') and "
                              "incident_id = %s", incident["id"]), 1, "opened once")
    alert = Scene.cluster.rows("select * from alert where incident_id = %s", incident["id"])[0]
    labels, annotations = json.loads(alert["labels"]), json.loads(alert["annotations"])
    c.equal(labels, {"alertname": "HeartbeatMissed", "heartbeat": "backup", "severity": "critical",
                     "team": "ops"}, "its labels")
    c.that("one is due every 10m, with 1m of grace" in annotations["description"], annotations)


def test_e_it_resolves_when_it_beats_again(c):
    c.equal(beat(replica=Scene.b).status, 200, "a beat at the other replica")
    c.that(wait_incident(1, "resolved"), "the incident is over")
    c.equal(row()["missed_at"], None, "and it is known to beat")


def test_f_it_stays_while_it_lasts_although_the_receiver_closes_what_is_silent(c):
    for _ in range(3):
        keep_others()
        Scene.cluster.advance(4 * MINUTE)
    c.that(wait_incident(2, "open"), "missed again")
    for _ in range(9):
        keep_others()
        Scene.cluster.advance(11 * MINUTE)
        looked()
    c.that(incidents()[-1]["status"] == "open", "after 99 minutes it is still open: said again and again")
    beat()
    c.that(wait_incident(2, "resolved"), "and ends")


def keep_others():
    Scene.cluster.rows("update heartbeat set beat_at = clock() where name in ('cron', 'prom')")


def configure(heartbeats, *replicas):
    for replica in replicas or (Scene.a, Scene.b):
        replica.write_routes(ROUTES % heartbeats)
        replica.process.send_signal(1)


def test_g_one_that_never_came_is_missed_too(c):
    configure(BACKUP + REST + "  late: { every: 2m, auth: { bearer: !env BEAT }, summary: Late! }\n")
    Scene.cluster.wait_rows(1, "select 1 from heartbeat where name = 'late'", timeout=6)
    Scene.cluster.rows("update heartbeat set beat_at = clock() where name <> 'late'")
    Scene.cluster.advance(3.1 * MINUTE)
    incident = wait_incident(1, "open", "late")
    c.that(incident and incident["receiver"] == "rest", "counts from when it was first known")
    Scene.cluster.wait_quiet()
    c.that("Late!" in Scene.a.console() + Scene.b.console(), "with its own words")
    c.equal(beat("late").status, 200, "it comes at last")
    c.that(wait_incident(1, "resolved", "late"), "over")
    configure(BACKUP + REST)
    time.sleep(0.5)
    Scene.cluster.rows("update heartbeat set beat_at = clock()")
    Scene.cluster.advance(4 * MINUTE)
    looked()
    c.equal(len(incidents("late")), 1, "one that left the files is not looked at")


LATE = "  late: { every: 2m, auth: { bearer: !env BEAT } }\n"


def left(name="late"):
    return Scene.cluster.wait_one("select left_at from heartbeat where name = %s", name, timeout=6)


def rest_for_an_hour(c):
    """Without what comes and goes; so that its incident does not flap."""
    configure(BACKUP + REST)
    for name in ("late", "renamed"):
        if row(name):
            c.that(left(name), "%s has left" % name)
    Scene.cluster.advance(HOUR)
    keep_others()
    beat()


def test_gb_one_that_comes_back_starts_anew(c):
    # Away for hours, and for a moment in which it would have been due.
    for away, beaten in ((5 * HOUR, True), (2 * MINUTE, True), (5 * HOUR, False)):
        configure(BACKUP + REST + LATE)
        Scene.cluster.wait_rows(1, "select 1 from heartbeat where name = 'late' and left_at is null", timeout=6)
        n = sum(i["cycle"] for i in incidents("late"))
        if beaten:
            beat("late")
        Scene.cluster.advance(2 * MINUTE)
        configure(BACKUP + REST)
        c.that(left(), "it has left")
        Scene.cluster.advance(away)
        keep_others()
        beat()
        configure(BACKUP + REST + LATE)
        Scene.cluster.wait_rows(1, "select 1 from heartbeat where name = 'late' and left_at is null", timeout=6)
        looked()
        c.equal(sum(i["cycle"] for i in incidents("late")), n, "not missed after %d s" % away)
        keep_others()
        beat()
        Scene.cluster.advance(3.1 * MINUTE)
        c.that(wait_incident(n + 1, "open", "late"), "but when it does not come for as long as a new one")
        beat("late")
        c.that(wait_incident(n + 1, "resolved", "late"), "over")
        rest_for_an_hour(c)


def test_gc_the_incident_of_one_that_leaves_ends(c):
    for put_instead in ("", "  renamed: { every: 2m, auth: { bearer: !env BEAT } }\n"):
        n = sum(i["cycle"] for i in incidents("late"))
        configure(BACKUP + REST + LATE)
        Scene.cluster.wait_rows(1, "select 1 from heartbeat where name = 'late' and left_at is null", timeout=6)
        keep_others()
        beat()
        Scene.cluster.advance(3.1 * MINUTE)
        incident = wait_incident(n + 1, "open", "late")
        c.that(incident, "it is missed")
        configure(BACKUP + REST + put_instead)
        c.that(wait_incident(n + 1, "resolved", "late"), "it is gone, and so is its incident")
        facts = Scene.cluster.rows("select facts from event where incident_id = %s and kind = 'resolved' "
                                   "and cycle = %s", incident["id"], incident["cycle"])
        c.equal(["no longer configured" in str(f["facts"]) for f in facts], [True], "the timeline says why, once")
        looked()
        c.equal(len(incidents("renamed")), 0, "under its new name it is new")
        rest_for_an_hour(c)


def test_gd_who_has_older_files_decides_nothing(c):
    configure(BACKUP + REST + LATE)
    Scene.cluster.wait_rows(1, "select 1 from heartbeat where name = 'late' and left_at is null", timeout=6)
    configure(BACKUP + REST, Scene.b)  # a keeps what it has
    since = left()
    c.that(since, "what was loaded last counts")
    looked()
    looked()
    c.equal(left(), since, "and the other does not bring it back")
    Scene.b.kill()
    c.that(Scene.cluster.wait_one("select left_at is null from heartbeat where name = 'late'", timeout=20),
           "unless it is alone with its files")
    Scene.b.start()
    configure(BACKUP + REST)
    c.that(left(), "it has left")


# ---- fed by alerts --------------------------------------------------------------------------------
def test_h_an_alert_feeds_one_and_goes_no_further(c):
    beat()
    keep_others()
    before = row("prom")["beat_at"]
    Scene.cluster.advance(2)
    c.equal(watchdog().status, 200, "the webhook is taken")
    c.that(row("prom")["beat_at"] > before, "and is a beat")
    c.equal(Scene.cluster.one("select count(*) from incident where group_labels like '%%Watchdog%%'"), 0,
            "no incident of its own")
    before = row("prom")["beat_at"]
    Scene.cluster.advance(2)
    watchdog("resolved")
    c.equal(row("prom")["beat_at"], before, "its end is no beat")
    Scene.cluster.rows("update heartbeat set beat_at = clock() where name <> 'prom'")
    Scene.cluster.advance(4 * MINUTE)
    Scene.cluster.rows("update heartbeat set beat_at = clock() where name <> 'prom'")
    Scene.cluster.advance(4 * MINUTE)
    incident = wait_incident(1, "open", "prom")
    c.that(incident and incident["severity"] == "page", "no Watchdog, no Prometheus: an incident")
    watchdog()
    c.that(wait_incident(1, "resolved", "prom"), "over with the next Watchdog")


# ---- deaths ---------------------------------------------------------------------------------------
def test_i_said_once_whoever_dies(c):
    """Replicas are killed again and again around the moment at which it is missed."""
    n = sum(i["cycle"] for i in incidents())
    for k in range(4):
        beat()
        keep_others()
        Scene.cluster.advance(9.5 * MINUTE)
        keep_others()
        Scene.cluster.advance(1.6 * MINUTE)
        victim = (Scene.a, Scene.b)[k % 2]
        time.sleep(0.4 * k)
        victim.kill()
        c.that(wait_incident(n + 1, "open"), "missed, round %d" % k)
        victim.start()
        looked()
        found = incidents()
        n += 1
        c.equal(sum(i["cycle"] for i in found), n, "once, round %d" % k)
        c.equal(open_alerts(), 1, "one alert, round %d" % k)
        c.equal(beat().status, 200, "beats")
        c.that(wait_incident(n, "resolved"), "over, round %d" % k)


def test_j_a_restart_forgets_nothing(c):
    beat()
    keep_others()
    n = sum(i["cycle"] for i in incidents())
    Scene.b.stop()
    Scene.a.stop()
    Scene.a.start()
    Scene.cluster.rows("update replica set seen_at = clock()")
    Scene.cluster.advance(10.5 * MINUTE)
    keep_others()
    looked()
    c.equal(sum(i["cycle"] for i in incidents()), n, "the grace is not over")
    Scene.cluster.advance(0.6 * MINUTE)
    c.that(wait_incident(n + 1, "open"), "counted from the beat before the restart")
    beat()
    wait_incident(n + 1, "resolved")


def test_k_when_nobody_listened_no_storm_of_false_alarms_follows(c):
    beat()
    keep_others()
    n = sum(i["cycle"] for i in incidents())
    Scene.a.stop()
    Scene.cluster.advance(60 * MINUTE)
    Scene.a.start()
    looked()
    c.equal(sum(i["cycle"] for i in incidents()), n, "nobody could have beaten in that hour")
    c.that("nobody listened for heartbeats" in Scene.a.log(), "the log says so")
    Scene.cluster.advance(11.5 * MINUTE)
    c.that(wait_incident(n + 1, "open"), "but one interval later it is missed")
    beat()
    c.that(wait_incident(n + 1, "resolved"), "and over")


def test_k2_a_clock_that_goes_forward_makes_none_missed(c):
    """Both replicas see the step, one of them is killed about then; it counts once."""
    Scene.b.start()
    for k, step in enumerate((HOUR, 20 * HOUR, 90.0)):
        beat()
        keep_others()
        time.sleep(2.2)  # both have looked at the clock
        due = Scene.cluster.one("select extract(epoch from beat_at + interval '11 min') from heartbeat "
                                "where name = 'backup'")
        noted = Scene.cluster.one("select skipped_us from clock_guard")
        counts = missed_ever()
        Scene.cluster.step(step)
        if k == 1:
            Scene.b.kill()
        looked()
        c.equal(missed_ever(), counts, "none is missed after a step by %d s" % step)
        noted = (Scene.cluster.one("select skipped_us from clock_guard") - noted) / 1e6
        c.that(step - 1 < noted <= step, "%.3f s of %d s are noted, once" % (noted, step))
        c.equal(Scene.cluster.one("select count(*) from heartbeat where not_before_at is null and name in ("
                                  "'backup', 'cron', 'prom')"), 0,
                "all are excused")
        later = float(Scene.cluster.one("select extract(epoch from not_before_at) from heartbeat "
                                        "where name = 'backup'") - due)
        c.that(step - 1 < later <= step, "by %.3f s" % later)
        if k == 1:
            Scene.b.start()
    c.that("heartbeats get as much longer" in Scene.a.log() + Scene.b.log(), "the log says so")
    n = sum(i["cycle"] for i in incidents())
    for _ in range(2):
        keep_others()
        Scene.cluster.advance(5.6 * MINUTE)
    c.that(wait_incident(n + 1, "open"), "and it is missed when it is due by the time that passed")
    beat()
    c.that(wait_incident(n + 1, "resolved"), "over")
    Scene.b.stop()


def test_k3_people_hear_of_a_clock_that_goes_forward(c):
    steps = Scene.cluster.rows("select i.*, a.labels, a.annotations from incident i join alert a on "
                               "a.incident_id = i.id where group_labels like '%%AlertifyClockStepped%%'")
    c.equal(sum(i["cycle"] for i in steps), 1, "one incident, of the steps and not of the time that passed")
    for step in steps:
        c.equal(step["severity"], "warning", "its severity")
        c.that("went forward by" in step["annotations"], step["annotations"])


def missed_ever():
    looked()
    return Scene.cluster.one("select coalesce(sum(cycle), 0) from incident "
                             "where group_labels like '%%\"heartbeat\":%%'")


def test_l_beats_and_looks_at_the_same_time_do_not_block_each_other(c):
    Scene.b.start()
    stop, failures = threading.Event(), []

    def hammer(replica):
        while not stop.is_set():
            if beat(replica=replica).status != 200:
                failures.append(replica.name)

    threads = [threading.Thread(target=hammer, args=(r,)) for r in (Scene.a, Scene.b) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(4):
        watchdog()
        keep_others()
        Scene.cluster.advance(3 * MINUTE)
        time.sleep(0.7)
    stop.set()
    for thread in threads:
        thread.join()
    c.equal(failures, [], "every beat was taken")
    looked()
    c.equal(row()["missed_at"], None, "and it beats")


def test_m_metrics(c):
    total = sum(r.metric("alertify_heartbeats_total", heartbeat="backup", result="missed")
                for r in (Scene.a, Scene.b))
    c.that(total >= 1, "missed ones are counted")
    c.equal(Scene.a.metric("alertify_heartbeats_missed"), 0.0, "none is missed now")


def test_z_no_bug(c):
    needles = [BEAT, OTHER, KEY, "CANARY-prod"]
    for replica in (Scene.a, Scene.b):
        c.equal(replica.complaints(needles), [], "log of %s" % replica.name)
    c.equal(Scene.cluster.find_text(needles), [], "no secret in the database")


def main():
    build = parse_arguments("build-asan").build_dir
    folder = tempfile.mkdtemp(prefix="alertify-beat-")
    Scene.cluster = Cluster()
    environment = {"PROD": "CANARY-prod", "BEAT": BEAT}
    try:
        Scene.a, Scene.b = [Alertify(build, folder, Scene.cluster.conninfo, ROUTES % (BACKUP + REST), KEY,
                                     environment=environment, name=name, settings="actions: { enabled: false }")
                            for name in ("a", "b")]
        Scene.a.migrate()
        Scene.cluster.install_clock()
        Scene.a.start()
        Scene.b.start()
        return Checks().run(*[value for name, value in sorted(globals().items())
                              if name.startswith("test_")])
    finally:
        for replica in (Scene.a, Scene.b):
            if replica:
                replica.stop()
        Scene.cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
