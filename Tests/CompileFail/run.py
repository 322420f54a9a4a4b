#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Checks that misuse does not compile: `run.py [NAME...]`, after `swift build`.

Each Swift file beside this one is compiled twice against the modules of the debug build, as an application would be:

- as it is, which must work, so that a case cannot fail for a reason of its own;
- with WRONG defined, which must end with the errors that the file's `// error:` lines quote from, and with no other.

All diagnostic passes of the compiler run (`-emit-sil`): those for ownership and for data races come after type checking.
"""

import concurrent.futures
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EXPECTED = re.compile(r"^// error: (.+)$", re.MULTILINE)
ERROR = re.compile(r"^\S+?:\d+:\d+: error: (.*)$|^(?:<unknown>:0: )?error: (.*)$", re.MULTILINE)


def main():
    flags = compiler_flags()
    cases = [path for path in sorted(HERE.glob("*.swift")) if not sys.argv[1:] or path.stem in sys.argv[1:]]
    if not cases:
        sys.exit("no such case")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = [finding for found in pool.map(lambda path: check(path, flags), cases) for finding in found]
    print("\n".join(findings), end="\n" if findings else "")
    failed = len({finding.split(":")[0] for finding in findings})
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


def compiler_flags():
    modules = ROOT / ".build/debug/Modules"
    if not (modules / "Gale.swiftmodule").exists():
        sys.exit("the debug build is missing: swift build")
    python = subprocess.run(["pkg-config", "--cflags-only-I", "python3-embed"], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    clang = [word for flag in shlex.split(python) for word in ("-Xcc", flag)]
    return ["-swift-version", "6", "-parse-as-library", "-I", modules, "-I", ROOT / "Bridges/CSystem/include",
            *(word for map in sorted(ROOT.glob("Bridges/*/module.modulemap")) for word in ("-I", map.parent)), *clang]


def check(path, flags):
    """What is wrong with a case, a line each."""
    expected = EXPECTED.findall(path.read_text())
    if not expected:
        yield f"{path.stem}: no line says which error is expected"
        return
    right = compiled(path, flags)
    if right is not None:
        yield f"{path.stem}: the right use does not compile: {'; '.join(right)}"
    wrong = compiled(path, [*flags, "-D", "WRONG"])
    if wrong is None:
        yield f"{path.stem}: the wrong use compiles"
        return
    for text in expected:
        if not any(text in error for error in wrong):
            yield f"{path.stem}: without the error “{text}”"
    for error in wrong:
        if not any(text in error for text in expected):
            yield f"{path.stem}: not expected: {error}"


def compiled(path, flags):
    """The errors, or None."""
    result = subprocess.run(["swiftc", "-emit-sil", "-o", os.devnull, *flags, path], text=True,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if result.returncode == 0:
        return None
    return list(dict.fromkeys(a or b for a, b in ERROR.findall(result.stderr)))


if __name__ == "__main__":
    sys.exit(main())
