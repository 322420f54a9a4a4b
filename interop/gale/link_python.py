#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Chooses the Python that Gale embeds, and links it statically where that is possible.

    PYTHON=/usr/bin/python3 interop/gale/link_python.py
    PKG_CONFIG_PATH="$PWD/.build/python" swift build -c release

Makes a folder (.build/python) with a `python3-embed.pc` that SwiftPM finds through PKG_CONFIG_PATH. There are three
ways, the fastest first; the script takes the first that is possible:

- the code of the python3 executable itself (lift_python.py), which was optimised as one program;
- the static library, libpython3.x.a: about seven per cent more instructions for the same Python code;
- the shared library, libpython3.x.so: a call of a Python function takes about a fifth more time still.

The static library goes in as one relocatable object, not as an archive: `-static-stdlib` passes
`--exclude-libs ALL`, which hides the symbols of archives, and extension modules need them. For the same reason
executables need `-static-stdlib`, `-no-pie` and `--export-dynamic`; the linker is LLVM's, whose scripts can put a part
of a program at a given address and leave the rest alone:

    .unsafeFlags(["-use-ld=lld", "-static-stdlib", "-Xclang-linker", "-no-pie", "-Xlinker", "--export-dynamic"])
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

from lift_python import Unfit, lift

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
    parser.add_argument("--archive", action="store_true", help="link the static library, not the executable's code")
    arguments = parser.parse_args()

    python = ask(arguments.python)
    check(python, arguments.python)
    archive = static_library(python)
    arguments.output.mkdir(parents=True, exist_ok=True)
    if not arguments.shared and not arguments.archive and link_executable(python, arguments.output):
        pass
    elif archive is not None and not arguments.shared:
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


def link_executable(python, output):
    """Takes the code of the executable; whether that was possible."""
    executable, name = python["executable"], f"python{python['LDVERSION']}-exe"
    script = output / f"{name}.ld"
    try:
        if not headers_match(python):
            raise Unfit("the headers are another release's")
        if not up_to_date(executable, output, script):
            lift(executable, output, name)
            stamp(executable, output)
            print(f"Made {output / name}.o of {executable}.")
    except Unfit as reason:
        print(f"The code of {executable} cannot be taken: {reason}.")
        return False
    libraries = dict.fromkeys(word for word in system_libraries(python))
    describe(python, output, [f"-L{output}", f"-l:{name}.o", f"-l:{script.name}", *libraries])
    print(f"Python {python['full_version']} of {executable} will be linked as it is.")
    return True


def headers_match(python):
    """Whether the headers are of the executable's very release."""
    for folder in python["include"]:
        path = pathlib.Path(folder, "patchlevel.h")
        if path.exists():
            return f'"{python["full_version"]}"' in path.read_text() or f'"{python["full_version"]}+"' in path.read_text()
    return False


def up_to_date(source, output, target):
    """Whether `target` was made of `source` as it is now."""
    path = output / "stamp.json"
    return target.exists() and path.exists() and path.read_text() == facts(source)


def stamp(source, output):
    (output / "stamp.json").write_text(facts(source))


def facts(source):
    stat = os.stat(source)
    return json.dumps([str(source), stat.st_size, stat.st_mtime_ns])


def link_statically(python, archive, output):
    target = output / f"python{python['LDVERSION']}.o"
    if up_to_date(archive, output, target):
        print(f"{target} is up to date.")
    else:
        linker = shutil.which("ld") or sys.exit("ld is missing: install binutils")
        command = [linker, "-r", "-o", str(target), "--whole-archive", str(archive)]
        subprocess.run(command, check=True)
        stamp(archive, output)
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
