#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Checks what neither the compiler nor the formatter checks; part of `make lint`. One line per finding.

- Each C module has exactly one importing Swift target.
- Nothing in Sources/ and Bridges/ imports Foundation, and GaleCore not FoundationEssentials either. Plug-ins may: what the
  package manager gives them is Foundation's.
- No markers of unfinished work are left.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|typealias|func|let|var)\s+)?(\w+)", re.MULTILINE)
MARKER = re.compile(r"\b(?:TO(?:DO)|FIX(?:ME)|XX(?:X))\b")
FOLDERS = ["Sources", "Bridges", "Tests", "docs/demos", "interop"]
SUFFIXES = {".swift", ".c", ".h", ".py", ".sh"}


def main():
    findings = [*importers(), *foundation(), *markers()]
    print("\n".join(findings), end="\n" if findings else "")
    return 1 if findings else 0


def sources(*folders):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file() and ".build" not in path.parts:
                yield path.relative_to(ROOT), path.read_text()


def imports(*folders):
    """Each import of a Swift file: path, line, module."""
    for path, text in sources(*folders):
        if path.suffix == ".swift":
            for match in IMPORT.finditer(text):
                yield path, text.count("\n", 0, match.start(1)) + 1, match[1]


def importers():
    modules = {path.parent.name for path in (ROOT / "Bridges").glob("*/module.modulemap")}
    modules |= {path.parents[1].name for path in (ROOT / "Bridges").glob("*/include/*.h")}
    found = defaultdict(set)
    for path, _, module in imports("Sources", "Bridges"):
        if module in modules:
            found[module].add(path.parts[1])
    for module in sorted(modules):
        if len(found[module]) != 1:
            yield f"Bridges/{module}: imported by {', '.join(sorted(found[module])) or 'nothing'}, not by one target"


def foundation():
    plugins = {path.parts[1] for path, _, module in imports("Sources") if module == "PackagePlugin"}
    for path, line, module in imports("Sources", "Bridges"):
        if path.parts[1] in plugins:
            continue
        if module == "Foundation" or module == "FoundationEssentials" and path.parts[1] == "GaleCore":
            yield f"{path}:{line}: imports {module}"


def markers():
    for path, text in sources(*FOLDERS):
        for match in MARKER.finditer(text):
            yield f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]} is left"


if __name__ == "__main__":
    sys.exit(main())
