#!/usr/bin/env python3
"""The chain of the timelines on a real PostgreSQL: written by two replicas that are killed again and
again, damaged by somebody who has the database in their hands, and found out by `alertify audit`.

    tests/integration/test_audit.py [--build-dir build-asan]
"""
import glob
import hashlib
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from checks import Checks, parse_arguments  # noqa: E402
from cluster import Cluster  # noqa: E402
from page_world import World  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TABLES = ("event", "incident", "audit_anchor", "audit_head")
MIGRATION = "audit"  # the one that began the chain


class Scene:
    world = None
    n = 0
    anchor = None


def audit(*arguments, config=True):
    """Exit code, and the report."""
    server = Scene.world.server
    where = ("--config", server.config) if config else ("--database", Scene.world.cluster.conninfo)
    done = server.command("audit", "verify", "--json", *where, *arguments, check=False)
    if not done.stdout:
        raise AssertionError("audit verify: %d %s" % (done.returncode, done.stderr))
    return done.returncode, json.loads(done.stdout)


def new_anchor():
    return Scene.world.server.command("audit", "anchor", "--config",
                                      Scene.world.server.config).stdout.strip()


def anchor_file(*lines):
    path = os.path.join(Scene.world.folder, "anchors")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    return path


def fire(replica=None):
    w = Scene.world
    Scene.n += 1
    labels = {"alertname": "Audit%d" % Scene.n, "case": "hook", "service": "s"}
    w.post([(labels, {})], replica=replica)
    return w.cluster.wait_rows(1, "select * from incident where group_labels like %s",
                               '%"Audit' + str(Scene.n) + '"%')[0]


def act(incident, *verbs, replica=None):
    for verb in verbs:
        Scene.world.api("POST", "/incidents/%d/%s" % (incident["number"], verb), replica=replica)


def kinds(report):
    return [f["kind"] for f in report["findings"]]


# ---- written --------------------------------------------------------------------------------------
def test_a_what_the_server_wrote_verifies(c):
    w = Scene.world
    incidents = [fire() for _ in range(6)]
    w.cluster.wait_quiet()
    act(incidents[0], "acknowledge", "resolve")
    act(incidents[1], "acknowledge")
    w.cluster.wait_quiet()
    code, report = audit()
    c.equal((code, report["ok"], report["findings"]), (0, True, []), "a clean database")
    c.equal(report["incidents"], 6, "all incidents were looked at")
    c.equal(report["entries"], w.cluster.one("select count(*) from event"), "and all entries")
    c.equal(w.cluster.one("select count(*) from event where hash is null"), 0, "each in a chain")
    c.equal(w.cluster.one("select count(*) from incident i join event e on e.incident_id = i.id "
                          "and e.seq = i.seq where e.hash <> i.chain"), 0, "heads fit")


def test_b_two_replicas_and_ten_kills_do_not_break_it(c):
    w = Scene.world
    second = w.replicas["b"].start()
    replicas = [w.server, second]
    for i in range(10):
        victim, other = replicas[i % 2], replicas[1 - i % 2]
        incidents = [fire(replica=r) for r in (victim, other, victim)]
        act(incidents[0], "acknowledge", replica=other)
        w.post([({"alertname": "Audit%d" % (Scene.n - 1), "case": "hook", "service": "s"}, {})],
               status="resolved", replica=other)
        victim.kill()
        act(incidents[1], "acknowledge", "resolve", replica=other)
        victim.start()
    w.cluster.wait_quiet(timeout=40)
    code, report = audit()
    c.equal((code, report["findings"]), (0, []), "after ten kills")
    c.that(report["entries"] > 150, "there was something to verify: %r" % report)
    second.stop()


def test_c_one_replica_signs_every_minute(c):
    w = Scene.world
    w.cluster.wait_one("select count(*) from audit_anchor", until=bool, timeout=5)
    made = w.cluster.one("select count(*) from audit_anchor")
    c.that(made >= 1, "a server made an anchor at its start")
    c.that("alertify-anchor-v1 1 " in w.server.log() + w.replicas["b"].log(), "its line is in the log")
    line = new_anchor()
    c.that(line.startswith("alertify-anchor-v1 "), line)
    c.equal(new_anchor(), line, "nothing grew: the newest one again")
    code, report = audit("--anchor", anchor_file(line))
    c.equal((code, report["findings"]), (0, []), "it fits")
    c.that(report["signature_checked"] and report["anchors"] >= 2, "signatures: %r" % report)
    code, report = audit(config=False)
    c.that(code == 0 and not report["signature_checked"], "without the secret it says so")
    incident = fire()
    w.cluster.wait_quiet()
    act(incident, "acknowledge")
    c.equal(audit("--anchor", anchor_file(line))[0], 0, "the timelines may grow behind it")
    c.that(new_anchor() != line, "and a new one covers that")
    log = [text for text in w.server.log().splitlines() if "alertify-anchor-v1" in text] + [line]
    c.equal(audit("--anchor", anchor_file(*log))[0], 0, "lines of the log will do")


# ---- damaged --------------------------------------------------------------------------------------
def backup():
    for table in TABLES:
        Scene.world.cluster.rows("create table kept_%s as table %s" % (table, table))


def restore():
    for table in TABLES:
        columns = Scene.world.cluster.one(
            "select string_agg(quote_ident(attname), ', ') from pg_attribute where attrelid = "
            "'alertify.kept_%s'::regclass and attnum > 0" % table)
        Scene.world.cluster.rows(
            "begin; set local session_replication_role = replica; delete from %s; insert into %s (%s) "
            "overriding system value select %s from kept_%s; commit"
            % (table, table, columns, columns, table))


def victim():
    """An incident with a story: opened, notified, attempt, delivered, acknowledged, … 8 entries."""
    return Scene.world.cluster.rows("""select i.*, i.number as n from incident i
        where i.seq >= 7 and i.status = 'resolved' order by i.number limit 1""")[0]


def damage(c, what, kind, sql, *parameters, entries=None, anchor=None, words=(), signed=True):
    w = Scene.world
    incident = victim()
    for statement in sql.split(";"):
        w.cluster.rows(statement.replace("INCIDENT", "'%s'" % incident["id"]), *parameters)
    arguments = ("--anchor", anchor_file(anchor)) if anchor else ()
    code, report = audit(*arguments)
    found = [f for f in report["findings"] if f["kind"] == kind]
    c.equal(code, 1, "%s: exit code" % what)
    c.that(found, "%s: %s expected, found %r" % (what, kind, report["findings"]))
    if found and entries:
        c.equal((found[0]["from_entry"], found[0]["to_entry"]), entries, "%s: which entry" % what)
        c.equal(found[0]["incident"], incident["number"], "%s: which incident" % what)
        c.equal({f.get("incident") for f in report["findings"]}, {incident["number"]},
                "%s: no other one is suspected" % what)
    for word in words:
        c.that(found and word in found[0]["text"], "%s: %r in %r" % (what, word, found))
    restore()
    return report


def test_d_every_damage_has_its_name(c):
    w = Scene.world
    w.server.stop()
    line = new_anchor()
    Scene.anchor = line
    backup()
    damage(c, "an actor", "edited",
           "update event set actor = 'user:mallory' where incident_id = INCIDENT and seq = 3",
           entries=(3, 3), words=("user:mallory", "edited"))
    damage(c, "a fact", "edited",
           "update event set facts = '{}' where incident_id = INCIDENT and seq = 4", entries=(4, 4))
    damage(c, "a time", "edited", "update event set at = at + interval '1 microsecond' "
           "where incident_id = INCIDENT and seq = 2", entries=(2, 2))
    damage(c, "a time without end", "edited", "update event set at = 'infinity' "
           "where incident_id = INCIDENT and seq = 2", entries=(2, 2))
    damage(c, "a kind", "edited",
           "update event set kind = 'note' where incident_id = INCIDENT and seq = 1", entries=(1, 1))
    damage(c, "a hash", "edited",
           "update event set hash = sha256('') where incident_id = INCIDENT and seq = 5",
           entries=(5, 5))
    damage(c, "a deletion", "deleted",
           "delete from event where incident_id = INCIDENT and seq in (3, 4)", entries=(3, 4),
           words=("entries 3 to 4 were deleted",))
    damage(c, "an insertion at the end", "inserted",
           "insert into event (incident_id, seq, at, cycle, kind, actor, facts) select incident_id, "
           "seq + 1, at, cycle, 'note', 'user:anna', '{}' from event where incident_id = INCIDENT "
           "order by seq desc limit 1")
    report = damage(c, "an insertion in the middle", "inserted",
                    "update event set seq = -seq where incident_id = INCIDENT and seq >= 4;"
                    "update event set seq = 1 - seq where incident_id = INCIDENT and seq < 0;"
                    "insert into event (incident_id, seq, at, cycle, kind, actor, facts, hash) select "
                    "incident_id, 4, at, cycle, 'note', 'user:anna', '{}', sha256('x') from event "
                    "where incident_id = INCIDENT and seq = 3", entries=(4, 4))
    c.that("reordered" in kinds(report), "and the others moved")
    damage(c, "two that changed places", "reordered",
           "update event set seq = -2 where incident_id = INCIDENT and seq = 2;"
           "update event set seq = 2 where incident_id = INCIDENT and seq = 3;"
           "update event set seq = 3 where incident_id = INCIDENT and seq = -2", entries=(2, 2),
           words=("written as entry 3",))
    damage(c, "a cut", "truncated",
           "delete from event where incident_id = INCIDENT and seq > 5", words=("cut off the end",))
    damage(c, "an entry at a place that does not exist", "inserted",
           "insert into event (incident_id, seq, at, cycle, kind, actor, facts) select incident_id, "
           "9223372036854775807, at, cycle, kind, actor, facts from event "
           "where incident_id = INCIDENT and seq = 1")
    damage(c, "an entry before the first", "inserted",
           "insert into event (incident_id, seq, at, cycle, kind, actor, facts) select incident_id, "
           "-7, at, cycle, kind, actor, facts from event where incident_id = INCIDENT and seq = 1")
    damage(c, "the incident's own row", "head_changed",
           "update incident set chain = sha256('') where id = INCIDENT")
    c.equal(audit("--anchor", anchor_file(line))[0], 0, "all is as it was again")


def test_e_truncation_behind_an_anchor_is_missed(c):
    cut = """delete from event where incident_id = INCIDENT and seq > 5;
             update incident set seq = 5, chain = (select hash from event
                 where incident_id = INCIDENT and seq = 5) where id = INCIDENT"""
    damage(c, "a cut that the incident was made to fit", "truncated", cut,
           words=("of which anchor",))
    # … and the anchors too: then only what was kept elsewhere knows.
    wipe = cut + """;delete from audit_head where seq > 5 and incident_id = INCIDENT;
             delete from audit_anchor where number >= 2; delete from audit_head where anchor >= 2"""
    damage(c, "anchors cut off as well", "truncated", wipe, anchor=Scene.anchor,
           words=("the given anchor", "cut off"))
    damage(c, "an incident that is gone", "incident_deleted",
           "delete from event where incident_id = INCIDENT; delete from incident where id = INCIDENT",
           words=("was deleted",))
    damage(c, "entries without an incident", "incident_unknown",
           "insert into event (incident_id, seq, at, cycle, kind, actor, facts) values "
           "(gen_random_uuid(), 1, now(), 1, 'note', 'x', '{}')")
    damage(c, "an anchor that is gone", "anchor_deleted", "delete from audit_anchor where number = 1")
    damage(c, "the newest anchor", "anchor_deleted",
           "delete from audit_anchor where number = (select max(number) from audit_anchor)")
    damage(c, "an anchor's time", "anchor_changed",
           "update audit_anchor set at = at - interval '1 day' where number = 1")
    damage(c, "a head", "anchor_changed",
           "update audit_head set hash = sha256('') where anchor = 1 and ctid = "
           "(select min(ctid) from audit_head where anchor = 1)")
    damage(c, "a claim to be older than the chain", "old_changed",
           "update event set hash = null where incident_id = INCIDENT;"
           "update incident set chain_from = seq + 1 where id = INCIDENT")
    number = Scene.anchor.split()[1]
    forged = Scene.anchor.replace(" " + number + " ", " %d " % (int(number) + 1))
    code, report = audit("--anchor", anchor_file(forged))
    c.equal((code, kinds(report)), (1, ["anchor_forged"]), "a line that nobody signed")


def test_f_a_history_written_anew_with_all_hashes_does_not_fit_the_anchors(c):
    """Mallory knows the code: every hash is computed anew, up to the incident's own row."""
    w = Scene.world
    incident = victim()
    rows = w.cluster.rows("select *, (extract(epoch from at) * 1000000)::bigint as us from event "
                          "where incident_id = %s order by seq", incident["id"])
    chain = bytes(32)
    for row in rows:
        actor = "user:mallory" if row["kind"] == "acknowledged" else row["actor"]
        digest = hashlib.blake2b(digest_size=32)
        for part in (chain, bytes.fromhex(incident["id"].replace("-", "")),
                     row["seq"].to_bytes(8, "big"), row["us"].to_bytes(8, "big"),
                     row["cycle"].to_bytes(8, "big"), row["kind"].encode(), actor.encode(),
                     row["facts"].encode()):
            digest.update(len(part).to_bytes(8, "little") + part)
        chain = digest.digest()
        w.cluster.rows("update event set actor = %s, hash = %s where incident_id = %s and seq = %s",
                       actor, chain, incident["id"], row["seq"])
    w.cluster.rows("update incident set chain = %s where id = %s", chain, incident["id"])
    code, report = audit()
    c.equal((code, kinds(report)), (1, ["rewritten"]), "only an anchor knows: %r" % report["findings"])
    c.equal(report["findings"][0]["incident"], incident["number"], "which incident")
    restore()
    done = w.server.command("audit", "verify", "--config", w.server.config, check=False)
    c.that(done.returncode == 0 and "all is as it was written" in done.stdout, done.stdout)


def test_g_another_secret_does_not_pass_for_ours(c):
    w = Scene.world
    key = os.path.join(w.server.folder, "secret_key")
    with open(key, encoding="ascii") as file:
        ours = file.read()
    with open(key, "w", encoding="ascii") as file:
        file.write("CANARY-of-mallory-0123456789abcdef0123456789")
    code, report = audit()
    c.equal((code, kinds(report)), (1, ["anchor_forged"]), "the newest anchor is not by this secret")
    with open(key, "w", encoding="ascii") as file:
        file.write(ours)
    c.equal(audit()[0], 0, "by this one it is")


# ---- old databases --------------------------------------------------------------------------------
def migrations():
    return sorted(glob.glob(os.path.join(ROOT, "migrations", "*.sql")))


def apply_old(cluster):
    """The schema as it was before the chain."""
    with open(os.path.join(ROOT, "src", "adapters", "sql", "schema_bootstrap.sql"),
              encoding="utf-8") as file:
        cluster.rows(file.read())
    for path in migrations():
        name = os.path.basename(path)[:-4]
        if name[5:] == MIGRATION:
            return
        with open(path, "rb") as file:
            text = file.read()
        cluster.rows("set search_path = alertify, public")
        cluster.rows(text.decode())
        cluster.rows("insert into alertify.schema_version (version, name, checksum, serves_from) "
                     "values (%s, %s, %s, 1)", int(name[:4]), name,
                     hashlib.blake2b(text, digest_size=32).hexdigest())
    raise AssertionError("there is no migration %s" % MIGRATION)


OLD = """
insert into plan values ('p', '{}');
insert into incident (id, group_key, receiver, group_labels, title, service, severity, status, cycle,
    seq, state_seq, firing, total, step, round, was_reached, plan_hash, config_hash, created_at,
    updated_at)
select md5(n::text)::uuid, decode(md5(n::text), 'hex'), 'r', '{}', 'old ' || n, 's', 'page', 'resolved',
    1, 40, 1, 0, 1, 0, 1, true, 'p', 'c', now(), now() from generate_series(1, 50) n;
insert into event (incident_id, seq, at, cycle, kind, actor, facts)
select md5(n::text)::uuid, k, now() + k * interval '1 s', 1, 'note', 'user:анна', '{"text":"№ ' || k || '"}'
from generate_series(1, 50) n, generate_series(1, 40) k;
"""


def test_h_entries_of_an_old_database_count_from_the_migration_on(c):
    w = Scene.world
    old, w.cluster = w.cluster, Cluster()
    try:
        apply_old(w.cluster)
        w.cluster.rows(OLD)
        server = w.server
        done = server.command("migrate", "--database", w.cluster.conninfo)
        c.that(done.returncode == 0, "migrated")
        code, report = audit(config=False)
        c.equal((code, report["findings"]), (0, []), "an old database verifies")
        c.equal((report["entries"], report["entries_before_chain"]), (2000, 2000), "all of it")
        w.cluster.rows("update event set actor = 'user:mallory' where seq = 7 and incident_id = "
                       "md5('9')::uuid")
        code, report = audit(config=False)
        number = w.cluster.one("select number from incident where id = md5('9')::uuid")
        c.equal((code, kinds(report)), (1, ["old_changed"]), "an old entry was edited")
        c.equal(report["findings"][0]["incident"], number, "of which incident")
        w.cluster.rows("update event set actor = 'user:анна' where seq = 7")
        w.cluster.rows("delete from event where seq = 40 and incident_id = md5('3')::uuid")
        code, report = audit(config=False)
        c.equal((code, kinds(report)), (1, ["old_changed"]), "an old entry was deleted")
    finally:
        w.cluster.stop()
        w.cluster = old


def test_y_mistakes_are_told(c):
    w = Scene.world
    done = w.server.command("audit", "anchor", "--database", w.cluster.conninfo, check=False)
    c.that(done.returncode == 2 and "--config" in done.stderr, "no secret, no anchor: " + done.stderr)
    done = w.server.command("audit", "verify", "--config", w.server.config, "--anchor",
                            anchor_file("# nothing"), check=False)
    c.that(done.returncode == 1 and "has no anchor" in done.stderr, "an empty file is not a pass")
    done = w.server.command("audit", "verify", "--config", w.server.config, "--anchor",
                            anchor_file("alertify-anchor-v1 1 yesterday"), check=False)
    c.that(done.returncode == 1 and ":1:" in done.stderr, "a damaged line: " + done.stderr)


def test_z_nothing_leaked_and_no_bug(c):
    time.sleep(0.2)
    c.equal(Scene.world.complaints(), [], "logs and tables are clean")


def main():
    arguments = parse_arguments("build-asan")
    Scene.world = World(arguments.build_dir)
    try:
        Scene.world.add_replica("b")
        Scene.world.server.start()
        return Checks().run(*[value for name, value in sorted(globals().items())
                              if name.startswith("test_")])
    finally:
        Scene.world.stop()


if __name__ == "__main__":
    sys.exit(main())
