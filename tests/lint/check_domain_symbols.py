"""Which symbols the domain library refers to: no clock, no I/O, no random bits, no thread, no
allocator. Run on the built library: check_domain_symbols.py --build-dir build-asan"""
import argparse
import fnmatch
import os
import subprocess
import sys

ALLOWED = (
    # libc without state
    "memcpy memmove memset memcmp memchr memmem memrchr strlen strcmp strncmp strchr strnlen "
    "__mem*_chk snprintf vsnprintf __snprintf_chk __vsnprintf_chk qsort bsearch "
    "floor ceil round trunc fmod pow log2 exp2 "
    # base: values, text, memory, errors, digests
    "arena_* digest_* str_* strbuf_* calendar_* err_* status_* map_init map_get map_add uuid_* check_failed "
    # compiler and sanitizers
    "__asan_* __ubsan_* __tsan_* __sanitizer_* __stack_chk_fail __gcov_* _GLOBAL_OFFSET_TABLE_"
).split()


def symbols(library, kinds):
    out = subprocess.run(["nm", "-A", library], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in out.splitlines():
        where, _, rest = line.rpartition(":")
        fields = rest.split()
        if len(fields) >= 2 and fields[-2] in kinds:
            found.setdefault(fields[-1], os.path.basename(where))
    return found


def check_library(library):
    defined = symbols(library, set("TtDdBbRrVvWuCi"))
    wanted = symbols(library, {"U"})
    return [
        f"{where}: refers to {name}"
        for name, where in sorted(wanted.items())
        if name not in defined and not any(fnmatch.fnmatchcase(name, p) for p in ALLOWED)
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build-dir", default="build-asan")
    library = os.path.join(parser.parse_args().build_dir, "libalertify_domain.a")
    findings = check_library(library)
    for finding in findings:
        print(finding)
    print(f"domain symbols {'ok' if not findings else 'bad'}: {library}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
