"""Random templates in the dialect of Alertmanager 0.25, over its data model: well-formed ones that
mostly run, ones with mistakes in types and arguments, and ones with damaged syntax.

The expression for a type is put together out of what yields that type where it stands, so that most
templates have output; a mistake takes an expression of another type now and then. What 0.25 prints
otherwise than newer versions (a whole KV) is not printed."""
import re

LABELS = ["alertname", "instance", "job", "severity", "team", "nope", "summary", "runbook_url", "popis"]
STRINGS = ["", "a", "firing", "InstanceDown", "b c", "<b>", "x&y=z", "žluť", "日本🔥", "it's", '"q"', "%d",
           "a\\nb", "\\t", "0", "1.5", "javascript:alert(1)", "https://ex.org/?q=a b&c=d#e", "/p a/%zz",
           "{{", "}}", "$1", "\\u00e9\\x41", "-->", "</script>", "a+b", "`", "WORLD wide", "o'neil 3rd"]
PATTERNS = ["a", "[aeiou]", "^(\\\\w+)-(\\\\d+)", "(?i)INSTANCE", "x*", "", "(a)(b)?", "\\\\.", "^$", "[[:upper:]]",
            "(?P<n>.)", "\\\\pL+", "(", "[a", "a**", "\\\\1"]
REPLACEMENTS = ["", "x", "$1", "${1}", "$n", "<$0>", "$$", "$", "${", "$1x"]
LAYOUTS = ["2006-01-02 15:04:05", "15:04", "Mon Jan _2 3:04:05.000 PM 2006 -0700", "02 Jan 06 15:04 MST",
           "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05.999999999Z07:00", "Monday, January 2", "002 __2",
           ".00 ,000 .9", "Z0700 Z07 -07 -07:00:00 -070000", "1/2/06 pm", "Janet Monday MSTx", "", "no time",
           "_2006 20066 115", "01 1 05 5 04 4 03 3", "2 02 _2"]
TEXTS = ["", " ", "\n", "  \n\t", "a", "text ", "* ", "é ", "{ ", "}", "} }", "-", "|", "\r\n", "{ { ", "x\n\n", "%", "\\"]
HTML = ["<p>", "</p>", "<b>", "</b>", "<br>", "a &amp; b", "< 3", "<!-- c -->", "<", ">", "&", "\"", "'", "<i title=\"x\">",
        "<!DOCTYPE html>", "<x-y>", "</", "<img src=\"/a.png\">", "<style>p { color: red } /* c */</style>",
        "<textarea>a < b</textarea>", "text", " ", "\n"]
# What stands around a value; @ is the value.
HTML_PLACES = ["<p>@</p>", "<a href=\"@\">x</a>", "<a href='@'>", "<a href=@>", "<a href=\"/x?a=@&b=1\">", "<a href=\"#@\">",
               "<p title=\"@\">", "<p title='@'>", "<p title=@>", "<p title=a@ class=b>", "<p @=\"x\">", "<p @>", "<p data-x=@ y>",
               "<textarea>@</textarea>", "<title>@</title>", "<!-- @ -->", "<p style=\"color: @\">",
               "<p style=\"background: url('@')\">", "<style>p { color: @; }</style>", "<img srcset=\"@\">",
               "<a href=\"https://x/@/y\">", "<a href=\"@?b=@\">", "<a xlink:href=\"@\" data-url='@'>", "@", "<b>@",
               "<p title=\"a &quot; @\">", "<a href=\"x&quest;q=@\">", "<p style=\"font: &quot;@&quot;\">",
               "<style>p { content: \"@\" } // @\n</style>", "<p class=\"a @ b\" id=x@y>", "<input value=@><br>",
               "<a href = \"@\" >", "<svg:a href=\"@\"/>", "<p title = @>"]
# Methods without arguments of a time, and what they yield.
TIME_METHODS = {"int": ["Year", "Day", "Hour", "Minute", "Second", "Nanosecond", "YearDay", "Unix", "UnixNano", "UnixMilli"],
                "bool": ["IsZero", "IsDST"], "time": ["UTC", "Local"], "other": ["Weekday", "Month", "Location"]}
DURATION_METHODS = {"float": ["Hours", "Minutes", "Seconds"], "int": ["Milliseconds", "Nanoseconds", "Microseconds"],
                    "string": ["String"]}
MISTAKES = [".Nope", "nil", "(index .Alerts 99)", "(index .Alerts \"x\")", ".Status.x", ".Alerts.Status", "(toUpper 1)", "(len 1)",
            "(len nil)", "(eq 1 \"1\")", "(lt .Alerts 1)", "(slice \"abc\" 9)", "(slice \"abc\" 2 1)", "(join \",\" .Status)", "(1 2)",
            "(.Status \"x\")", "(.CommonLabels.Remove \"x\")", "(index nil 1)", "(call .Status)", "(\"a\" | \"b\")", "$nope",
            "(printf)", "(eq)", "(match \"(\" \"x\")", "(template \"x\")", "(.CommonLabels.team 1)", "(not)", "(index .CommonLabels 1)"]

# An operand that needs no parentheses.
PLAIN = re.compile(r"""[.$\w]+|-?[\d.]+(e-?\d+)?|"(\\.|[^"\\])*"|`[^`]*`|'[^']*'""")


class Scope:
    """What is known where an expression stands: the type of the dot, and of variables."""

    def __init__(self, dot, variables=(), is_loop=False, templates=()):
        self.dot, self.variables, self.is_loop, self.templates = dot, list(variables), is_loop, templates

    def inside(self, dot, is_loop=None):
        return Scope(dot, self.variables, self.is_loop if is_loop is None else is_loop, self.templates)


class TemplateDice:
    def __init__(self, dice, is_html=False, mistakes=0.0):
        self.dice, self.is_html, self.mistakes = dice, is_html, mistakes

    def pick(self, *choices):
        return self.dice.choice(choices)

    # ------------------------------------------------------------ expressions
    def literal(self, text):
        if "`" not in text and self.dice.random() < 0.2:
            return "`%s`" % text
        return '"%s"' % text.replace('"', '\\"') if '"' in text else '"%s"' % text

    def operand(self, kind, scope, depth=0):
        """An expression that may stand as an argument."""
        if self.dice.random() < self.mistakes:
            return self.dice.choice(MISTAKES)
        if self.dice.random() < self.mistakes:
            kind = self.pick("string", "int", "float", "bool", "strings", "time", "duration")
        text = getattr(self, kind)(scope, depth)
        return text if PLAIN.fullmatch(text) else "(%s)" % text

    def receiver(self, kind, scope, depth=0):
        """What may stand before ".Method"."""
        text = self.operand(kind, scope, depth)
        return "" if text == "." else text if text[0] in "(.$" else "(%s)" % text

    def known(self, kind, scope):
        """Variables and fields of that type."""
        names = [name for name, of in scope.variables if of == kind]
        if scope.dot == kind:
            names.append(".")
        fields = {"data": {"string": ["Receiver", "Status", "ExternalURL"], "alerts": ["Alerts", "Alerts.Firing", "Alerts.Resolved"],
                           "kv": ["GroupLabels", "CommonLabels", "CommonAnnotations"]},
                  "alert": {"string": ["Status", "GeneratorURL", "Fingerprint"], "kv": ["Labels", "Annotations"],
                            "time": ["StartsAt", "EndsAt"]},
                  "pair": {"string": ["Name", "Value"]}}
        for base, of in [(".", scope.dot)] + scope.variables:
            dot = "" if base == "." else base
            names += ["%s.%s" % (dot, field) for field in fields.get(of, {}).get(kind, [])]
        return names

    def one_of(self, kind, scope, makers):
        names = self.known(kind, scope)
        if names and (not makers or self.dice.random() < 0.5):
            return self.dice.choice(names)
        return self.dice.choice(makers)()

    def string(self, scope, depth=0):
        text = lambda: self.literal(self.dice.choice(STRINGS))  # noqa: E731
        if depth > 3:
            return text()
        op = lambda kind: self.operand(kind, scope, depth + 1)  # noqa: E731
        on = lambda kind: self.receiver(kind, scope, depth + 1)  # noqa: E731
        makers = [text, text,
                  lambda: "%s.%s" % (on("kv"), self.dice.choice(LABELS)),
                  lambda: "index %s %s" % (op("kv"), self.literal(self.dice.choice(LABELS))),
                  lambda: "%s %s" % (self.pick("toUpper", "toLower", "title"), op("string")),
                  lambda: "print %s %s" % (op(self.scalar()), op(self.scalar())),
                  lambda: self.printf(scope, depth),
                  lambda: "join %s %s" % (op("string"), op("strings")),
                  lambda: "reReplaceAll %s %s %s" % (self.literal(self.dice.choice(PATTERNS)),
                                                     self.literal(self.dice.choice(REPLACEMENTS)), op("string")),
                  lambda: "%s.Format %s" % (on("time"), self.literal(self.dice.choice(LAYOUTS))),
                  lambda: "%s.%s" % (on("duration"), self.dice.choice(DURATION_METHODS["string"])),
                  lambda: "slice %s 0 %d" % (self.literal("abcdef"), self.dice.randrange(7)),
                  lambda: "%s %s" % (self.pick("html", "js", "urlquery"), op("string")),
                  lambda: "or %s %s" % (op("string"), op("string")),
                  lambda: "and %s %s" % (op("string"), op("string"))]
        return self.one_of("string", scope, makers)

    def scalar(self):
        return self.pick("string", "string", "int", "float", "bool", "time", "duration")

    def int(self, scope, depth=0):
        number = lambda: self.pick("0", "1", "2", "-1", "42", "0x1F", "1_000", "'a'", "017", "9223372036854775807")  # noqa: E731
        if depth > 3:
            return number()
        op = lambda kind: self.operand(kind, scope, depth + 1)  # noqa: E731
        on = lambda kind: self.receiver(kind, scope, depth + 1)  # noqa: E731
        makers = [number, lambda: "len %s" % op(self.pick("string", "alerts", "kv", "strings", "pairs")),
                  lambda: "%s.%s" % (on("time"), self.dice.choice(TIME_METHODS["int"])),
                  lambda: "%s.%s" % (on("duration"), self.dice.choice(DURATION_METHODS["int"])),
                  lambda: "index %s %d" % (self.literal("abc"), self.dice.randrange(3))]
        return self.one_of("int", scope, makers)

    def float(self, scope, depth=0):
        number = lambda: self.pick("1.5", "0.0", "-2.25", "1e6", "1e-7", "3.14159", "1e21", "100.0", ".5")  # noqa: E731
        if depth > 3:
            return number()
        return self.dice.choice([number, lambda: "%s.%s" % (self.receiver("duration", scope, depth + 1),
                                                            self.dice.choice(DURATION_METHODS["float"]))])()

    def bool(self, scope, depth=0):
        plain = lambda: self.pick("true", "false")  # noqa: E731
        if depth > 3:
            return plain()
        op = lambda kind: self.operand(kind, scope, depth + 1)  # noqa: E731
        on = lambda kind: self.receiver(kind, scope, depth + 1)  # noqa: E731
        same = self.pick("string", "int", "float", "string")
        makers = [plain, lambda: "%s %s %s" % (self.pick("eq", "ne", "lt", "le", "gt", "ge"), op(same), op(same)),
                  lambda: "eq %s %s %s" % (op("string"), op("string"), op("string")),
                  lambda: "not %s" % op(self.pick("string", "int", "alerts", "kv", "bool")),
                  lambda: "%s %s %s" % (self.pick("and", "or"), op("bool"), op("bool")),
                  lambda: "match %s %s" % (self.literal(self.dice.choice(PATTERNS)), op("string")),
                  lambda: "%s.%s" % (on("time"), self.dice.choice(TIME_METHODS["bool"])),
                  lambda: "%s.%s %s" % (on("time"), self.pick("After", "Before", "Equal"), op("time"))]
        return self.one_of("bool", scope, makers)

    def kv(self, scope, depth=0):
        if depth > 3:
            return (self.known("kv", scope) or ["$.CommonLabels"])[0]
        op = lambda kind: self.operand(kind, scope, depth + 1)  # noqa: E731
        on = lambda kind: self.receiver(kind, scope, depth + 1)  # noqa: E731
        makers = [lambda: "$.%s" % self.pick("CommonLabels", "GroupLabels", "CommonAnnotations"),
                  lambda: "%s.Remove %s" % (on("kv"), op("strings")), lambda: "%s.Labels" % on("alert")]
        return self.one_of("kv", scope, makers)

    def strings(self, scope, depth=0):
        if depth > 3:
            return "$.GroupLabels.Names"
        op = lambda kind: self.operand(kind, scope, depth + 1)  # noqa: E731
        on = lambda kind: self.receiver(kind, scope, depth + 1)  # noqa: E731
        makers = [lambda: "%s.%s" % (on("kv"), self.pick("Names", "Values")),
                  lambda: "%s.%s" % (on("pairs"), self.pick("Names", "Values")),
                  lambda: "stringSlice %s %s" % (op("string"), op("string")), lambda: "stringSlice"]
        return self.one_of("strings", scope, makers)

    def pairs(self, scope, depth=0):
        return self.one_of("pairs", scope, [lambda: "%s.SortedPairs" % self.receiver("kv", scope, depth + 1)])

    def alerts(self, scope, depth=0):
        return self.one_of("alerts", scope, [lambda: "$.Alerts", lambda: "$.Alerts.%s" % self.pick("Firing", "Resolved"),
                                             lambda: "slice $.Alerts 0 1"])

    def alert(self, scope, depth=0):
        return self.one_of("alert", scope, [lambda: "index $.Alerts %d" % self.dice.randrange(2)])

    def time(self, scope, depth=0):
        if depth > 3:
            return "(index $.Alerts 0).StartsAt"
        op = lambda kind: self.operand(kind, scope, depth + 1)  # noqa: E731
        on = lambda kind: self.receiver(kind, scope, depth + 1)  # noqa: E731
        makers = [lambda: "%s.%s" % (on("alert"), self.pick("StartsAt", "EndsAt")),
                  lambda: "%s.%s" % (on("time"), self.dice.choice(TIME_METHODS["time"])),
                  lambda: "%s.Add %s" % (on("time"), self.pick("28800e9", "-1", "86399999999999", "1e18")),
                  lambda: "%s.AddDate %d %d %d" % (on("time"), self.dice.randrange(-3, 4), self.dice.randrange(-14, 15),
                                                   self.dice.randrange(-40, 41)),
                  lambda: "%s.%s %s" % (on("time"), self.pick("Round", "Truncate"), self.pick("3600e9", "1e9", "86400e9", "0", "7"))]
        return self.one_of("time", scope, makers)

    def duration(self, scope, depth=0):
        if depth > 3:
            return "((index $.Alerts 0).EndsAt.Sub (index $.Alerts 0).StartsAt)"
        op = lambda kind: self.operand(kind, scope, depth + 1)  # noqa: E731
        on = lambda kind: self.receiver(kind, scope, depth + 1)  # noqa: E731
        makers = [lambda: "%s.Sub %s" % (on("time"), op("time")),
                  lambda: "%s.%s %s" % (on("duration"), self.pick("Round", "Truncate"), self.pick("3600e9", "1000000000", "7e9"))]
        return self.one_of("duration", scope, makers)

    def printf(self, scope, depth=0):
        verbs, kinds = [], []
        for _ in range(self.dice.randrange(1, 4)):
            flags = "".join(self.dice.sample("+-# 0", self.dice.choice([0, 0, 0, 1, 2])))
            width = self.dice.choice(["", "", "", "5", "12", "1"])
            precision = self.dice.choice(["", "", "", ".2", ".0", ".", ".10"])
            index = self.dice.choice([""] * 12 + ["[1]", "[2]", "[0]"])
            verb = self.dice.choice(list("vvvvssssddddqxXtfgeEGcUbo%TOz"))
            verbs.append("%" + flags + width + precision + index + verb)
            kinds.append(self.dice.choice([self.scalar(), "strings"]))
        kinds += self.dice.choice([[], [], [], ["int"]])
        arguments = " ".join(self.operand(kind, scope, depth + 1) for kind in kinds[self.dice.choice([0, 0, 0, 0, 1]):])
        return ("printf %s %s" % (self.literal(self.pick("|", " ", "").join(verbs)), arguments)).strip()

    def printable(self, scope):
        kind = self.pick("string", "string", "string", "int", "float", "bool", "strings", "time", "duration")
        if self.dice.random() < 0.05:
            kind = "other"
        return self.other(scope) if kind == "other" else self.pipe(kind, scope)

    def other(self, scope):
        return self.pick("%s.%s" % (self.receiver("time", scope), self.dice.choice(TIME_METHODS["other"])), "safeHtml \"<i>a</i> & b\"",
                         "nil", "print nil", "1i")

    def pipe(self, kind, scope):
        if self.dice.random() < self.mistakes:
            return self.dice.choice(MISTAKES).strip("()")
        text = getattr(self, kind)(scope)
        if kind == "string" and self.dice.random() < 0.4:
            for _ in range(self.dice.randrange(1, 3)):
                text += " | " + self.pick("toUpper", "toLower", "title", "urlquery", "html", "js", "len | print", "printf \"%q\"",
                                          "printf \"%5s|\"", "print 1", "safeHtml", "eq \"a\" | print",
                                          "reReplaceAll \"[aeiou]\" \"\"")
        return text

    # ------------------------------------------------------------ statements
    def action(self, inside):
        left = self.dice.choice(["{{ ", "{{ ", "{{ ", "{{", "{{- ", "{{-\n"])
        right = self.dice.choice([" }}", " }}", " }}", "}}", " -}}", "\n-}}", "\n}}"])
        return left + inside + right

    def value(self, scope):
        action = self.action(self.printable(scope))
        if self.is_html and self.dice.random() < 0.6:
            return self.dice.choice(HTML_PLACES).replace("@", action)
        return action

    def text(self):
        return self.dice.choice(HTML if self.is_html else TEXTS)

    def statement(self, scope, depth):
        kind = self.dice.randrange(12 if depth < 3 else 5)
        if kind < 2:
            return self.text()
        if kind < 5:
            return self.value(scope)
        return self.dice.choice([self.branch, self.branch, self.loop, self.loop, self.within, self.variable, self.call, self.comment,
                                 self.jump])(scope, depth)

    def body(self, scope, depth=0):
        scope = scope.inside(scope.dot)
        return "".join(self.statement(scope, depth) for _ in range(self.dice.randrange(1, 5)))

    def branch(self, scope, depth):
        kinds = ("bool", "bool", "string", "kv", "alerts", "int")
        out = self.action("if " + self.pipe(self.pick(*kinds), scope)) + self.body(scope, depth + 1)
        for _ in range(self.dice.choice([0, 0, 1, 2])):
            out += self.action("else if " + self.pipe(self.pick(*kinds), scope)) + self.body(scope, depth + 1)
        if self.dice.random() < 0.5:
            out += self.action("else") + self.body(scope, depth + 1)
        return out + self.action("end")

    def loop(self, scope, depth):
        kind, item = self.pick(("alerts", "alert"), ("alerts", "alert"), ("kv", "string"), ("strings", "string"), ("pairs", "pair"))
        inner = scope.inside(item, is_loop=True)
        head = self.pipe(kind, scope)
        style = self.dice.randrange(3)
        if style == 1:
            inner.variables.append(("$v", item))
            head = "$v := " + head
        elif style == 2:
            inner.variables += [("$i", "string" if kind == "kv" else "int"), ("$v", item)]
            head = "$i, $v := " + head
        out = self.action("range " + head) + self.body(inner, depth + 1)
        if self.dice.random() < 0.3:
            out += self.action("else") + self.body(scope, depth + 1)
        return out + self.action("end")

    def within(self, scope, depth):
        kind = self.pick("string", "kv", "alert", "alerts", "time", "int")
        head, inner = self.pipe(kind, scope), scope.inside(kind)
        if self.dice.random() < 0.3:
            inner.variables.append(("$w", kind))
            head = "$w := " + head
        out = self.action("with " + head) + self.body(inner, depth + 1)
        if self.dice.random() < 0.4:
            out += self.action("else") + self.body(scope, depth + 1)
        return out + self.action("end")

    def variable(self, scope, depth):
        kind = self.pick("string", "int", "kv", "alerts", "time", "bool")
        old = [name for name, of in scope.variables if of == kind and name != "$"]
        if old and self.dice.random() < 0.5:
            return self.action("%s = %s" % (self.dice.choice(old), self.pipe(kind, scope)))
        name = "$" + self.pick("a", "b", "c", "é1", "x_y")
        text = self.action("%s := %s" % (name, self.pipe(kind, scope)))
        scope.variables = [known for known in scope.variables if known[0] != name] + [(name, kind)]
        return text

    def call(self, scope, depth):
        if not scope.templates:
            return self.text()
        name, kind = self.dice.choice(scope.templates)
        return self.action('template "%s" %s' % (name, self.operand(kind, scope)))

    def comment(self, scope, depth):
        return self.pick("{{/* c */}}", "{{- /* {{ c }} */ -}}", "{{/*\n*/}}")

    def jump(self, scope, depth):
        if not scope.is_loop:
            return self.text()
        return self.action("if " + self.pipe("bool", scope)) + self.action(self.pick("break", "continue")) + self.action("end")

    # ------------------------------------------------------------ whole templates
    def template(self):
        kinds = [("t%d" % i, self.pick("data", "alert", "string", "kv", "alerts")) for i in range(self.dice.randrange(3))]
        defines = ""
        for i, (name, kind) in enumerate(kinds):
            scope = Scope(kind, [("$", kind)], templates=kinds[:i])
            if kind != "data":  # `$` is the dot there
                scope.variables = [("$", kind)]
            body = self.body(scope, 2)
            if "$." in body and kind != "data":
                body = self.text()
            defines += self.action('define "%s"' % name) + body + self.action("end")
        return defines + self.body(Scope("data", [("$", "data")], templates=kinds))

    def data(self, scope, depth=0):
        return "$"

    def damaged(self, text):
        """With a small change in it."""
        for _ in range(self.dice.choice([1, 1, 2])):
            at = self.dice.randrange(len(text) + 1)
            kind = self.dice.randrange(4)
            piece = self.dice.choice(["{{", "}}", "(", ")", '"', "`", "|", ".", "$", " ", "end", "else", "{{ end }}", "{{ else }}", "'",
                                      "\n", "/*", "*/", "-", ":=", "=", ",", "0x", "é", "§", "{{-", "1", "nil", "define", "/", "\\"])
            if kind == 0:
                text = text[:at] + piece + text[at:]
            elif kind == 1:
                text = text[:at] + text[at + self.dice.randrange(1, 4):]
            elif kind == 2:
                end = at + self.dice.randrange(1, 12)
                text = text[:end] + text[at:end] + text[end:]
            else:
                text = text[:at] + piece + text[at + len(piece):]
        return text
