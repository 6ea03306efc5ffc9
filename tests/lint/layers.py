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


def read_libraries(tree):
    """{layer: libraries it links itself, as CMake names them}: {"formats": {"JANSSON", …}}"""
    return {
        name: set(re.findall(r"PkgConfig::(\w+)", arguments.partition("LIBS")[2]))
        for name, arguments in LAYER.findall(tree.text("CMakeLists.txt"))
    }


def closure(name, direct):
    reached, todo = set(), [name]
    while todo:
        layer = todo.pop()
        if layer not in reached:
            reached.add(layer)
            todo.extend(direct.get(layer, ()))
    return reached
