#!/usr/bin/env python3
"""`alertify routes` against the real amtool and against its recorded answers.

Random routing trees hang below one top route, each with `continue: true` and receivers of its own:
one call then answers for all of them, and what it prints falls apart into one answer per tree."""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from checks import Checks, parse_arguments  # noqa: E402

BUILD = parse_arguments().build_dir
ALERTIFY = os.path.join(BUILD, "alertify")
DATA = os.path.join(HERE, "..", "data", "routing")
SEED = int(os.environ.get("AMTOOL_SEED", "20261121"))
CONFIGS, TREES, LABEL_SETS = 6, 30, 25
DEPTH_MAX = 4

NAMES = ["alertname", "severity", "team", "a", "b_2", "_x", "ns:y"]
VALUES = ["critical", "warning", "db", "db-1", "db-12", "api", "web", "prod", "dev", "", "aab", "bb",
          "a b", 'say "hi"', "back\\slash", "x=y", "a,b", "{a}", "Ústí", "DB", "+Inf", "5xx", "a\nb",
          "'q'", "/dev/sda1", "true", "0", "ABBA", "ab", "x~y", "!z"]


def run(*command):
    done = subprocess.run(command, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode()


def alertify(*arguments):
    return run(ALERTIFY, "routes", *arguments)


def amtool(*arguments):
    return run("amtool", "config", "routes", *arguments)


def both(executor, *arguments):
    return executor.submit(amtool, *arguments), executor.submit(alertify, *arguments)


# ---------------------------------------------------------------- recorded answers
def rows(name):
    with open(os.path.join(DATA, name), encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file][1:]


def escape(value):
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def label_argument(name, value):
    if any(c in name for c in ' "{}!=~,\\\'`'):
        name = '"%s"' % escape(name)
    return '%s="%s"' % (name, escape(value))


def label_arguments(labels):
    return [label_argument(name, value) for name, value in labels.items()]


def check_cases(c, config, cases):
    with ThreadPoolExecutor(2) as executor:
        asked = [(row, executor.submit(alertify, "test", "--config.file",
                                       os.path.join(DATA, config),
                                       *label_arguments(json.loads(row[1]))))
                 for row in rows(cases)]
        for row, answer in asked:
            c.equal(answer.result(), (0, row[2] + "\n"), "%s case %s" % (cases, row[0]))


def test_recorded_cases(c):
    check_cases(c, "alertmanager.yml", "cases.tsv")
    check_cases(c, "utf8.yml", "utf8_cases.tsv")


def test_recorded_tree(c):
    with open(os.path.join(DATA, "routes_show.txt"), encoding="utf-8") as file:
        want = file.read()
    for arguments in (("show",), ()):
        c.equal(alertify(*arguments, "--config.file", os.path.join(DATA, "alertmanager.yml")),
                (0, want), "recorded tree")


def write_config(folder, routes, receivers):
    """JSON is YAML."""
    path = os.path.join(folder, "config-%d.yml" % len(os.listdir(folder)))
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"route": {"receiver": "root", "routes": routes},
                   "receivers": [{"name": name} for name in ["root", *receivers]]}, file,
                  ensure_ascii=False)
    return path


def shown_matchers(output):
    """The conditions in the lines of a tree of depth one."""
    return [line.strip(" ├└─│\u00a0").rsplit("  receiver: ", 1)[0]
            for line in output.splitlines()[3:] if line]


def test_recorded_matchers(c):
    recorded = [(json.loads(row[0]), row[3]) for row in rows("matchers.tsv")]
    good = [row for row in recorded if not row[1].startswith("error: ")]
    bad = [row for row in recorded if row[1].startswith("error: ")]
    with tempfile.TemporaryDirectory() as folder:
        path = write_config(folder, [{"matchers": [text]} for text, _ in good], [])
        code, output = alertify("show", "--config.file", path)
        c.equal(code, 0, "recorded matchers load")
        shown = shown_matchers(output)
        c.equal(len(shown), len(good), "recorded matchers shown")
        for (text, want), got in zip(good, shown):
            c.equal(got, want, "matcher %r" % text)
        for text, _ in bad:
            path = write_config(folder, [{"matchers": [text]}], [])
            c.equal(alertify("show", "--config.file", path), (1, ""), "matcher %r" % text)


# ---------------------------------------------------------------- random trees
class Generator:
    def __init__(self, dice):
        self.dice = dice
        self.receivers = []

    def atom(self, depth):
        kind = self.dice.randrange(12 if depth < 2 else 8)
        if kind < 5:
            return self.dice.choice(["a", "b", "db", "-", "d", "é", "x", r"\.", r"\+"])
        if kind < 8:
            return self.dice.choice([".", "[ab]", "[^a]", r"\d", r"\w", "[a-z0-9]", r"\S",
                                     "[[:alpha:]]"])
        return self.dice.choice(["(%s)", "(?:%s)", "(?P<g>%s)", "(?i:%s)"]) % \
            self.alternation(depth + 1)

    def alternation(self, depth=0):
        return "|".join(
            "".join(self.atom(depth) + self.dice.choice(["", "", "", "*", "+", "?", "{1,2}", "+?"])
                    for _ in range(self.dice.randrange(1, 4)))
            for _ in range(self.dice.choice([1, 1, 2, 3])))

    def expression(self):
        kind = self.dice.randrange(10)
        if kind < 3:
            words = [v for v in VALUES if v.replace("-", "").isalnum()]
            return "|".join(self.dice.sample(words, self.dice.randrange(1, 4)))
        if kind < 6:
            return self.dice.choice(["d.*", "db-.*|a.*", ".+", ".*", "", "(prod|dev)", "^db$",
                                     "(?i)db", "(?s)a.b", "a.b", ".*[0-9]", "x=.*", "[A-Z]+",
                                     "db-[0-9]+", "c.+|w.+", ".*a.*", "|db", "(a|b)+", ".*\\\\.*"])
        return self.alternation()

    def matcher(self):
        """Name, operator, value."""
        operator = self.dice.choice(["=", "=", "=", "!=", "=~", "=~", "!~"])
        value = self.expression() if "~" in operator else self.dice.choice(VALUES)
        return self.dice.choice(NAMES), operator, value

    def spelling(self, matcher):
        name, operator, value = matcher
        is_safe = not any(c in value for c in '",\\{}\n') and value == value.strip()
        space = self.dice.choice(["", "", " ", "  "])
        if is_safe and self.dice.random() < 0.4:
            return "%s%s%s%s%s" % (name, space, operator, space, value)
        return '%s%s%s%s"%s"' % (name, space, operator, space, escape(value))

    def matcher_items(self, matchers):
        if not matchers:
            return self.dice.choice([[], ["{}"], [""]])
        if self.dice.random() < 0.5:
            return [self.spelling(m) for m in matchers]
        joined = self.dice.choice([",", ", "]).join(
            '%s%s"%s"' % (m[0], m[1], escape(m[2])) for m in matchers)
        return [self.dice.choice(["%s", "{%s}", "{ %s ,}"]) % joined]

    def route(self, prefix, depth):
        route = {}
        matchers = [self.matcher() for _ in range(self.dice.choice([0, 1, 1, 1, 1, 2, 2]))]
        style = self.dice.randrange(4)
        if style == 0:
            plain = [m for m in matchers if ":" not in m[0]]  # refused in these two
            route["match"] = {m[0]: m[2] for m in plain if m[1] == "="}
            route["match_re"] = {m[0]: m[2] for m in plain if m[1] == "=~"}
            matchers = [m for m in matchers if m[1] not in ("=", "=~") or m not in plain]
        if matchers or style == 1:
            route["matchers"] = self.matcher_items(matchers)
        if self.dice.random() < 0.75:
            route["receiver"] = "%s-%d" % (prefix, len(self.receivers))
            self.receivers.append(route["receiver"])
        if self.dice.random() < 0.3:
            route["continue"] = self.dice.random() < 0.8
        if self.dice.random() < 0.2:
            route["group_by"] = self.dice.choice([["..."], ["a", "team"], []])
        if depth < DEPTH_MAX:
            count = self.dice.choice([0, 0, 0, 1, 2, 4] if depth else [2, 4, 6, 9])
            route["routes"] = [self.route(prefix, depth + 1) for _ in range(count)]
        return route

    def tree(self, number):
        """Whatever it decides, the next tree is asked, too."""
        tree = self.route("t%d" % number, 0)
        if self.dice.random() < 0.8:  # most trees are entered by every label set
            for key in ("matchers", "match", "match_re"):
                tree.pop(key, None)
        tree["receiver"] = "t%d-top" % number
        self.receivers.append(tree["receiver"])
        tree["continue"] = True
        return tree

    def labels(self):
        return {name: self.dice.choice(VALUES)
                for name in self.dice.sample(NAMES, self.dice.randrange(len(NAMES)))}


def split_by_tree(receivers):
    answers = {}
    for receiver in receivers.strip("\n").split(","):
        answers.setdefault(receiver.split("-")[0], []).append(receiver)
    return answers


def compare_answers(c, path, labels, theirs, ours):
    what = "%s %s" % (path, " ".join(map(repr, labels)))
    c.equal((ours[0], theirs[0]), (0, 0), "exit codes of " + what)
    want, got = split_by_tree(theirs[1]), split_by_tree(ours[1])
    for number in range(TREES):
        tree = "t%d" % number
        c.equal(got.get(tree), want.get(tree), "%s of %s" % (tree, what))
    c.equal(ours[1], theirs[1], "order of " + what)


def keep(path):
    """A configuration that showed a difference, for a look at it."""
    kept = os.path.join(tempfile.gettempdir(), "alertify-amtool-" + os.path.basename(path))
    shutil.copy(path, kept)
    print("kept as %s (AMTOOL_SEED=%d)" % (kept, SEED))


def compare_config(c, executor, folder, dice):
    generator = Generator(dice)
    trees = [generator.tree(number) for number in range(TREES)]
    path = write_config(folder, trees, generator.receivers)
    before = c.failed
    config = ("--config.file", path)
    theirs, ours = both(executor, "show", *config)
    c.equal(ours.result(), theirs.result(), "show " + path)
    asked = []
    for _ in range(LABEL_SETS):
        labels = label_arguments(generator.labels())
        asked.append((labels, *both(executor, "test", *config, *labels)))
    for labels, theirs, ours in asked:
        compare_answers(c, path, labels, theirs.result(), ours.result())
    for labels, _, _ in asked[:4]:
        theirs, ours = both(executor, "test", "--tree", *config, *labels)
        c.equal(ours.result(), theirs.result(), "tree of %s %s" % (path, labels))
    if c.failed > before:
        keep(path)


def test_random_trees(c):
    dice = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as executor:
        for _ in range(CONFIGS):
            compare_config(c, executor, folder, dice)


# ---------------------------------------------------------------- random matcher texts
def test_random_matcher_texts(c):
    """Texts that amtool (the classic grammar) takes are shown in the same way."""
    dice = random.Random(SEED + 1)
    pieces = ["foo", "a_b", "x", "=", "!=", "=~", "!~", '"', '"', "\\", "\\n", '\\"', ",", " ", "{", "}",
              "b c", "é", "1", "'", "bar", "=x", '="y"', '=~"z.*"', "\n"]
    texts = ["".join(dice.choice(pieces) for _ in range(dice.randrange(1, 9))) for _ in range(60)]
    texts += ["foo%s%s" % (dice.choice(["=", "!=", "=~"]),
                           "".join(dice.choice(pieces) for _ in range(dice.randrange(5))))
              for _ in range(90)]
    taken = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as executor:
        asked = [(text, *both(executor, "show", "--config.file",
                              write_config(folder, [{"matchers": [text]}], [])))
                 for text in texts]
        for text, theirs, ours in asked:
            if theirs.result()[0] == 0:
                taken += 1
                c.equal(ours.result(), theirs.result(), "matcher text %r" % text)
            else:  # the UTF-8 grammar may take it
                c.that(ours.result()[0] in (0, 1), "matcher text %r" % text)
    c.that(taken > 30, "only %d texts are matchers" % taken)


# ---------------------------------------------------------------- the command line
SMALL = {"route": {"receiver": "r", "routes": [
    {"receiver": "a", "matchers": ['a="1"'], "continue": True,
     "routes": [{"matchers": ['b="x y"']}]},
    {"receiver": "b", "match_re": {"a": ".*"}, "match": {"c": ""}}]},
    "receivers": [{"name": name} for name in "rab"]}

ARGUMENTS = [
    [], ["a=1"], ["--tree", "a=1"], ["--tree", "a=1", "b=x y"], ["--tree"], ['a="1"'], ["a!=1"],
    ["a=~1"], ["{a=1}"], ["{a=1"], ["a=1}"], ["a=1,b=2"], ['a="1",b="2"'], ["a"], ["=1"], ["a="], [""],
    ["a=1", "a=2"], ["a=2", "a=1"], ["a=1", "a="], ["--verify.receivers=a,b", "a=1"],
    ["--verify.receivers=b,a", "a=1"], ["--verify.receivers=a", "a=1"],
    ["--verify.receivers=b", "a=1", "--tree"], ["--verify.receivers=a, b", "a=1"],
    ["--verify.receivers=", "a=1"], ["--verify.receivers", "a,b", "a=1"], ['a="1'], ['a="é"'],
    ["a=1", "b=x\\y"], ["a b=1"], ["c=1"], ["c=1", "a=2"], [" a = 1 "], ['a="1" '], ["a=1\n"],
    ['a="\\1"'], ["a==1"], ["a='1'"], ["a=1,"], ["a=1", "b=x y", "c=3", "--tree"],
]


def test_command_line(c):
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as executor:
        path = os.path.join(folder, "small.yml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(SMALL, file)
        asked = [(arguments, *both(executor, "test", "--config.file=" + path, *arguments))
                 for arguments in ARGUMENTS]
        for arguments, theirs, ours in asked:
            c.equal(ours.result(), theirs.result(), "routes test %r" % arguments)
        check_bad_configs(c, folder)


def check_bad_configs(c, folder):
    """Both refuse them."""
    child = {"receiver": "r", "routes": [{"receiver": "nobody"}]}
    for route in ({}, {"receiver": "r", "matchers": ["a=b"]}, {"receiver": "r", "continue": True},
                  child, {"receiver": "r", "surprise": 1},
                  {"receiver": "r", "group_by": ["a", "a"]},
                  {"receiver": "r", "group_by": ["...", "a"]},
                  {"receiver": "r", "routes": [{"match": {"a.b": "c"}}]},
                  {"receiver": "r", "routes": [{"matchers": ["a=~("]}]}):
        path = os.path.join(folder, "bad.yml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"route": route, "receivers": [{"name": "r"}]}, file)
        for verb in ("show", "test"):
            answers = [f(verb, "--config.file", path) for f in (amtool, alertify)]
            c.equal(answers[1], (1, ""), "%s %r" % (verb, route))
            c.equal(answers[0], (1, ""), "amtool %s %r" % (verb, route))
    c.equal(alertify("show", "--config.file", os.path.join(folder, "none"))[0], 1, "no such file")
    c.equal(alertify("show")[0], 2, "no file named")
    c.equal(alertify("list", "--config.file", "x")[0], 2, "no such word")


def test_json(c):
    config = ("--config.file", os.path.join(DATA, "alertmanager.yml"), "--json")
    code, output = alertify("show", *config)
    tree = json.loads(output)
    c.equal((code, tree["receiver"], len(tree["routes"])), (0, "fallback", 18), "tree as JSON")
    c.equal(tree["routes"][0]["matchers"], '{alertname="Watchdog"}', "matchers as JSON")
    code, output = alertify("test", *config, "--tree", "--verify.receivers=x", "severity=info")
    answer = json.loads(output)
    c.equal((code, answer["receivers"], answer["as_expected"]), (1, ["info-mail"], False),
            "answer as JSON")
    c.equal(answer["tree"]["routes"][0]["receiver"], "info-mail", "tree of the answer as JSON")


RECORDED = (test_recorded_cases, test_recorded_tree, test_recorded_matchers, test_json)
WITH_AMTOOL = (test_random_trees, test_random_matcher_texts, test_command_line)

if __name__ == "__main__":
    if not shutil.which("amtool"):
        print("there is no amtool: only recorded answers are compared")
        sys.exit(Checks().run(*RECORDED))
    sys.exit(Checks().run(*RECORDED, *WITH_AMTOOL))
