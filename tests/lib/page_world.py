"""A whole installation for the end-to-end tests: PostgreSQL, fakes of every provider, routes,
one or more replicas. Every secret contains CANARY, so that a leak is easy to find."""
import os
import re
import shutil
import tempfile

import fake_slack
import fake_telegram
import fake_webhook
from alertify_server import Alertify
from cluster import Cluster
from fake_slack import FakeSlack
from fake_telegram import FakeTelegram
from fake_webhook import FakeWebhook
from http_client import alertmanager_body, bearer, call
from smtp_sink import SmtpSink, make_certificate

GROUP = -1001234567890
SECRET_KEY = "CANARY-0123456789abcdef0123456789abcdef"
SECRETS = {
    "PROD_TOKEN": "CANARY-prod-token", "PROD_TOKEN_OLD": "CANARY-prod-token-of-yesterday",
    "BASIC_PASSWORD": "CANARY:with:colons", "GRAFANA_HMAC": "CANARY-grafana-hmac",
    "SLACK_BOT_TOKEN": fake_slack.TOKEN, "TELEGRAM_BOT_TOKEN": fake_telegram.TOKEN,
    "SMTP_PASSWORD": "CANARY-smtp", "HOOK_SECRET": fake_webhook.SECRET,
}

ROUTES = """
sources:
  prod: { type: alertmanager, auth: { bearer: [ !env PROD_TOKEN, !env PROD_TOKEN_OLD ] } }
  basic: { type: alertmanager, auth: { basic: { username: hook, password: !env BASIC_PASSWORD } } }
  grafana:
    type: grafana
    auth: { hmac: !env GRAFANA_HMAC, timestamp_header: X-Grafana-Alerting-Timestamp }

channels:
  slack: { %(slack)s }
  telegram: { bot_token: !env TELEGRAM_BOT_TOKEN, api_url: "%(telegram_url)s" }
  email:
    server: "%(smtp_url)s"
    ca_file: %(smtp_ca)s
    username: alertify
    password: !env SMTP_PASSWORD
    from: "Alertify <alerts@example.org>"
  webhooks:
    hook: { url: !env HOOK_URL, signing: !env HOOK_SECRET }
  allow_private_addresses: true

users:
  anna: { name: Anna Ivanova, language: ru, telegram: 12345, email: anna@example.org }
  bob: { name: Bob Novak, slack: U045EF, email: bob@example.org }
  dan: { name: Dan Unreachable }

actions:
  restart:
    file: %(folder)s/actions/restart
    parameters: { unit: { from: "label:unit", pattern: "worker@[0-9]{1,3}" } }
    timeout: 10s
  failing: { file: %(folder)s/actions/failing, timeout: 10s }
  slow: { file: %(folder)s/actions/slow, timeout: 90s }
  asked:
    file: %(folder)s/actions/restart
    parameters: { unit: { from: caller, pattern: "[a-z@0-9]{1,20}" } }

route:
  receiver: stored
  group_by: [alertname, cluster, service]
  routes:
    - { matchers: ['case="all"'], receiver: all }
    - { matchers: ['case="steps"'], receiver: steps }
    - { matchers: ['case="told"'], receiver: told }
    - { matchers: ['case="slack"'], receiver: slack }
    - { matchers: ['case="run"'], receiver: run }
    - { matchers: ['case="fail"'], receiver: fail }
    - { matchers: ['case="slow"'], receiver: slow }
    - { matchers: ['case="anna"'], receiver: anna }
    - { matchers: ['case="hook"'], receiver: hook }
    - { matchers: ['case="empty"'], receiver: empty }
    - { matchers: ['case="nobody"'], receiver: nobody }

receivers:
  - name: all
    escalation:
      - notify: [ console, "slack:#alerts", "telegram:-1001234567890", "email:ops@example.org",
                  "webhook:hook", "user:anna" ]
      - wait: 5m
      - notify: [ "user:bob" ]
  - name: steps
    escalation:
      - notify: [ "user:bob" ]
      - wait: 5m
      - notify: [ "telegram:-1001234567890" ]
      - wait: 10m
      - repeat: 1
  - name: told
    escalation:
      - notify: [ "slack:#alerts", "telegram:-1001234567890", "webhook:hook",
                  "email:ops@example.org" ]
      - wait: 5m
      - notify: [ "user:bob" ]
  - name: slack
    notify: [ "slack:#alerts" ]
  - name: run
    escalation:
      - { run: restart, wait: 2m }
      - notify: [ "slack:#alerts", "webhook:hook" ]
  - name: fail
    escalation:
      - { run: failing, if: 'service="pay"', wait: 2m }
      - notify: [ "slack:#alerts", "webhook:hook" ]
  - name: slow
    escalation:
      - { run: slow, wait: 10m }
      - notify: [ "webhook:hook" ]
  - name: anna
    notify: [ "user:anna" ]
  - name: hook
    storm: { pages: 0 } # more cases than a minute has pages
    escalation:
      - notify: [ "webhook:hook" ]
      - wait: 5m
      - notify: [ "slack:#alerts" ]
  - name: empty
    escalation:
      - notify: [ "user:dan" ]
      - wait: 5m
      - notify: [ "webhook:hook" ]
  - name: nobody
    notify: [ "user:dan" ]
  - name: last
    notify: [ "email:manager@example.org" ]
  - name: stored
catch_all: last
"""

SCRIPT = """#!/bin/sh
echo "$ALERTIFY_RUN_ID $*" >>%(folder)s/runs/list
env >%(folder)s/runs/environment
cat >%(folder)s/runs/input
echo "restarted $1"
%(end)s
"""


class World:
    def __init__(self, build_dir):
        self.build_dir = build_dir
        self.folder = tempfile.mkdtemp(prefix="alertify-e2e-")
        os.chmod(self.folder, 0o755)
        self.stoppers = [lambda: shutil.rmtree(self.folder, ignore_errors=True)]
        self.replicas, self.tokens = {}, {}
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        self.cluster = self._keep(Cluster())
        certificates = os.path.join(self.folder, "tls")
        os.mkdir(certificates)
        self.certificate = make_certificate(certificates)
        self.ca = self.certificate[0]
        self.slack = self._keep(FakeSlack().start())
        self.telegram = self._keep(FakeTelegram().start())
        self.hook = self._keep(FakeWebhook(now=lambda: self.cluster.now()).start())
        self.smtp = self._keep(SmtpSink(True, "alertify", SECRETS["SMTP_PASSWORD"]).start())
        self._write_actions()
        first = self.add_replica("a")
        first.migrate()
        self.cluster.install_clock()
        for role in ("user", "engineer", "admin"):
            self.tokens[role] = first.create_token(role)

    def _keep(self, thing):
        self.stoppers.append(thing.stop)
        return thing

    def _write_actions(self):
        os.mkdir(os.path.join(self.folder, "runs"))
        os.chmod(os.path.join(self.folder, "runs"), 0o777)
        os.mkdir(os.path.join(self.folder, "actions"))
        for name, end in (("restart", "exit 0"), ("failing", "exit 3"), ("slow", "sleep 80")):
            path = os.path.join(self.folder, "actions", name)
            with open(path, "w", encoding="ascii") as file:
                file.write(SCRIPT % {"folder": self.folder, "end": end})
            os.chmod(path, 0o755)

    def routes(self, slack=None):
        return ROUTES % {
            "folder": self.folder, "telegram_url": self.telegram.url, "smtp_url": self.smtp.url,
            "smtp_ca": self.smtp.ca_file,
            "slack": slack or 'bot_token: !env SLACK_BOT_TOKEN, api_url: "%s"' % self.slack.api_url}

    def add_replica(self, name):
        environment = dict(SECRETS, HOOK_URL=self.hook.url + "/hook?token=CANARY-hook",
                           SLACK_WEBHOOK_URL=self.slack.webhook_url)
        actions = "allow_own: true" + (", run_as: nobody" if os.geteuid() == 0 else "")
        replica = Alertify(self.build_dir, self.folder, self.cluster.conninfo, self.routes(),
                           SECRET_KEY, self.certificate, environment, name,
                           "actions: { %s }" % actions)
        self.replicas[name] = replica
        self.stoppers.append(replica.stop)
        return replica

    @property
    def server(self):
        return self.replicas["a"]

    def stop(self):
        for stopper in reversed(self.stoppers):
            try:
                stopper()
            except Exception as error:  # the others still have to stop
                print("stopping: %r" % error)
        self.stoppers = []

    # -- doing --------------------------------------------------------------------------------
    def post(self, alerts, status="firing", replica=None, ends_at=None):
        """Alerts straight to the intake; the answer."""
        server = replica or self.server
        return call(server.url + "/v1/webhooks/alertmanager/prod", "POST",
                    alertmanager_body(alerts, status, ends_at=ends_at), bearer(SECRETS["PROD_TOKEN"]))

    def api(self, method, path, body=None, role="engineer", replica=None):
        server = replica or self.server
        headers = bearer(self.tokens[role]) if role else {}
        return call(server.url + path, method, body, headers)

    # -- looking ------------------------------------------------------------------------------
    def incident(self, receiver, status=None, timeout=20.0):
        """The newest incident of a receiver once it exists (and has this status)."""
        rows = self.cluster.wait_rows(1, """select * from incident where receiver = %s
            and (%s::text is null or status = %s) order by number desc limit 1""",
                                      receiver, status, status, timeout=timeout)
        return rows[0] if rows else None

    def events(self, incident, kind=None):
        return self.cluster.rows("""select * from event where incident_id = %s
            and (%s::text is null or kind = %s) order by seq""", incident["id"], kind, kind)

    def runs(self):
        try:
            with open(os.path.join(self.folder, "runs", "list"), encoding="ascii") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def run_file(self, name):
        with open(os.path.join(self.folder, "runs", name), encoding="utf-8") as file:
            return file.read()

    def mails_to(self, address):
        return [m for m in self.smtp.messages if address in m["rcpt_to"]]

    def telegrams_to(self, chat):
        return [m for m in self.telegram.messages if m["chat_id"] == chat]

    def complaints(self):
        """Everything that must never be in a log, in the metrics or in the database."""
        needles = ["CANARY", fake_webhook.SECRET[6:]] + list(self.tokens.values())
        found = []
        for name, replica in self.replicas.items():
            found += ["log of %s: %s" % (name, line) for line in replica.complaints(needles)]
            console = replica.console() if replica.starts else ""
            found += ["console of %s" % name for needle in needles if needle in console]
            if replica.process and replica.process.poll() is None:
                found += ["metrics of %s" % name for n in needles if n in replica.metrics()]
        return found + self.cluster.find_text(needles)


def links_in(text):
    return re.findall(r"https?://[^\s\"'<>|)]+/a/[A-Za-z0-9_.~-]+", text)
