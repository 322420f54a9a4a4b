#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/GaleWebTests/Routing/PatternVectors.swift: what Python's re says about patterns and paths.

Usage: python3 Tests/Vectors/pattern_vectors.py > Tests/GaleWebTests/Routing/PatternVectors.swift
Each line: pattern, path, then "-" or "+" and the range of every group, separated by tabs.
"""
import random
import re
import warnings

warnings.simplefilter("ignore")

BY_HAND = [
    (r"/", ["/", "", "//", "/a"]),
    (r"", ["", "/"]),
    (r"/index\.html", ["/index.html", "/indexxhtml"]),
    (r"/user/([^/]+)", ["/user/mickey", "/user/", "/user/a/b", "/user/a%2Fb"]),
    (r"/user/(\w+)/?", ["/user/bob", "/user/bob/", "/user/bob//"]),
    (r"/static/(.*)", ["/static/", "/static/a/b.css", "/static"]),
    (r"/static/(.*)\.(\w+)", ["/static/a.b.css", "/static/a", "/static/.x"]),
    (r"/(\d{4})/(\d{2})/([a-z-]+)", ["/2024/05/a-b", "/204/05/a", "/2024/5/a"]),
    (r"/(?P<year>\d+)/(?P<slug>[^/]*)", ["/2024/", "/2024/x", "/x/2024"]),
    (r"/a(?:/(\d+))?", ["/a", "/a/", "/a/12", "/a/x"]),
    (r"/a(?:/(\d+))?/?", ["/a", "/a/", "/a/12", "/a/12/"]),
    (r"/(json|xml)/(.*)", ["/json/", "/xml/a", "/yaml/a"]),
    (r"/(foo|foobar)(bar)?", ["/foo", "/foobar", "/foobarbar", "/foobarba"]),
    (r"/a|/b", ["/a", "/b", "/ab", "/a/b"]),
    (r"^/x$", ["/x", "/x/", "x"]),
    (r"(^|/)a($|/)", ["a", "/a", "/a/", "a/"]),
    (r"/[]x]+", ["/]", "/x]", "/"]),
    (r"/[^]]+", ["/]", "/x"]),
    (r"/[a\-z]+", ["/-", "/b", "/az-"]),
    (r"/[a-]+", ["/-a", "/b"]),
    (r"/[\w.-]+@[\w.]+", ["/a.b-c@d.e", "/@"]),
    (r"/\S+", ["/a", "/ ", "/%20"]),
    (r"/[\D]+\W", ["/ab/", "/a1/"]),
    (r"/a{2}", ["/a", "/aa", "/aaa"]),
    (r"/a{2,}b", ["/ab", "/aab", "/aaaab"]),
    (r"/a{,2}b", ["/b", "/aab", "/aaab"]),
    (r"/a{,}b", ["/b", "/aaab"]),
    (r"/a{x}", ["/a{x}", "/aa"]),
    (r"/a{}", ["/a{}", "/a"]),
    (r"/a{1,2", ["/a{1,2", "/aa"]),
    (r"/{2}", ["//", "/{2}"]),
    (r"/(a{1,2})(a*)", ["/a", "/aaa"]),
    (r"/(a{1,2}?)(a*)", ["/a", "/aaa"]),
    (r"/(.*?)/(.*)", ["/a/b/c", "/a"]),
    (r"/(.*)/(.*)", ["/a/b/c", "//"]),
    (r"/(.+?)(/\d+)?", ["/a/1", "/a", "/a/b"]),
    (r"(?:(a)|b)*", ["ab", "ba", "bb", ""]),
    (r"(a*)*", ["", "aa", "ab"]),
    (r"(a*)*b", ["b", "aab", "aa"]),
    (r"(a|b*)*c", ["abbac", "c"]),
    (r"((a)|(b))*", ["ab", "ba"]),
    (r"(a*)+", ["", "aa"]),
    (r"(?:a?)*?b", ["aab", "b"]),
    (r"(a??)(a*?)(a+)", ["aaa"]),
    (r"(|a)+", ["", "aa"]),
    (r"(a|ab)(c|bcd)(d*)", ["abcd"]),
    (r"/\x41\t", ["/A\t"]),
    (r"/.", ["/~", "/a", "/"]),
    ("/caf\u00e9", ["/caf\u00e9", "/caf", "/caf\u00e9\u00e9"]),
]

random_source = random.Random(20260)


def atom(depth):
    kind = random_source.random()
    if kind < 0.4:
        return random_source.choice(["a", "b", "/", "1", r"\.", "ab", "/a"])
    if kind < 0.65 or depth == 0:
        return random_source.choice([r"[^/]", r"\d", r"\w", ".", "[ab]", "[^a]", r"[\d/]"])
    return random_source.choice(["(%s)", "(%s)", "(?:%s)"]) % alternatives(depth - 1)


def quantifier():
    kind = random_source.random()
    if kind < 0.5:
        return ""
    text = random_source.choice(["*", "+", "?", "{2}", "{0,2}", "{1,3}", "{2,}"])
    return text + ("?" if kind > 0.9 else "")


def alternatives(depth):
    def sequence():
        return "".join(atom(depth) + quantifier() for _ in range(random_source.randint(1, 3)))

    return "|".join(sequence() for _ in range(random_source.choice([1, 1, 1, 2])))


def compiled(pattern):
    return re.compile(b"(?:" + pattern.encode() + b")\\Z")


def result(regex, path):
    match = regex.match(path.encode())
    if match is None:
        return "-"
    spans = [match.span(group) for group in range(1, regex.groups + 1)]
    return " ".join(["+"] + ["nil" if span == (-1, -1) else "%d-%d" % span for span in spans])


def random_vectors(count):
    while count > 0:
        pattern = "/" + alternatives(2)
        regex = compiled(pattern)
        paths = ["/" + "".join(random_source.choices("ab/1.", k=random_source.randint(0, 5))) for _ in range(300)]
        hits = [path for path in dict.fromkeys(paths) if regex.match(path.encode())]
        misses = [path for path in paths if path not in hits]
        if not hits or not regex.groups or len(pattern) > 50:
            continue
        for path in hits[:2] + misses[:1]:
            yield pattern, path, result(regex, path)
            count -= 1


def escaped(text):
    return text.replace("\t", "<TAB>")


def table(name, comment, rows):
    print("\n  /// %s\n  static let %s = ##\"\"\"" % (comment, name))
    for row in rows:
        print("    " + "\t".join(escaped(cell) for cell in row))
    print("    \"\"\"##")


def main():
    print("// Copyright 2026 The Gale authors.\n// SPDX-License-Identifier: Apache-2.0\n")
    print("// swift-format-ignore-file")
    print("// Written by Tests/Vectors/pattern_vectors.py.\n")
    print("/// What Python's `re` says: pattern, path, and `-` or `+` with the range of every group.")
    print("enum PatternVectors {", end="")
    by_hand = [(p, path, result(compiled(p), path)) for p, paths in BY_HAND for path in paths]
    table("byHand", "Every construct, and the shapes that routes have.", by_hand)
    table("random", "Random patterns with groups, most of them matching.", random_vectors(180))
    print("}")


main()
