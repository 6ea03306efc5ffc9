#!/usr/bin/env python3
"""From a Prometheus rule to an acknowledged page: real Prometheus, two real Alertmanagers that do
not know of each other (HTTP/2 over TLS), a real SMTP server, strict fakes of the other providers.

    tests/e2e/test_page.py [--build-dir build-asan]

Every scenario ends with its incident closed, so that the next may fast-forward the clock.
"""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from checks import Checks, parse_arguments  # noqa: E402
from http_client import call, curl_h2, form_nonce, post_form, press_button  # noqa: E402
from page_world import GROUP, SECRETS, World, links_in  # noqa: E402
from prometheus_stack import Stack  # noqa: E402

MINUTE = 60.0
ACK, OPEN = "AQEB", "AQEC"  # how tokens begin: version, key id, purpose


class Scene:
    world = None
    stack = None


def settle(c, what):
    c.that(Scene.world.cluster.wait_quiet(), "everything that is due was sent: " + what)


def close_everything():
    """So that the next scenario meets no incident that is still waking up."""
    w = Scene.world
    Scene.stack.exporter.firing.clear()
    open_ = "select count(*) from incident where status <> 'resolved'"
    if w.cluster.wait_one(open_, timeout=8, until=lambda n: n == 0):
        for row in w.cluster.rows("select number from incident where status <> 'resolved'"):
            w.api("POST", "/incidents/%d/resolve" % row["number"])
    w.cluster.wait_quiet()


def ack_link(text):
    return next(url for url in links_in(text) if "/a/" + ACK in url)


def slack_button(message):
    actions = [b for b in message["blocks"] or [] if b["type"] == "actions"]
    return {e["action_id"]: e["url"] for block in actions for e in block["elements"]}


def state_of(incident):
    return Scene.world.cluster.rows("select status, seq, ack_seq, acked_by from incident "
                                    "where id = %s", incident["id"])[0]


# ---- (a) a page, everywhere, acknowledged by a link ------------------------------------------
def test_a_firing_rule_pages_every_channel(c):
    w = Scene.world
    Scene.stack.exporter.fire("all", service="pay")
    incident = w.incident("all")
    c.that(incident is not None, "the rule's alert became an incident")
    # The second Alertmanager's copy comes within its group_wait; let both arrive.
    c.that(w.cluster.wait_one("select count(*) from intake", until=lambda n: n >= 2) >= 2,
           "both Alertmanagers posted")
    settle(c, "first step")
    c.equal(w.cluster.one("select count(*) from incident"), 1, "two Alertmanagers, one incident")
    c.equal((incident["title"], incident["severity"], incident["service"]),
            ("Probe of pay is broken", "critical", "pay"), "what people read")
    console = w.server.console()
    c.equal(console.count("Acknowledge: "), 1, "one page on the console")
    c.equal(len(w.slack.in_channel("alerts")), 1, "one page in Slack")
    c.equal(len(w.telegrams_to(GROUP)), 1, "one page in the Telegram group")
    c.equal(len(w.telegrams_to(12345)), 1, "one page to Anna")
    c.that("Нажмите" in w.telegrams_to(12345)[0]["text"], "in her language")
    c.equal(len(w.mails_to("ops@example.org")), 1, "one mail")
    c.equal([m["kind"] for m in w.hook.messages], ["page"], "one call of the webhook")
    c.equal((w.hook.refusals, w.hook.repeats), ([], 0), "with a valid signature")
    c.that(w.server.metric("alertify_http_requests_total", version="2") >= 2,
           "the Alertmanagers spoke HTTP/2")
    c.equal(Scene.stack.failed_notifications(), 0.0, "no webhook failed")
    mail = w.mails_to("ops@example.org")[0]["mail"]
    links = {ack_link(console), slack_button(w.slack.messages[0])["open_acknowledge"],
             w.hook.messages[0]["incident"]["ack_url"],
             ack_link(json.dumps(w.telegrams_to(12345)[0]["reply_markup"])),
             ack_link(mail.get_body(("plain",)).get_content().replace("=\n", ""))}
    c.equal(len(links), 5, "every message has a link of its own")


def test_b_looking_at_the_link_changes_nothing(c):
    w = Scene.world
    incident = w.incident("all")
    before = state_of(incident)
    anna = ack_link(json.dumps(w.telegrams_to(12345)[0]["reply_markup"]))
    for agent in ("Slackbot-LinkExpanding 1.0", "TelegramBot (like TwitterBot)", "Mozilla/5.0",
                  "Microsoft Office SafeLinks"):
        page = call(anna, ca=w.ca, headers={"User-Agent": agent})
        c.equal(page.status, 200, "GET by " + agent)
    c.that(form_nonce(page) and "Принять" in page.text, "a form in Anna's language")
    c.that("<script" not in page.text, "works without JavaScript")
    c.equal(call(anna, "HEAD", ca=w.ca).status, 200, "HEAD")
    c.that(call(anna, "OPTIONS", ca=w.ca).status in (204, 405), "OPTIONS")
    c.equal(call(anna, "PUT", b"x", ca=w.ca).status, 405, "PUT")
    version, page2 = curl_h2(anna, w.ca)
    c.equal((version, page2.status), ("2", 200), "the same by HTTP/2")
    c.equal(post_form(anna, w.ca, "").status, 403, "a POST without the form's nonce")
    c.equal(call(anna, "POST", b"", ca=w.ca).status, 403, "an empty POST")
    foreign = call(anna, "POST", ("nonce=" + form_nonce(page)).encode(), ca=w.ca, headers={
        "Content-Type": "application/x-www-form-urlencoded", "Origin": "https://evil.example"})
    c.equal(foreign.status, 403, "a form on another site")
    c.equal(state_of(incident), before, "the incident is as it was")


def test_c_altered_links_are_refused(c):
    w = Scene.world
    incident = w.incident("all")
    link = w.hook.messages[0]["incident"]["ack_url"]
    nonce = form_nonce(call(link, ca=w.ca))
    base, token = link.rsplit("/", 1)
    refused = w.cluster.one("select count(*) from access_log where verdict = 'forbidden'")
    statuses = []
    for at in (60, 30, 4, 0, len(token) - 10):
        other = "A" if token[at] != "A" else "B"
        altered = base + "/" + token[:at] + other + token[at + 1:]
        statuses.append(post_form(altered, w.ca, nonce).status)
        statuses.append(call(altered, ca=w.ca).status)
    for wrong in (token[:-2], token + "AA", token[:40], "x"):
        statuses.append(post_form(base + "/" + wrong, w.ca, nonce).status)
    c.that(statuses[:3] == [403] * 3 and set(statuses) <= {403, 429},
           "altered tokens are refused, guessing is slowed down: %s" % statuses)
    view = w.hook.messages[0]["incident"]["url"]
    page = call(view, ca=w.ca)
    c.that(page.status == 200 and form_nonce(page) is None, "the view link shows, without a form")
    c.equal(post_form(view, w.ca, nonce).status, 403, "the view link does not act")
    c.that(w.cluster.one("select count(*) from access_log where verdict = 'forbidden'") - refused
           >= 14, "every refusal is on record")
    c.equal(state_of(incident)["status"], "open", "still open")


def test_d_the_button_acknowledges_and_everyone_hears(c):
    w = Scene.world
    incident = w.incident("all")
    anna = ack_link(json.dumps(w.telegrams_to(12345)[0]["reply_markup"]))
    page = call(anna, ca=w.ca)
    started = time.monotonic()
    done = post_form(anna, w.ca, form_nonce(page))
    took = time.monotonic() - started
    c.that(done.status == 200 and "Принято" in done.text, "the button works: %r" % done)
    c.that(took < 1.0, "within a second (%.3f s)" % took)
    after = state_of(incident)
    c.equal((after["status"], after["acked_by"]), ("acknowledged", "user:anna"), "as that person")
    again = post_form(anna, w.ca, form_nonce(page))
    c.that(again.status == 200 and "Уже принят" in again.text, "a second POST: %r" % again)
    other = w.hook.messages[0]["incident"]["ack_url"]
    late = call(other, ca=w.ca)
    c.that(late.status == 200 and form_nonce(late) is None, "other links show who has it")
    c.that("Anna Ivanova" in late.text, "by name")
    settle(c, "who was paged is told")
    slack = w.slack.in_channel("alerts")
    c.equal(len(slack), 1, "Slack: no second message")
    c.that(slack[0]["edits"] == 1 and "Anna Ivanova" in json.dumps(slack[0], ensure_ascii=False),
           "Slack: edited")
    c.that("open_acknowledge" not in slack_button(slack[0]), "Slack: without the button")
    for chat in (GROUP, 12345):
        messages = w.telegrams_to(chat)
        c.equal((len(messages), messages[0]["edits"]), (1, 1), "Telegram %d: edited" % chat)
        c.that("Anna Ivanova" in messages[0]["text"], "Telegram %d: by whom" % chat)
    c.equal([m["kind"] for m in w.hook.messages], ["page", "acknowledged"], "webhook: told")
    mails = w.mails_to("ops@example.org")
    c.equal(len(mails), 2, "mail: a second one")
    threads = {m["mail"]["References"] for m in mails}
    c.that(len(threads) == 1 and None not in threads, "mail: in the same thread: %s" % threads)
    c.equal(w.server.console().count("Anna Ivanova"), 1, "console: a second text")


def test_e_after_the_acknowledgement_nothing_escalates(c):
    w = Scene.world
    incident = w.incident("all")
    seq = state_of(incident)["seq"]
    w.cluster.advance(3 * 60 * MINUTE)
    time.sleep(1.0)
    settle(c, "hours later")
    c.equal(state_of(incident)["seq"], seq, "no further step in three hours")
    c.equal(len([m for m in w.slack.messages if m["channel"].startswith("D")]), 0,
            "Bob was left alone")
    late = w.cluster.one("""select count(*) from event e join incident i on i.id = e.incident_id
        where e.kind = 'attempt' and e.seq > i.ack_seq and e.facts::json->>'what' = 'page'""")
    c.equal(late, 0, "no page was attempted after the acknowledgement")


def test_f_an_expired_link_is_refused(c):
    w = Scene.world
    link = w.hook.messages[0]["incident"]["ack_url"]
    c.equal(call(link, ca=w.ca).status, 200, "after three hours it still opens")
    w.cluster.advance(22 * 60 * MINUTE)
    time.sleep(2.5)  # the server compares with its copy of the clock, renewed every 2 s
    page = call(link, ca=w.ca)
    c.that(page.status == 403 and "expired" in page.text, "after a day it is expired: %r" % page)
    c.equal(post_form(link, w.ca, "x").status, 403, "and does not act")
    Scene.stack.exporter.clear("all")
    c.that(w.incident("all", "resolved"), "an acknowledged incident closes when the rule recovers")
    settle(c, "resolved")
    c.equal([m["kind"] for m in w.hook.messages], ["page", "acknowledged", "resolved"],
            "everyone hears of the end once")


# ---- (b) nobody acknowledges -----------------------------------------------------------------
def test_g_without_acknowledgement_the_next_step_comes_at_its_time(c):
    w = Scene.world
    Scene.stack.exporter.fire("steps", service="mail")
    incident = w.incident("steps")
    settle(c, "step 1")
    bob = lambda: [m for m in w.slack.messages if m["channel"] == "D045EF"]  # noqa: E731
    base = len(w.telegrams_to(GROUP))
    c.equal(len(bob()), 1, "step 1 pages Bob in Slack")
    opened = incident["created_at"]
    passed = float(w.cluster.one("select extract(epoch from clock() - %s)", opened))
    w.cluster.advance(5 * MINUTE - 2.5 - passed)
    time.sleep(1.0)
    c.equal(len(w.telegrams_to(GROUP)), base, "nothing before 5:00")
    step2 = w.cluster.wait_rows(2, "select * from event where incident_id = %s and "
                                "kind = 'notified' order by seq", incident["id"], timeout=5)
    c.equal(len(step2), 2, "the second step came")
    late = (step2[-1]["at"] - opened).total_seconds() - 300
    c.that(-0.01 <= late <= 1.0, "at 5:00 and %.3f s" % late)
    settle(c, "step 2")
    c.equal(len(w.telegrams_to(GROUP)), base + 1, "step 2 pages the group")
    w.cluster.advance(10 * MINUTE)
    settle(c, "repeat")
    c.that(w.cluster.wait_one("select round from incident where id = %s", incident["id"],
                              until=lambda n: n == 2) == 2, "round 2 of 2")
    settle(c, "round 2")
    c.equal(len(bob()), 2, "Bob again, as a new message")
    w.cluster.advance(5 * MINUTE + 1)
    settle(c, "round 2, step 2")
    w.cluster.wait_rows(4, "select 1 from event where incident_id = %s and kind = 'notified'",
                        incident["id"])
    settle(c, "round 2, step 2")
    c.equal(len(w.telegrams_to(GROUP)), base + 2, "the group again")
    c.equal(len(w.mails_to("manager@example.org")), 0, "not yet the catch-all")
    w.cluster.advance(10 * MINUTE + 1)
    c.that(w.cluster.wait_rows(1, "select 1 from event where incident_id = %s and "
                               "kind = 'catch_all'", incident["id"]), "the catch-all is told")
    settle(c, "catch-all")
    c.equal(len(w.mails_to("manager@example.org")), 1, "by mail, once")
    kinds = [e["kind"] for e in w.events(incident)]
    c.that("escalation_ended" in kinds, "and that is the end: %s" % kinds)
    w.cluster.advance(24 * 60 * MINUTE)
    time.sleep(0.5)
    settle(c, "a day later")
    c.equal((len(bob()), len(w.mails_to("manager@example.org"))), (2, 1), "no more pages")


# ---- (c) resolve -----------------------------------------------------------------------------
def test_h_a_resolve_tells_everyone_who_was_paged_once(c):
    w = Scene.world
    close_everything()
    Scene.stack.exporter.fire("told", service="shop")
    incident = w.incident("told")
    settle(c, "page")
    before = {"slack": len(w.slack.in_channel("alerts")), "hook": len(w.hook.messages),
              "mail": len(w.mails_to("ops@example.org")), "group": len(w.telegrams_to(GROUP)),
              "bob": len([m for m in w.slack.messages if m["channel"] == "D045EF"])}
    Scene.stack.exporter.clear("told")
    closed = w.incident("told", "resolved")
    c.that(closed and closed["id"] == incident["id"], "the resolve closes the incident")
    settle(c, "resolve notices")
    time.sleep(2.0)  # the other Alertmanager's resolve
    settle(c, "resolve notices")
    newest = w.slack.in_channel("alerts")[-1]
    c.equal((len(w.slack.in_channel("alerts")), newest["edits"]), (before["slack"], 1),
            "Slack: the message is edited once")
    c.that("RESOLVED" in json.dumps(newest) or "esolved" in json.dumps(newest), "Slack: says so")
    c.that("open_acknowledge" not in slack_button(newest), "Slack: without the button")
    c.equal((len(w.telegrams_to(GROUP)), w.telegrams_to(GROUP)[-1]["edits"]), (before["group"], 1),
            "Telegram: edited once")
    c.equal([m["kind"] for m in w.hook.messages[before["hook"]:]], ["resolved"], "webhook: once")
    c.equal(len(w.mails_to("ops@example.org")), before["mail"] + 1, "mail: once")
    c.equal(len([m for m in w.slack.messages if m["channel"] == "D045EF"]), before["bob"],
            "who was not paged hears nothing")
    c.equal(len(w.events(incident, "resolved")), 1, "two Alertmanagers, one resolve")


# ---- (d) remediation -------------------------------------------------------------------------
def test_i_a_script_runs_once_before_the_page(c):
    w = Scene.world
    hooks = len(w.hook.messages)
    Scene.stack.exporter.fire("run", service="jobs", unit="worker@7",
                              evil='$(touch %s/evil); `id` <script>&{{x}}' % w.folder)
    incident = w.incident("run")
    c.that(w.cluster.wait_rows(1, "select 1 from event where incident_id = %s and "
                               "kind = 'run_finished'", incident["id"]), "the script ended")
    c.equal(len(w.runs()), 1, "it ran once")
    c.that(w.runs()[0].endswith(" worker@7"), "with the label as its argument: %s" % w.runs())
    given = json.loads(w.run_file("input"))
    c.equal((given["incident"]["id"], given["alerts"][0]["labels"]["unit"]),
            (str(incident["id"]), "worker@7"), "the incident came on its input")
    c.that("CANARY" not in w.run_file("environment"), "a clean environment")
    c.equal(len(w.hook.messages), hooks, "the page waits: it succeeded")
    w.cluster.advance(2 * MINUTE + 1)
    c.that(w.hook.wait_for(lambda f: len(f.messages) > hooks, 10), "still firing: now it pages")
    settle(c, "page after the script")
    c.that("restarted worker@7" in json.dumps(w.hook.messages[-1]), "and shows the result")
    c.that("restarted worker@7" in json.dumps(w.slack.in_channel("alerts")[-1]), "in Slack, too")
    c.that("restarted worker@7" in w.events(incident, "run_finished")[0]["facts"],
           "and on the timeline: %s" % w.events(incident, "run_finished"))
    c.that(not os.path.exists(os.path.join(w.folder, "evil")), "the hostile label stayed text")
    w.cluster.advance(30 * MINUTE)
    time.sleep(0.5)
    c.equal(len(w.runs()), 1, "it does not run again")


def test_j_an_engineer_runs_a_script_by_hand(c):
    w = Scene.world
    incident = w.incident("run")
    hooks, runs = len(w.hook.messages), len(w.runs())
    request = {"incident_id": str(incident["id"]), "script_name": "asked",
               "parameters": {"unit": "worker@8"}}
    c.equal(w.api("POST", "/run-script", request, "user").status, 403, "not by a user")
    c.equal(len(w.runs()), runs, "nothing ran")
    done = w.api("POST", "/run-script", request)
    c.that(done.status == 200 and done.json()["status"] == "executed"
           and done.json()["logs"].strip() == "restarted worker@8", "by an engineer: %r" % done)
    c.equal(len(w.runs()), runs + 1, "once")
    settle(c, "result")
    results = [m for m in w.hook.messages[hooks:] if m["kind"] == "result"]
    c.that(len(results) == 1 and "restarted worker@8" in results[0]["note"], "everyone is told")
    replies = [m for m in w.slack.messages if m["thread_ts"]]
    c.that(replies and "restarted worker@8" in json.dumps(replies[-1]), "in the Slack thread")
    for unit in ("$(id)", "--help", "worker 8", "a" * 30):
        bad = dict(request, parameters={"unit": unit})
        c.equal(w.api("POST", "/run-script", bad).status, 422, "refused value %s" % unit)
    c.equal(w.api("POST", "/run-script", dict(request, script_name="../restart")).status, 404,
            "an action that is not configured")
    c.equal(w.api("POST", "/run-script", dict(request, parameters={"x": "y"})).status, 422,
            "an unknown parameter")
    c.equal(len(w.runs()), runs + 1, "none of these ran")
    close_everything()


def test_k_a_failing_script_pages_at_once(c):
    w = Scene.world
    hooks = len(w.hook.messages)
    Scene.stack.exporter.fire("fail", service="pay")
    c.that(w.incident("fail") is not None, "incident")
    c.that(w.hook.wait_for(lambda f: len(f.messages) > hooks, 10), "paged without waiting 2 min")
    settle(c, "page")
    c.that("exit" in json.dumps(w.hook.messages[hooks:]) or "3" in
           json.dumps(w.hook.messages[hooks]["note"]), "says how it ended")
    close_everything()


def test_l_hostile_labels_stay_text(c):
    w = Scene.world
    evil = '"><script>alert(1)</script>\n<!channel> *b* [x](http://evil) \r\nBcc: x@evil'
    labels = {"alertname": "Hostile", "case": "all", "service": evil, "instance": evil,
              "severity": "critical"}
    c.equal(w.post([(labels, {"summary": evil})]).status, 200, "taken")
    incident = w.incident("all")
    settle(c, "page")
    failed = [e for e in w.events(incident) if e["kind"].startswith("delivery_")]
    c.equal(failed, [], "the strict fakes took it everywhere")
    page = call(w.hook.messages[-1]["incident"]["ack_url"], ca=w.ca)
    c.that("<script>alert" not in page.text and "&lt;script&gt;" in page.text, "escaped on the page")
    mail = w.mails_to("ops@example.org")[-1]
    c.that("x@evil" not in str(mail["rcpt_to"]) and mail["mail"]["Bcc"] is None, "no header injected")
    c.that("<!channel>" not in json.dumps(w.slack.in_channel("alerts")[-1]), "no mention in Slack")
    w.api("POST", "/incidents/%d/resolve" % incident["number"])
    close_everything()


# ---- Slack by an incoming webhook, after a reload --------------------------------------------
def test_m_a_reload_switches_slack_to_an_incoming_webhook(c):
    w = Scene.world
    w.server.write_routes("sources: [")
    bad = w.api("POST", "/-/reload", role="admin")
    c.that(bad.status >= 400 and "routes.yml" in bad.text, "a broken file is refused: %r" % bad)
    w.server.write_routes(w.routes("webhook_url: !env SLACK_WEBHOOK_URL"))
    c.equal(w.api("POST", "/-/reload", role="engineer").status, 403, "an engineer may not reload")
    c.equal(w.api("POST", "/-/reload", role="admin").status, 200, "an admin may")
    before = len(w.slack.messages)
    w.post([({"alertname": "ByWebhook", "case": "slack", "service": "pay"}, {})])
    incident = w.incident("slack")
    settle(c, "page by incoming webhook")
    c.equal(len(w.slack.messages), before + 1, "one message")
    calls = [r.path for r in w.slack.requests[-1:]]
    c.that(calls[0].startswith("/services/"), "through the webhook: %s" % calls)
    url = slack_button(w.slack.messages[-1])["open_acknowledge"]
    c.equal(press_button(url, w.ca).status, 200, "its link acknowledges")
    settle(c, "follow-up")
    c.equal(len(w.slack.messages), before + 2, "the follow-up is a new message")
    c.equal(state_of(incident)["status"], "acknowledged", "acknowledged")
    w.server.write_routes(w.routes())
    c.equal(w.api("POST", "/-/reload", role="admin").status, 200, "back to the bot")
    w.api("POST", "/incidents/%d/resolve" % incident["number"])
    settle(c, "resolved")


# ---- (f) two replicas ------------------------------------------------------------------------
def test_n_two_replicas_page_once_and_survive_each_other(c):
    w = Scene.world
    second = w.add_replica("b").start()
    hooks = len(w.hook.messages)
    for i in range(10):
        replica = second if i % 2 else w.server
        w.post([({"alertname": "Twice", "case": "told", "service": "s%d" % (i // 2)}, {})],
               replica=replica)
    c.that(w.cluster.wait_rows(5, "select 1 from incident where receiver = 'told' and "
                               "status = 'open'"), "incidents")
    settle(c, "pages of two replicas")
    pages = [m for m in w.hook.messages[hooks:] if m["kind"] == "page"]
    c.equal(sorted(m["incident"]["service"] for m in pages), ["s%d" % i for i in range(5)],
            "five incidents, one page each")
    c.equal(w.hook.repeats, 0, "no repeat")
    number = pages[0]["incident"]["number"]
    c.equal(w.api("POST", "/incidents/%d/acknowledge" % number, replica=second).status, 200,
            "acknowledged on b")
    w.cluster.advance(6 * MINUTE)
    settle(c, "second steps")
    told = w.cluster.one("""select count(*) from event e join incident i on i.id = e.incident_id
        where i.number = %s and e.kind = 'notified'""", number)
    c.equal(told, 1, "no second step on a")
    steps = w.cluster.wait_rows(8, """select 1 from event e join incident i on i.id = e.incident_id
        where i.receiver = 'told' and i.status = 'open' and e.kind = 'notified'""")
    c.equal(len(steps), 8, "the other four go on, once each")
    link = pages[1]["incident"]["ack_url"].replace(w.server.tls_url, second.tls_url)
    c.equal(press_button(link, w.ca).status, 200, "a link works on either replica")


def test_o_a_dead_leader_is_replaced_within_two_seconds(c):
    w = Scene.world
    second = w.replicas["b"]
    settle(c, "before the crash")
    w.server.kill()
    died = time.monotonic()
    c.equal(w.post([({"alertname": "AfterCrash", "case": "slack", "service": "x"}, {})],
                   replica=second).status, 200, "b takes alerts")
    c.that(w.incident("slack", "open", timeout=10) is not None, "b processes")
    took = time.monotonic() - died
    c.that(took < 2.0, "within 2 s of the leader's death (%.2f s)" % took)
    settle(c, "page by b")
    w.server.start()
    c.equal(second.stop(), 0, "b drains")
    for row in w.cluster.rows("select number from incident where status <> 'resolved'"):
        c.equal(w.api("POST", "/incidents/%d/resolve" % row["number"]).status, 200, "resolved")
    settle(c, "the end")


def test_z_nothing_leaked(c):
    w = Scene.world
    c.equal(w.complaints(), [], "no bug, no sanitizer report, no secret anywhere")
    gaps = w.cluster.one("""select count(*) from incident i where seq <>
        (select count(*) from event e where e.incident_id = i.id and e.seq between 1 and i.seq)""")
    c.equal(gaps, 0, "every timeline is gap-free")
    c.equal(w.server.stop(), 0, "a clean stop")
    c.equal(w.server.complaints(), [], "also at the end")


def main():
    arguments = parse_arguments("build-asan")
    checks = Checks()
    Scene.world = World(arguments.build_dir)
    try:
        Scene.world.server.start()
        folder = os.path.join(Scene.world.folder, "stack")
        os.mkdir(folder)
        Scene.stack = Stack(folder, Scene.world.server.tls_url + "/v1/webhooks/alertmanager/prod",
                            SECRETS["PROD_TOKEN"], Scene.world.ca)
        Scene.world.stoppers.append(Scene.stack.stop)
        Scene.stack.wait_ready()
        tests = [f for name, f in sorted(globals().items()) if name.startswith("test_")]
        code = checks.run(*tests)
        if code:
            print(Scene.world.server.log()[-3000:], file=sys.stderr)
        return code
    finally:
        Scene.world.stop()


if __name__ == "__main__":
    sys.exit(main())
