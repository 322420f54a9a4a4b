#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Compiles every Swift block of the documentation: `run.py [PAGE...]`, after `swift build`.

The pages are README.md, docs/*.md and docs/guide/*.md. All blocks of a page make one file, in which they can refer to each
other: a block of declarations stands at file level, other blocks one after the other in a function. It is compiled
twice, as an application would be and with the upcoming features that Gale itself is compiled with. An error names the
line of the page.

What a reader need not see stands in an HTML comment before the block, `<!-- swift PLACE` and lines up to `-->`. The lines
stand before the block, or around it when one of them is `…`. PLACE, which may be left out, says where all of that goes:

- `file`: at file level. Such lines need not stand before a block; if they do, and have no `…`, the block goes where it
  would go without them.
- `page`: into the page's function, for declarations that use what is declared there.
- `alone`: into a scope of its own, as for a name that the page declares twice.
- `handler`: into a method of a handler.
- `main`: into a program of its own, as it is, with no other block.
- `manifest`: into a Package.swift of its own.

Options of `gale` are checked too, against its `--help`: those of commands in other blocks, and those that stand in the
text as code; and blocks of TOML, each of which is a gale.toml. So are links from one file of the project to another, and to its headings.
"""

import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/CompileFail"))
from run import compiler_flags  # noqa: E402

GALE = ROOT / ".build/debug/gale"
PAGES = ["README.md", "docs/*.md", "docs/guide/*.md"]
IMPORTS = ["Gale", "Logging"]
LINKING = ["*.md", "docs/**/*.md"]
PLACES = ["file", "page", "alone", "handler", "main", "manifest"]
DECLARATION = re.compile(
    r"(@\w+(\(.*\))?\s+)*(import|(((public|open|package|internal|fileprivate|private|final|indirect|nonisolated|isolated)\s+)*"
    r"(class|struct|enum|extension|protocol|actor|func|typealias))|#if|#endif|#else|//)(\s|$)|@\w+")
ERROR = re.compile(r"^\S+?:(\d+):\d+: error: (.*)$", re.MULTILINE)
FEATURES = ["ExistentialAny", "InternalImportsByDefault", "MemberImportVisibility", "NonisolatedNonsendingByDefault",
            "InferIsolatedConformances", "ImmutableWeakCaptures"]


class Block:
    """Lines of Swift, and where they stand in the page."""

    def __init__(self, page, line):
        self.page, self.line, self.lines, self.place = page, line, [], None
        self.before, self.after = [], []  # Hidden lines with their numbers.

    @property
    def last(self):
        return self.line + len(self.lines)

    @property
    def is_declarations(self):
        """Whether everything at the block's outer level is a declaration that may stand at file level."""
        outer = [line for line in self.lines if line and not line[0].isspace() and line[0] not in "})]"]
        return all(DECLARATION.match(line) for line in outer)

    def source(self):
        """The lines, each with its number in the page."""
        return [*self.before, *((self.line + index, line) for index, line in enumerate(self.lines)), *self.after]


class Comment(Block):
    """Hidden lines that belong to no block."""

    def __init__(self, page, place, before):
        super().__init__(page, before[0][0] if before else 0)
        self.place, self.before = place, before


def blocks(page, text):
    """The Swift blocks of a page and its hidden lines, and what is wrong with their form."""
    found, wrong = [], []
    pending = None  # (line, place, hidden lines)
    lines = text.split("\n")
    index = 0

    def put_pending():
        nonlocal pending
        if pending:
            number, place, hidden = pending
            if place in (None, "file"):
                found.append(Comment(page, "file", hidden))
            else:
                wrong.append((number, "the comment stands before no block"))
            pending = None

    while index < len(lines):
        line, number = lines[index], index + 1
        if match := re.fullmatch(r"<!-- swift(?: (\w+))?( -->)?", line):
            put_pending()
            hidden = []
            if not match[2]:
                index += 1
                while index < len(lines) and lines[index] != "-->":
                    hidden.append((index + 1, lines[index]))
                    index += 1
            if match[1] not in [None, *PLACES]:
                wrong.append((number, f"there is no place {match[1]!r}; places are {', '.join(PLACES)}"))
            pending = (number, match[1], hidden)
        elif match := re.match(r"(```+)\s*(\w*)", line):
            is_swift = match[2] == "swift"
            if not is_swift:
                put_pending()
            block = Block(page, number + 1)
            index += 1
            while index < len(lines) and not lines[index].startswith(match[1]):
                block.lines.append(lines[index])
                index += 1
            if is_swift:
                if pending and pending[1] == "file" and pending[2] and not any(line.strip() == "…" for _, line in pending[2]):
                    put_pending()
                if pending:
                    block.place, hidden = pending[1], pending[2]
                    middle = next((at for at, (_, line) in enumerate(hidden) if line.strip() == "…"), None)
                    block.before = hidden if middle is None else hidden[:middle]
                    block.after = [] if middle is None else hidden[middle + 1:]
                    pending = None
                block.place = block.place or ("file" if block.is_declarations else "page")
                found.append(block)
        elif line.strip():
            put_pending()
        index += 1
    put_pending()
    return found, wrong


def sources(found):
    """The files that the blocks of a page make: (name, lines with their numbers in the page or 0)."""
    files = [("main.swift", block.source()) for block in found if block.place == "main"]
    files += [("Package.swift", [(0, "import PackageDescription"), *block.source()])
              for block in found if block.place == "manifest"]
    page = [(0, f"import {name}") for name in IMPORTS]
    for block in found:
        if block.place == "file":
            page += block.source()
    for number, block in enumerate(found):
        if block.place == "handler":
            page += [(0, f"final class PageHandler{number}: RequestHandler {{ func page() async throws {{"), *block.source(),
                     (0, "}}")]
    page.append((0, "nonisolated func page() async throws {"))
    for block in found:
        if block.place == "alone":
            page += [(0, "do {"), *block.source(), (0, "}")]
        elif block.place == "page":
            page += block.source()
    page.append((0, "}"))
    if any(block.place in ("file", "handler", "alone", "page") for block in found):
        files.append(("Page.swift", page))
    return files


def compile_page(page):
    """How many blocks a page has, those that do not compile, and what the compiler says."""
    found, wrong = blocks(page, (ROOT / page).read_text())
    count = sum(not isinstance(block, Comment) for block in found)
    says = [f"{page}:{number}: {text}" for number, text in wrong]
    bad = {number for number, _ in wrong}
    for name, lines in sources(found):
        for features in [[]] if name == "Package.swift" else [[], FEATURES]:
            for number, text in compiled(name, lines, features):
                line = f"{page}:{number}: {text}"
                if line not in says:
                    says.append(line)
                bad.add(next((block.line for block in found if not isinstance(block, Comment)
                              and block.line <= number < block.last), 0))
    return count, len(bad), says


def compiled(name, lines, features):
    """The errors: (line of the page, text)."""
    manifest = ["-I", TOOLCHAIN / "lib/swift/pm/ManifestAPI", "-package-description-version", "6.3.0"]
    modules = manifest if name == "Package.swift" else FLAGS
    parse = ["-parse-as-library"] if name == "Page.swift" else []
    upcoming = [word for feature in features for word in ("-enable-upcoming-feature", feature)]
    with tempfile.TemporaryDirectory(prefix="gale-guide-") as scratch:
        path = Path(scratch, name)
        path.write_text("".join(f"{line}\n" for _, line in lines))
        result = subprocess.run(["swiftc", "-emit-sil", "-o", os.devnull, "-swift-version", "6", *parse, *modules,
                                 *upcoming, path], text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    # An error at a closing brace of ours is one of the lines before it.
    errors = [(next((line for line, _ in reversed(lines[:int(number)]) if line), 0), text)
              for number, text in ERROR.findall(result.stderr)]
    if result.returncode and not errors:
        errors = [(0, result.stderr.strip()[-2000:])]
    return list(dict.fromkeys(errors))


# Commands

def options_of_gale():
    """The options of each subcommand of `gale`."""
    if not GALE.exists():
        sys.exit("the debug build is missing: swift build")

    def help(*words):
        return subprocess.run([GALE, *words, "--help"], check=True, text=True, stdout=subprocess.PIPE).stdout

    text = help()
    commands = re.findall(r"^  (\w[\w-]*) ", text[text.index("SUBCOMMANDS:"):], re.MULTILINE)
    return {name: set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", help(name))) | {"--help", "--version", "-h"}
            for name in commands}


def check_commands(page, known):
    """How many options a page names, and those that do not exist."""
    everything = set().union(*known.values())
    count, says = 0, []
    language, continued = None, ""
    for number, line in enumerate((ROOT / page).read_text().split("\n"), 1):
        if match := re.match(r"```+\s*(\w*)", line):
            language = None if language is not None else match[1]
            continue
        options, place = [], everything
        if language is None:
            # The beginning of code in the text: `--workers N`.
            options = [word.split("=")[0] for word in re.findall(r"`(--[a-z][\w-]*)", line)] if is_about_serve(page) else []
        elif language in ("", "sh", "bash", "console", "shell", "ini", "yaml"):
            line = continued + line
            continued = line[:-1] + " " if line.endswith("\\") else ""
            if continued:
                continue
            if match := re.search(r"(?:^|[\s/\"'\[=])gale[\"']?,? +[\"']?(\w[\w-]*)(.*)", line):
                if match[1] not in known:
                    says.append(f"{page}:{number}: gale has no command {match[1]!r}")
                    count += 1
                    continue
                place = known[match[1]]
                rest = re.split(r"\s[|#]|&&|\s--\s", match[2])[0]
                options = [word.split("=")[0] for word in re.findall(r"(?:^|[\s\"'\[])(--[a-z][\w=-]*)", rest)]
        for option in options:
            count += 1
            if option not in place:
                says.append(f"{page}:{number}: gale has no option {option}")
    return count, says


def is_about_serve(page):
    """Whether options in the text are those of `gale`: in the pages that are about it."""
    pages = ["README.md", "docs/guide/deploying.md", "docs/guide/python-apps.md", "docs/guide/from-gunicorn.md"]
    return page in pages


def check_settings(page):
    """How many blocks of a page are a gale.toml, and those that `gale serve` does not take."""
    count, says = 0, []
    lines = (ROOT / page).read_text().split("\n")
    for number, line in enumerate(lines, 1):
        if line != "```toml":
            continue
        count += 1
        with tempfile.TemporaryDirectory(prefix="gale-guide-") as scratch:
            file = Path(scratch, "gale.toml")
            file.write_text("\n".join(lines[number:lines.index("```", number)]) + "\n")
            result = subprocess.run([GALE, "serve", "--config", file, "--print-config"], text=True, cwd=scratch,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                    env=os.environ | {"GALE_LOGIN_CLIENT_SECRET": "of sixteen bytes or more"})
        if result.returncode:
            says.append(f"{page}:{number}: {result.stderr.strip().replace(str(file), 'gale.toml')}")
    return count, says


# Links

def anchors(text):
    """The names of the headings, as GitHub makes them."""
    without_code = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    for heading in re.findall(r"^#+ (.*)$", without_code, re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-")


def check_links(path):
    """How many links a file has to others of the project, and those that lead nowhere."""
    text = path.read_text()
    count, says = 0, []
    for number, line in enumerate(re.sub(r"`[^`\n]*`", "", text).split("\n"), 1):
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if re.match(r"[a-z]+:", target):
                continue
            count += 1
            name, _, anchor = target.partition("#")
            other = path.parent / name if name else path
            if not other.exists():
                says.append(f"{path.relative_to(ROOT)}:{number}: there is no {name}")
            elif anchor and anchor not in anchors(other.read_text()):
                says.append(f"{path.relative_to(ROOT)}:{number}: {name or 'the page'} has no heading #{anchor}")
    return count, says


def main():
    pages = sys.argv[1:] or sorted({str(path.relative_to(ROOT)) for pattern in PAGES for path in ROOT.glob(pattern)})
    if missing := [page for page in pages if not (ROOT / page).is_file()]:
        sys.exit(f"no such page: {', '.join(missing)}")
    known = options_of_gale()
    passed, says = 0, []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = 0
        for count, bad, findings in pool.map(compile_page, pages):
            passed, failed = passed + count - min(bad, count), failed + bad
            says += findings
    linking = [] if sys.argv[1:] else sorted({path for pattern in LINKING for path in ROOT.glob(pattern)})
    for count, findings in [*(check_commands(page, known) for page in pages), *map(check_settings, pages),
                            *map(check_links, linking)]:
        passed, failed = passed + count - len(findings), failed + len(findings)
        says += findings
    print("\n".join(says), end="\n" if says else "")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    TOOLCHAIN = Path(subprocess.run(["which", "swiftc"], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()
                     ).resolve().parents[1]
    FLAGS = [flag for flag in compiler_flags() if flag not in ("-swift-version", "6", "-parse-as-library")]
    sys.exit(main())
