"""stored_enums: an X-macro list whose names are stored equals the CHECK constraint of its column.

The comment right above the list says where its names are stored (several columns by commas):

    /* stored: incident.state */
    #define INCIDENT_STATES(X) X(INCIDENT_OPEN, "open") X(INCIDENT_RESOLVED, "resolved")

and the migrations, of which the last one that constrains the column counts, say

    create table incident (… state text not null check (state in ('open', 'resolved')), …);

`check (state is null or state in (…))` and `= any (array[…])` are understood as well. A schema
before the table's name is ignored."""
import re

from tree import line_of

PLACES = r"\bstored:\s*((?:\w+\.)+\w+(?:\s*,\s*(?:\w+\.)+\w+)*)"
COMMENT_AND_LIST = re.compile(
    r"/\*(?P<comment>(?:(?!\*/).)*)\*/\s*#define\s+(?P<macro>\w+)\(X\)(?P<list>(?:[^\n]*\\\n)*[^\n]*)", re.S)
MEMBER = re.compile(r'\bX\(\s*\w+\s*,\s*"([^"]*)"')
TABLE = re.compile(
    r"\b(?:create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?|alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?)"
    r"([\w.\"]+)", re.I)
CHECK = re.compile(
    r"\bcheck\s*\(\s*\(?\s*(?:\w+\s+is\s+null\s+or\s+)?\(?\s*(\w+)\s*"
    r"(?:in\s*\(|=\s*any\s*\(\s*array\s*\[)((?:\s*'[^']*'(?:::\w+)?\s*,?)+)[)\]]", re.I)


def statements(sql):
    sql = re.sub(r"--[^\n]*", "", sql)
    return sql.split(";")


def constraints(tree):
    """{(table, column): set of values}, the latest migration last."""
    found = {}
    for path in tree.under("migrations", ends=(".sql",)):
        for statement in statements(tree.text(path)):
            table = TABLE.search(statement)
            if not table:
                continue
            name = table.group(1).replace('"', "").split(".")[-1].lower()
            seen = set()
            for column, values in CHECK.findall(statement):
                if column.lower() not in seen:
                    found[(name, column.lower())] = set(re.findall(r"'([^']*)'", values))
                    seen.add(column.lower())
    return found


def check(tree):
    known = constraints(tree)
    findings = []
    for path in tree.under("src", ends=(".h", ".c")):
        text = tree.text(path)
        markers = {m.start(): m for m in re.finditer(PLACES, text)}
        for m in COMMENT_AND_LIST.finditer(text):
            names = set(MEMBER.findall(m.group("list").replace("\\\n", " ")))
            for at in [at for at in markers if m.start("comment") <= at < m.end("comment")]:
                for place in re.split(r"[,\s]+", markers.pop(at).group(1)):
                    findings += compare(path, line_of(text, at), m.group("macro"), place, names, known)
        for at in markers:
            findings.append(f"{path}:{line_of(text, at)}: 'stored:' must stand right above a #define LIST(X)")
    return findings


def compare(path, line, macro, place, names, known):
    parts = place.lower().split(".")
    values = known.get((parts[-2], parts[-1]))
    if values is None:
        return [f"{path}:{line}: no CHECK list for {place} in migrations/"]
    if values == names:
        return []
    return [f"{path}:{line}: {macro} and the CHECK of {place} differ: "
            f"only here {sorted(names - values)}, only there {sorted(values - names)}"]
