"""layers: an #include points down only, is spelled from src/, and takes no foreign library or
system header its layer must not know."""
import re

from layers import read_layers, read_libraries
from tree import line_of

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)

PURE = {
    "stdalign.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h", "inttypes.h", "limits.h",
    "float.h", "math.h", "stdlib.h", "stdnoreturn.h", "string.h",
}
# stdlib.h is for qsort and bsearch; check_banned and check_domain_symbols see to the rest of it.
ONLY = {"domain": PURE, "ports": PURE}

OUTSIDE = {
    "pthread.h", "threads.h", "unistd.h", "signal.h", "spawn.h", "poll.h", "netdb.h", "fcntl.h",
    "sys/socket.h", "sys/wait.h", "sys/epoll.h", "sys/mman.h", "netinet/in.h", "arpa/inet.h",
}
FORBIDDEN = {
    "wire": OUTSIDE, "channels": OUTSIDE,
    # formats/ may read a zone file, but neither talks nor starts threads.
    "formats": OUTSIDE - {"unistd.h", "fcntl.h", "sys/mman.h"},
    "flows": {"netdb.h", "sys/socket.h", "sys/epoll.h", "sys/wait.h", "spawn.h"},
}
# The header's first word → the library in the LIBS of the layer.
LIBRARIES = {
    "h2o": "H2O", "libpq-fe": "PQ", "curl": "CURL", "openssl": "OPENSSL", "jansson": "JANSSON",
    "yaml": "YAML", "pcre2": "PCRE2", "re2": "RE2", "sodium": "SODIUM",
}


def owner(path, layers):
    """(layers the file may include, its own layer or None for tests)."""
    parts = path.split("/")
    if path == "src/main.c":
        return layers.get("app", set()), "app"
    if parts[0] == "src":
        return layers.get(parts[1], set()), parts[1]
    if parts[1] == "unit" and parts[2] in layers:
        return layers[parts[2]], None
    if parts[1] == "flows":
        return layers.get("flows", set()), None
    return set(layers), None


def check(tree):
    layers, libraries = read_layers(tree), read_libraries(tree)
    findings = []
    for path in tree.under("src", "tests", ends=(".c", ".h", ".cc")):
        allowed, layer = owner(path, layers)
        if path.startswith("src/") and layer not in layers:
            findings.append(f"{path}:1: folder is not a layer of CMakeLists.txt")
            continue
        text = tree.text(path)
        for m in INCLUDE.finditer(text):
            problem = judge(tree, path, layer, allowed, libraries, m.group(1), m.group(2))
            if problem:
                findings.append(f"{path}:{line_of(text, m.start())}: {problem}")
    return findings + cycles(tree)


def judge(tree, path, layer, allowed, libraries, mark, header):
    if mark == '"':
        target = header.split("/")[0]
        if "/" in header and target in libraries:
            return None if target in allowed else f"{layer or 'this test'} may not include {header}"
        if layer:
            return f'spell the include from src/: "{header}"'
        return None if tree.has("tests/" + header) or tree.has(sibling(path, header)) else f"no such file: {header}"
    if not layer:
        return None
    library = LIBRARIES.get(re.split(r"[/.]", header)[0])
    if library:
        return None if library in libraries[layer] else f"{layer} may not use <{header}>: not in its LIBS"
    if layer in ONLY and header not in ONLY[layer]:
        return f"{layer} may not include <{header}>"
    if header in FORBIDDEN.get(layer, ()):
        return f"{layer} may not include <{header}>"
    return None


def sibling(path, header):
    return path.rsplit("/", 1)[0] + "/" + header


def cycles(tree):
    graph = {}
    for path in tree.under("src", ends=(".h",)):
        graph[path] = ["src/" + h for mark, h in INCLUDE.findall(tree.text(path)) if mark == '"']
    findings, done = [], set()

    def visit(path, trail):
        if path in trail:
            findings.append(f"{path}:1: include cycle: " + " -> ".join(trail[trail.index(path):] + [path]))
            return
        if path in done:
            return
        for target in graph.get(path, ()):
            visit(target, trail + [path])
        done.add(path)

    for path in graph:
        visit(path, [])
    return findings
