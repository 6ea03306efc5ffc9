"""sizes: functions of at most 100 lines, files of 900, headers of 200.

A function that is a plain table of cases may be longer when the comment right above it says
`lint: long because …`; so may a file or header whose first 30 lines say it."""
import re

FUNCTION_MAX, FILE_MAX, HEADER_MAX = 100, 900, 200
EXEMPT = re.compile(r"lint: long because \S+")


def functions(lines):
    """(first line, last line) of each function body; the layout puts its braces in column 0."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start:
            yield start, number
            start = None


def check(tree):
    findings = []
    for path in tree.under("src", "tests", ends=(".c", ".h")):
        lines = tree.text(path).splitlines()
        most = HEADER_MAX if path.endswith(".h") else FILE_MAX
        if len(lines) > most and not EXEMPT.search("\n".join(lines[:30])):
            findings.append(f"{path}:1: {len(lines)} lines, at most {most}: split it by concept")
        for first, last in functions(lines):
            length = last - first + 1
            if length > FUNCTION_MAX and not EXEMPT.search(comment_above(lines, first)):
                findings.append(f"{path}:{first}: function of {length} lines, at most {FUNCTION_MAX}")
    return findings


def comment_above(lines, brace):
    above = lines[max(0, brace - 8):brace]
    return "\n".join(above)
