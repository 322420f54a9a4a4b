# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Makes linkable what a `python3` executable holds: the code that was optimised as a whole when it was linked.

A distribution's python3 is one program, optimised across its files while it was linked; its libpython3.x.a is not, and
takes some seven per cent more instructions for the same Python code. A position-dependent executable that exports its
symbols can be had as a library all the same, as nothing in it ever moves:

- an object (`NAME.o`) takes its segments as they are, byte by byte; names its exported symbols; and leaves to the linker
  the places at which the executable's own loader would have put the addresses of libc's functions;
- a linker script (`NAME.ld`, for LLVM's lld) puts the segments at their old addresses.

Everything else of the new program stands where python3 has nothing.
"""

import struct
import subprocess
from pathlib import Path

PT_LOAD, PT_DYNAMIC, PT_TLS = 1, 2, 7
DT_NEEDED, DT_STRTAB, DT_INIT_ARRAYSZ = 1, 5, 27
SHT_RELA, SHT_DYNSYM = 4, 11
R_64, R_COPY, R_GLOB_DAT, R_JUMP_SLOT = 1, 5, 6, 7
# What libc shares with programs by copying it into them, and how it begins.
COPIED = {"stdin": "_IO_2_1_stdin_", "stdout": "_IO_2_1_stdout_", "stderr": "_IO_2_1_stderr_",
          "environ": "0", "__environ": "0"}
# Only the start of the executable, which never runs, uses these.
UNUSED = {"__libc_start_main", "__gmon_start__"}


class Unfit(Exception):
    """An executable that cannot be lifted; says why."""


class Executable:
    """A position-dependent ELF executable for x86-64."""

    def __init__(self, path):
        self.path = Path(path).resolve()
        self.data = self.path.read_bytes()
        kind, machine = struct.unpack_from("<HH", self.data, 16)
        if self.data[:6] != b"\x7fELF\x02\x01" or machine != 62:
            raise Unfit("it is not for x86-64")
        if kind != 2:
            raise Unfit("it is position-independent")
        self.segments = [row for row in self.table(32, 54, "<IIQQQQQQ")]
        self.sections = [row for row in self.table(40, 58, "<IIQQQQIIQQ")]
        self.dynamic = self.read_dynamic()
        self.symbols = self.read_symbols()
        self.relocations = [row for row in self.read_relocations()]

    def table(self, start, shape, layout):
        """The rows of the table whose place stands in the file's header."""
        size, count = struct.unpack_from("<HH", self.data, shape)
        offset = struct.unpack_from("<Q", self.data, start)[0]
        return (struct.unpack_from(layout, self.data, offset + row * size) for row in range(count))

    def read_dynamic(self):
        entries = []
        for kind, _, offset, _, _, size, *_ in self.segments:
            if kind == PT_DYNAMIC:
                entries = list(struct.iter_unpack("<qQ", self.data[offset:offset + size]))
        return entries

    def text(self, strings, at):
        """A string of a table of strings."""
        start = strings + at
        return self.data[start:self.data.index(b"\0", start)].decode()

    def read_symbols(self):
        """Name, section, address, size and kind of each dynamic symbol."""
        symbols = []
        for _, kind, _, _, offset, size, link, *_ in self.sections:
            if kind == SHT_DYNSYM:
                strings = self.sections[link][4]
                for name, info, _, section, value, length in struct.iter_unpack("<IBBHQQ", self.data[offset:offset + size]):
                    symbols.append((self.text(strings, name), section, value, length, info & 15))
        return symbols

    def read_relocations(self):
        """Address, kind and symbol of what the loader would fill in."""
        for _, kind, _, _, offset, size, *_ in self.sections:
            if kind == SHT_RELA:
                for address, info, addend in struct.iter_unpack("<QQq", self.data[offset:offset + size]):
                    if addend or info & 0xFFFFFFFF not in (R_64, R_COPY, R_GLOB_DAT, R_JUMP_SLOT):
                        raise Unfit(f"it has a relocation of the unexpected kind {info & 0xFFFFFFFF}")
                    yield address, info & 0xFFFFFFFF, self.symbols[info >> 32][0]

    def check(self):
        """Raises unless this is a whole CPython of which nothing is lost."""
        if any(segment[0] == PT_TLS for segment in self.segments):
            raise Unfit("it has variables of threads")
        if dict(self.dynamic).get(DT_INIT_ARRAYSZ, 0) > 8:
            raise Unfit("it has constructors")
        defined = {name for name, section, *_ in self.symbols if section}
        if not {"Py_InitializeFromConfig", "PyType_FromSpec", "_PyEval_EvalFrameDefault"} <= defined:
            raise Unfit("it does not hold and export CPython")
        strange = {name for _, kind, name in self.relocations if kind == R_COPY} - set(COPIED)
        if strange:
            raise Unfit(f"it has copies of {', '.join(sorted(strange))}")


def lift(path, output, name):
    """Writes `name`.o and `name`.ld, or raises `Unfit`."""
    executable = Executable(path)
    executable.check()
    code, script = ['.section .note.GNU-stack,"",@progbits'], []
    copies = {address: symbol for address, kind, symbol in executable.relocations if kind == R_COPY}
    filled = {address: symbol for address, kind, symbol in executable.relocations
              if kind != R_COPY and symbol not in UNUSED}
    exported = [row for row in executable.symbols
                if row[1] and (row[0].startswith(("Py", "_Py")) or row[2] in copies)]
    number = 0
    for kind, flags, offset, start, _, length, room, _ in executable.segments:
        if kind != PT_LOAD or offset == 0 and not flags & 1:  # The first one only holds what the loader reads.
            continue
        places = {address: symbol for address, symbol in filled.items() if start <= address < start + length}
        ends = [address + 8 for address in copies if start <= address < start + room]
        end = max([start + length, *ends])
        number += 1
        section(code, script, f".python.{number}", flags, start, start + room, end, exported)
        fill(code, executable.path, offset, start, start + length, places)
        at = start + length
        for address in sorted(address for address in copies if start <= address < start + room):
            if address < at:
                raise Unfit("copies lie in the file's part of a segment")
            code.append(f".skip {address - at}" * (address > at) + f"\n.quad {COPIED[copies[address]]}")
            at = address + 8
    (output / f"{name}.s").write_text("\n".join(code) + "\n")
    subprocess.run(["as", "-o", str(output / f"{name}.o"), str(output / f"{name}.s")], check=True)
    (output / f"{name}.s").unlink()
    (output / f"{name}.ld").write_text("SECTIONS {\n" + "\n".join(script) + "\n}\nINSERT AFTER .interp;\n")


def section(code, script, name, flags, start, limit, end, exported):
    """Begins a section for a segment, with the empty rest of it as another, and names its symbols."""
    letters = "a" + "w" * (flags >> 1 & 1) + "x" * (flags & 1)
    parts = [(name, "progbits", start, end)] + [(name + ".empty", "nobits", end, limit)] * (limit > end)
    for part, kind, first, last in reversed(parts):
        label = part.replace(".", "_")
        code.append(f'.section {part},"{letters}",@{kind}\n{label}:')
        for symbol, _, value, size, sort in exported:
            if first <= value < last:
                type_ = "function" if sort == 2 else "object"
                code.append(f".globl {symbol}\n.set {symbol},{label}+{value - first}\n"
                            f".type {symbol},@{type_}\n.size {symbol},{size}")
        if kind == "nobits":
            code.append(f".skip {last - first}")
    script.extend(f"  {part} {first:#x} : {{ KEEP(*({part})) }}" for part, _, first, _ in parts)


def fill(code, path, offset, start, end, places):
    """The bytes of a segment, and addresses for the linker to fill in."""
    at = start
    for address in sorted(places):
        if address > at:
            code.append(f'.incbin "{path}",{offset + at - start},{address - at}')
        code.append(f".quad {places[address]}")
        at = address + 8
    if end > at:
        code.append(f'.incbin "{path}",{offset + at - start},{end - at}')
