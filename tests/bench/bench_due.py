#!/usr/bin/python3
"""bench due — what a wake cycle costs beside a million incidents that wait, and how long 10,000 that
are due in the same second take to be paged-out to the outbox.

    ./dev bench due [--quick]

The reference is the same query on the same server with 1,000 incidents that wait: what is stored must
not matter, only what is due. Shows the plan that PostgreSQL takes. Ends with one line of JSON;
docs/benchmarks.md."""
import argparse
import json
import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from alertify_server import Alertify  # noqa: E402
from cluster import Cluster  # noqa: E402
from http_client import alertmanager_body, call  # noqa: E402

SQL = pathlib.Path(__file__).resolve().parents[2] / "src/adapters/sql/incidents_due.sql"
BATCH = 200
GOAL_S = 5
ROUTES = """\
sources: { bench: { type: alertmanager, auth: none } }
channels: { console: {} }
route: { receiver: tree, group_by: ['...'] }
receivers:
  - name: tree
    storm: { pages: 0 }
    escalation: [{ notify: console }, { wait: 30m }, { notify: console }, { wait: 30m }]
"""
CLONE = """
insert into incident (id, group_key, receiver, group_labels, title, service, severity, status, cycle,
    seq, state_seq, firing, total, step, round, wake_at, was_reached, plan_hash, config_hash,
    created_at, updated_at, muted_by, opens, chain)
select gen_random_uuid(), decode(md5(n::text), 'hex'), receiver, group_labels, title, service,
    severity, 'open', 1, seq, state_seq, firing, total, 2, 1, clock() + make_interval(secs => %s),
    true, plan_hash, config_hash, created_at, updated_at, '', '', chain
from (select * from incident order by number limit 1) first, generate_series(%s, %s) n
"""


def due_query():
    text = SQL.read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


def wake_cycle(cluster, runs):
    """Milliseconds of the due query of a batch, the median; and its plan."""
    query = due_query().replace("$1::int8", str(BATCH))
    times = []
    for _ in range(runs):
        plan = cluster.rows("explain (analyze, buffers, format json) " + query)
        plan = list(plan[0].values())[0][0]
        times.append(plan["Execution Time"] + plan["Planning Time"])
    shown = [list(row.values())[0] for row in
             cluster.rows("explain (analyze, costs off, timing off, summary off) " + query)]
    return sorted(times)[len(times) // 2], shown


def store_waiting(cluster, first, last):
    cursor = cluster._cursor()
    cursor.execute(CLONE, (86400, first, last))
    cursor.execute("vacuum analyze incident")


def seconds_to_outbox(cluster, server, n, first):
    """All of them become due at once, in a server that has been running."""
    cursor = cluster._cursor()
    cursor.execute(CLONE, (3600, first, first + n - 1))
    cursor.execute("analyze incident")
    before = cluster.one("select count(*) from delivery where kind = 'page'")
    began = time.monotonic()
    cursor.execute("update incident set wake_at = clock() where wake_at between clock() + interval "
                   "'1 minute' and clock() + interval '2 hours'")
    updated = time.monotonic()
    while cluster.one("select count(*) from delivery where kind = 'page'") - before < n:
        if time.monotonic() - began > 120:
            break
        time.sleep(0.02)
    done = cluster.one("select count(*) from delivery where kind = 'page'") - before
    return time.monotonic() - updated, done


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build-dir", default="build")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    many = 50_000 if arguments.quick else 1_000_000
    due = 1_000 if arguments.quick else 10_000
    folder = tempfile.mkdtemp(prefix="alertify-bench-due-")
    cluster = Cluster()
    server = Alertify(arguments.build_dir, folder, cluster.conninfo, ROUTES,
                      "0123456789abcdef0123456789abcdef")
    try:
        server.migrate()
        server.start()
        call(server.url + "/v1/webhooks/alertmanager/bench", "POST",
             alertmanager_body([({"alertname": "Disk"}, {})]))
        cluster.wait_one("select count(*) from delivery where state = 'sent'")
        server.stop()
        store_waiting(cluster, 1, 1000)
        few_ms, _ = wake_cycle(cluster, 21)
        store_waiting(cluster, 1001, many)
        many_ms, plan = wake_cycle(cluster, 21)
        print("\n".join(plan))
        server.start()
        took, done = seconds_to_outbox(cluster, server, due, many + 1)
        server.stop()
        print(json.dumps({
            "bench": "due", "stored": many, "wake_cycle_ms": round(many_ms, 3),
            "reference_stored": 1000, "reference_ms": round(few_ms, 3),
            "ratio": round(many_ms / few_ms, 2), "due": due, "paged_out": done,
            "seconds": round(took, 2), "goal_s": GOAL_S}))
    finally:
        server.stop()
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
