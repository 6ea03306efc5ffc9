#!/usr/bin/env python3
"""`alertify incidents export`: the draft of a post-mortem from a real server's incidents, whose labels,
people and scripts say what they like.

    tests/integration/test_export.py [--build-dir build-asan]
"""
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from checks import Checks, parse_arguments  # noqa: E402
from http_client import rfc3339  # noqa: E402
from page_world import World  # noqa: E402

HOSTILE = "Disk|<img src=x onerror=alert(1)>\n# Heading `code` [x](http://e.org) **b** @team \u202eevil"


class Scene:
    world = None


def export(number, *arguments, check=True):
    w = Scene.world
    return w.server.command("incidents", "export", str(number), "--config", w.server.config,
                            *arguments, check=check)


def story(receiver, **labels):
    w = Scene.world
    w.post([(dict(labels, alertname=HOSTILE, case=receiver, service="pay|ments"), {})])
    incident = w.incident(receiver)
    w.cluster.wait_quiet()
    return incident


def act(incident, verb, role="engineer"):
    answer = Scene.world.api("POST", "/incidents/%d/%s" % (incident["number"], verb), role=role)
    if answer.status != 200:
        raise AssertionError("%s: %r" % (verb, answer))
    Scene.world.cluster.wait_quiet()


def table(text, heading):
    """The cells of the first table below a heading."""
    part = text.split("\n## %s\n" % heading)[1].split("\n## ")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")]
            for line in part.splitlines() if line.startswith("|")]


def test_a_people_and_figures(c):
    w = Scene.world
    incident = story("all")
    w.cluster.advance(60)
    act(incident, "acknowledge")
    w.cluster.advance(240)
    act(incident, "resolve")
    facts = json.loads(export(incident["number"], "--json").stdout)
    cycle = facts["cycles"][0]
    c.equal(len(facts["cycles"]), 1, "one cycle")
    c.that(60 <= cycle["acknowledged_after_s"] <= 70, "acknowledged after %r" % cycle)
    c.that(300 <= cycle["resolved_after_s"] <= 320, "resolved after %r" % cycle)
    c.equal((cycle["acknowledged_by"], cycle["acknowledged_through"]), ("token:test-engineer", "api"),
            "by whom, through what")
    c.equal((facts["mtta_s"], facts["mttr_s"]),
            (cycle["acknowledged_after_s"], cycle["resolved_after_s"]), "MTTA and MTTR")
    pages = [m for m in facts["messages"] if m["what"] == "page"]
    c.equal(sorted(m["to"] for m in pages),
            sorted(["console", "slack:#alerts", "telegram:-1001234567890", "email:ops@example.org",
                    "webhook:hook", "Anna Ivanova"]), "everybody who was paged")
    c.equal({m["end"] for m in facts["messages"]}, {"delivered"}, "and it arrived")
    c.equal({m["because_entry"] for m in pages}, {2}, "because of the first step")
    c.equal(len(facts["timeline"]), len(w.events(incident)), "the whole timeline")
    text = export(incident["number"]).stdout
    told = table(text, "Who was told when, and why")
    c.equal(len(told), 2 + 6, "a row for each page")
    c.that(all("step 1" in row[4] and row[5].startswith("delivered after") for row in told[2:]),
           "with reason and end: %r" % told[2:])
    c.that("12 more messages told the same places" in text, "the news is counted")
    c.that("acknowledged after" in text and "1m" in table(text, "How long it took")[2][3], "figures")


def test_b_hostile_text_is_only_text(c):
    w = Scene.world
    incident = w.incident("all")
    text = export(incident["number"]).stdout
    c.equal(text.count("\n# "), 0, "one first heading, ours")
    c.equal(re.findall(r"<[a-z/!]", text), [], "no HTML")
    c.equal(re.findall(r"(?<!\\)\]\(", text), [], "no link")
    c.equal(re.findall(r"(?<!\\)`", text.replace("```", "")), [], "no code")
    c.that("@team" not in text and "team" in text, "nobody is called")
    c.that("\u202e" not in text, "no direction is turned")
    for heading, cells in (("Summary", 2), ("How long it took", 5), ("Alerts", 4), ("Timeline", 3),
                           ("Who was told when, and why", 6)):
        c.equal({len(row) for row in table(text, heading)}, {cells}, "cells of %s" % heading)
    c.that("Disk&#124;&lt;img src=x onerror=alert\\(1\\)&gt;" in text, "it is all there")
    facts = json.loads(export(incident["number"], "--json").stdout)
    c.equal(facts["incident"]["group_labels"]["alertname"], HOSTILE, "JSON has it as it came")


def test_c_what_was_run_and_what_it_said(c):
    w = Scene.world
    incident = story("run", unit="worker@7")
    w.cluster.wait_rows(1, "select 1 from run where ended_at is not null and incident_id = %s",
                        incident["id"])
    act(incident, "resolve")
    text = export(incident["number"]).stdout
    c.that("### restart" in text and "exit status 0" in text, "the action and its end")
    c.that("```text\nrestarted worker@7\n```" in text, "its output in a fence")
    facts = json.loads(export(incident["number"], "--json").stdout)
    c.equal([(r["action"], r["state"], r["code"], r["actor"]) for r in facts["runs"]],
            [("restart", "exited", 0, "alertify")], "as facts")
    c.equal(facts["cycles"][0]["acknowledged_at"], None, "nobody acknowledged")
    c.equal(facts["mtta_s"], None, "so there is no MTTA")
    c.that("Time to acknowledge (MTTA): —" in text, "in words, too")


def test_d_silence_and_catch_all_have_their_reasons(c):
    incident = story("nobody")
    text = export(incident["number"]).stdout
    c.that("skipped, nobody reachable" in text, "the skipped step")
    told = table(text, "Who was told when, and why")[2:]
    c.equal([(row[1], "catch-all" in row[4]) for row in told], [("page", True)], "the catch-all: %r" % told)


def test_e_every_cycle_counts(c):
    w = Scene.world
    incident = story("hook")
    alert = (dict(alertname=HOSTILE, case="hook", service="pay|ments"), {})
    w.post([alert], status="resolved")
    w.cluster.wait_one("select status from incident where id = %s", incident["id"],
                       until=lambda status: status == "resolved")
    w.cluster.advance(30)
    w.post([alert + (rfc3339(w.cluster.now()),)])
    w.cluster.wait_one("select cycle from incident where id = %s", incident["id"],
                       until=lambda n: n == 2)
    w.cluster.wait_quiet()
    act(incident, "acknowledge")
    facts = json.loads(export(incident["id"], "--json").stdout)
    c.equal([bool(k["resolved_at"]) for k in facts["cycles"]], [True, False], "two cycles")
    c.that("Both are means over its cycles." in export(incident["id"]).stdout, "said so")
    c.that(facts["mttr_s"] == facts["cycles"][0]["resolved_after_s"], "over what is resolved")


def test_f_mistakes(c):
    done = export(4711, check=False)
    c.that(done.returncode == 1 and "there is no incident 4711" in done.stderr, done.stderr)
    done = export("yesterday", check=False)
    c.that(done.returncode == 2 and "neither the number nor the id" in done.stderr, done.stderr)


def test_z_no_bug(c):
    c.equal(Scene.world.complaints(), [], "logs and tables are clean")


def main():
    Scene.world = World(parse_arguments("build-asan").build_dir)
    try:
        Scene.world.server.start()
        return Checks().run(*[value for name, value in sorted(globals().items())
                              if name.startswith("test_")])
    finally:
        Scene.world.stop()


if __name__ == "__main__":
    sys.exit(main())
