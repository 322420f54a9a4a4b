#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Packs what `swift build -c release --product gale` has built: an archive, and a wheel for Python's users.

    swift build -c release --product gale && interop/gale/build_dist.py

Links the objects of that build twice more, with static libraries (OpenSSL, nghttp2, zlib and others), so that what comes
out needs nothing but glibc and libgcc_s:

- `gale-VERSION-linux-x86_64.tar.gz` has the executable, which contains the Python that .build/python describes;
- `gale-VERSION-cp311-cp311-manylinux_2_N_x86_64.whl` has an extension module, which runs in the interpreter that imports
  it. Nothing of it is visible to other extension modules, which may bring another OpenSSL or C++ library along.

N is the oldest glibc that has what they use. Prints sizes and the libraries that are needed.
"""

import argparse
import base64
import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATIC = ["ssl", "crypto", "nghttp2", "brotlienc", "brotlidec", "brotlicommon", "zstd", "z", "expat", "stdc++"]
SYSTEM = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "libpthread.so.0", "libdl.so.2", "libutil.so.1"}
# Whose code is inside, and where Debian keeps what has to be said of it.
LICENCES = {"OpenSSL": "libssl-dev", "nghttp2": "libnghttp2-dev", "brotli": "libbrotli-dev", "zstd": "libzstd-dev",
            "zlib": "zlib1g-dev", "expat": "libexpat1-dev", "libstdc++": "gcc-12-base", "CPython": "libpython3.11-minimal"}
DOCUMENTS = ["README.md", "CHANGELOG.md", "SECURITY.md", "docs"]
# The same archive from the same sources.
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "1767225600"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / ".build/release", help="where Swift has put the objects")
    parser.add_argument("--python", type=Path, default=ROOT / ".build/python", help="what link_python.py made")
    parser.add_argument("--output", type=Path, default=ROOT / ".build/dist")
    parser.add_argument("--module-only", action="store_true", help="link the extension module and pack nothing")
    options = parser.parse_args()
    objects = options.build / "gale.product/Objects.LinkFileList"
    if not objects.exists():
        sys.exit(f"{objects} is missing: swift build -c release --product gale")
    version = re.search(r'galeVersion = "([^"]+)"',
                        (ROOT / "Sources/GaleHTTP/HTTPServer/HTTPServerContext.swift").read_text())[1]
    minor = re.search(r"^Version: (\d+)\.(\d+)$", (options.python / "python3-embed.pc").read_text(), re.MULTILINE)
    options.output.mkdir(parents=True, exist_ok=True)
    work = options.output / "linked"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    libraries = static_libraries(work)
    module = link_module(objects, libraries, work)
    demand_system_only(module)
    if options.module_only:
        return
    executable = link_executable(objects, libraries, options.python, work)
    for old in options.output.glob("gale-*"):
        old.unlink()
    archive = pack_archive(executable, version, options.output)
    wheel = pack_wheel(module, version, f"{minor[1]}{minor[2]}", options.output)
    for path in [executable, module, archive, wheel]:
        print(f"{path.stat().st_size / (1 << 20):7.1f} MiB  {path.name}")
    for path in [executable, module]:
        print(f"{path.name} needs {', '.join(needed(path))}, glibc {'.'.join(map(str, glibc(path)))} or later")
    print(wheel)


# Linking


def tool(name):
    """A program of Swift's toolchain, or of the system."""
    swift = shutil.which("swiftc") or sys.exit("there is no swiftc on the PATH")
    beside = Path(os.path.realpath(swift)).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name) or sys.exit(f"{name} is missing: install binutils")


def static_libraries(work):
    """A directory that the linker searches first, with nothing but archives in it."""
    folder = work / "static"
    folder.mkdir()
    for name in STATIC:
        said = subprocess.run([tool("clang"), f"-print-file-name=lib{name}.a"], capture_output=True, text=True, check=True)
        path = Path(said.stdout.strip())
        if not path.is_absolute():
            sys.exit(f"lib{name}.a is missing: install its development package (interop/gale/bootstrap.sh)")
        (folder / f"lib{name}.a").symlink_to(path)
    # Debian's archive of nghttp2 is not for shared libraries: one function, which prints for its authors and which
    # nobody calls, names `stderr` in a way that only executables may. It gets a place of its own instead.
    archive = folder / "libnghttp2.a"
    source = archive.resolve()
    archive.unlink()
    subprocess.run([tool("objcopy"), "--redefine-sym", "stderr=gale_no_stream", str(source), str(archive)], check=True)
    subprocess.run(["as", "-o", str(folder / "no_stream.o"), "-"], check=True, text=True, input=(
        '.data\n.globl gale_no_stream\ngale_no_stream: .quad 0\n.section .note.GNU-stack,"",@progbits\n'))
    return folder


def link(kind, objects, libraries, output, *options):
    names = [f"-l{name}" for name in STATIC if name != "expat"]
    command = [tool("swiftc"), kind, "-o", str(output), f"-L{libraries}", *names, str(libraries / "no_stream.o"),
               f"@{objects}", "-module-name", "gale", "-use-ld=lld", "-static-stdlib", "-Xlinker", "--gc-sections",
               "-l_FoundationCollections", "-l_FoundationCShims", *options]
    subprocess.run(command, check=True)
    subprocess.run([tool("strip"), "--strip-all", str(output)], check=True)
    return output


def link_module(objects, libraries, work):
    """The extension module: its entry is all that others see, and what it refers to is its own."""
    script = work / "module.map"
    script.write_text("{ global: PyInit__gale; local: *; };\n")
    return link("-emit-library", objects, libraries, work / "_gale.so", "-Xlinker", f"--version-script={script}",
                "-Xlinker", "-Bsymbolic", "-Xlinker", "-soname=_gale.so", "-Xlinker", "--build-id=sha1")


def link_executable(objects, libraries, python, work):
    words = re.search(r"^Libs: (.*)$", (python / "python3-embed.pc").read_text(), re.MULTILINE)[1].split()
    return link("-emit-executable", objects, libraries, work / "gale", *words, "-Xlinker", "--defsym", "-Xlinker",
                "main=GaleCLI_main", "-Xclang-linker", "-no-pie", "-Xlinker", "--export-dynamic")


def needed(path):
    """The shared libraries that the loader will look for."""
    said = subprocess.run(["readelf", "-dW", str(path)], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", said)


def glibc(path):
    """The version of glibc that has all that is used of it."""
    said = subprocess.run(["readelf", "-VW", str(path)], capture_output=True, text=True, check=True).stdout
    return max(tuple(map(int, found)) for found in re.findall(r"Name: GLIBC_(\d+)\.(\d+)", said))


def demand_system_only(path):
    """Ends unless the system and a python have all that the module wants: the linker lets modules want anything."""
    foreign = set(needed(path)) - SYSTEM
    if foreign:
        sys.exit(f"{path.name} needs {', '.join(sorted(foreign))}, which not every machine has")
    said = subprocess.run(["readelf", "--dyn-syms", "-W", str(path)], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in said.splitlines()]
    missing = [row[7] for row in rows if len(row) > 7 and row[6] == "UND" and row[4] == "GLOBAL" and "@" not in row[7]
               and not re.match(r"_?Py", row[7])]
    if missing:
        sys.exit(f"{path.name} wants {', '.join(missing[:8])}, which nobody has: is a library missing in STATIC?")


def licences():
    """Name and text of the licences of what is linked in."""
    yield "LICENSE", (ROOT / "LICENSE").read_bytes()
    for name, package in LICENCES.items():
        path = Path(f"/usr/share/doc/{package}/copyright")
        if path.exists():
            yield f"licences/{name}.txt", path.read_bytes()
    swift = Path(tool("swiftc")).parents[1] / "share/swift/LICENSE.txt"
    if swift.exists():
        yield "licences/Swift.txt", swift.read_bytes()


# Packing


def pack_archive(executable, version, output):
    """bin/, licences and documentation below one directory; it runs wherever that lies."""
    name = f"gale-{version}-linux-x86_64"
    path = output / f"{name}.tar.gz"
    tracked = subprocess.run(["git", "ls-files", *DOCUMENTS], cwd=ROOT, capture_output=True, text=True, check=True)
    pages = [ROOT / page for page in tracked.stdout.splitlines() if page.endswith(".md")]
    files = [(f"bin/{executable.name}", executable.read_bytes(), 0o755)]
    files += [(place, text, 0o644) for place, text in licences()]
    files += [(str(page.relative_to(ROOT)), page.read_bytes(), 0o644) for page in pages]
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, EPOCH) as packed, \
            tarfile.open(fileobj=packed, mode="w") as archive:
        for place, content, mode in files:
            member = tarfile.TarInfo(f"{name}/{place}")
            member.size, member.mode, member.mtime = len(content), mode, EPOCH
            archive.addfile(member, io.BytesIO(content))
    return path


def pack_wheel(module, version, minor, output):
    """A wheel as PEP 427 has it."""
    platform = "manylinux_%d_%d_x86_64" % glibc(module)
    tag = f"cp{minor}-cp{minor}-{platform}"
    path = output / f"gale-{version}-{tag}.whl"
    info = f"gale-{version}.dist-info"
    package = ROOT / "interop/wheel/gale"
    files = {f"gale/{source.name}": source.read_bytes() for source in sorted(package.glob("*.py"))}
    files[f"gale/_gale.cpython-{minor}-x86_64-linux-gnu.so"] = module.read_bytes()
    files |= {f"{info}/licenses/{place}": text for place, text in licences() if "CPython" not in place}
    files[f"{info}/METADATA"] = metadata(version, minor).encode()
    files[f"{info}/WHEEL"] = (f"Wheel-Version: 1.0\nGenerator: gale ({version})\nRoot-Is-Purelib: false\n"
                              f"Tag: {tag}\n").encode()
    files[f"{info}/entry_points.txt"] = b"[console_scripts]\ngale = gale.__main__:main\n"
    files[f"{info}/RECORD"] = record(files, f"{info}/RECORD")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for place, content in files.items():
            member = zipfile.ZipInfo(place, (2026, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = (0o755 if place.endswith(".so") else 0o644) << 16
            archive.writestr(member, content)
    return path


def record(files, own):
    lines = []
    for place, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{place},sha256={digest},{len(content)}\n")
    return "".join([*lines, f"{own},,\n"]).encode()


def metadata(version, minor):
    major, minor = int(minor[0]), int(minor[1:])
    guide = (ROOT / "docs/guide/packaging.md").read_text()
    text = guide[guide.index("<!-- wheel -->") + len("<!-- wheel -->"):guide.index("<!-- /wheel -->")].strip()
    return "\n".join([
        "Metadata-Version: 2.1", "Name: gale", f"Version: {version}",
        "Summary: A web server that hosts WSGI applications (Flask, Django, …), written in Swift",
        "License: Apache-2.0", f"Requires-Python: =={major}.{minor}.*",
        "Classifier: Environment :: Web Environment", "Classifier: Operating System :: POSIX :: Linux",
        f"Classifier: Programming Language :: Python :: {major}.{minor}",
        "Classifier: Topic :: Internet :: WWW/HTTP :: WSGI :: Server",
        "Description-Content-Type: text/markdown", "", text, ""])


if __name__ == "__main__":
    main()
