#!/usr/bin/env python3
"""Routing files that change under a running server: taken over whole, or not at all and said so.

    tests/integration/test_reload.py [--build-dir build-asan]
"""
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from alertify_server import Alertify  # noqa: E402
from checks import Checks, parse_arguments  # noqa: E402
from cluster import Cluster  # noqa: E402
from http_client import alertmanager_body, bearer, call  # noqa: E402

BUILD = parse_arguments().build_dir
ROUTES = """\
sources: { dev: { type: alertmanager, auth: none } }
channels: { console: {} }
route: { receiver: %s, group_by: ['...'] }
receivers: [{ name: %s, notify: [console] }]
"""
BROKEN = ROUTES.replace("receiver: %s,", "receiver: nobody,", 1) % "good"


class World:
    def __init__(self, settings=""):
        self.folder = tempfile.mkdtemp(prefix="alertify-reload-")
        self.cluster = Cluster()
        self.server = Alertify(BUILD, self.folder, self.cluster.conninfo, ROUTES % ("one", "one"),
                               "0123456789abcdef0123456789abcdef", settings=settings)
        self.server.migrate()

    def close(self):
        code = self.server.stop()
        self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def newest(self):
        return self.cluster.rows("select hash, loaded_by from config order by loaded_at desc "
                                 "limit 1")[0]

    def receiver_of(self, name):
        """Where an alert goes now."""
        body = alertmanager_body([({"alertname": name}, {})])
        call(self.server.url + "/v1/webhooks/alertmanager/dev", "POST", body)
        return self.cluster.wait_one("select receiver from incident where title = %s", name)

    def wait_log(self, text, timeout=10):
        deadline = time.monotonic() + timeout
        while text not in self.server.log() and time.monotonic() < deadline:
            time.sleep(0.05)
        return text in self.server.log()

    def ready_text(self):
        return call(self.server.url + "/readyz").text

    def wait_metric(self, value):
        deadline = time.monotonic() + 10
        name = "alertify_config_last_reload_successful"
        while self.server.metric(name) != value and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.server.metric(name) == value


def test_a_changed_file_is_taken_over_by_itself(c):
    world = World("watch: true")
    try:
        world.server.start()
        c.equal(world.receiver_of("First"), "one", "before")
        world.server.write_routes(ROUTES % ("two", "two"))
        c.that(world.cluster.wait_one("select count(*) from config where loaded_by = 'watch'"),
               "loaded by the watch")
        c.equal(world.receiver_of("Second"), "two", "afterwards")
        # As Kubernetes does: the path is a link that is replaced.
        other = os.path.join(world.folder, "other.yml")
        with open(other, "w", encoding="ascii") as file:
            file.write(ROUTES % ("three", "three"))
        os.symlink(other, other + ".link")
        os.replace(other + ".link", world.server.routes)
        c.that(world.cluster.wait_one("select count(*) = 2 from config where loaded_by = 'watch'"),
               "a link that is replaced")
        c.equal(world.receiver_of("Third"), "three", "afterwards")
        c.equal(world.server.complaints(), [], "a clean log")
    finally:
        c.equal(world.close(), 0, "a clean end")


def test_a_broken_file_changes_nothing_and_is_reported(c):
    world = World("watch: true")
    try:
        world.server.start()
        c.equal(world.ready_text(), "ready\n", "at first")
        before = world.newest()
        world.server.write_routes(BROKEN)
        c.that(world.wait_metric(0), "the metric says so")
        c.that("refused" in world.ready_text(), "readyz says so: %s" % world.ready_text())
        c.equal(call(world.server.url + "/readyz").status, 200, "it is ready all the same")
        c.equal(world.receiver_of("Broken"), "one", "the old one stays in force")
        c.equal(world.newest(), before, "and in the history")
        c.that(world.wait_log('receiver "nobody" does not exist'), "the log says what and where")
        own = world.cluster.wait_rows(1, "select * from incident where group_labels like %s",
                                      "%AlertifyConfigNotLoaded%")
        c.that(own and own[0]["status"] == "open" and own[0]["service"] == "alertify",
               "an alert of its own: %s" % own)
        text = world.cluster.one("select annotations from alert where labels like %s",
                                 "%AlertifyConfigNotLoaded%")
        c.that('receiver \\"nobody\\" does not exist' in text, "which says why: %s" % text)
        world.cluster.wait_one("select count(*) from event where kind = 'delivered' and "
                               "incident_id = %s", own[0]["id"])
        c.that("routing files" in world.server.console(), "and pages")
        world.server.write_routes(ROUTES % ("two", "two"))
        c.that(world.wait_metric(1), "mended")
        c.equal(world.cluster.wait_one("select status from incident where id = %s", own[0]["id"],
                                       until=lambda s: s == "resolved"), "resolved", "and resolved")
        c.equal(world.ready_text(), "ready\n", "as before")
    finally:
        c.equal(world.close(), 0, "a clean end")


def test_a_restart_with_a_broken_file_serves_the_last_good_one(c):
    world = World()
    try:
        world.server.start()
        c.equal(world.server.stop(), 0, "a clean end")
        world.server.write_routes(BROKEN)
        world.server.start()
        c.that("refused" in world.ready_text(), "readyz says so")
        c.that(world.wait_log("last good configuration"), "the log says so")
        c.equal(world.receiver_of("After"), "one", "it pages as before")
        c.that(world.cluster.wait_rows(1, "select 1 from incident where group_labels like %s",
                                       "%AlertifyConfigNotLoaded%"), "an alert of its own")
        world.server.write_routes(ROUTES % ("two", "two"))
        world.server.process.send_signal(signal.SIGHUP)
        c.that(world.wait_metric(1), "mended")
        c.equal(world.receiver_of("Mended"), "two", "the new one")
    finally:
        c.equal(world.close(), 0, "a clean end")


def test_a_first_start_with_a_broken_file_is_refused(c):
    world = World()
    try:
        world.server.write_routes(BROKEN)
        world.server.start(wait=False)
        c.equal(world.server.process.wait(timeout=30), 1, "it does not start")
        c.that('receiver "nobody" does not exist' in world.server.log(), "and says why")
    finally:
        world.close()


def test_reloads_under_load_drop_nothing(c):
    world = World()
    stop = threading.Event()
    answers = []

    def post():
        n = 0
        while not stop.is_set():
            n += 1
            body = alertmanager_body([({"alertname": "Load%d" % n}, {})])
            answers.append(call(world.server.url + "/v1/webhooks/alertmanager/dev", "POST",
                                body).status)
    try:
        world.server.start()
        token = bearer(world.server.create_token("admin"))
        thread = threading.Thread(target=post)
        thread.start()
        reloads = []
        for n in range(100):
            world.server.write_routes(ROUTES % ("r%d" % n, "r%d" % n) if n % 3 else BROKEN)
            reloads.append(call(world.server.url + "/-/reload", "POST", headers=token))
        stop.set()
        thread.join()
        c.equal({r.status for r in reloads[0::3]}, {422}, "broken ones are refused")
        c.equal({r.status for r in reloads[1::3] + reloads[2::3]}, {200}, "good ones are taken")
        c.that("routes.yml:3:20" in reloads[0].json()["error"]["message"], "and it says where")
        c.equal(set(answers), {200}, "no request was refused")
        world.cluster.wait_one("select count(*) = 0 from intake_queue")
        stored = world.cluster.one("select count(*) from incident where title like 'Load%%'")
        c.equal(stored, len(answers), "every alert has an incident")
        kept = world.cluster.one("""select count(*) from incident i
            where not exists (select from config c where c.hash = i.config_hash
                              and c.source like '%%name: ' || i.receiver || ',%%')""")
        c.equal(kept, 0, "each went by the configuration that it names")
    finally:
        stop.set()
        c.equal(world.close(), 0, "a clean end")


sys.exit(Checks().run(*[test for name, test in sorted(globals().items())
                        if name.startswith("test_")]))
