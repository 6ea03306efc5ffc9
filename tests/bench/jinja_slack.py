"""The default message for Slack with Python's Jinja2: what bench_templates.py holds ours against.

One template as templates/slack.tmpl has them, compiled once, over data of the same alerts as
bench_messages.c makes; both must give the same blocks. Reference.alone() runs the template over
ready data; whole() also makes the data, reads the JSON, looks at its lengths and writes it.
"""
import json
import re

import jinja2

TEMPLATE = r"""
{%- macro headline(i) -%}
{{ i.mark }} {% if i.severity not in ("", "none") %}{{ i.severity | upper | t }}: {% endif %}{{ i.title | t }}
{%- if i.for %} — {{ say.firing_for }} {{ i.for }}{% endif %}
{%- endmacro -%}
{%- macro section(text) -%}
,
  {"type": "section", "text": {"type": "plain_text", "emoji": false, "text": "{{ text }}"}}
{%- endmacro -%}
{%- macro facts_text() -%}
{% for f in facts if not f.is_url %}{{ f.name | t }}: {{ f.value | t }}\n{% endfor %}
{%- endmacro -%}
{%- macro lines_text() -%}
{% for a in shown %}{{ "•" if a.status == "firing" else "✓" }} {{ a.what | t }}{% if a.what and a.where %} — {% endif %}
{{- a.where | t }}{% if a.for %} ({{ a.for | t }}){% endif %}\n{% endfor %}
{%- if more %}{{ say.more % more }}\n{% endif %}
{%- endmacro -%}
[
  {"type": "header", "text": {"type": "plain_text", "emoji": false, "text": "{{ headline(incident) }}"}}
  {{- section(facts_text()) if facts }}
  {{- section(description | t) if description }}
  {{- section(lines_text()) if shown }},
  {"type": "context", "elements": [
    {"type": "mrkdwn", "verbatim": true, "text": "{{ say.press | t }}"}
    {%- for f in facts if f.is_url %},
    {"type": "mrkdwn", "verbatim": true, "text": "<{{ f.value | t }}|{{ f.name | t }}>"}
    {%- endfor %}
  ]},
  {"type": "actions", "elements": [
    {"type": "button", "action_id": "open_acknowledge", "style": "primary", "url": "{{ incident.ack_url | j }}",
     "text": {"type": "plain_text", "emoji": false, "text": "{{ say.ack_button | t }}"}},
    {"type": "button", "action_id": "open_incident", "url": "{{ incident.open_url | j }}",
     "text": {"type": "plain_text", "emoji": false, "text": "{{ say.open_button | t }}"}}
  ]}
]"""
SAY = {"firing_for": "firing for", "more": "and %d more", "press": "Press “Acknowledge” to take it.", "ack_button": "Acknowledge",
       "open_button": "Open"}
ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
PLACING = ("instance", "host", "pod", "device", "job")


def in_json(text):
    return json.dumps(text, ensure_ascii=False)[1:-1]


def as_text(text):
    return in_json(text.translate(ENTITIES))


def clean(text, most):
    text = " ".join(UNWANTED.sub(" ", text).split())
    return text if len(text) <= most else text[:most - 1].rstrip() + "…"


def raw_alerts(n):
    return [{"status": "firing" if i < 7 else "resolved", "url": "http://prometheus.example.org:9090/graph?g0.expr=up%3D%3D0&g0.tab=1",
             "labels": {"alertname": "HighErrorRate", "cluster": "eu-west-1", "env": "production", "instance": "10.0.3.%d:9100" % i,
                        "job": "checkout", "namespace": "shop", "pod": "checkout-7d4b9c-%04d" % i, "severity": "critical",
                        "team": "payments & billing"},
             "annotations": {"summary": "Error rate of checkout above 5%", "runbook_url": "https://wiki.example/errors?a=1&b=2",
                             "description": "5xx on <checkout> are at %d.3%% for 10 minutes." % (5 + i)}} for i in range(n)]


def make_alert(alert):
    labels = {k: clean(v, 2000) for k, v in alert["labels"].items()}
    said = [k for k in PLACING if k in labels]
    said += [k for k in labels if k not in PLACING and k not in ("alertname", "severity", "service")]
    return {"status": alert["status"], "labels": labels, "annotations": {k: clean(v, 2000) for k, v in alert["annotations"].items()},
            "what": clean(alert["annotations"].get("summary") or alert["labels"].get("alertname", ""), 100),
            "where": clean(", ".join("%s=%s" % (k, alert["labels"][k]) for k in said), 100),
            "for": "12 min" if alert["status"] == "firing" else "resolved"}


def make_data(alerts):
    total = 40 if len(alerts) > 1 else 1
    shown = [make_alert(alert) for alert in alerts]
    facts = [{"name": name, "value": clean(value, 2048), "is_url": is_url} for name, value, is_url in (
        ("Service", "checkout", False), ("Since", "2026-11-21 01:40 UTC", False),
        ("Alerts", "%d of %d firing" % (min(7, len(alerts)), total), False), ("Incident", "#42", False),
        ("Runbook", alerts[0]["annotations"]["runbook_url"], True), ("Graph", alerts[0]["url"], True))]
    return {"say": SAY, "facts": facts, "shown": shown, "more": total - len(shown),
            "common": {k: v for k, v in shown[0]["labels"].items() if all(a["labels"].get(k) == v for a in shown)},
            "description": clean(alerts[0]["annotations"]["description"], 2000) if len(alerts) == 1 else "",
            "incident": {"mark": "🔴", "severity": "critical", "title": clean("Error rate of checkout above 5%", 110), "for": "12 min",
                         "ack_url": "https://alertify.example/a/TOKEN", "open_url": "https://alertify.example/a/VIEW"}}


class Reference:
    def __init__(self, n):
        environment = jinja2.Environment(autoescape=False)
        environment.filters.update(t=as_text, j=in_json)
        self.template, self.alerts = environment.from_string(TEMPLATE), raw_alerts(n)
        self.data = make_data(self.alerts)

    def alone(self):
        return self.template.render(self.data)

    def whole(self):
        blocks = json.loads(self.template.render(make_data(self.alerts)))
        for block in blocks:
            if len(block.get("text", {}).get("text", "")) > 3000 or len(block.get("elements", ())) > 25:
                raise ValueError("too long")
        return json.dumps({"channel": "#alerts", "text": blocks[0]["text"]["text"], "unfurl_links": False, "unfurl_media": False,
                           "mrkdwn": False, "blocks": blocks}, ensure_ascii=False, separators=(",", ":"))
