#!/usr/bin/env python3
"""Templates of the admin's: checked with the routing files, used for messages and pages, taken over
and kept with them, replaced by the built-in ones where they fail.

    tests/integration/test_templates.py [--build-dir build-asan]
"""
import email
import email.policy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from alertify_server import Alertify  # noqa: E402
from checks import Checks, parse_arguments  # noqa: E402
from cluster import Cluster  # noqa: E402
from http_client import alertmanager_body, call  # noqa: E402

BUILD = parse_arguments().build_dir
ALERTIFY = os.path.abspath(os.path.join(BUILD, "alertify"))
HERE = os.path.dirname(os.path.abspath(__file__))

ROUTES = """\
templates: ['templates/*.tmpl', 'templates/words.*.yml']
language: de
sources: { dev: { type: alertmanager, auth: none } }
channels: { console: {} }
route: { receiver: one, group_by: ['...'] }
receivers:
  - name: one
    notify: [console]
    messages: { console.text: '{{ template "my.line" . }}' }
"""
MY = '{{ define "my.line" }}<{{ .Status }}|{{ .CommonLabels.alertname }}|{{ .Say.ack_button }}>{{ end }}\n'
GERMAN = "ack_button: Übernehmen\n"

# Alertmanager's own file, its templates and blocks as people have them.
FOREIGN = """\
global: { slack_app_token: xoxb-1, telegram_bot_token: '1:x', smtp_smarthost: 'mx.example.org:587',
          smtp_from: a@example.org }
templates: ['/nowhere/*.tmpl', 'templates/*.tmpl']
route: { receiver: own }
receivers:
  - name: own
    slack_configs:
      - { channel: '#a', title: '{{ template "my.title" . }}', text: '*{{ .CommonLabels.alertname }}*' }
    telegram_configs:
      - { chat_id: 5, message: '<b>{{ .Status }}</b> {{ .CommonLabels.alertname }}' }
    email_configs:
      - { to: a@example.org, headers: { Subject: 'S: {{ .Status }}', X-Other: 'y' } }
"""
REDEFINED = '{{ define "slack.default.title" }}mine: {{ .Status }}{{ end }}\n'


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)
    return path


def alertify(*arguments):
    done = subprocess.run([ALERTIFY, *arguments], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Folder:
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="alertify-templates-")
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def test_mistakes_are_told_by_check(c):
    with Folder() as folder:
        routes = write(folder, "a.yml", ROUTES)
        write(folder, "templates/words.de.yml", GERMAN)
        write(folder, "templates/my.tmpl", MY)
        code, out, err = alertify("check", routes)
        c.equal((code, err), (0, ""), "all is well: %s" % out)
        for name, text, place, what in (
                ("my.tmpl", "\n{{ define \"my.line\" }}{{ if }}{{ end }}", "my.tmpl:2",
                 "missing value for if"),
                ("my.tmpl", MY + "{{ define \"x\" }}{{ template \"not.there\" }}{{ end }}",
                 "my.tmpl:2", "template \"not.there\" not defined"),
                ("words.de.yml", "ack_buton: x\n", "words.de.yml:1:1", "there is no word"),
                ("big.tmpl", "x" * 1100000, "a.yml:1:13", "big.tmpl")):
            path = write(folder, "templates/" + name, text)
            code, out, err = alertify("check", routes)
            c.that(code == 1 and place in out + err and what in out + err,
                   "%s: %d %s%s" % (name, code, out, err))
            os.unlink(path)
            write(folder, "templates/words.de.yml", GERMAN)
            write(folder, "templates/my.tmpl", MY)
        many = [write(folder, "templates/many%d.tmpl" % i, "") for i in range(100)]
        code, out, err = alertify("check", routes)
        c.that(code == 1 and "more than 100 files" in out + err, "too many: %s%s" % (out, err))
        for path in many:
            os.unlink(path)
        write(folder, "a.yml", ROUTES.replace("my.line", "your.line"))
        code, out, err = alertify("check", routes)
        c.that(code == 1 and "a.yml:9:31: error: template \"your.line\" not defined" in out + err,
               "in the routing file: %s%s" % (out, err))
        os.unlink(os.path.join(folder, "templates", "words.de.yml"))
        code, out, err = alertify("check", routes)
        c.that(code == 1 and "a.yml:2:11: error: language \"de\" is not there" in out + err,
               "no such language: %s%s" % (out, err))


def preview(folder, channel, *more):
    code, out, err = alertify("template", "preview", "--channel", channel, "--config.file",
                              os.path.join(folder, "a.yml"), "--receiver", "own", *more)
    return out if (code, err) == (0, "") else "%d %s%s" % (code, out, err)


def test_alertmanagers_templates_are_used(c):
    with Folder() as folder:
        routes = write(folder, "a.yml", FOREIGN)
        write(folder, "templates/my.tmpl", '{{ define "my.title" }}T {{ .Status }}{{ end }}')
        code, out, err = alertify("check", routes)
        c.equal(code, 0, "it is taken: %s%s" % (out, err))
        for warning in ("a.yml:3:13: warning: no file is called so",
                        "a.yml:12:70: warning: header X-Other has no effect"):
            c.that(warning in out + err, "%s in %s%s" % (warning, out, err))
        slack = json.loads(preview(folder, "slack"))
        box = slack["attachments"][0]
        c.equal((box["title"], box["text"], box["color"]),
                ("T firing", "*DiskAlmostFull*", "danger"), "slack")
        c.that("blocks" not in slack, "instead of ours")
        c.that([a["text"] for a in box["actions"]] == ["Acknowledge", "Open"], "with our buttons")
        c.equal(json.loads(preview(folder, "telegram"))["text"],
                "<b>firing</b> DiskAlmostFull", "telegram")
        mail = email.message_from_string(preview(folder, "email"), policy=email.policy.default)
        c.equal(mail["Subject"], "S: firing", "subject")
        c.that("Acknowledge" in mail.get_body(("plain",)).get_content(), "the rest is ours")
        code, out, err = alertify("import", "alertmanager", routes)
        c.equal(code, 0, "import: %s" % err)
        imported = write(folder, "b.yml", out)
        c.that("      slack.title: \"{{ template \\\"my.title\\\" . }}\"\n" in out, out)
        os.environ.update(SLACK_BOT_TOKEN="xoxb-1", TELEGRAM_BOT_TOKEN="1:x")
        code, out, err = alertify("check", imported)
        c.equal(code, 0, "the import is taken: %s%s" % (out, err))
        before = preview(folder, "slack")
        os.replace(imported, routes)
        c.equal(preview(folder, "slack"), before, "and says the same")


def test_usual_names_defined_anew_count_as_in_alertmanager(c):
    with Folder() as folder:
        write(folder, "a.yml", FOREIGN.replace(
            "title: '{{ template \"my.title\" . }}', text: '*{{ .CommonLabels.alertname }}*'",
            "send_resolved: true"))
        c.that("blocks" in json.loads(preview(folder, "slack")), "ours")
        write(folder, "templates/my.tmpl", REDEFINED)
        slack = json.loads(preview(folder, "slack"))
        c.equal(slack["attachments"][0]["title"], "mine: firing", "theirs")


class World:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="alertify-templates-")
        self.cluster = Cluster()
        self.server = Alertify(BUILD, self.folder, self.cluster.conninfo, ROUTES,
                               "0123456789abcdef0123456789abcdef", settings="watch: true")
        self.templates = os.path.join(os.path.dirname(self.server.routes), "templates")
        self.write("my.tmpl", MY)
        self.write("words.de.yml", GERMAN)
        self.server.migrate()

    def write(self, name, text):
        return write(self.templates, name, text)

    def close(self):
        code = self.server.stop()
        self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def fire(self, name):
        body = alertmanager_body([({"alertname": name}, {})])
        return call(self.server.url + "/v1/webhooks/alertmanager/dev", "POST", body).status

    def wait(self, text, where):
        deadline = time.monotonic() + 15
        while text not in where() and time.monotonic() < deadline:
            time.sleep(0.05)
        return text in where()

    def configs(self):
        return self.cluster.one("select count(*) from config")


def test_a_server_uses_takes_over_and_keeps_them(c):
    world = World()
    console = world.server.console
    try:
        world.server.start()
        c.equal(world.fire("First"), 200, "taken")
        c.that(world.wait("<firing|First|Übernehmen>", console), "a message: %s" % console())
        c.equal(world.configs(), 1, "one configuration")
        world.write("my.tmpl", MY.replace("<", "[").replace(">", "]"))
        c.that(world.cluster.wait_one("select count(*) = 2 from config"), "a template changed")
        world.fire("Second")
        c.that(world.wait("[firing|Second|Übernehmen]", console), "its message")
        world.write("my.tmpl", "{{ define \"my.line\" }}{{ nope }}{{ end }}")
        c.that(world.wait("my.tmpl:1: error: function \"nope\" not defined", world.server.log),
               "a mistake is refused: %s" % world.server.log())
        c.that("refused" in call(world.server.url + "/readyz").text, "readyz says so")
        world.fire("Third")
        c.that(world.wait("[firing|Third|Übernehmen]", console), "the old one stays in force")
        world.write("my.tmpl", MY)
        c.that(world.wait("ready\n", lambda: call(world.server.url + "/readyz").text), "mended")
        time.sleep(3)
        c.equal(world.configs(), 2, "it is the first one again, and loaded once")
        # What was in force then is all there: routing files and templates.
        code, out, err = alertify("config", "history", "--database", world.cluster.conninfo)
        c.equal(code, 0, "history: %s" % err)
        second = world.cluster.rows("select hash from config order by loaded_at desc")
        hashes = [row["hash"] for row in second]
        code, out, err = alertify("config", "diff", *hashes, "--database", world.cluster.conninfo)
        c.that("my.tmpl" in out and "+" in out, "a diff of templates: %d %s%s" % (code, out, err))
    finally:
        c.equal(world.close(), 0, "a clean end")


def test_one_that_fails_while_it_runs_is_replaced_and_said_so(c):
    world = World()
    try:
        world.write("my.tmpl", "{{ define \"my.line\" }}\n{{ (index .Alerts 7).Status }}{{ end }}"
                    "{{ define \"page.state\" }}{{ (index .Alerts 7).Status }}{{ end }}")
        world.server.start()
        world.fire("Lost")
        c.that(world.wait("Lost", world.server.console), "the page is sent: %s" %
               world.server.console())
        c.that("Übernehmen: http" in world.server.console(), "with the built-in template")
        own = world.cluster.wait_rows(1, "select * from incident where group_labels like %s",
                                      "%AlertifyTemplateFailed%")
        c.that(own, "an alert of its own")
        text = world.cluster.one("select annotations from alert where labels like %s",
                                 "%AlertifyTemplateFailed%")
        c.that("a.yml" in text or "2:" in text, "which names the place: %s" % text)
        c.that(world.server.metric("alertify_template_failures_total") >= 1, "and the metric")
        link = re.search(r"http\S+/a/\S+", world.server.console()).group(0)
        page = call(link)
        c.that(page.status == 200 and "Übernehmen</button>" in page.text,
               "a page with a template that fails is a page: %d" % page.status)
        c.that(world.wait("page.html: template: ", world.server.log), "and the log says so")
    finally:
        c.equal(world.close(), 0, "a clean end")


if __name__ == "__main__":
    sys.exit(Checks().run(
        test_mistakes_are_told_by_check,
        test_alertmanagers_templates_are_used,
        test_usual_names_defined_anew_count_as_in_alertmanager,
        test_a_server_uses_takes_over_and_keeps_them,
        test_one_that_fails_while_it_runs_is_replaced_and_said_so,
    ))
