"""Runs the lints on a tree: run.py [--root DIR] [NAME…]. Prints path:line: what."""
import argparse
import os
import sys

import check_banned
import check_headers
import check_layers
import check_machine_paths
import check_names
import check_sizes
import check_sql_in_c
import check_stored_enums
from tree import Tree

LINTS = {
    "layers": check_layers, "banned": check_banned, "sql_in_c": check_sql_in_c, "sizes": check_sizes,
    "names": check_names, "machine_paths": check_machine_paths, "headers": check_headers,
    "stored_enums": check_stored_enums,
}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default=os.path.join(here, "..", ".."))
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(LINTS))
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(LINTS)
    if unknown:
        parser.error(f"no lint named {', '.join(sorted(unknown))}; there are {', '.join(LINTS)}")
    tree = Tree(arguments.root)
    clean = 0
    names = arguments.names or list(LINTS)
    for name in names:
        findings = LINTS[name].check(tree)
        for finding in findings:
            print(f"{finding} [{name}]")
        clean += not findings
    print(f"lint ok={clean}/{len(names)} files={len(tree.files)}")
    return 0 if clean == len(names) else 1


if __name__ == "__main__":
    sys.exit(main())
