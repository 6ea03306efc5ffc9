"""headers: each opens with #pragma once and a comment that says what it is and its layer."""
import re

TOP = re.compile(r"\A#pragma once\n/\*(.*?)\*/", re.S)


def check(tree):
    findings = []
    for path in tree.under("src", ends=(".h",)):
        top = TOP.match(tree.text(path))
        layer = path.split("/")[1]
        if not top:
            findings.append(f"{path}:1: must open with #pragma once and the comment that is its manual")
            continue
        named = re.search(r"Layer:\s*(\w+)", top.group(1))
        if not named:
            findings.append(f"{path}:2: the top comment does not say 'Layer: {layer}.'")
        elif named.group(1) != layer:
            findings.append(f"{path}:2: the top comment says layer {named.group(1)}, the folder {layer}")
    return findings
