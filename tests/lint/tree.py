"""The source tree as the lints see it: files by path, C code without comments and strings."""
import os
import re

SKIPPED = {".git", ".alertify", "node_modules", "__pycache__", ".cache"}


class Tree:
    def __init__(self, root):
        self.root = os.path.abspath(root)
        self._texts = {}
        self.files = sorted(self._walk())

    def _walk(self):
        for folder, names, files in os.walk(self.root):
            names[:] = [n for n in names if n not in SKIPPED and not is_build_folder(folder, n, self.root)]
            for name in sorted(set(files) - SKIPPED):
                path = os.path.join(folder, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    yield os.path.relpath(path, self.root)

    def under(self, *folders, ends=("",)):
        prefixes = tuple(f.rstrip("/") + "/" for f in folders)
        return [f for f in self.files if f.startswith(prefixes) and f.endswith(tuple(ends))]

    def text(self, path):
        if path not in self._texts:
            with open(os.path.join(self.root, path), "rb") as f:
                self._texts[path] = f.read().decode("utf-8", "replace")
        return self._texts[path]

    def has(self, path):
        return os.path.exists(os.path.join(self.root, path))


def is_build_folder(folder, name, root):
    return folder == root and (name == "build" or name.startswith("build-"))


TOKEN = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S
)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def code_only(text):
    """Comments, strings and characters blanked out; lines stay where they are."""
    return TOKEN.sub(lambda m: blank(m.group()), text)


def string_literals(text):
    """(line, content) of each literal; neighbours that the compiler joins are joined."""
    found = []
    last_end = None
    for m in TOKEN.finditer(text):
        token = m.group()
        if token.startswith("/"):
            continue
        if not token.startswith('"'):
            last_end = None
            continue
        if last_end is not None and is_gap(text[last_end:m.start()]):
            line, content = found[-1]
            found[-1] = (line, content + token[1:-1])
        else:
            found.append((line_of(text, m.start()), token[1:-1]))
        last_end = m.end()
    return found


def is_gap(between):
    return code_only(between).replace("\\\n", "").strip() == ""


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
