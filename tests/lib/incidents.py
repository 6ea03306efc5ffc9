"""Incidents of tests/data/messages and every message and page there is about them.

incidents() reads the files. notices() and pages() give, by name, what message_probe takes for each
kind of message and page, as production fills it in (flows/briefing.c). Probe builds them.
"""
import copy
import json
import os
import subprocess

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "messages")
OPENED = 1795225200  # 2026-11-21 01:40:00 UTC
NOW = OPENED + 12 * 60
ACK_URL = "https://alertify.example/a/TOKEN-ACK"
RESOLVE_URL, SNOOZE_URL = "https://alertify.example/a/TOKEN-RESOLVE", "https://alertify.example/a/TOKEN-SNOOZE"
OPEN_URL = "https://alertify.example/a/TOKEN-VIEW"
ADDRESSES = {"console": "", "slack": "U045EF", "telegram": "-1001234567890:45",
             "email": "anna@example.org", "webhook": "pager"}
STATES = ("open", "acknowledged", "resolved")


def _expand(value):
    if isinstance(value, dict) and set(value) == {"times", "of"}:
        return value["of"] * value["times"]
    if isinstance(value, dict):
        return {key: _expand(member) for key, member in value.items()}
    return [_expand(member) for member in value] if isinstance(value, list) else value


def _copies(alert):
    n = alert.pop("copies", 1)
    for i in range(n):
        numbered = copy.deepcopy(alert)
        for part in ("labels", "annotations"):
            numbered[part] = {k: v.replace("#", str(i)) if n > 1 else v for k, v in alert[part].items()}
        yield numbered


def incidents():
    """By name; each with "shown" and "about" beside the message's own keys."""
    found = {}
    for name in sorted(os.listdir(DATA)):
        if name.endswith(".json"):
            with open(os.path.join(DATA, name), encoding="utf-8") as file:
                incident = _expand(json.load(file))
            incident["alerts"] = [each for alert in incident["alerts"] for each in _copies(alert)]
            found[name[:-len(".json")]] = incident
    return found


def _message(incident, **changes):
    alerts = incident["alerts"]
    message = {
        "id": "1042", "kind": "page", "state": "open", "number": 42,
        "incident_id": "0199c0de-0000-7000-8000-000000000042", "cycle": 1, "round": 1, "step": 1,
        "firing": len(alerts), "total": len(alerts), "opened_at": OPENED, "now_at": NOW,
        "group_labels": {k: v for k, v in alerts[0]["labels"].items() if k == "alertname"},
        "ack_url": ACK_URL, "resolve_url": RESOLVE_URL, "snooze_url": SNOOZE_URL, "open_url": OPEN_URL,
        "external_url": "https://alertify.example",
        **{k: v for k, v in incident.items() if k not in ("note", "acked_by", "resolved_by")}}
    message.update(changes)
    return message


GONE = {"ack_url": "", "resolve_url": "", "snooze_url": ""}


def _storm(incident, n_open=3):
    title, severity = incident["title"], incident["severity"]
    states = ["open"] * 3 if n_open else ["acknowledged"] * 3
    states += ["acknowledged"] * 6 + ["resolved"] * 6
    items = [{"number": 42 + i, "title": title if i % 2 == 0 else "Latency of checkout is high",
              "severity": severity if i % 3 == 0 else ("critical", "warning", "info")[i % 3], "state": states[i],
              "opened_at": NOW - 60 * (i + 1)} for i in range(15)]
    total = incident.get("storm_total", 85)
    return {"total": total, "open": n_open and total - 12, "urgent": n_open and 3, "acknowledged": 6 if n_open else total - 6,
            "resolved": 6, "items": items}


def notices(incident):
    """Every kind of message, and the states in which one looks different."""
    firing = [dict(alert, status="firing", ends_at=None) for alert in incident["alerts"]]
    ended = [dict(alert, status="resolved", ends_at=NOW) for alert in incident["alerts"]]
    acked = {"state": "acknowledged", "acked_at": NOW - 300, "acked_by": incident["acked_by"] or "someone"}
    resolved = {"state": "resolved", "resolved_at": NOW, "resolved_by": incident["resolved_by"], "firing": 0, "alerts": ended}
    storm = {"kind": "storm", "alerts": [], "resolve_url": "", "snooze_url": "", "title": "", "severity": "", "service": "", "open_url": "", "firing": 0, "total": 0}
    itself = {"title": "a message template failed; messages go out with the built-in one", "severity": "warning",
              "service": "alertify", "receiver": incident["receiver"],
              "alerts": [dict(firing[0], labels={"alertname": "AlertifyTemplateFailed", "service": "alertify",
                                                 "severity": "warning", "replica": "host-1"},
                              annotations={"summary": "a message template failed; messages go out with the built-in one",
                                           "description": "slack.blocks: template: my.tmpl:3:7: " + incident["title"]})]}
    return {
        "page": _message(incident),
        "page after a script": _message(incident, note=incident["note"], repeated=True),
        "page that is late": _message(incident, late_s=725, repeated=True),
        "escalation": _message(incident, step=2, round=3),
        "reopened": _message(incident, cycle=2),
        "reminder": _message(incident, kind="reminder", **acked),
        "update": _message(incident, kind="update", fired=firing[:1], resolved=ended[:1], alerts=firing + ended[:1]),
        "update of an acknowledged one": _message(incident, kind="update", fired=firing[:1], ack_url="", **acked),
        "merged": _message(incident, kind="update", merged_into=7),
        "snoozed": _message(incident, kind="acknowledged", ack_url="", snoozed_until=NOW + 3600, **acked),
        "acknowledged": _message(incident, kind="acknowledged", ack_url="", **acked),
        "resolved": _message(incident, kind="resolved", **{**GONE, **acked, **resolved}),
        "flapping": _message(incident, kind="flapping"),
        "storm": _message(incident, **storm, storm=_storm(incident)),
        "storm that is over": _message(incident, **storm, storm=_storm(incident, n_open=0), ack_url=""),
        "result": _message(incident, kind="result", note=incident["note"] or "restart-db ended with 0"),
        "note": _message(incident, kind="note", note=incident["note"] or "On my way.", ack_url="", **acked),
        "self-alert": _message(incident, **itself),
    }


def pages(incident):
    """Every page behind a link."""
    messages = notices(incident)
    nonce, whom = "bm9uY2U_-x=", incident["to_name"]
    storm, over, acked, resolved = (messages[name] for name in ("storm", "storm that is over", "acknowledged", "resolved"))
    bad = {"kind": "page", "opened_at": None, "now_at": NOW, "alerts": []}
    page = dict(messages["page"], part="page.html", open_url="", **GONE)
    return {
        "open": dict(page, page={"nonce": nonce, "whom": whom}),
        "open, refused": dict(page, page={"nonce": nonce, "whom": whom, "said": "press_again"}),
        "acknowledged": dict(page, **{k: acked[k] for k in ("state", "acked_at", "acked_by")},
                             page={"whom": whom, "said": "done"}),
        "resolved": dict(page, **{k: resolved[k] for k in ("state", "acked_at", "acked_by", "resolved_at", "resolved_by",
                                                           "firing", "alerts")}, page={"whom": whom, "said": "too_late"}),
        "merged": dict(page, merged_into=7, page={"nonce": nonce, "whom": whom}),
        "to resolve": dict(page, page={"nonce": nonce, "whom": whom, "action": "resolve"}),
        "to snooze": dict(page, page={"nonce": nonce, "whom": whom, "action": "snooze"}),
        "snoozed": dict(page, snoozed_until=NOW + 3600, **{k: acked[k] for k in ("state", "acked_at", "acked_by")},
                        page={"whom": whom, "said": "done_snooze"}),
        "resolved just now": dict(page, **{k: resolved[k] for k in ("state", "acked_at", "acked_by", "resolved_at", "resolved_by",
                                                                    "firing", "alerts")}, page={"whom": whom, "said": "done_resolve"}),
        "storm": dict(storm, part="storm_page.html", ack_url="", page={"nonce": nonce}),
        "storm, done": dict(over, part="storm_page.html", page={"said": "done_all"}),
        "bad link": dict(bad, part="notice_page.html", page={}),
        "expired link": dict(bad, part="notice_page.html", page={"expired": True}),
    }


class Probe:
    """message_probe: one process for all."""

    def __init__(self, build_dir):
        self.process = subprocess.Popen([os.path.join(build_dir, "tests", "message_probe")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def ask(self, message):
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("message_probe died at %s" % json.dumps(message)[:2000])
        return json.loads(answer)

    def message(self, message, channel, language):
        return self.ask(dict(message, channel=channel, address=ADDRESSES[channel], language=language))

    def page(self, page, language):
        return self.ask(dict(page, channel="console", language=language))["body"]
