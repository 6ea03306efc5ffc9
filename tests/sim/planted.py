#!/usr/bin/python3
"""planted: does the simulator see mistakes? Makes every mistake of planted.txt in a copy of one file,
builds a simulator with it beside the real one, and runs seeds until an invariant fails.

    planted.py --build-dir build [--seeds 2000] [--jobs 2] [--only WORDS]

Prints one line of JSON; exit code 1 if a mistake stays unseen, or its old text is not in its file."""
import argparse
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def read_bugs(path):
    bugs, bug = [], None
    for line in path.read_text().splitlines():
        if line.startswith("== "):
            bug = {"title": line[3:], "file": None, "old": [], "new": []}
            bugs.append(bug)
        elif bug is None or line.startswith("#"):
            continue
        elif line.startswith("-"):
            bug["old"].append(line[1:])
        elif line.startswith("+"):
            bug["new"].append(line[1:])
        elif line.strip():
            bug["file"] = line.strip()
    return bugs


def mutate(bug):
    text = (ROOT / bug["file"]).read_text()
    old, new = "\n".join(bug["old"]), "\n".join(bug["new"])
    if text.count(old) != 1:
        sys.exit(f"planted: {bug['title']}: its old text is {text.count(old)} times in "
                 f"{bug['file']}; planted.txt has to follow the code")
    return text.replace(old, new)


class Build:
    """The commands with which the real simulator was built."""

    def __init__(self, folder):
        self.folder = folder
        out = subprocess.run(["ninja", "-C", folder, "-t", "commands", "sim"], check=True,
                             capture_output=True, text=True).stdout
        self.commands = out.splitlines()
        self.link = self.commands[-1]

    def compile(self, bug, text, place):
        source = str(ROOT / bug["file"])
        command = next(c for c in self.commands if c.endswith(f" -c {source}"))
        words = shlex.split(command)
        known = words[words.index("-o") + 1]
        copy, target = place / pathlib.Path(source).name, place / "planted.o"
        copy.write_text(text)
        words[words.index("-o") + 1] = str(target)
        words[words.index("-c") + 1] = str(copy)
        words[words.index("-MF") + 1] = str(place / "planted.d")
        words.insert(words.index("-c"), "-Wno-error")
        self.run(words)
        return known, target

    def run(self, words):
        done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"planted: {' '.join(words)}\n{done.stdout}{done.stderr}")

    def make(self, bug, text, place):
        known, target = self.compile(bug, text, place)
        words = shlex.split(self.link.replace(": && ", "", 1).rsplit(" && :", 1)[0])
        if known in words:
            words[words.index(known)] = str(target)
        else: # in front of the libraries: their copy is not taken then
            words.insert(words.index("-o"), str(target))
        words[words.index("-o") + 1] = str(place / "sim")
        self.run(words)


def hunt(program, seeds, jobs):
    done = subprocess.run([program, "--seeds", str(seeds), "--jobs", str(jobs)],
                          capture_output=True, text=True, check=False)
    result = json.loads(done.stdout.splitlines()[-1])
    return result.get("seed"), result.get("invariant")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build-dir", default="build")
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    folder = (ROOT / args.build_dir).resolve()
    build, started = Build(folder), time.monotonic()
    bugs = [b for b in read_bugs(HERE / "planted.txt") if args.only in b["title"]]
    texts = [mutate(b) for b in bugs] # all of them, before anything is built
    unseen, worst = [], 0
    for number, (bug, text) in enumerate(zip(bugs, texts), 1):
        place = folder / "planted" / f"{number:02}"
        place.mkdir(parents=True, exist_ok=True)
        build.make(bug, text, place)
        seed, invariant = hunt(place / "sim", args.seeds, args.jobs)
        if seed is None:
            unseen.append(bug["title"])
        else:
            worst = max(worst, seed)
        print(f"    {number:2} {bug['title']}: " +
              (f"seed {seed}, {invariant}" if seed else "NOT SEEN"), file=sys.stderr, flush=True)
    print(json.dumps({"suite": "planted", "planted": len(bugs), "found": len(bugs) - len(unseen),
                      "unseen": unseen, "seeds_max": args.seeds, "seeds_needed": worst,
                      "secs": round(time.monotonic() - started)}))
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main())
