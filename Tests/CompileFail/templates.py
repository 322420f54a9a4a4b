#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Checks that a mistake in a template fails the build with its file and line: `templates.py [NAME...]`, after `swift build`.

Each case is a directory of templates: `page.html` is right, and each `wrong` text put in its place is not. The tool of the
plug-in makes Swift of it, which is compiled against the modules of the debug build, as the plug-in has it done.
"""

import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import run  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SWIFT = """
struct Student { let name: String; let age: Int; let email: String? }
func pages() throws -> [UInt8] { try Templates.page(students: [Student(name: "a", age: 1, email: nil)], title: "t") }
"""
HEAD = "{# param students: [Student] #}\n{# param title: String #}\n"
RIGHT = HEAD + "{{ title }}\n{% for student in students %}\n{{ student.name }} {{ student.age + 1 }}\n{% end %}\n"


@dataclass
class Case:
    """What stands instead of the right page, and the error: the line, and a part of what is said."""

    wrong: str
    line: int
    message: str


CASES = {
    "SyntaxError": Case(HEAD + "{{ title", 3, "Missing end expression }}"),
    "MissingEnd": Case(HEAD + "{% if title %}", 3, "Missing {% end %} block for if"),
    "BadExpression": Case(HEAD + "one\n{{ title + }}", 4, "invalid syntax"),
    "UnknownTag": Case(HEAD + "{% loop %}", 3, "unknown operator: 'loop'"),
    "UnknownName": Case(HEAD + "one\ntwo\n {{ titel }}", 5, "'titel' is no parameter and has no value here"),
    "UnknownMember": Case(RIGHT.replace("student.name", "student.nmae"), 5, "has no member 'nmae'"),
    "WrongType": Case(RIGHT.replace("student.age + 1", "student.age + title"), 5, "no exact matches in call to static"),
    "NoText": Case(RIGHT.replace("student.name", "student"), 5, "conform"),
    "NotALoop": Case(HEAD + "{% for x in students[0].age %}{% end %}", 3, "cannot convert value of type 'Int'"),
    "UnknownType": Case(RIGHT.replace("title: String", "title: Sting"), 2, "cannot find type 'Sting' in scope"),
    "BadParameter": Case("{# param students #}\n" + RIGHT, 1, "a parameter is declared as {# param name: Type #}"),
    "NotCompiled": Case(HEAD + "{% import os %}", 3, "a compiled template imports Swift's modules"),
    "BytesAsJSON": Case(HEAD + "{% autoescape json_encode %}\n{{ title }}", 4, "json_encode gets bytes here"),
    "NoFile": Case(HEAD + "{% include nothing.html %}", 3, "there is no template nothing.html"),
    "Included": Case(HEAD + "{% include part.html %}", 2, "'unknown' is no parameter"),
    "NoHandler": Case(HEAD + "{{ static_url('a') }}", 3, "'static_url' is the handler's"),
    "SetInBlock": Case(HEAD + "{% if title %}{% set x = 1 %}{% end %}\n{{ x }}", 4, "'x' is no parameter and has no value"),
    "Retyped": Case(HEAD + "{% set x = 1 %}\n{% set x = title %}", 4, "cannot assign value of type 'String' to type 'Int'"),
}


def main():
    flags = run.compiler_flags()
    wanted = {name: case for name, case in CASES.items() if not sys.argv[1:] or name in sys.argv[1:]}
    findings = list(right(flags))
    for name, case in wanted.items():
        findings += [f"{name}: {finding}" for finding in check(case, flags)]
    print("\n".join(findings), end="\n" if findings else "")
    failed = len({finding.split(":")[0] for finding in findings})
    print(f"{len(wanted) + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


def right(flags):
    status, said, _ = built(RIGHT, flags)
    if status:
        yield f"Right: the right template does not compile: {said}"


def check(case, flags):
    """What is wrong with a case, a line each."""
    status, said, directory = built(case.wrong, flags)
    if status == 0:
        return ["the wrong template compiles"]
    name = "part.html" if "part.html" in case.wrong else "page.html"
    errors = re.findall(r"^(\S+?):(\d+):\d+: error: (.*)$", said, re.MULTILINE)
    place = (f"{directory}/templates/{name}", str(case.line))
    if not any((file, line) == place and case.message in message for file, line, message in errors):
        return [f"not {name}:{case.line} “{case.message}”, but {errors or said}"]
    return []


def built(page, flags):
    """The status of the first program that failed, what it said, and where."""
    with tempfile.TemporaryDirectory(prefix="gale-templates-") as directory:
        templates = Path(directory, "templates")
        templates.mkdir()
        (templates / "page.html").write_text(page)
        (templates / "part.html").write_text("fine\n{{ unknown }}\n" if "part.html" in page else "{{ 1 }}\n")
        Path(directory, "App.swift").write_text("import Gale\n" + SWIFT)
        output = Path(directory, "Templates.swift")
        for command in (
            [ROOT / ".build/debug/GaleTemplateCompiler", output, "Gale", templates, "page.html", "part.html"],
            ["swiftc", "-typecheck", *flags, Path(directory, "App.swift"), output],
        ):
            done = subprocess.run(command, text=True, capture_output=True)
            if done.returncode:
                return done.returncode, done.stdout + done.stderr, directory
    return 0, "", directory


if __name__ == "__main__":
    sys.exit(main())
