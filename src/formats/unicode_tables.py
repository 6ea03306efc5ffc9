#!/usr/bin/python3
"""Writes unicode_tables.c: unicode_tables.py >unicode_tables.c

Categories and cases come from Python's unicodedata, word-break properties from Perl's tables; on
Debian 12 both are Unicode 14."""
import subprocess
import unicodedata

RUNES = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def category(c):
    return unicodedata.category(chr(c))


def perl_property(*names):
    """The code points that have one of the properties."""
    pattern = "|".join(r"\p{%s}" % name for name in names)
    program = ("for my $c (0..0x10ffff) { next if $c >= 0xd800 && $c < 0xe000;"
               " print \"$c\\n\" if chr($c) =~ /%s/ }" % pattern)
    out = subprocess.run(["perl", "-e", program], capture_output=True, text=True, check=True)
    return [int(line) for line in out.stdout.split()]


def upper(c):
    """The simple mapping: where the full one has several letters, it is that of title case."""
    full, title = chr(c).upper(), chr(c).title()
    return ord(full) if len(full) == 1 else ord(title) if len(title) == 1 else c


def lower(c):
    return 0x69 if c == 0x130 else ord(chr(c).lower())


def ranges(runes):
    found = []
    for c in sorted(runes):
        if found and found[-1][1] in (c - 1, 0xD7FF if c == 0xE000 else c - 1):
            found[-1][1] = c
        else:
            found.append([c, c])
    return found


def shifts(mapping):
    """Runs of code points, one or two apart, that are moved by the same amount."""
    found = []
    for c in RUNES:
        delta = mapping(c) - c
        if delta == 0:
            continue
        if found:
            run = found[-1]
            gap = c - run[1]
            if delta == run[3] and gap <= 2 and gap == (run[2] or gap):
                run[1], run[2] = c, gap
                continue
        found.append([c, c, 0, delta])
    return found


def print_ranges(name, runes):
    numbers = [n for pair in ranges(runes) for n in pair]
    print("static const uint32_t %s[] = {" % name)
    line = "   "
    for n in numbers:
        word = " %#x," % n
        if len(line) + len(word) > 100:
            print(line)
            line = "   "
        line += word
    print(line.rstrip(",") + "};")
    print("const struct unicode_ranges unicode_%s = {%s, sizeof(%s) / sizeof(*%s)};\n"
          % (name, name, name, name))


def print_shifts(name, mapping):
    print("static const struct unicode_shift %s[] = {" % name)
    print_packed("{%#x, %#x, %d, %d}," % (a, b, stride or 1, delta)
                 for a, b, stride, delta in shifts(mapping))
    print("};\nconst struct unicode_shifts unicode_%s = {%s, sizeof(%s) / sizeof(*%s)};\n"
          % (name, name, name, name))


def print_packed(words):
    line = "   "
    for word in words:
        if len(line) + len(word) >= 100:
            print(line)
            line = "   "
        line += " " + word
    print(line)


def print_titles():
    print("const struct unicode_title unicode_titles[] = {")
    words = []
    for c in RUNES:
        title = chr(c).title()
        if title != chr(upper(c)):
            runes = [ord(t) for t in title]
            words.append("{%#x, {%s}}," % (c, ", ".join("%#x" % r for r in runes)))
    print_packed(words)
    print("};\nconst size_t unicode_titles_n = sizeof(unicode_titles) / sizeof(*unicode_titles);")


def main():
    print('/* Made by unicode_tables.py from Unicode %s. */' % unicodedata.unidata_version)
    print('#include "formats/unicode_tables.h"\n')
    print("/* clang-format off */")
    print_ranges("letters", [c for c in RUNES if category(c)[0] == "L"])
    print_ranges("digits", [c for c in RUNES if category(c) == "Nd"])
    print_ranges("prints", [c for c in RUNES if category(c)[0] in "LMNPS" or c == 0x20])
    print_ranges("cased", perl_property("Cased"))
    print_ranges("ignorable", perl_property("Case_Ignorable"))
    print_ranges("word_letters", perl_property(
        *("WB=" + w for w in "ALetter Hebrew_Letter Numeric ExtendNumLet Extend Format ZWJ".split())))
    print_ranges("word_mids", perl_property("WB=MidLetter", "WB=MidNumLet", "WB=Single_Quote"))
    print_shifts("uppers", upper)
    print_shifts("lowers", lower)
    print_titles()


if __name__ == "__main__":
    main()
