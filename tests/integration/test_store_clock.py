#!/usr/bin/env python3
"""Time and takeover on a real PostgreSQL whose clock is fast-forwarded: steps come when they are
due whoever dies, leases and fences hold, acknowledged incidents stay quiet.

    tests/integration/test_store_clock.py [--build-dir build-asan]
"""
import os
import re
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from checks import Checks, parse_arguments  # noqa: E402
from fake_http import Reply  # noqa: E402
from http_client import call, rfc3339  # noqa: E402
from page_world import World  # noqa: E402

MINUTE = 60.0


class Scene:
    world = None
    n = 0


def fire(case, receiver=None, replica=None):
    """A new incident of this case; its row once it exists and its first messages are out."""
    w = Scene.world
    Scene.n += 1
    labels = {"alertname": "Clock%d" % Scene.n, "case": case, "service": "s"}
    answer = w.post([(labels, {})], replica=replica)
    if answer.status != 200:
        raise AssertionError("not taken: %r" % answer)
    rows = w.cluster.wait_rows(1, "select * from incident where title like %s or "
                               "group_labels like %s order by number desc limit 1",
                               labels["alertname"], '%"' + labels["alertname"] + '"%')
    if not rows or rows[0]["receiver"] != (receiver or case):
        raise AssertionError("no incident of %s: %s" % (case, rows))
    return rows[0]


def resolve(incident, replica=None):
    Scene.world.api("POST", "/incidents/%d/resolve" % incident["number"], replica=replica)


def advance_to(incident, seconds):
    """The clock stands at this many seconds after the incident opened."""
    w = Scene.world
    passed = float(w.cluster.one("select extract(epoch from clock() - %s)", incident["created_at"]))
    w.cluster.advance(seconds - passed)


def notified(incident):
    """Seconds after the opening at which steps were told."""
    return [(e["at"] - incident["created_at"]).total_seconds()
            for e in Scene.world.events(incident, "notified")]


def wait_steps(incident, n, timeout=10.0):
    Scene.world.cluster.wait_rows(n, "select 1 from event where incident_id = %s and "
                                  "kind = 'notified'", incident["id"], timeout=timeout)
    return notified(incident)


def until(condition, timeout=10.0):
    """Does it become true in time?"""
    ends_at = time.monotonic() + timeout
    while time.monotonic() < ends_at:
        if condition():
            return True
        time.sleep(0.1)
    return False


def delivery(incident):
    return Scene.world.cluster.rows("select * from delivery where incident_id = %s order by id",
                                    incident["id"])


# ---- steps in time ---------------------------------------------------------------------------
def test_a_a_step_comes_at_its_time(c):
    w = Scene.world
    incident = fire("hook")
    w.cluster.wait_quiet()
    advance_to(incident, 5 * MINUTE - 1.5)
    time.sleep(0.5)
    c.equal(len(notified(incident)), 1, "nothing before its time")
    times = wait_steps(incident, 2)
    c.that(len(times) == 2 and 300 <= times[1] <= 301, "5:00 ± 1 s: %s" % times)
    resolve(incident)


def test_b_a_step_comes_in_time_although_one_replica_died(c):
    w = Scene.world
    second = w.replicas["b"].start()
    incident = fire("hook")
    w.cluster.wait_quiet()
    advance_to(incident, 5 * MINUTE - 1.5)
    time.sleep(0.4)
    w.server.kill()
    times = wait_steps(incident, 2)
    c.that(len(times) == 2 and 300 <= times[1] <= 301, "killed at 4:59, told at 5:00 ± 1: %s" % times)
    w.server.start()
    time.sleep(0.5)
    c.equal(len(notified(incident)), 2, "and not twice")
    second.stop()
    resolve(incident)


def test_c_a_step_comes_after_a_restart(c):
    w = Scene.world
    incident = fire("hook")
    w.cluster.wait_quiet()
    advance_to(incident, 5 * MINUTE - 1.5)
    w.server.kill()
    time.sleep(2.5)
    w.server.start()
    times = wait_steps(incident, 2)
    c.that(len(times) == 2 and 300 <= times[1] <= 305, "down at 5:00, told on return: %s" % times)
    w.cluster.wait_quiet()
    c.equal(len(delivery(incident)), 2, "one message per step")
    resolve(incident)


def test_d_many_due_incidents_take_one_step_each(c):
    w = Scene.world
    second = w.replicas["b"].start()
    incidents = [fire("hook", replica=second if i % 2 else w.server) for i in range(30)]
    w.cluster.wait_quiet()
    w.cluster.advance(6 * MINUTE)
    for incident in incidents:
        wait_steps(incident, 2)
    time.sleep(0.5)
    w.cluster.wait_quiet()
    c.equal({len(notified(i)) for i in incidents}, {2}, "two replicas, no step twice")
    c.equal({len(delivery(i)) for i in incidents}, {2}, "no message twice")
    second.stop()
    for incident in incidents:
        resolve(incident)
    w.cluster.wait_quiet()


def test_d2_an_empty_step_costs_no_time(c):
    w = Scene.world
    incident = fire("empty")
    times = wait_steps(incident, 1, timeout=3)
    c.that(len(times) == 1 and times[0] < 1.0, "the next step starts at once: %s" % times)
    skipped = w.events(incident, "step_skipped")
    c.that(skipped and "nobody reachable" in skipped[0]["facts"], "the timeline says why")
    w.cluster.wait_quiet()
    mails = len(w.mails_to("manager@example.org"))
    c.equal([d["channel"] for d in delivery(incident)], ["webhook"], "somebody was reached")
    resolve(incident)
    incident = fire("nobody")
    c.that(w.smtp.wait_for(lambda f: len(w.mails_to("manager@example.org")) > mails, 5),
           "nobody at all: the catch-all is told")
    c.that(w.events(incident, "catch_all"), "on the timeline")
    w.cluster.wait_quiet()
    c.equal(len(w.mails_to("manager@example.org")), mails + 1, "once")
    resolve(incident)
    w.cluster.wait_quiet()


# ---- leases and fences -----------------------------------------------------------------------
def test_e_a_frozen_sender_is_taken_over_and_fenced_off(c):
    w = Scene.world
    held = threading.Event()
    normal = w.hook.answer

    def slow(request):
        reply = normal(request)
        if not held.is_set():
            held.set()
            reply.delay = 3.0
        return reply

    w.hook.answer = slow
    incident = fire("hook")
    c.that(held.wait(10), "a is sending")
    w.server.process.send_signal(signal.SIGSTOP)
    try:
        before = delivery(incident)[0]
        c.equal(before["state"], "sending", "claimed, under a lease")
        second = w.replicas["b"].start()
        time.sleep(1.0)
        c.equal(delivery(incident)[0]["fence"], before["fence"], "the lease holds: nobody else sends")
        requests = len(w.hook.requests)
        w.cluster.advance(11)
        c.that(w.cluster.wait_one("select state = 'sent' from delivery where id = %s",
                                  before["id"]), "after the lease b sends")
        after = delivery(incident)[0]
        c.equal(after["fence"], before["fence"] + 1, "with the next fence")
        c.equal(len(w.hook.requests), requests + 1, "one more request")
        c.that(w.hook.requests[-1].json()["possible_repeat"], "that says it may be a repeat")
    finally:
        w.server.process.send_signal(signal.SIGCONT)
        w.hook.answer = normal
    deadline = time.monotonic() + 10
    while "stale fence" not in w.server.log() and time.monotonic() < deadline:
        time.sleep(0.1)
    c.that("stale fence" in w.server.log(), "a hears that it was fenced off")
    final = delivery(incident)[0]
    c.equal((final["state"], final["fence"], final["sent_at"]),
            (after["state"], after["fence"], after["sent_at"]), "and writes nothing")
    second.stop()
    resolve(incident)
    w.cluster.wait_quiet()


def test_f_a_message_whose_sender_died_is_sent_again_after_its_deadline(c):
    w = Scene.world
    normal, held = w.hook.answer, threading.Event()

    def lost(request):
        held.set()
        reply = normal(request)
        reply.delay = 1.0
        return reply

    w.hook.answer = lost
    incident = fire("hook")
    c.that(held.wait(10), "sending")
    w.server.kill()
    w.hook.answer = normal
    requests = len(w.hook.requests)
    w.server.start()
    w.cluster.advance(7)
    time.sleep(0.7)
    c.equal(len(w.hook.requests), requests, "not before the deadline")
    w.cluster.advance(5)
    c.that(w.hook.wait_for(lambda f: len(f.requests) > requests, 5), "then again")
    w.cluster.wait_quiet()
    c.equal(len(w.hook.requests), requests + 1, "once")
    c.that(w.hook.requests[-1].json()["possible_repeat"], "marked")
    attempts = w.events(incident, "attempt")
    c.equal(len(attempts), 2, "both attempts are on the timeline")
    resolve(incident)
    w.cluster.wait_quiet()


def test_f2_who_may_have_been_paged_hears_of_the_acknowledgement(c):
    w = Scene.world
    normal, held = w.hook.answer, threading.Event()

    def lost(request):
        held.set()
        reply = normal(request)
        reply.delay = 1.0
        return reply

    w.hook.answer = lost
    incident = fire("hook")
    c.that(held.wait(10), "sending")
    w.server.kill()  # the page arrived, nobody here knows
    w.hook.answer = normal
    w.server.start()
    c.equal(w.api("POST", "/incidents/%d/acknowledge" % incident["number"]).status, 200, "ack")
    w.cluster.advance(11)
    told = w.hook.wait_for(lambda f: any(m["kind"] == "acknowledged" and m["incident"]["number"] ==
                                         incident["number"] for m in f.messages), 5)
    c.that(told, "told although the page was not on record")
    w.cluster.wait_quiet()
    kinds = [m["kind"] for m in w.hook.messages if m["incident"]["number"] == incident["number"]]
    c.equal(kinds, ["page", "acknowledged"], "once each")
    resolve(incident)
    w.cluster.wait_quiet()


# ---- acknowledged means quiet ----------------------------------------------------------------
def test_g_pages_of_an_acknowledged_incident_are_superseded(c):
    w = Scene.world
    w.hook.fail_next([Reply(503)] * 2)
    incident = fire("hook")
    w.cluster.wait_rows(1, "select 1 from event where incident_id = %s and "
                        "kind = 'delivery_retried'", incident["id"])
    done = w.api("POST", "/incidents/%d/acknowledge" % incident["number"])
    c.that(done.status == 200 and done.json()["changed"], "acknowledged while a retry waits")
    ack_seq = w.cluster.one("select ack_seq from incident where id = %s", incident["id"])
    pages = len([r for r in w.hook.requests if r.json()["kind"] == "page"])
    w.cluster.advance(10 * MINUTE)
    w.cluster.wait_rows(1, "select 1 from event where incident_id = %s and "
                        "kind = 'delivery_superseded'", incident["id"])
    c.equal([d["state"] for d in delivery(incident)], ["superseded"], "the retry is dropped")
    c.equal(len([r for r in w.hook.requests if r.json()["kind"] == "page"]), pages, "nothing is sent")
    late = [e for e in w.events(incident, "attempt") if e["seq"] > ack_seq]
    c.equal(late, [], "no attempt after the acknowledgement")
    with w.hook.lock:
        w.hook._failures.clear()
    resolve(incident)


def test_h_an_acknowledgement_in_the_queue_beats_the_step(c):
    w = Scene.world
    incident = fire("hook")
    w.cluster.wait_quiet()
    lock = w.cluster.connect()
    lock.autocommit = False
    lock.cursor().execute("select 1 from incident where id = %s for update", (incident["id"],))
    answers = []
    path = "/incidents/%d/acknowledge" % incident["number"]
    thread = threading.Thread(target=lambda: answers.append(w.api("POST", path)))
    thread.start()
    time.sleep(0.3)
    w.cluster.advance(6 * MINUTE)
    time.sleep(0.5)
    lock.rollback()
    lock.close()
    thread.join(10)
    c.that(answers and answers[0].status == 200, "the acknowledgement got through: %s" % answers)
    time.sleep(0.5)
    c.equal(len(notified(incident)), 1, "the step that was due is not taken")
    resolve(incident)
    w.cluster.wait_quiet()


# ---- retries ---------------------------------------------------------------------------------
def test_i_retry_after_is_honoured(c):
    w = Scene.world
    limited = Reply.of_json({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "30"})
    w.slack.fail_next([limited])
    requests = len(w.slack.requests)
    incident = fire("slack")
    w.cluster.wait_rows(1, "select 1 from event where incident_id = %s and "
                        "kind = 'delivery_retried'", incident["id"])
    w.cluster.wait_quiet()
    w.cluster.advance(27)
    time.sleep(0.7)
    c.equal(len(w.slack.requests), requests + 1, "no call before the time")
    w.cluster.advance(8)
    c.that(w.slack.wait_for(lambda f: len(f.requests) == requests + 2, 10), "then the next")
    w.cluster.wait_quiet()
    c.equal(delivery(incident)[0]["state"], "sent", "sent")
    resolve(incident)
    w.cluster.wait_quiet()


def test_j_the_next_channel_takes_over(c):
    w = Scene.world
    w.telegram.blocked.add(12345)
    mails = len(w.mails_to("anna@example.org"))
    incident = fire("anna")
    c.that(w.smtp.wait_for(lambda f: len(w.mails_to("anna@example.org")) > mails, 5),
           "Anna blocked the bot: she gets mail at once")
    w.cluster.wait_quiet()
    row = delivery(incident)[0]
    c.equal((row["state"], row["channel"]), ("sent", "email"), "on record")
    w.telegram.blocked.clear()
    resolve(incident)
    w.cluster.wait_quiet()
    c.equal(len(w.mails_to("anna@example.org")), mails + 2, "the end is told where the page went")


def test_k_a_dead_provider_is_given_up_and_said_so(c):
    w = Scene.world
    w.hook.fail_next([Reply(404)])
    incident = fire("hook")
    rows = w.cluster.wait_rows(1, "select * from event where incident_id = %s and "
                               "kind = 'delivery_failed'", incident["id"])
    c.that(rows and "404" in rows[0]["facts"], "404: failed, with the reason: %s" % rows)
    c.equal(delivery(incident)[0]["state"], "failed", "never counted as sent")
    resolve(incident)
    w.cluster.wait_quiet()


# ---- cycles and scripts ----------------------------------------------------------------------
def test_l_a_soon_refire_reopens_and_a_late_one_is_new(c):
    w = Scene.world
    labels = {"alertname": "Cycle", "case": "slack", "service": "s"}

    starts = {}

    def post(status, which):
        starts.setdefault(which, rfc3339(w.cluster.now()))
        w.post([(labels, {}, starts[which])], status, ends_at=rfc3339(w.cluster.now()))
        w.cluster.wait_one("select count(*) from intake_queue", until=lambda n: n == 0)
        w.cluster.wait_quiet()
        return w.cluster.rows("select * from incident where group_labels like '%%Cycle%%' "
                              "order by number desc")

    post("firing", 1)
    w.cluster.advance(5)
    post("resolved", 1)
    w.cluster.advance(50 * MINUTE)
    rows = post("firing", 2)
    c.equal([(r["status"], r["cycle"]) for r in rows], [("open", 2)], "50 min later: reopened")
    w.cluster.advance(5)
    post("resolved", 2)
    w.cluster.advance(70 * MINUTE)
    rows = post("firing", 3)
    c.equal([(r["status"], r["cycle"]) for r in rows], [("open", 1), ("resolved", 2)],
            "70 min later: a new incident")
    resolve(rows[0])


def test_m_a_script_whose_replica_died_is_unknown_and_never_repeated(c):
    w = Scene.world
    second = w.replicas["b"].start()
    runs = len(w.runs())
    second.process.send_signal(signal.SIGSTOP)  # so that a takes the run
    incident = fire("slow")
    w.cluster.wait_rows(1, "select 1 from event where incident_id = %s and kind = 'run_started'",
                        incident["id"])
    deadline = time.monotonic() + 5
    while len(w.runs()) == runs and time.monotonic() < deadline:
        time.sleep(0.05)
    c.equal(len(w.runs()), runs + 1, "the script runs on a")
    w.server.kill()
    second.process.send_signal(signal.SIGCONT)
    hooks = len(w.hook.messages)
    w.cluster.advance(8)  # presence is believed for 6 s
    c.that(w.cluster.wait_rows(1, "select 1 from event where incident_id = %s and "
                               "kind = 'run_unknown'", incident["id"], timeout=10),
           "b says that its end is unknown")
    c.that(w.hook.wait_for(lambda f: len(f.messages) > hooks, 10), "and a person is paged at once")
    w.server.start()
    w.cluster.advance(3 * MINUTE)
    time.sleep(1.0)
    w.cluster.wait_quiet()
    c.equal(len(w.runs()), runs + 1, "it is not run again")
    c.equal(w.cluster.one("select state from run where incident_id = %s", incident["id"]),
            "unknown", "on record")
    second.stop()
    resolve(incident)
    w.cluster.wait_quiet()


def now():
    return float(Scene.world.cluster.one("select extract(epoch from clock())"))


def seconds_ahead():
    return float(Scene.world.cluster.one("select extract(epoch from clock() - server_clock())"))


def test_n_a_clock_that_goes_back_delays_nothing(c):
    w = Scene.world
    incident = fire("hook")
    w.cluster.wait_quiet()
    advance_to(incident, MINUTE)
    time.sleep(2.5)  # it looks every two seconds
    before = now()
    w.cluster.advance(-3600)
    c.that(until(lambda: seconds_ahead() > 3590), "within seconds alertify's clock is held")
    c.that(now() >= before, "and does not go back")
    alert = w.cluster.wait_rows(1, "select * from incident where group_labels like %s or title like %s",
                                "%AlertifyClockHeld%", "%clock went back%")
    c.equal(len(alert), 1, "people hear of it")
    said = w.server.metrics()
    c.that('alertify_clock_steps_total{direction="back"} 1' in said, "it is counted")
    c.that(re.search(r"alertify_clock_ahead_seconds 3\d\d\d", said), "and measured")
    w.cluster.advance(4 * MINUTE / 0.8)
    times = wait_steps(incident, 2)
    c.that(len(times) == 2 and 300 <= times[1] <= 305, "5:00 by that clock, not an hour later: %s" % times)
    w.cluster.advance(5 * 3600)
    c.that(until(lambda: abs(seconds_ahead()) < 0.1), "the server's has caught up")
    c.that(w.cluster.wait_rows(1, "select 1 from incident where id = %s and status = 'resolved'",
                               alert[0]["id"]), "and that is over")
    resolve(incident)


def test_o_nor_one_that_went_back_while_nobody_was_there(c):
    w = Scene.world
    time.sleep(2.5)
    w.server.stop()
    before = now()
    w.cluster.advance(-1800)
    w.server.start()
    c.that(until(lambda: now() >= before - 5), "the last that anybody saw is where it goes on")
    w.cluster.advance(5 * 1900)
    c.that(until(lambda: abs(seconds_ahead()) < 0.1), "until the server's has caught up")
    w.cluster.wait_quiet()


def test_p_an_older_version_gives_way_to_a_newer_one(c):
    w = Scene.world
    w.cluster.rows("insert into schema_version (version, name, checksum, serves_from) "
                   "select max(version) + 1, 'from the future', '', max(version) + 1 "
                   "from schema_version")
    ready = lambda: call(w.server.url + "/readyz")  # noqa: E731
    c.that(until(lambda: ready().status == 503), "it is not ready any more")
    c.that("superseded" in ready().text, "and says why: %s" % ready().text)
    c.that("alertify_superseded 1" in w.server.metrics(), "so do the metrics")
    labels = {"alertname": "Upgrade", "case": "hook", "service": "s"}
    c.equal(w.post([(labels, {})]).status, 200, "what comes in is stored")
    time.sleep(1.5)
    c.equal(w.cluster.one("select count(*) from incident where title like '%%Upgrade%%'"), 0,
            "but the old one does nothing with it")
    w.cluster.rows("delete from schema_version where name = 'from the future'")
    second = w.replicas["b"].start()
    found = w.cluster.wait_rows(1, "select * from incident where title like %s", "%Upgrade%")
    c.equal(len(found), 1, "the new one does, while the old one still runs")
    c.equal(w.server.process.poll(), None, "which did not end")
    w.cluster.wait_quiet()
    c.equal([d["state"] for d in delivery(found[0])], ["sent"], "and pages")
    c.equal(w.server.stop(), 0, "a clean stop")
    w.server.start()
    second.stop()
    resolve(found[0])
    w.cluster.wait_quiet()


def test_z_nothing_leaked(c):
    w = Scene.world
    gaps = w.cluster.one("""select count(*) from incident i where seq <>
        (select count(*) from event e where e.incident_id = i.id and e.seq between 1 and i.seq)""")
    c.equal(gaps, 0, "every timeline is gap-free")
    late = w.cluster.one("""select count(*) from event e join incident i on i.id = e.incident_id
        where e.kind = 'attempt' and e.seq > i.ack_seq and e.facts::json->>'what' = 'page'""")
    c.equal(late, 0, "no page was attempted after an acknowledgement")
    c.equal(w.complaints(), [], "no bug, no sanitizer report, no secret anywhere")
    c.equal(w.server.stop(), 0, "a clean stop")


def main():
    checks = Checks()
    Scene.world = World(parse_arguments("build-asan").build_dir)
    try:
        Scene.world.add_replica("b")
        Scene.world.server.start()
        tests = [f for name, f in sorted(globals().items()) if name.startswith("test_")]
        code = checks.run(*tests)
        if code:
            print(Scene.world.server.log()[-3000:], file=sys.stderr)
        return code
    finally:
        Scene.world.stop()


if __name__ == "__main__":
    sys.exit(main())
