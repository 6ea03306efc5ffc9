"""names: a file is called after its concept, never util, common, misc, helpers or manager."""
import re

FORBIDDEN = {"util", "utils", "common", "misc", "helpers", "manager", "managers", "stuff"}


def check(tree):
    findings = []
    for path in tree.under("src", "tests", "docs", "migrations", "cmake"):
        if path.startswith("tests/data/"):
            continue
        for part in path.split("/"):
            words = set(re.split(r"[_.\-]", part.lower()))
            if words & FORBIDDEN:
                findings.append(f"{path}:1: '{part}' names no concept")
                break
    return findings
