#!/usr/bin/env python3
"""Lists of incidents among many: what they have, page by page, and that what is open is found without
reading what is resolved.

    tests/integration/test_list.py [--build-dir build-asan]
"""
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from checks import Checks, parse_arguments  # noqa: E402
from small_world import SmallWorld  # noqa: E402

BUILD = parse_arguments().build_dir
SQL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "adapters", "sql")
ROUTES = """\
sources: { dev: { type: alertmanager, auth: none } }
channels: { console: {} }
route: { receiver: tree, group_by: [alertname] }
receivers: [{ name: tree, notify: console }]
"""
MANY = 30000
# Every 3,000th is open, every 10,000th (and one) acknowledged.
FILL = """
insert into plan (hash, body) values ('p', '{}');
insert into incident (id, group_key, receiver, group_labels, title, service, severity, status, cycle, seq,
                      state_seq, firing, total, step, round, was_reached, plan_hash, config_hash, created_at,
                      updated_at)
select gen_random_uuid(), decode(md5(n::text), 'hex'), 'tree', '{"alertname":"A' || n || '"}', 'A' || n, 's',
       'critical', case when mod(n, 3000) = 0 then 'open' when mod(n, 10000) = 1 then 'acknowledged'
                        else 'resolved' end,
       1, 3, 3, 0, 1, 1, 1, true, 'p', 'c', clock(), clock()
from generate_series(1, %s) n order by n;
analyze incident;
""" % MANY
OPEN = list(range(MANY, 0, -3000))
ACKNOWLEDGED = [20001, 10001, 1]


def numbers(world, c, query):
    """Those of all pages of a few."""
    found, before = [], ""
    for _ in range(10):
        answer = world.api("GET", "/incidents?limit=4%s%s" % (query, before))
        c.equal(answer.status, 200, "%s: %s" % (query, answer.text[:200]))
        page = [i["number"] for i in json.loads(answer.text)]
        found += page
        if len(page) < 4:
            break
        before = "&before=%d" % page[-1]
    return found


def blocks_read(cluster):
    time.sleep(11)  # a session says so when it is idle for ten seconds, or works later on
    cluster.one("select 1")  # so does this one
    return int(cluster.one("select coalesce(heap_blks_hit, 0) + coalesce(heap_blks_read, 0) "
                           "from pg_statio_user_tables where relname = 'incident'"))


def plan_of(cluster, name, status, before):
    """How the server does it when it plans for any parameters, and how many blocks that reads."""
    with open(os.path.join(SQL, name + ".sql"), encoding="utf-8") as file:
        text = re.sub(r"(?m)^--.*\n", "", file.read())
    with cluster.connect() as connection, connection.cursor() as cursor:
        cursor.execute("set plan_cache_mode = force_generic_plan")
        cursor.execute("prepare list (text, int8, int8, timestamptz) as " + text)
        cursor.execute("explain (analyze, buffers) execute list (%s, %s, 50, null)", (status, before))
        plan = "\n".join(row[0] for row in cursor.fetchall())
    blocks = re.search(r"Buffers: shared ([^\n]*)", plan).group(1)
    return plan, sum(int(n) for n in re.findall(r"=(\d+)", blocks))


def test_lists(c):
    world = SmallWorld(BUILD, ROUTES)
    try:
        world.cluster.rows(FILL)
        idle = blocks_read(world.cluster)
        before = blocks_read(world.cluster)
        idle = before - idle
        c.equal(numbers(world, c, "&status=open"), OPEN, "what is open")
        c.equal(numbers(world, c, "&status=acknowledged"), ACKNOWLEDGED, "what is acknowledged")
        read = blocks_read(world.cluster) - before - idle
        c.that(read < 300, "%d blocks were read for them" % read)
        resolved = [n for n in range(MANY, 0, -1) if n not in OPEN and n not in ACKNOWLEDGED]
        c.equal(numbers(world, c, "&status=resolved"), resolved[:40], "what is resolved")
        c.equal(numbers(world, c, ""), list(range(MANY, MANY - 40, -1)), "all")
        for name, status, before in (("incidents_list_live", "open", 0), ("incidents_list_live", "open", 15000),
                                     ("incidents_list_live", "acknowledged", 0), ("incidents_list", "resolved", 0),
                                     ("incidents_list", "resolved", 15000), ("incidents_list", None, 0),
                                     ("incidents_list", None, 15000)):
            plan, blocks = plan_of(world.cluster, name, status, before)
            c.equal("incident_unresolved" in plan, name == "incidents_list_live", "the index:\n%s" % plan)
            c.that(blocks < 60, "%s before %d reads %d blocks:\n%s" % (status, before, blocks, plan))
    finally:
        c.equal(world.close(), 0, "a clean end")


if __name__ == "__main__":
    sys.exit(Checks().run(test_lists))
