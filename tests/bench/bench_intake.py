#!/usr/bin/python3
"""bench intake — how fast alerts come in, each figure beside a reference of the same run.

    ./dev bench intake [--quick] [--runs N] [--only webhooks|alerts|pages]

What is measured, and how to read it: docs/benchmarks.md. Ends with one line of JSON. A missed goal
is said, not an error: only a benchmark that does not work exits with 1."""
import argparse
import json
import os
import subprocess
import sys
import time

from rig import Cpu, Rig, last_json, median, run

SIZES = (3, 50, 256)  # alerts per body
GROUPS = 1000


def medians(rows):
    """Member by member; members that are no numbers are left out."""
    return {k: round(median([r[k] for r in rows]), 3) for k in rows[0]
            if isinstance(rows[0][k], (int, float))}


def spread(rows, key):
    values = [r[key] for r in rows]
    return round(min(values), 1), round(max(values), 1)


def ratio(a, b):
    return round(a / b, 2) if b else None


# ---- 1 webhooks -------------------------------------------------------------------------------
class Webhooks:
    """Durable webhooks a second over HTTP/2 and TLS, 16 connections × 10 streams."""

    def __init__(self, rig, options):
        self.rig, self.options = rig, options
        self.seconds = 1 if options.quick else 2
        self.body = rig.dir / "body.json"
        self.body.write_text(run(rig.tool("bench_post"), "--print", "1", "--alerts", 3,
                                 "--run", "webhooks", "--port", 0, "--path", "/", "--bodies", 1))
        self.url = f"https://127.0.0.1:{rig.tls_port}/v1/webhooks/alertmanager/bench"

    def closed(self, url):
        return self.rig.h2load(url, self.body, "-c16", "-m10", f"-D{self.seconds}")

    def counters(self):
        return (self.rig.metric("alertify_ledger_entries_total", 'result="stored"'),
                self.rig.metric("alertify_ledger_batches_total", 'result="ok"'))

    def durable(self):
        """As a sender sees it; `batch` is what the ledger thread committed at once."""
        entries, batches = self.counters()
        cpu = Cpu(self.rig)
        result = self.closed(self.url)
        result["cpu"] = cpu.stop()
        more_entries, more_batches = self.counters()
        result["batch"] = (more_entries - entries) / max(1, more_batches - batches)
        result["backlog"] = self.rig.backlog()
        return result

    def libpq(self, batch):
        with self.rig.processing_held():
            out = last_json(run(self.rig.tool("bench_ledger"), "--conninfo", self.rig.conninfo,
                                "--body", self.body, "--batch", max(1, min(256, round(batch))),
                                "--seconds", self.seconds))
        return {"per_s": out["rows"] / out["seconds"], "p50_ms": out["p50_us"] / 1e3,
                "p99_ms": out["p99_us"] / 1e3}

    def one_run(self, echo_url):
        rig = self.rig
        quiet = self.closed(echo_url)
        rig.start_statements()
        beside = self.durable()
        rig.drop_backlog()
        rig.show_statements("webhooks, processed beside it")
        with rig.processing_held():
            alone = self.durable()
        libpq_beside, libpq_alone = self.libpq(beside["batch"]), self.libpq(alone["batch"])
        paced = rig.h2load(self.url, self.body, "-c16", "-m10", "--rps=250", f"-D{self.seconds}")
        rig.wait_processed()
        rig.empty_tables()
        return {"quiet": quiet, "beside": beside, "alone": alone, "libpq_beside": libpq_beside,
                "libpq_alone": libpq_alone, "paced": paced}

    def measure(self):
        echo, port = self.rig.start_echo()
        runs = [self.one_run(f"https://127.0.0.1:{port}/quiet") for _ in range(self.options.runs)]
        self.rig.end(echo)
        result = {k: medians([r[k] for r in runs]) for k in runs[0]}
        for k in runs[0]:
            result[k]["per_s_min_max"] = spread([r[k] for r in runs], "per_s")
        result["cpu"] = {k: runs[-1][k]["cpu"] for k in ("beside", "alone")}
        for k in ("beside", "alone"):
            result[k]["to_echo"] = ratio(result[k]["per_s"], result["quiet"]["per_s"])
            result[k]["to_libpq"] = ratio(result[k]["per_s"], result["libpq_" + k]["per_s"])
        return result


# ---- 2 alerts ---------------------------------------------------------------------------------
class Alerts:
    """Alerts a second until they are stored and processed, against Alertmanager taking them."""

    def __init__(self, rig, options):
        self.rig, self.options = rig, options
        self.alerts = 6000 if options.quick else 45000
        self.number = 0

    def post_ours(self, load):
        out = self.rig.post_alertify(**load)
        ended = time.monotonic()
        self.rig.wait_processed()
        return out, out["seconds"] + time.monotonic() - ended

    def row(self, out, seconds):
        if out["failed"]:
            raise RuntimeError(f"{out['failed']} of {out['requests']} posts were refused")
        return {"per_s": out["alerts"] / seconds, "accepted_per_s": out["alerts"] / out["seconds"],
                "p50_ms": out["p50_us"] / 1e3, "p99_ms": out["p99_us"] / 1e3}

    def check_stored(self, name, expected):
        stored = self.rig.sql("select count(*) from alertify.alert where labels like "
                              f"'%\"run\":\"{name}\"%'")[0][0]
        if stored != expected:
            raise RuntimeError(f"{name}: {stored} alerts are stored, not {expected}")

    def one_run(self, per_body, is_repeated, am_port):
        self.number += 1
        name = f"a{self.number}"
        bodies = max(16, self.alerts // per_body)
        load = {"alerts": per_body, "bodies": bodies, "run": name, "groups": GROUPS}
        api = {"port": am_port, "path": "/api/v2/alerts", "shape": "api"}
        expected = per_body * bodies
        if is_repeated:
            load["keys"] = expected = per_body * max(1, min(3000, expected) // per_body)
            load["starts_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
            known = dict(load, bodies=expected // per_body)
            self.post_ours(known)
            self.rig.post(**known, **api)
        self.rig.start_statements()
        cpu = Cpu(self.rig)
        ours = self.row(*self.post_ours(load))
        ours["cpu"] = cpu.stop()
        self.rig.show_statements(f"{load}")
        self.check_stored(name, expected)
        out = self.rig.post(**load, **api)
        return ours, self.row(out, out["seconds"])

    def measure_one(self, per_body, is_repeated):
        alertmanager, port = self.rig.start_alertmanager()
        runs = [self.one_run(per_body, is_repeated, port) for _ in range(self.options.runs)]
        self.rig.end(alertmanager)
        self.rig.empty_tables()
        ours, theirs = medians([r[0] for r in runs]), medians([r[1] for r in runs])
        ours["per_s_min_max"] = spread([r[0] for r in runs], "per_s")
        theirs["per_s_min_max"] = spread([r[1] for r in runs], "per_s")
        return {"alertify": ours, "alertmanager": theirs, "cpu": runs[-1][0]["cpu"],
                "to_alertmanager": ratio(ours["per_s"], theirs["per_s"])}

    def measure(self):
        return {f"{kind}_{size}": self.measure_one(size, kind == "repeated")
                for kind in ("unique", "repeated") for size in SIZES}


# ---- 3 pages ----------------------------------------------------------------------------------
class Pages:
    """From the POST that opens an incident to the first call of a webhook, at 100 a second."""

    def __init__(self, rig, options):
        self.rig, self.options = rig, options
        self.bodies = 100 if options.quick else 400
        self.number = 0

    def one(self, post, **where):
        self.number += 1
        sink = self.rig.start_sink(self.bodies, 20)
        post(alerts=1, bodies=self.bodies, groups=1 << 40, rate=100, stamp=1,
             run=f"page{self.number}", **where)
        out = last_json(sink.communicate(timeout=30)[0])
        if out["arrived"] != self.bodies:
            raise RuntimeError(f"{out['arrived']} of {self.bodies} alerts arrived\n"
                               f"{self.rig.log_tail()}")
        return {"p50_ms": out["p50_us"] / 1e3, "p99_ms": out["p99_us"] / 1e3,
                "max_ms": out["max_us"] / 1e3, "repeated": out["repeated"]}

    def measure(self):
        alertmanager, port = self.rig.start_alertmanager(self.rig.sink_port)
        ours, theirs = [], []
        for _ in range(self.options.runs):
            self.rig.start_statements()
            cpu = Cpu(self.rig)
            ours.append(self.one(self.rig.post_alertify))
            used = cpu.stop()
            self.rig.show_statements("pages")
            theirs.append(self.one(self.rig.post, port=port, path="/api/v2/alerts", shape="api"))
        self.rig.end(alertmanager)
        self.rig.empty_tables()
        ours, theirs = medians(ours), medians(theirs)
        return {"alertify": ours, "alertmanager": theirs, "cpu": used,
                "to_alertmanager": ratio(ours["p50_ms"], theirs["p50_ms"])}


# ---- report -----------------------------------------------------------------------------------
def goal(is_met):
    return "met" if is_met else "MISSED"


def line(what, r, note=""):
    rate = f"{r['per_s']:>9,.0f}/s" if "per_s" in r else " " * 11
    print(f"  {what:<38}{rate}   p50 {r['p50_ms']:>8.2f} ms   p99 {r['p99_ms']:>8.2f} ms   "
          f"{note}".rstrip())


def show_cpu(what, cpu):
    part = lambda d: ", ".join(f"{n} {s:.2f}" for n, s in d.items()) or "nothing"
    print(f"    cores used, {what}: alertify: {part(cpu['alertify'])}")
    print(f"    {'':<{len(what) + 12}} PostgreSQL: {part(cpu['postgres'])}; "
          f"load {cpu['load']:.2f}")


def show_webhooks(w):
    print("\n1  webhooks of 3 alerts, HTTP/2 over TLS, 16 connections x 10 streams")
    line("server that does not store (a)", w["quiet"])
    titles = {"beside": "durable, processed beside it", "alone": "durable, intake alone"}
    for k, title in titles.items():
        r = w[k]
        line(title, r, f"{r['to_echo']} x (a), {r['to_libpq']} x (b) "
             f"[goal 0.7: {goal(r['to_libpq'] >= 0.7)}], batches of {r['batch']:.0f}")
        line("  plain libpq loop, same batches (b)", w["libpq_" + k], "times of a batch")
    paced = w["paced"]
    line("durable, 4,000 a second asked for", paced,
         f"[goal p99 10 ms: {goal(paced['p99_ms'] <= 10)}]")
    show_cpu("processed beside it", w["cpu"]["beside"])
    show_cpu("intake alone", w["cpu"]["alone"])


def show_alerts(a):
    print("\n2  alerts stored and processed, against Alertmanager taking the same (c)")
    for key, r in a.items():
        kind, size = key.split("_")
        line(f"{kind}, {size} a body", r["alertify"],
             f"{r['to_alertmanager']} x (c) [goal 1.0: {goal(r['to_alertmanager'] >= 1)}]")
        line("  Alertmanager (c)", r["alertmanager"])
    for key, r in a.items():
        show_cpu(key.replace("_", " x "), r["cpu"])


def show_pages(p):
    ours = p["alertify"]
    print("\n3  POST of a new incident to the first call of a webhook, 100 a second")
    line("alertify", ours, f"[goal p50 15 ms: {goal(ours['p50_ms'] <= 15)}, "
         f"p99 100 ms: {goal(ours['p99_ms'] <= 100)}], {p['to_alertmanager']} x Alertmanager's p50")
    line("  Alertmanager, group_wait 0s", p["alertmanager"], "keeps nothing on disk")
    show_cpu("pages", p["cpu"])


PARTS = {"webhooks": (Webhooks, show_webhooks), "alerts": (Alerts, show_alerts),
         "pages": (Pages, show_pages)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build-dir", default="build")
    parser.add_argument("--quick", action="store_true", help="only shows that the benchmark works")
    parser.add_argument("--runs", type=int, help="the median of so many (3)")
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--statements", action="store_true",
                        help="show what PostgreSQL's time went into (slows it down a little)")
    options = parser.parse_args()
    options.runs = options.runs or (1 if options.quick else 3)
    began = time.monotonic()
    result = {"bench": "intake", "is_quick": options.quick, "runs": options.runs,
              "cores": os.cpu_count(), "load_before": round(os.getloadavg()[0], 2)}
    with Rig(options.build_dir, options.statements) as rig:
        rig.start_postgres()
        rig.start_alertify()
        for name, (part, show) in PARTS.items():
            if options.only in (None, name):
                result[name] = part(rig, options).measure()
                show(result[name])
                sys.stdout.flush()
    result["seconds"] = round(time.monotonic() - began, 1)
    print(f"\n{result['seconds']} s, medians of {options.runs}; load of the machine before: "
          f"{result['load_before']} on {result['cores']} cores")
    print(json.dumps(result))


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        sys.exit(f"bench intake: {error}")
