"""machine_paths: nothing in the tree names a folder of the machine it was written on."""
import re

from tree import line_of

HOMES = re.compile(r"(?<![\w.:/$}-])/(?:home|Users|root|work)/[A-Za-z0-9._-]+")
BINARY = (".png", ".jpg", ".gif", ".ico", ".woff2", ".gz", ".zip", ".pyc")


def check(tree):
    findings = []
    for path in tree.files:
        if path.endswith(BINARY) or path.startswith(("tests/lint/", "tests/fuzz/corpus/")):
            continue
        text = tree.text(path)
        if "\0" in text:
            continue
        hits = [m.start() for m in HOMES.finditer(text)]
        hits += [m.start() for m in re.finditer(re.escape(tree.root) + r"\b", text)]
        for at in sorted(set(hits))[:3]:
            findings.append(f"{path}:{line_of(text, at)}: path of one machine: {text[at:at + 40].split()[0]}")
    return findings
