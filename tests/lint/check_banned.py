"""banned: functions that overflow, hide state, read a clock or start a shell; raw allocation and
logging in layers that do neither."""
import re

from tree import code_only, line_of

UNSAFE = (
    "strcpy strcat stpcpy sprintf vsprintf gets strtok atoi atol atoll atof localtime gmtime "
    "ctime asctime rand srand random srandom drand48 alloca tmpnam mktemp setjmp longjmp"
).split()
SHELL = "system popen".split()
ALLOCATION = "malloc calloc realloc reallocarray free strdup strndup asprintf vasprintf".split()
ALLOCATING_LAYERS = ("src/base/", "src/adapters/", "src/app/")
LOGGING = "LOG log_write".split()
LOGGING_LAYERS = ("src/base/", "src/flows/", "src/adapters/", "src/app/")
OUTPUT = "printf puts putchar perror".split()
OUTPUT_LAYERS = ("src/app/", "src/main.c")


def calls(names):
    return re.compile(r"(?<![\w.>])(" + "|".join(names) + r")\s*\(")


RULES = (
    # pattern, where it applies, where it is allowed, advice
    (calls(UNSAFE), ("src/", "tests/"), (), "is banned: base/str.h, *_r, or the database's clock"),
    (calls(SHELL), ("src/",), (), "is banned: no shell is ever started"),
    (calls(ALLOCATION), ("src/",), ALLOCATING_LAYERS, "belongs to base, adapters and app: use the arena"),
    (calls(LOGGING), ("src/",), LOGGING_LAYERS, "belongs to flows, adapters and app: return the error"),
    (calls(OUTPUT), ("src/",), OUTPUT_LAYERS, "belongs to app: log or return instead"),
)


def check(tree):
    findings = []
    for path in tree.under("src", "tests", ends=(".c", ".h")):
        code = code_only(tree.text(path))
        for pattern, scope, allowed, advice in RULES:
            if not path.startswith(scope) or (allowed and path.startswith(allowed)):
                continue
            for m in pattern.finditer(code):
                findings.append(f"{path}:{line_of(code, m.start())}: {m.group(1)} {advice}")
    return findings
