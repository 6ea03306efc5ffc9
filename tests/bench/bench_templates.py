#!/usr/bin/python3
"""bench templates — how many messages one core renders, beside Alertmanager's own engine.

    ./dev bench templates [--quick] [--runs N]

The reference is Go's text/template and html/template in Debian's amtool, with the same templates
over the same data in the same run; for the default message for Slack, which no Go program has, it
is Python's Jinja2 (jinja_slack.py): docs/benchmarks.md. Ends with one line of JSON. A missed goal is
said, not an error: only a benchmark that does not work exits with 1."""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

from jinja_slack import Reference
from rig import last_json, median

FILES = r'''
{{ define "simple" }}[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}]
{{- " " }}{{ .CommonLabels.alertname }} in {{ .CommonLabels.cluster }}: {{ .CommonAnnotations.summary }}{{ end }}

{{ define "prefix" -}}
{{ if eq .Status "resolved" }}:white_check_mark:
{{- else if eq .Labels.severity "critical" }}:rotating_light:
{{- else if eq .Labels.severity "warning" }}:large_orange_diamond:
{{- else }}:grey_question:{{ end }}
{{- end }}

{{ define "silence" -}}
{{ .ExternalURL }}/#/silences/new?filter=%7B
{{- range .CommonLabels.SortedPairs -}}
{{- if ne .Name "alertname" -}}{{ .Name }}%3D%22{{ .Value | urlquery }}%22%2C%20{{- end -}}
{{- end -}}
alertname%3D%22{{ .CommonLabels.alertname }}%22%7D
{{- end }}

{{ define "full" -}}
*[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] {{ .CommonLabels.alertname }}*
{{ if gt (len .GroupLabels) 0 }}Group: {{ join ", " .GroupLabels.SortedPairs.Values }}{{ end }}
{{- $common := .CommonLabels.Names }}
{{ range .Alerts }}
{{ template "prefix" . }} *{{ .Annotations.summary }}*
{{- with .Annotations.description }}
>{{ . }}
{{- end }}
since {{ .StartsAt.Format "2006-01-02 15:04:05 MST" }}, {{ reReplaceAll ":\\d+$" "" .Labels.instance }}
{{- range (.Labels.Remove $common).SortedPairs }}
- *{{ .Name }}:* `{{ .Value }}`
{{- end }}
{{ if and (eq .Status "firing") .GeneratorURL }}<{{ .GeneratorURL }}|Graph>{{ end }}
{{- end }}
<{{ template "silence" . }}|Silence> <{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver | urlquery }}|Alerts>
{{- end }}

{{ define "page" -}}
<!DOCTYPE html><html><head><title>{{ .CommonLabels.alertname }}</title></head><body>
<h1 style="color: #b00020">{{ len .Alerts.Firing }} firing</h1>
{{ range .Alerts }}<table style="width: 100%">
{{ range .Labels.SortedPairs }}<tr><th>{{ .Name }}</th><td title="{{ .Value }}">{{ .Value }}</td></tr>
{{ end }}{{ range .Annotations.SortedPairs }}<tr><th>{{ .Name }}</th><td><b>{{ .Value }}</b></td></tr>
{{ end }}</table><p><a href="{{ .GeneratorURL }}">Source</a> <a href="{{ $.ExternalURL }}/?q={{ .Labels.instance }}">more</a></p>
{{ end }}</body></html>
{{- end }}
'''

# name, type, how many of the ten ranges of amtool lie inside each other, goal a second
MESSAGES = (("simple", "text", 5, 100000), ("full", "text", 4, 10000), ("page", "html", 4, None))


def data():
    alerts = []
    for i in range(10):
        alerts.append({
            "status": "firing" if i < 7 else "resolved",
            "labels": {"alertname": "HighErrorRate", "cluster": "eu-west-1", "env": "production", "job": "checkout",
                       "namespace": "shop", "instance": "10.0.3.%d:9100" % i, "pod": "checkout-7d4b9c-%04d" % i,
                       "severity": ("critical", "warning", "info")[i % 3], "team": "payments & billing"},
            "annotations": {"summary": "Error rate of checkout above 5%", "runbook_url": "https://wiki.example/errors?a=1&b=2",
                            "description": "5xx on <checkout> are at %d.3%% for 10 minutes." % (5 + i)},
            "startsAt": "2026-03-04T10:15:%02d.123Z" % i, "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example.org:9090/graph?g0.expr=rate%28x%5B5m%5D%29+%3E+0.05&g0.tab=1",
            "fingerprint": "74452982b6e7f7a%d" % i})
    common = {k: v for k, v in alerts[0]["labels"].items() if k not in ("instance", "pod", "severity")}
    return {"receiver": "slack payments", "status": "firing", "alerts": alerts, "groupLabels": {"alertname": "HighErrorRate",
            "cluster": "eu-west-1"}, "commonLabels": common, "commonAnnotations": {"summary": alerts[0]["annotations"]["summary"]},
            "externalURL": "http://alertmanager.example.org:9093"}


# name, what bench_messages makes, of how many alerts, what the reference does for it, goal a second
SLACK = (("slack_line", "line", 1, None, 100000), ("slack_1", "whole", 1, "whole", None), ("slack_10", "whole", 10, "whole", 10000),
         ("slack_10_template", "alone", 10, "alone", None))


class Bench:
    def __init__(self, folder, build, quick):
        self.folder, self.build, self.quick = folder, build, quick
        self.path("bench.tmpl", FILES)
        self.path("data.json", json.dumps(data()))

    def path(self, name, text=None):
        path = os.path.join(self.folder, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return path

    def ours(self, name, kind):
        """Messages a second of processor time, and bytes of one."""
        done = subprocess.run([os.path.join(self.build, "tests", "bench_templates"), "--data", self.path("data.json"), "--files",
                               self.path("bench.tmpl"), "--text", '{{ template "%s" . }}' % name, "--type", kind,
                               "--ms", "100" if self.quick else "1000"], capture_output=True, check=True, timeout=60)
        answer = last_json(done.stdout.decode())
        return answer["n"] / answer["seconds"], answer["bytes"]

    def amtool(self, text, kind):
        """Processor seconds and output bytes of a run."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with open(self.path("out"), "wb") as out:
            subprocess.run(["amtool", "template", "render", "--template.glob", self.path("bench.tmpl"), "--template.data",
                            self.path("data.json"), "--template.type", kind, "--template.text", text], stdout=out,
                           check=True, timeout=300, env={**os.environ, "TZ": "UTC"})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, os.path.getsize(self.path("out"))

    def theirs(self, name, kind, depth):
        """As ours(): ranges over the ten alerts inside each other repeat the message in one run."""
        depth -= 1 if self.quick else 0
        message = '{{ template "%s" $ }}' % name
        begin, end = "{{ range $.Alerts }}" * depth, "{{ end }}" * depth
        seconds, size = self.amtool(begin + message + end, kind)
        without, _ = self.amtool(begin + "{{ if false }}" + message + "{{ end }}" + end, kind)
        return 10 ** depth / max(seconds - without, 1e-6), size // 10 ** depth


    def slack(self, what, alerts, *more):
        done = subprocess.run([os.path.join(self.build, "tests", "bench_messages"), "--what", what, "--alerts", str(alerts), "--ms",
                               "100" if self.quick else "1000", *more], capture_output=True, check=True, timeout=60)
        return done.stdout.decode()

    def jinja(self, run):
        """Messages a second of processor time."""
        begin, n = time.process_time(), 0
        while time.process_time() - begin < (0.1 if self.quick else 1):
            run()
            n += 1
        return n / (time.process_time() - begin)


def measure_slack(bench, runs):
    result = {}
    for name, what, alerts, theirs_what, goal in SLACK:
        reference = Reference(alerts)
        shown = bench.slack(what, alerts, "--show", "1")
        if theirs_what:
            ours, theirs = json.loads(shown), json.loads(getattr(reference, theirs_what)())
            if (ours if what == "alone" else ours["blocks"]) != (theirs if what == "alone" else theirs["blocks"]):
                raise RuntimeError("%s: not the same as the reference's" % name)
        ours, theirs = [], []
        for _ in range(runs):
            answer = last_json(bench.slack(what, alerts))
            ours.append(answer["n"] / answer["seconds"])
            if theirs_what:
                theirs.append(bench.jinja(getattr(reference, theirs_what)))
        row = {"per_s": round(median(ours)), "per_s_min_max": [round(min(ours)), round(max(ours))], "bytes": answer["bytes"]}
        if theirs_what:
            row["jinja_per_s"] = round(median(theirs))
            row["ratio"] = round(row["per_s"] / row["jinja_per_s"], 2)
        result[name] = row
        print("%-17s %5d bytes   %8d a second   Jinja2 %8s   ratio %6s%s" % (
            name, row["bytes"], row["per_s"], row.get("jinja_per_s", "-"), row.get("ratio", "-"), verdict(goal, row)))
    return result


def verdict(goal, row):
    return "" if goal is None else "   goal %d: %s" % (goal, "met" if row["per_s"] >= goal else "MISSED")


def measure(bench, runs):
    result = {}
    for name, kind, depth, goal in MESSAGES:
        ours, theirs = [], []
        for _ in range(runs):
            ours.append(bench.ours(name, kind))
            theirs.append(bench.theirs(name, kind, depth))
        if ours[0][1] != theirs[0][1]:
            raise RuntimeError("%s: %d bytes, amtool %d" % (name, ours[0][1], theirs[0][1]))
        row = {"per_s": round(median([rate for rate, _ in ours])), "reference_per_s": round(median([rate for rate, _ in theirs])),
               "per_s_min_max": [round(min(ours)[0]), round(max(ours)[0])], "bytes": ours[0][1]}
        row["ratio"] = round(row["per_s"] / row["reference_per_s"], 2)
        result[name] = row
        print("%-17s %5d bytes   %8d a second   Go     %8d   ratio %6.2f%s" % (
            name, row["bytes"], row["per_s"], row["reference_per_s"], row["ratio"], verdict(goal, row)))
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build-dir", default="build")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder, options.build_dir, options.quick)
        result = measure(bench, options.runs)
        result.update(measure_slack(bench, options.runs))
    print(json.dumps({"bench": "templates", "load_before": load_before, **result}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
