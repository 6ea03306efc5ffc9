"""sql_in_c: statements live in src/adapters/sql/*.sql, never in a C string. Transaction control
(begin, commit, rollback) is not meant."""
import re

from tree import string_literals

STATEMENT = re.compile(
    r"""^(?:\\[nrt]|\s)*(?:
        select\s+(?:.*\bfrom\b|[\w.]+\s*\(|\$?\d+\b) | insert\s+into\b | update\s+[\w.]+\s+(?:\w+\s+)?set\b |
        delete\s+from\b | with\s+\w+\s*(?:\([^)]*\)\s*)?as\s*(?:materialized\s*)?\( |
        (?:create|alter|drop)\s+(?:unique\s+)?(?:table|index|schema|function|role|database|type|view|trigger)\b |
        truncate\s+\w | copy\s+[\w.]+.*\b(?:from|to)\b
    )""",
    re.I | re.X | re.S,
)


def check(tree):
    findings = []
    for path in tree.under("src", ends=(".c", ".h")):
        for line, literal in string_literals(tree.text(path)):
            if STATEMENT.match(literal):
                findings.append(f'{path}:{line}: SQL in C: "{literal[:40]}"')
    for path in tree.under("src", ends=(".sql",)):
        if not path.startswith("src/adapters/sql/"):
            findings.append(f"{path}:1: SQL files live in src/adapters/sql/")
    return findings
