#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Chooses the Python that Gale embeds, and links it statically where that is possible.

    PYTHON=/usr/bin/python3 interop/gale/link_python.py
    PKG_CONFIG_PATH="$PWD/.build/python" swift build -c release

Makes a folder (.build/python) with a `python3-embed.pc` that SwiftPM finds through PKG_CONFIG_PATH. A call of a Python
function takes about a fifth less time in a static, position-dependent program than through libpython3.x.so.

The static library goes in as one relocatable object, not as an archive: `-static-stdlib` passes
`--exclude-libs ALL`, which hides the symbols of archives, and extension modules need them. For the same reason
executables need `-static-stdlib`, `-no-pie` and `--export-dynamic`:

    .unsafeFlags(["-static-stdlib", "-Xclang-linker", "-no-pie", "-Xlinker", "--export-dynamic"])

Where there is no static library, the folder leads to the shared one.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

QUERY = """
import json, os, sys, sysconfig
names = "LIBPL LIBRARY LIBDIR LDVERSION INSTSONAME LIBS SYSLIBS MODLIBS Py_ENABLE_SHARED Py_GIL_DISABLED".split()
answer = {name: sysconfig.get_config_var(name) or "" for name in names}
answer["version"] = list(sys.version_info[:2])
answer["full_version"] = ".".join(map(str, sys.version_info[:3]))
base = getattr(sys, "_base_executable", None) or sys.executable
# python3 may lead to a later version some day; python3.11 will not.
versioned = os.path.join(os.path.dirname(base), "python%d.%d" % sys.version_info[:2])
answer["executable"] = versioned if os.path.exists(versioned) else base
answer["include"] = [sysconfig.get_path("include"), sysconfig.get_path("platinclude")]
print(json.dumps(answer))
"""


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=os.environ.get("PYTHON") or "/usr/bin/python3")
    parser.add_argument("--output", type=pathlib.Path, default=root / ".build" / "python")
    parser.add_argument("--shared", action="store_true", help="link the shared library even if there is a static one")
    arguments = parser.parse_args()

    python = ask(arguments.python)
    check(python, arguments.python)
    archive = static_library(python)
    arguments.output.mkdir(parents=True, exist_ok=True)
    if archive is not None and not arguments.shared:
        link_statically(python, archive, arguments.output)
    else:
        link_dynamically(python, arguments.output, forced=arguments.shared)
    print(f'Build with  PKG_CONFIG_PATH="{arguments.output}" swift build')


def ask(executable):
    """What the interpreter says about itself."""
    try:
        # -I: no user site, no PYTHONPATH; the build answers must not depend on who asks.
        result = subprocess.run([executable, "-I", "-c", QUERY], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{executable} cannot be run: {error}")
    return json.loads(result.stdout)


def check(python, executable):
    if tuple(python["version"]) < (3, 9):
        sys.exit(f"{executable} is Python {python['full_version']}; Gale needs 3.9 or later")
    if python["Py_GIL_DISABLED"]:
        sys.exit(f"{executable} is a free-threaded build, which Gale does not support")
    if not any(pathlib.Path(folder, "Python.h").exists() for folder in python["include"]):
        sys.exit(f"{python['include'][0]}/Python.h is missing: install libpython3-dev (or python3-devel)")


def static_library(python):
    """libpythonX.Y.a, or None. `LIBRARY` may name one that was not installed."""
    path = pathlib.Path(python["LIBPL"], python["LIBRARY"])
    return path if path.suffix == ".a" and path.exists() else None


def link_statically(python, archive, output):
    target = output / f"python{python['LDVERSION']}.o"
    stamp = output / "stamp.json"
    facts = archive.stat()
    key = json.dumps([str(archive), facts.st_size, facts.st_mtime_ns])
    if target.exists() and stamp.exists() and stamp.read_text() == key:
        print(f"{target} is up to date.")
    else:
        linker = shutil.which("ld") or sys.exit("ld is missing: install binutils")
        command = [linker, "-r", "-o", str(target), "--whole-archive", str(archive)]
        subprocess.run(command, check=True)
        stamp.write_text(key)
        print(f"Made {target} of {archive}.")
    libraries = dict.fromkeys(word for word in system_libraries(python))
    describe(python, output, [f"-L{output}", f"-l:{target.name}", *libraries])
    print(f"Python {python['full_version']} of {python['executable']} will be linked statically.")


def link_dynamically(python, output, forced):
    folder = python["LIBDIR"]
    if not python["Py_ENABLE_SHARED"]:
        sys.exit(f"{python['executable']} has neither libpython*.a in {python['LIBPL']} nor a shared libpython: "
                 "install libpython3-dev, or build Python with --enable-shared")
    describe(python, output, [f"-L{folder}", f"-lpython{python['LDVERSION']}"])
    reason = "as asked" if forced else f"as {python['LIBPL']} has no static library"
    print(f"Python {python['full_version']} of {python['executable']} will be linked as {python['INSTSONAME']}, {reason}.")
    if not folder.startswith("/usr/lib"):
        print(f"At run time the loader must find it:  LD_LIBRARY_PATH={folder}")


def system_libraries(python):
    """What the library itself needs: -lm, -ldl, and what its built-in modules use, such as -lz and -lexpat."""
    words = " ".join([python["MODLIBS"], python["LIBS"], "-ldl", "-lutil", python["SYSLIBS"]]).split()
    return [word for word in words if word.startswith("-l")]


def describe(python, output, libraries):
    """Writes python3-embed.pc, and the header that tells shim.h which interpreter this is."""
    folders = dict.fromkeys([str(output), *python["include"]])
    write(output / "gale_python_build.h", "\n".join([
        "// Made by interop/gale/link_python.py.",
        f'#define CGALE_PYTHON_EXECUTABLE {json.dumps(python["executable"])}',
        "",
    ]))
    write(output / "python3-embed.pc", "\n".join([
        "Name: Python",
        "Description: The Python that Gale embeds; made by interop/gale/link_python.py",
        f"Version: {'.'.join(map(str, python['version']))}",
        f"Libs: {' '.join(libraries)}",
        f"Cflags: {' '.join(f'-I{folder}' for folder in folders)}",
        "",
    ]))


def write(path, text):
    """Leaves an unchanged file alone, so that nothing is built again for it."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


if __name__ == "__main__":
    main()
