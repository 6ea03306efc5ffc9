#!/usr/bin/env python3
"""The watch on alertify itself: an address outside that is fetched while all is well, and not when the
database is away or nobody does the work.

    tests/integration/test_dead_man.py [--build-dir build-asan]
"""
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from alertify_server import Alertify  # noqa: E402
from checks import Checks, parse_arguments  # noqa: E402
from cluster import Cluster  # noqa: E402
from fake_http import FakeHttp, Reply  # noqa: E402
from http_client import alertmanager_body, call  # noqa: E402

KEY = "CANARY-0123456789abcdef0123456789abcdef"
LEAD_PROCESS = (0x616c7274 << 8) | 1
ROUTES = """
sources: { dev: { type: alertmanager, auth: none } }
channels: { console: {} }
route: { receiver: all }
receivers: [ { name: all, notify: [console] } ]
"""


class Outside(FakeHttp):
    def answer(self, request):
        return Reply(200)


class Scene:
    build = folder = cluster = outside = None
    replicas = {}


def replica(name, more="", url=None):
    settings = "actions: { enabled: false }\ndead_man: { url: !env DEAD_MAN, every: 1s, timeout: 1s%s }"
    url = url or "%s/CANARY-%s" % (Scene.outside.url, name)
    made = Alertify(Scene.build, Scene.folder, Scene.cluster.conninfo, ROUTES, KEY, name=name,
                    environment={"DEAD_MAN": url}, settings=settings % more)
    Scene.replicas[name] = made
    return made


def pings(name):
    with Scene.outside.lock:
        return [r for r in Scene.outside.requests if r.path == "/CANARY-" + name]


def wait_pings(name, more, timeout=8.0):
    """Whether that many more come."""
    before, deadline = len(pings(name)), time.monotonic() + timeout
    while time.monotonic() < deadline and len(pings(name)) < before + more:
        time.sleep(0.05)
    return len(pings(name)) >= before + more


def result(server, word):
    return server.metric("alertify_dead_man_pings_total", result=word)


def test_a_each_replica_fetches_it(c):
    a, b = Scene.replicas["a"].start(), Scene.replicas["b"].start()
    c.that(wait_pings("a", 2) and wait_pings("b", 2), "both do, again and again")
    c.equal({r.method for r in pings("a")}, {"GET"}, "with GET")
    c.that(result(a, "ok") >= 2 and result(a, "failed") == 0, "and count it")
    age = time.time() - a.metric("alertify_dead_man_last_success_timestamp_seconds")
    c.that(-5 < age < 5, "the time of the last one: %.1f s ago" % age)
    b.stop()


def test_b_a_refusal_and_silence_are_counted_and_cost_nothing(c):
    a = Scene.replicas["a"]
    Scene.outside.fail_next([Reply(500), Reply(404), Reply(200, delay=20.0)])
    before = result(a, "failed")
    c.that(wait_pings("a", 3, 12), "it goes on")
    deadline = time.monotonic() + 4
    while result(a, "failed") < before + 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    c.equal(result(a, "failed"), before + 3, "500, 404 and no answer within the timeout are failures")
    c.that(a.is_ready(), "the replica is well meanwhile")
    c.that(wait_pings("a", 1), "the next one does not wait for what hangs")
    c.equal(a.log().count("the dead-man address is not reached"), 1, "the log says it once")
    c.that(wait_pings("a", 2) and "is reached again" in a.log(), "and when it is over")


def test_c_silent_while_the_database_is_away(c):
    a = Scene.replicas["a"]
    Scene.cluster.kill()
    time.sleep(4.0)
    before = len(pings("a"))
    time.sleep(3.0)
    c.equal(len(pings("a")), before, "nothing is fetched")
    c.that(result(a, "withheld") >= 2, "it is counted as withheld")
    Scene.cluster.again()
    c.that(wait_pings("a", 2, 15), "again when it is back")


def test_d_silent_while_nobody_does_the_work(c):
    a = Scene.replicas["a"]
    a.stop()
    blocker = Scene.cluster.connect()
    with blocker.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", (LEAD_PROCESS,))
    a.start()
    c.that(wait_pings("a", 1), "without work all is well")
    answer = call(a.url + "/v1/webhooks/alertmanager/dev", "POST",
                  alertmanager_body([({"alertname": "Stuck"}, {})]))
    c.equal(answer.status, 200, "an alert waits in the ledger")
    c.that(wait_pings("a", 2), "which is fine for a while")
    Scene.cluster.advance(6 * 60)
    time.sleep(3.0)
    before = len(pings("a"))
    time.sleep(2.5)
    c.equal(len(pings("a")), before, "but not for six minutes")
    blocker.close()
    c.that(wait_pings("a", 1), "it is processed, and all is well")


def test_e_private_addresses_have_to_be_allowed(c):
    p = replica("p").start()
    deadline = time.monotonic() + 6
    while result(p, "failed") < 1 and time.monotonic() < deadline:
        time.sleep(0.1)
    c.that(result(p, "failed") >= 1 and not pings("p"), "without allow_private it is not fetched")
    p.stop()
    wrong = replica("w", url="ftp://CANARY-w.example.org/")
    wrong.start(wait=False)
    wrong.process.wait(20)
    c.that(wrong.process.returncode == 1 and "dead_man.url is not a web address" in wrong.log(),
           "another kind of address is refused at start")


def test_z_a_stop_is_quick_and_nothing_leaked(c):
    Scene.outside.fail_next([Reply(200, delay=20.0)] * 2)
    wait_pings("a", 1)
    started = time.monotonic()
    c.equal(Scene.replicas["a"].stop(), 0, "a stop with one on its way")
    c.that(time.monotonic() - started < 5, "takes %.1f s" % (time.monotonic() - started))
    for server in Scene.replicas.values():
        c.equal(server.complaints(["CANARY"]), [], "log of %s" % server.name)


def main():
    Scene.build = parse_arguments("build-asan").build_dir
    Scene.folder = tempfile.mkdtemp(prefix="alertify-dead-")
    Scene.cluster = Cluster()
    Scene.outside = Outside().start()
    try:
        for name in ("a", "b"):
            replica(name, ", allow_private: true")
        Scene.replicas["a"].migrate()
        Scene.cluster.install_clock()
        return Checks().run(*[value for name, value in sorted(globals().items())
                              if name.startswith("test_")])
    finally:
        for server in Scene.replicas.values():
            server.stop()
        Scene.outside.stop()
        Scene.cluster.stop()
        shutil.rmtree(Scene.folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
