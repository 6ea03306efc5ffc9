"""What protects the release binary: check_hardening.py build/alertify. Prints `hardening ok=N/N`."""
import glob
import os
import re
import subprocess
import sys


def readelf(binary, *flags):
    return subprocess.run(["readelf", "-W", *flags, binary], capture_output=True, text=True, check=True).stdout


def library_symbols(build):
    """What the code of our own layers refers to; the linked binary also holds other people's."""
    libraries = glob.glob(os.path.join(build, "libalertify_*.a"))
    return subprocess.run(["nm", *libraries], capture_output=True, text=True, check=True).stdout


def checks(binary):
    header = readelf(binary, "-h")
    segments = readelf(binary, "-l")
    dynamic = readelf(binary, "-d")
    ours = library_symbols(os.path.dirname(binary))
    notes = readelf(binary, "-n")
    stack = re.search(r"GNU_STACK\s+\S+\s+\S+\s+\S+\s+\S+\s+\S+\s+([RWE ]+?)\s+0x", segments)
    loads = re.findall(r"^\s+LOAD\s+(?:0x\w+\s+){5}([RWE ]+?)\s+0x", segments, re.M)
    yield "position independent (PIE)", "DYN" in header and "INTERP" in segments
    yield "GNU_RELRO segment", "GNU_RELRO" in segments
    yield "full RELRO: bound at start (NOW)", "BIND_NOW" in dynamic or re.search(r"FLAGS_1.*\bNOW\b", dynamic)
    yield "stack is not executable", stack and "E" not in stack.group(1)
    yield "no segment writable and executable", loads and not any("W" in l and "E" in l for l in loads)
    yield "our code has stack canaries", "__stack_chk_fail" in ours
    yield "FORTIFY replaces libc calls in our code", re.search(r"\b__(?!stack)\w+_chk\b", ours)
    yield "no RPATH or RUNPATH", "RPATH" not in dynamic and "RUNPATH" not in dynamic
    yield "no text relocations", "TEXTREL" not in dynamic
    yield "build id", "Build ID:" in notes


def main():
    binary = sys.argv[1]
    results = list(checks(binary))
    for name, good in results:
        if not good:
            print(f"{binary}: missing: {name}")
    good = sum(1 for _, ok in results if ok)
    print(f"hardening ok={good}/{len(results)}")
    return 0 if good == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
