"""sizes: functions of at most 100 lines (in tests, for their tables, 200), files of 900, headers
of 200 (in tests 900).

A function that is a plain table of cases may be longer when the comment right above it says
`lint: long because …`; so may a file or header whose first 30 lines say it."""
import re

FUNCTION_MAX, TEST_FUNCTION_MAX, FILE_MAX, HEADER_MAX = 100, 200, 900, 200
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
        most = HEADER_MAX if path.endswith(".h") and path.startswith("src/") else FILE_MAX
        if len(lines) > most and not EXEMPT.search("\n".join(lines[:30])):
            findings.append(f"{path}:1: {len(lines)} lines, at most {most}: split it by concept")
        longest = FUNCTION_MAX if path.startswith("src/") else TEST_FUNCTION_MAX
        for first, last in functions(lines):
            length = last - first + 1
            if length > longest and not EXEMPT.search(comment_above(lines, first)):
                findings.append(f"{path}:{first}: function of {length} lines, at most {longest}")
    return findings


def comment_above(lines, brace):
    above = lines[max(0, brace - 8):brace]
    return "\n".join(above)
