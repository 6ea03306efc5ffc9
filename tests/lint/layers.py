"""The layers and what each may use, read from CMakeLists.txt: the build's own table."""
import re

LAYER = re.compile(r"^alertify_layer\((\w+)([^)]*)\)", re.M)


def read_layers(tree):
    """{layer: set of layers it may include, itself among them}, transitively closed."""
    direct = {}
    for name, arguments in LAYER.findall(tree.text("CMakeLists.txt")):
        uses = re.search(r"\bUSES\b(.*?)(?:\bLIBS\b|$)", arguments, re.S)
        direct[name] = set(uses.group(1).split()) if uses else set()
    return {name: closure(name, direct) for name in direct}


def closure(name, direct):
    reached, todo = set(), [name]
    while todo:
        layer = todo.pop()
        if layer not in reached:
            reached.add(layer)
            todo.extend(direct.get(layer, ()))
    return reached
