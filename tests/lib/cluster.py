"""A throw-away PostgreSQL for one test, with a clock that can be fast-forwarded.

Wraps tests/pg_cluster.sh. After install_clock() the server's clock, alertify.server_clock(), is the
real time plus what advance() and step() added up; install it after the migrations, before a server starts.
"""
import os
import subprocess
import tempfile
import time

import psycopg2
import psycopg2.extras

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "pg_cluster.sh")

CLOCK = """
create table alertify.test_clock (shift interval not null);
insert into alertify.test_clock values ('0');
create or replace function alertify.server_clock() returns timestamptz language sql volatile parallel safe
    as 'select clock_timestamp() + (select shift from alertify.test_clock)';
"""


class Cluster:
    def __init__(self):
        # The longest usable path of a unix socket is short, so not below the build folder.
        self.folder = tempfile.mkdtemp(prefix="alertify-pg-")
        os.chmod(self.folder, 0o755)
        self.dir = os.path.join(self.folder, "c")
        self.conninfo = self._run("start")
        self.shift = 0.0
        self._connection = None

    def _run(self, verb):
        done = subprocess.run(["sh", SCRIPT, verb, self.dir], capture_output=True, text=True,
                              timeout=60, check=False)
        if done.returncode:
            raise RuntimeError("pg_cluster.sh %s: %s" % (verb, done.stderr))
        return done.stdout.strip()

    def stop(self):
        if self._connection:
            self._connection.close()
        self._run("stop")
        os.rmdir(self.folder)

    def kill(self):
        """kill -9 of every server process, as a crash would."""
        self._run("kill")
        if self._connection:
            self._connection.close()

    def again(self):
        self._run("again")

    def connect(self):
        connection = psycopg2.connect(self.conninfo, options="-c search_path=alertify,public")
        connection.autocommit = True
        return connection

    def _cursor(self):
        if self._connection is None or self._connection.closed:
            self._connection = self.connect()
        return self._connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor)

    # Only for the thread of the test; others use connect().
    def rows(self, sql, *parameters):
        with self._cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    def one(self, sql, *parameters):
        """The single value of the single row, or None."""
        rows = self.rows(sql, *parameters)
        return list(rows[0].values())[0] if rows else None

    def wait_one(self, sql, *parameters, timeout=10.0, until=bool):
        """Polls until the value satisfies `until`; returns the last value in any case."""
        deadline = time.monotonic() + timeout
        while True:
            value = self.one(sql, *parameters)
            if until(value) or time.monotonic() > deadline:
                return value
            time.sleep(0.03)

    def wait_rows(self, n, sql, *parameters, timeout=10.0):
        """Polls until there are at least n rows; returns what there is."""
        deadline = time.monotonic() + timeout
        while True:
            rows = self.rows(sql, *parameters)
            if len(rows) >= n or time.monotonic() > deadline:
                return rows
            time.sleep(0.03)

    def install_clock(self):
        self.rows(CLOCK)

    def advance(self, seconds):
        """Time passes: everything that is due by then becomes due. Nothing may be in flight: its sender
        would have missed its deadline. To the replicas, whose own clocks stand still, it is a step
        that one of them has noted already, so nobody excuses heartbeats for it."""
        self.shift += seconds
        self.rows("with noted as (update alertify.clock_guard set skipped_us = skipped_us + %s) "
                  "update alertify.test_clock set shift = shift + make_interval(secs => %s)",
                  max(0, int(seconds * 1e6)), seconds)

    def step(self, seconds):
        """The server's clock is set: no time passes."""
        self.shift += seconds
        self.rows("update alertify.test_clock set shift = shift + make_interval(secs => %s)", seconds)

    def now(self):
        """Seconds since the epoch by the program's clock."""
        return time.time() + self.shift

    def wait_quiet(self, timeout=15.0):
        """True when the ledger is processed and no delivery is due or being sent."""
        sql = """select (select count(*) from intake_queue)
                        + (select count(*) from delivery
                           where state = 'sending' or (state = 'ready' and due_at <= clock()))"""
        return self.wait_one(sql, timeout=timeout, until=lambda n: n == 0) == 0

    def find_text(self, needles):
        """Tables of the schema in which one of the texts occurs anywhere."""
        found = []
        for row in self.rows("select tablename from pg_tables where schemaname = 'alertify'"):
            table = row["tablename"]
            for needle in needles:
                if self.one('select exists (select from alertify."%s" t '
                            "where position(%%s in t::text) > 0)" % table, needle):
                    found.append("%s in table %s" % (needle, table))
        return found
