#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Vectors/templates.json: what Tornado makes of templates, for the tests of Gale's.

`.build/venv/bin/python interop/twins/template_vectors.py` writes it, `--check` compares. A case has files, the name of
the one that is rendered, a namespace, and either the page or the error.
"""

import json
import logging
import re
import sys
from pathlib import Path

import tornado
from tornado import escape, template

TARGET = Path(__file__).resolve().parents[2] / "Tests/Vectors/templates.json"

NAMES = {
    "zero": 0, "one": 1, "seven": 7, "minus": -7, "big": 1234567890123, "half": 0.5, "pi": 3.14159, "huge": 1e300,
    "yes": True, "no": False, "none": None, "empty": "", "name": "World", "html": "<b>\"it's\" & more</b>",
    "umlaut": "Größe ñ 한글 🐍", "words": " one  two\tthree\n", "path": "a/b/c.html",
    "numbers": [3, 1, 2], "texts": ["b", "a", "<c>"], "nothing": [], "nested": [[1, "x"], [2, "y"]],
    "data": {"key": "value", "count": 3, "list": [1, 2], "<": ">"}, "many": {str(i): i * i for i in range(12)},
    "rows": [{"id": 1, "title": "First", "tags": ["x", "y"]}, {"id": 2, "title": "<Second>", "tags": []}],
}

EXPRESSIONS = r'''
name
html
umlaut
none
yes
no
seven
minus
big
half
pi
huge
1.0
100.0
1e15
1e16
123456789012345678.0
1.5e-5
0.0001
-0.0
1e22
1/3
2/3
10**15/7
0.1 + 0.2
float("inf")
float("-inf")
float("nan")
b"bytes & more"
[1, "<", 2.5, None, True]
(1,)
(1, 2)
()
[]
{}
{"a": 1, 'b': [1, {"c": None} ]}
["it's"]
['say "x"']
["it's \"x\""]
["tab\there", "nl\n", "\x00\x7f", "\\", "é", "\u200b", "\xa0", "\U0001f40d"]
[b"\x00\xff'a"]
data
numbers
nested
"a" "b"
'single' + "double"
"""triple"""
r"raw\n"
"\x41\u00e9\101\n"
zero or "fallback"
one and name
not name
not empty
one if yes else 2
1 if no else 2 if no else 3
1 < 2 < 3
1 < 2 > 5
1 == 1.0 == True
"a" < "b"
"Z" < "a"
"é" > "z"
[1, 2] < [1, 3]
(1, "a") == (1, "a")
1 != 2
name is None
none is None
none is not None
1 in numbers
9 not in numbers
"or" in name
"key" in data
"x" not in data
7 // 2
-7 // 2
7 % 3
-7 % 3
7 % -3
7.5 // 2
-7.5 % 2
2 ** 10
2 ** -1
-2 ** 2
2 ** 3 ** 2
7 / 2
6 / 2
1 + 2 * 3
(1 + 2) * 3
1 - 2 - 3
7 & 3 | 8 ^ 1
~5
1 << 4
256 >> 2
True + True
True & False
"ab" * 3
3 * "ab"
[1] * 2 + [2]
(1,) + (2,)
numbers[0]
numbers[-1]
numbers[1:]
numbers[:-1]
numbers[::-1]
name[0]
name[-1]
name[1:3]
name[::2]
umlaut[2:4]
data["key"]
data["list"][1]
data.get("missing")
data.get("missing", "standard")
data.get("key", 1)
many["11"]
len(many)
list(data.keys())
list(data.values())
list(data.items())
data.keys()
data.items()
name.upper()
name.lower()
"hello wORLD it's".title()
"hELLO".capitalize()
"Hello".swapcase()
"ß".upper()
words.strip()
words.split()
words.split(" ")
"a,b,c".split(",")
"a,b,c".split(",", 1)
"a,b,c".rsplit(",", 1)
" a b  c ".split(None, 1)
" a b  c ".rsplit(None, 1)
"a\nb\r\nc\n".splitlines()
"a\nb".splitlines(True)
", ".join(texts)
"".join([])
"abc".replace("b", "<")
"aaa".replace("a", "b", 2)
"abc".replace("", "-")
"abc".find("c")
"abc".find("x")
"abcabc".rfind("b")
"abc".index("b")
"banana".count("an")
"abc".startswith("ab")
"abc".startswith(("x", "a"))
"abc".endswith("bc")
"abc".center(8, "*")
"abcd".center(7, "*")
"abc".ljust(5) + "|"
"abc".rjust(5)
"42".zfill(5)
"-42".zfill(5)
"a-b-c".partition("-")
"a-b-c".rpartition("-")
"abc".partition("-")
"xxabxx".strip("x")
"xxabxx".lstrip("x")
"xxabxx".rstrip("x")
"prefix-x".removeprefix("prefix-")
"a.html".removesuffix(".html")
"a\tb".expandtabs(4)
"12".isdigit()
"ab1".isalnum()
"ab".isalpha()
" ".isspace()
"AB".isupper()
"ab".islower()
"Ab Cd".istitle()
"é".encode("utf-8")
b"abc".decode()
b"a,b".split(b",")
"%s and %s" % ("a", 1)
"%d%%" % 42
"%05.2f|%-6s|%6s|%+d|%x|%X|%o" % (3.14159, "ab", "cd", 5, 255, 255, 8)
"%(a)s-%(b)03d" % {"a": "x", "b": 7}
"%r" % "it's"
"%s" % none
"%s" % [1]
"%c%c" % ("a", 66)
"%e" % 12345.678
"%g %g" % (0.00001, 123456789.0)
"%.3s" % "abcdef"
"%5s|%-5s|" % (1, 2)
"%i" % 3.9
"%#x" % 255
"{} {}".format(1, "a")
"{1} {0}".format(1, "a")
"{a} {b!r}".format(a=1, b="x")
"{0[1]} {d[key]}".format(numbers, d=data)
"{:>8}|{:<8}|{:^8}|".format("a", "b", "c")
"{:*^9}".format("mid")
"{:08.3f}".format(3.14159)
"{:,}".format(1234567)
"{:,.2f}".format(1234567.891)
"{:_}".format(1234567)
"{:x} {:#x} {:b} {:o} {:X}".format(255, 255, 5, 8, 255)
"{:e} {:g} {:%}".format(1234.5, 1234567.0, 0.25)
"{:+d} {: d}".format(5, 5)
"{:>{w}}".format("a", w=5)
"{{}}"[0:1]
"{:.2}".format("abc")
"{:d}".format(True)
"{}".format(None)
"{:5}|".format(3)
"{:5}|".format("a")
"{:.3}".format(3.14159)
"{:c}".format(65)
format(3.14159, ".2f")
format(255, "x")
f"{name}!"
f"{pi:.2f} {name!r} { {'a': 1}['a'] } {{}}"
f"{seven:>{one + 4}}"
len(name)
len(numbers)
len(umlaut)
str(1.5)
str(b"x")
str(none)
int("42")
int(" -7 ")
int(3.9)
int(-3.9)
int("ff", 16)
float("1.5")
float(3)
bool("")
bool([0])
list("abc")
list(range(5))
list(range(2, 10, 3))
list(range(5, 0, -2))
range(3)
range(1, 10, 2)
tuple([1, 2])
dict(a=1, b=2)
dict([("x", 1)])
sorted(numbers)
sorted(texts, reverse=True)
sorted(rows, key=lambda r: -r["id"])
sorted(data)
sorted(["bb", "a", "ccc"], key=len)
list(reversed(numbers))
list(enumerate(texts))
list(enumerate(texts, 1))
list(zip(numbers, texts))
dict(zip(["a", "b"], [1, 2]))
sum(numbers)
sum([0.5, 1])
min(numbers)
max(1, 5, 3)
max(texts, key=len)
min([], default=9)
abs(-3)
abs(-2.5)
round(2.5)
round(3.5)
round(2.675, 2)
round(1234.5678, -2)
round(7, 1)
divmod(7, 3)
divmod(-7, 3)
pow(2, 5)
any([0, 1])
all([])
chr(233)
ord("é")
hex(255)
oct(8)
bin(-5)
repr("x")
isinstance(1, int)
isinstance("a", (int, str))
isinstance(True, int)
isinstance([], dict)
type(1).__name__
type("a") is str
callable(len)
hasattr(name, "upper")
getattr(name, "nope", "d")
list(map(str, numbers))
list(map(lambda a, b: a + b, [1, 2], [3, 4]))
list(filter(None, [0, 1, "", "a"]))
next(iter(numbers))
[n * 2 for n in numbers]
[n for n in numbers if n > 1]
[(a, b) for a in [1, 2] for b in "xy" if a != 1 or b != "x"]
[x for x, y in nested]
{k: v for k, v in data.items() if k != "<"}
{n: n * n for n in numbers}
sorted({n % 2 for n in numbers})
sum(n for n in numbers)
", ".join(t.upper() for t in texts)
[[j for j in range(i)] for i in range(3)]
(lambda x: x + 1)(2)
(lambda x, y=10, *a, **k: (x, y, a, k))(1, 2, 3, z=4)
(lambda x: lambda y: x + y)(1)(2)
[*numbers, 9]
{**data, "extra": 1}["extra"]
max(*numbers)
dict(**{"a": 1})
(y := 5) + y
numbers and numbers[0]
nothing and nothing[0]
1, 2
1 if one else 0,
{1, 1}
len({1, 2, 2})
sorted({1, 2} | {3})
{1, 2} == {2, 1}
{1} < {1, 2}
(1,2)[1]
0x1F + 0b101 + 0o17
1_000
.5
5.
1e3
escape(html)
xhtml_escape(html)
url_escape("a b+c/é?&=")
url_escape("a b", plus=False)
json_encode({"a": "</script>", "b": [1, None, True, 1.5, "é"]})
squeeze("  a   b  ")
datetime.datetime(2026, 1, 2, 3, 4, 5)
[datetime.datetime(2026, 1, 2, 3, 4)]
datetime.datetime(2026, 1, 2, 3, 4, 5).strftime("%Y-%m-%d %H:%M:%S %a %A %b %B %j %y %I %p %%")
datetime.datetime(2024, 2, 29).isoformat()
datetime.date(2026, 12, 31)
datetime.date(2026, 12, 31).strftime("%d.%m.%Y")
datetime.datetime(2026, 1, 1) - datetime.datetime(2025, 12, 31, 23)
datetime.datetime(2026, 1, 31) + datetime.timedelta(days=1, hours=2)
datetime.timedelta(days=1, seconds=1)
datetime.timedelta(hours=-1)
datetime.timedelta(minutes=90).total_seconds()
datetime.datetime(2026, 1, 2).weekday()
datetime.datetime(2026, 5, 6, 7, 8, 9).year
datetime.datetime(2026, 1, 2) < datetime.datetime(2026, 1, 3)
"{:%Y/%m}".format(datetime.datetime(2026, 5, 1))
upper("abc")
record.title
record.tags[0]
record.method(2)
[].append(1)
html # a comment
( 1 +
  2 )
"a" if "b" in ["b"] else "c"
not 1 == 2
not not 1
- - 1
-numbers[0]
"x".join(["1","2"]).upper()
numbers[len(numbers) - 1]
"abc"[1:][0]
data["list"][::-1]
[1, 2, 3][1:2]
[1, 2, 3][-100:100]
"abc"[5:]
str([])
str({"a": (1,)})
1 .bit_length() if True else 0
(255).bit_length()
(2.0).is_integer()
numbers.index(2)
numbers.count(1)
"a" "b" 'c'
undefined
undefined.attribute
data["missing"]
numbers[10]
name.missing
name()
1 / 0
1 % 0
"a" + 1
1 + "a"
[1] + "a"
"a" - "b"
1 < "a"
len(5)
int("x")
"%d" % "x"
"%s %s" % ("a",)
"%s" % ("a", "b")
"{}".format()
"{x}".format()
"abc".index("x")
none.upper()
[].pop()
next(iter([]))
max([])
"abc"["a"]
{}[[]]
5 in 5
[x for x in 5]
(lambda x: x)()
(lambda x: x)(1, 2)
numbers[0:1:0]
float("x")
chr(-1)
1 +
(1
[1, 2
"abc
a b
1 if 2
for x
lambda
x = = 1
{1: 2, 3}
f(a=1, 2)
*
x.
x[
"a" if
class
not
1 2
?
$x
5a
'''.strip("\n").split("\n")

FILES = [
    # name, files (the first is rendered), options
    "Hello {{ name }}!",
    "{{!x}} {%!y%} {#!z#} {{{1}}} {{ {\"a\":1} }}",
    "{{{{1}}}}|{ {1} }|{a}|{|{{!",
    "a{# comment #}b{# {{ x }} #}c",
    "{% comment anything at all %}x",
    "a {% raw html %} b",
    "{% if one %}yes{% end %}",
    "{% if zero %}a{% elif none %}b{% else %}c{% end %}",
    "{% if zero %}a{% elif one %}b{% elif one %}c{% end %}",
    "{% if (one > 0) %}x{% end %}",
    "{% if (n := len(numbers)) > 2 %}{{ n }}{% end %}",
    "{% for n in numbers %}{{ n }},{% end %}",
    "{% for n in nothing %}{{ n }}{% else %}none{% end %}",
    "{% for n in numbers %}{% if n == 1 %}{% break %}{% end %}{{ n }}{% else %}never{% end %}",
    "{% for n in numbers %}{% if n == 1 %}{% continue %}{% end %}{{ n }}{% else %}end{% end %}",
    "{% for a, b in nested %}{{ a }}{{ b }};{% end %}",
    "{% for i, (a, b) in enumerate(nested) %}{{ i }}{{ a }}{{ b }};{% end %}",
    "{% for a, *b in [[1, 2, 3], [4]] %}{{ a }}{{ b }}{% end %}",
    "{% for k in data %}{{ k }} {% end %}",
    "{% for k, v in sorted(data.items(), key=lambda i: i[0]) %}{{ k }}={{ v }};{% end %}",
    "{% for c in name %}{{ c }}.{% end %}",
    "{% for i in range(3) %}{% for j in range(i) %}{{ i }}{{ j }} {% end %}{% end %}",
    "{% for row in rows %}<li>{{ row['title'] }}{% for t in row['tags'] %} {{ t }}{% else %} -{% end %}</li>{% end %}",
    "{% for n in numbers %}{% end %}{{ n }}",
    "{% set i = 0 %}{% while i < 3 %}{{ i }}{% set i += 1 %}{% end %}",
    "{% set i = 0 %}{% while i < 3 %}{% set i += 1 %}{% if i == 2 %}{% continue %}{% end %}{{ i }}{% else %}!{% end %}",
    "{% set i = 0 %}{% while True %}{% set i += 1 %}{% if i > 3 %}{% break %}{% end %}{{ i }}{% else %}!{% end %}",
    "{% try %}{{ undefined }}{% except %}caught{% end %}",
    "{% try %}{{ 1 / 0 }}{% except NameError %}a{% except ZeroDivisionError as e %}{{ e }}{% end %}",
    "{% try %}{{ data['x'] }}{% except (KeyError, IndexError) as e %}{{ e }}|{{ repr(e) }}{% end %}",
    "{% try %}{{ data['x'] }}{% except LookupError %}lookup{% end %}",
    "{% try %}a{% except %}b{% else %}c{% finally %}d{% end %}",
    "{% try %}{{ none.x }}{% except AttributeError as e %}{{ e }}{% finally %}d{% end %}",
    "{% try %}a{% finally %}b{% end %}",
    "{% try %}x{{ undefined }}{% except Exception as e %}{{ type(e).__name__ }}: {{ e }}{% end %}",
    "{% try %}{{ int('x') }}{% except ValueError as e %}{{ e }}{% end %}",
    "{% for n in numbers %}{% try %}{% if n == 1 %}{% break %}{% end %}{{ n }}{% finally %}f{% end %}{% end %}",
    "{% try %}{{ 1 / 0 }}{% except KeyError %}a{% end %}",
    "{% set a = 1 %}{{ a }}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}",
    "{% set a = b = 3 %}{{ a }}{{ b }}",
    "{% set a = [1] %}{% set a += [2] %}{{ a }}",
    "{% set a = [1, 2] %}{% set a[0] = 9 %}{{ a }}",
    "{% set d = {} %}{% set d['x'] = 1 %}{{ d }}",
    "{% set l = [] %}{% set l.append(1) %}{% set _ = l.extend([2, 3]) %}{{ l }}",
    "{% set a = 1; b = a + 1 %}{{ b }}",
    "{% set a = 1 %}{% set del a %}{{ a }}",
    "{% set assert one, 'x' %}ok",
    "{% set assert zero, 'text' %}ok",
    "{% set pass %}x",
    "{% set name = name %}{{ name }}",
    "{% if zero %}{% set name = 1 %}{% end %}{{ name }}",
    "{% set name = 'local' %}{{ name }}",
    "{% set *a, b = [1, 2, 3] %}{{ a }}{{ b }}",
    "{% set a, b = 1 %}",
    "{% set a, b = [1, 2, 3] %}",
    "{% set x = [i for i in numbers] %}{{ x }}{{ i }}",
    "{% set f = lambda x: x * 2 %}{{ f(4) }}",
    "{% set f = lambda n: 1 if n < 2 else n * f(n - 1) %}{{ f(6) }}",
    "{% set l = [2, 1] %}{% set l.sort() %}{{ l }}{% set l.reverse() %}{{ l }}{{ l.pop() }}{% set l.insert(0, 5) %}{{ l }}",
    "{% set l = [1, 2, 3] %}{% set l.remove(2) %}{{ l }}{% set del l[0] %}{{ l }}",
    "{% set d = {'b': 1} %}{% set d.update(a=2) %}{{ d }}{{ d.setdefault('c', 3) }}{{ d.pop('b') }}{{ d }}",
    "{% set s = set([1]) %}{% set s.add(2) %}{{ sorted(s) }}{{ len(s) }}",
    "{% import math %}{{ math.floor(2.7) }} {{ math.pi }}",
    "{% import datetime %}{{ datetime.date(2026, 1, 1) }}",
    "{% import json as j %}{{ j.dumps([1]) }}",
    "{% from math import ceil, sqrt as root %}{{ ceil(1.2) }}{{ root(9) }}",
    "{% from tornado.escape import squeeze as s, xhtml_escape %}{{ s('a  b') }}",
    "{% import tornado.escape %}{{ tornado.escape.url_escape('a b') }}",
    "{% import no_such_module_here %}",
    "{% from math import no_such_name %}",
    "{% apply upper %}abc{{ html }}{% end %}",
    "{% apply upper %}{% apply escape %}a  <b{% end %}{% end %}",
    "{% set x = 1 %}{% apply upper %}{% set x = 2 %}{{ x }}a{% end %}{{ x }}",
    "{% apply upper %}{% for n in numbers %}  {{ n }}x{% end %}{% end %}",
    "{% apply upper %}{{ name }}{% end %}{% apply escape %}<{% end %}",
    "{% for n in numbers %}{% apply upper %}{% break %}{% end %}{% end %}",
    "{% autoescape None %}{{ html }}",
    "{{ html }}{% autoescape None %}",
    "{% autoescape upper %}{{ html }}",
    "{% autoescape json_encode %}{{ name }}",
    "{% autoescape xhtml_escape %}{{ html }}",
    "{% whitespace oneline %}a \n  b  {% whitespace all %}c \n\n d",
    "{% whitespace single %}   a  \n\n  b   ",
    "{% whitespace oneline %}   a  \n\n  b   ",
    "{% whitespace single %}a\u00a0 \t b\n \u00a0 c\u2003d",
    "{% whitespace single %}<pre> a \n\n  b </pre>",
    "{% whitespace nope %}",
    "  a  \n\n  b\t\tc  ",
    "{% module Template('x') %}",
    "{%if one%}tight{%end%}",
    "{%  if   one  %}wide{%  end  %}",
    "{{\n  name\n}}",
    "{% if one %}\n  a\n{% end %}\n",
    "",
    "just text",
    "{% end %}",
    "{% if one %}",
    "{% for x in numbers %}{% if x %}{% end %}",
    "{{ name",
    "{% if x",
    "{# never closed",
    "{{ }}",
    "{% %}",
    "{%%}",
    "\n\n{% nope %}",
    "{% else %}",
    "{% elif x %}",
    "{% except %}",
    "{% finally %}",
    "{% while x %}{% elif y %}{% end %}",
    "{% if x %}{% except %}{% end %}",
    "{% if x %}{% finally %}{% end %}",
    "{% block x %}{% else %}{% end %}",
    "{% extends %}",
    "{% include %}",
    "{% import %}",
    "{% set %}",
    "{% apply %}{% end %}",
    "{% block %}{% end %}",
    "{% break %}",
    "{% continue %}",
    "{% if one %}{% break %}{% end %}",
    "{% apply upper %}{% break %}{% end %}",
    "{% from math %}",
    "{% set 1 = 2 %}",
    "{% set x + %}",
    "{% if %}{% end %}",
    "{% for %}{% end %}",
    "{% for x %}{% end %}",
    "{% for x on y %}{% end %}",
    "{% while %}{% end %}",
    "{% if one %}a{% else %}b{% else %}c{% end %}",
    "{% try %}a{% end %}",
    "{% try %}a{% else %}b{% end %}",
    "{% if one %}a{% else %}b{% elif one %}c{% end %}",
    "{% block a %}inside{% end %}",
    "{% block a %}{% block b %}x{% end %}{% end %}",
    "{% raw %}",
    "{% autoescape nope %}{{ 1 }}",
    "{{ 'a' }}{{ \"b\" }}{{ '}' }}",
    "line one\n{{ name }}\n{{ undefined }}\n",
]

CHAINS = [
    {"main.html": "{% extends 'base.html' %}{% block body %}child {{ name }}{% end %}dropped",
     "base.html": "<t>{% block title %}Base{% end %}</t>{% block body %}{% end %}<f>"},
    {"main.html": "{% extends middle.html %}{% block a %}main{% end %}",
     "middle.html": "{% extends \"base.html\" %}{% block a %}middle{% end %}{% block b %}middle b{% end %}",
     "base.html": "[{% block a %}base{% end %}|{% block b %}base{% end %}|{% block c %}base c{% end %}]"},
    {"main.html": "{% extends base.html %}{% set x = 1 %}{% block a %}{{ name }}{% end %}",
     "base.html": "{% set x = 5 %}{% block a %}{% end %}{{ x }}"},
    {"main.html": "{% extends base.html %}{% block outer %}new {% block inner %}in{% end %}{% end %}",
     "base.html": "{% block outer %}old{% end %}"},
    {"main.html": "{% extends base.html %}{% block inner %}IN{% end %}",
     "base.html": "{% block outer %}out {% block inner %}in{% end %}{% end %}"},
    {"main.html": "{% for n in numbers %}{% include 'row.html' %}{% end %}", "row.html": "<li>{{ n }}{% set last = n %}</li>"},
    {"main.html": "{% include 'part.html' %}{{ x }}", "part.html": "{% set x = 4 %}p"},
    {"main.html": "{% include part.html %}{{ html }}", "part.html": "{% autoescape None %}{{ html }}"},
    {"main.html": "{% autoescape None %}{% include part.html %}{{ html }}", "part.html": "{{ html }}"},
    {"main.html": "{% extends base.html %}{% autoescape None %}{% block a %}{{ html }}{% end %}",
     "base.html": "{{ html }}{% block a %}{% end %}"},
    {"main.html": "{% extends base.html %}{% block a %}{{ html }}{% end %}",
     "base.html": "{% autoescape None %}{{ html }}{% block a %}{% end %}"},
    {"main.html": "{% include missing.html %}"},
    {"main.html": "{% extends missing.html %}"},
    {"main.html": "{% include sub/a.html %}", "sub/a.html": "a{% include b.html %}{% include ../top.html %}",
     "sub/b.html": "b", "top.html": "t"},
    {"sub/main.html": "{% extends ../base.html %}{% block a %}{% include x.html %}{% end %}", "sub/x.html": "x",
     "base.html": "[{% block a %}{% end %}]"},
    {"main.html": "{% include part.html %}", "part.html": "\n\n{{ nope }}"},
    {"main.html": "{% include part.html %}", "part.html": "\n{% if %}{% end %}"},
    {"main.html": "{% include part.html %}", "part.html": "\n\n{% end %}"},
    {"main.html": "{% for x in numbers %}{% include part.html %}{% end %}", "part.html": "{% break %}"},
    {"main.html": "{% include part.html %}", "part.html": "{% extends base.html %}", "base.html": "x"},
    {"main.html": "{% for x in numbers %}{% block item %}{{ x }}{% if x == 1 %}{% break %}{% end %}{% end %}{% end %}"},
    {"main.txt": "a  b\n\n c", }, {"main.js": "a  b\n\n c"}, {"main.html": "a  b\n\n c"},
    {"main.html": "{% extends base.txt %}{% block a %}x  y{% end %}", "base.txt": "a  b{% block a %}{% end %}"},
    {"main.html": "{% block a %}1{% end %}{% block a %}2{% end %}"},
    {"main.html": "{% extends base.html %}{% block a %}{% apply upper %}x{{ html }}{% end %}{% end %}",
     "base.html": "{% block a %}{% end %}"},
    {"main.html": "{% extends base.html %}{% block a %}{{ shared }}{% end %}",
     "base.html": "{% set shared = 'from base' %}{% block a %}{% end %}"},
    {"main.html": "{% extends base.html %}", "base.html": "{% include part.html %}", "part.html": "{% block a %}p{% end %}"},
    {"main.html": "{% extends base.html %}{% block a %}override{% end %}", "base.html": "{% include part.html %}",
     "part.html": "{% block a %}p{% end %}"},
]


class Record:
    title = "<Record>"
    tags = ["t"]

    def method(self, number):
        return number * 2


def upper(text):
    return escape.to_unicode(text).upper()


def outcome(files, options):
    """The page, or the error by its class."""
    loader = template.DictLoader(files, **options)
    names = dict(NAMES, upper=upper, record=Record())
    try:
        page = loader.load(next(iter(files))).generate(**names)
        return {"page": page.decode()}
    except template.ParseError as error:
        # A set of Python's has no order.
        message = re.sub(r"\{('\w+'.*?)\}", lambda m: "{" + ", ".join(sorted(m[1].split(", "))) + "}", error.message)
        return {"error": "ParseError", "message": message, "file": error.filename, "line": error.lineno}
    except SyntaxError:
        return {"error": "SyntaxError"}
    except NotImplementedError:
        return {"error": "SyntaxError"}
    except KeyError as error:
        missing = error.args[0] in ("missing.html",)
        return {"error": "NotFound"} if missing else {"error": "KeyError"}
    except Exception as error:
        # Its own message may say why; a name of the class that Gale has, too.
        known = "Invalid mode" if "invalid whitespace mode" in str(error) else type(error).__name__
        return {"error": known}


def cases():
    for text in EXPRESSIONS:
        text = text.replace("( 1 +", "( 1 + 2 )") if text == "( 1 +" else text
        if text == "  2 )":
            continue
        files = {"t": "{{ " + text + " }}"}
        yield {"files": files, **outcome(files, {})}
    for text in FILES:
        for name in ["t", "t.html"] if "\n" in text else ["t"]:
            yield {"files": {name: text}, **outcome({name: text}, {})}
    for files in CHAINS:
        yield {"files": files, **outcome(files, {})}
    for options in [{"autoescape": None}, {"whitespace": "oneline"}, {"whitespace": "all"}]:
        for files in [{"main.html": "{{ html }}  \n a"}, CHAINS[0], CHAINS[7]]:
            yield {"files": files, "options": options, **outcome(files, options)}


def main():
    logging.disable()  # Tornado logs the code of what it cannot compile.
    document = {"tornado": tornado.version, "names": NAMES, "cases": list(cases())}
    for case in document["cases"]:
        case["main"] = next(iter(case["files"]))
    text = json.dumps(document, ensure_ascii=True, indent=1) + "\n"
    if "--check" in sys.argv:
        same = TARGET.read_text() == text
        print("1 passed, 0 failed" if same else "0 passed, 1 failed")
        return 0 if same else 1
    TARGET.write_text(text)
    print(f"{len(document['cases'])} cases")
    return 0


if __name__ == "__main__":
    sys.exit(main())
