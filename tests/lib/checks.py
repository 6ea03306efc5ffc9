"""Counting checks for the scripts in tests/integration: each ends with "N passed, N failed"."""
import argparse
import json
import os
import subprocess
import sys
import traceback


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def that(self, condition, what):
        if condition:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED: %s" % what)

    def equal(self, got, want, what):
        self.that(got == want, "%s: got %r, want %r" % (what, got, want))

    def run(self, *tests):
        for test in tests:
            try:
                test(self)
            except Exception:  # the next test still runs
                self.failed += 1
                print("FAILED: %s" % test.__name__)
                traceback.print_exc(file=sys.stdout)
        print("%d passed, %d failed" % (self.passed, self.failed))
        return 1 if self.failed else 0


def parse_arguments(default="build-dev"):
    parser = argparse.ArgumentParser()
    parser.add_argument("--build-dir", default=default)
    return parser.parse_args()


def render(build_dir, *arguments):
    """What the channels build, as a dict (tests/integration/render_message.c)."""
    program = os.path.join(build_dir, "tests", "render_message")
    done = subprocess.run([program, *arguments], capture_output=True, check=True, timeout=20)
    return json.loads(done.stdout)
