#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""The time of a page with a table of 50 rows, escaped, without a server: Gale's two ways and its peers, in one run.

  templates.py [--rounds N]        after `make build` and setup.sh

Microseconds of processor time for each page, the best of some rounds in each of N runs, of which the median counts; runs
are interleaved. The page is the same everywhere, and is checked.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEERS = Path(os.environ.get("GALE_PEERS", ROOT / ".build/peers")).resolve()
ROW = "<tr><td>{{ item['id'] }}</td><td>{{ item['name'] }}</td><td>{{ item['price'] }}</td></tr>"
SOURCE = ("<!doctype html><html><body><table>{% for item in items %}" + ROW + "{% END %}</table></body></html>")
ITEMS = [{"id": n, "name": f"Nut & <bolt> {n}", "price": n * 7} for n in range(50)]


def best(render):
    """Microseconds for each call."""
    fastest = float("inf")
    for _ in range(15):
        start = time.process_time()
        for _ in range(200):
            render(items=ITEMS)
        fastest = min(fastest, (time.process_time() - start) * 5000)
    return fastest


def python():
    """What a child process prints: Tornado and Jinja2."""
    import jinja2
    import tornado.template

    page = tornado.template.Template(SOURCE.replace("END", "end"))
    other = jinja2.Environment(autoescape=True).from_string(SOURCE.replace("END", "endfor"))
    assert page.generate(items=ITEMS).decode() == other.render(items=ITEMS)
    assert "<td>Nut &amp; &lt;bolt&gt; 3</td><td>21</td>" in other.render(items=ITEMS)
    print(f"tornado {best(page.generate)}\njinja2 {best(other.render)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gale", type=Path, default=ROOT / ".build/release/bench-target")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return python()
    commands = [
        [PEERS / "venv/bin/python", __file__, "--inside"], [options.gale, "--templates"],
        [PEERS / "hummingbird", "--templates"],
    ]
    found = {}
    for _ in range(options.rounds):
        for command in commands:
            if not Path(command[0]).exists():
                print(f"left out: {command[0]} is not there", file=sys.stderr)
                continue
            said = subprocess.run([str(word) for word in command], check=True, text=True, capture_output=True).stdout
            for name, number in re.findall(r"^(?!bytes)([a-z].*) ([\d.]+)$", said, re.MULTILINE):
                found.setdefault(name, []).append(float(number))
    if "tornado" not in found:
        sys.exit("tornado was not measured")
    base = statistics.median(found["tornado"])
    print("| µs of processor time for a page | | × quicker than Tornado |\n| --- | ---: | ---: |")
    for name, numbers in sorted(found.items(), key=lambda item: statistics.median(item[1])):
        middle = statistics.median(numbers)
        print(f"| {name} | {middle:.2f} | {base / middle:.1f} |")


if __name__ == "__main__":
    main()
