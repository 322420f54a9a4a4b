#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Runs the Autobahn test suite against both ends of docs/demos/autobahn.

  autobahn.py [--program .build/release/autobahn] [--cases 1.*,7.*] [--role server|client|both] [--report DIR]

The suite (PyPI: autobahntestsuite) needs Python 2.7: PYTHON2 names it, else it is looked for on the PATH and among
pyenv's versions. It is installed once, into .build/autobahn. One line per role and section; the exit status is 1
when a case is anything but OK, INFORMATIONAL or NON-STRICT, in what it says or in how the connection ends.
"""

import argparse
import collections
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".build/autobahn"
GOOD = {"OK", "INFORMATIONAL", "NON-STRICT"}
SECTIONS = {
    "1": "framing", "2": "pings and pongs", "3": "reserved bits", "4": "opcodes", "5": "fragmentation", "6": "UTF-8",
    "7": "closing", "9": "large messages, many messages", "10": "automatic fragmentation",
    "12": "compression", "13": "compression, negotiated parameters",
}


def stop(message):
    sys.exit(f"autobahn: {message}")


def python2():
    """A Python 2.7 that runs."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [os.environ.get("PYTHON2"), shutil.which("python2.7"), *sorted(pyenv.glob("versions/2.7*/bin/python2.7"))]
    for candidate in filter(None, found):
        with contextlib.suppress(OSError):
            asked = [str(candidate), "-c", "import sys; print(sys.version_info[:2] == (2, 7))"]
            if subprocess.run(asked, capture_output=True, text=True).stdout.strip() == "True":
                return str(candidate)
    stop("the Autobahn test suite needs Python 2.7; PYTHON2 may name one")


def install():
    """The suite's program, installed when it is missing."""
    program = HOME / "venv/bin/wstest"
    if program.exists():
        return program
    python = python2()
    print(f"autobahn: installing the test suite into {HOME}", flush=True)
    HOME.mkdir(parents=True, exist_ok=True)
    pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check"]
    quiet = dict(os.environ, PYTHONWARNINGS="ignore", PIP_NO_PYTHON_VERSION_WARNING="1")
    subprocess.run([python, *pip, "--target", HOME / "bootstrap", "virtualenv<20.22"], check=True, env=quiet)
    made = dict(quiet, PYTHONPATH=str(HOME / "bootstrap"))
    subprocess.run([python, "-m", "virtualenv", "-q", HOME / "venv"], check=True, env=made)
    subprocess.run([HOME / "venv/bin/python", *pip, "autobahntestsuite==0.8.2"], check=True, env=quiet)
    return program


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command, port, log):
    """A server that ends with the block, once it listens."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=HOME)
    try:
        end = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > end:
                stop(f"{command[0]} does not serve; see {log}")
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_server(program, suite, cases, reports):
    """The suite plays a client."""
    port = free_port()
    spec = HOME / "fuzzingclient.json"
    spec.write_text(json.dumps({
        "outdir": str(reports), "servers": [{"agent": "gale", "url": f"ws://127.0.0.1:{port}"}],
        "cases": cases, "exclude-cases": [], "exclude-agent-cases": {},
    }))
    with running([str(program), "serve", str(port)], port, HOME / "server.log"):
        log = (HOME / "fuzzingclient.log").open("wb")
        subprocess.run([suite, "-m", "fuzzingclient", "-s", spec], cwd=HOME, stdout=log, stderr=log, check=True)


def test_client(program, suite, cases, reports):
    """The suite plays a server."""
    port = free_port()
    spec = HOME / "fuzzingserver.json"
    spec.write_text(json.dumps({
        "outdir": str(reports), "url": f"ws://127.0.0.1:{port}", "cases": cases, "exclude-cases": [],
        "exclude-agent-cases": {},
    }))
    command = [str(suite), "-m", "fuzzingserver", "-u", "0", "-s", str(spec)]
    with running(command, port, HOME / "fuzzingserver.log"):
        subprocess.run([program, "drive", f"ws://127.0.0.1:{port}", "gale"], check=True, cwd=HOME)


def judge(role, reports):
    """Prints the figures of a role, and returns the cases that failed."""
    results = json.loads((reports / "index.json").read_text())["gale"]
    sections = collections.defaultdict(collections.Counter)
    bad = []
    for case, result in results.items():
        behaviors = result["behavior"], result["behaviorClose"]
        sections[case.split(".")[0]][behaviors[0]] += 1
        if not set(behaviors) <= GOOD:
            bad.append(f"{role} {case}: {behaviors[0]}, at the end {behaviors[1]}")
    for section in sorted(sections, key=int):
        counts = sections[section]
        text = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
        print(f"{role:7}{section:>3} {SECTIONS.get(section, ''):36}{sum(counts.values()):4} cases: {text}")
    total = collections.Counter(result["behavior"] for result in results.values())
    passed = sum(count for kind, count in total.items() if kind in GOOD)
    print(f"{role:7}all {'':36}{len(results):4} cases: " + ", ".join(f"{n} {k}" for k, n in sorted(total.items())))
    return passed, len(results), bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT / ".build/release/autobahn", type=Path)
    parser.add_argument("--cases", default="*", help="such as 1.*,7.9.*")
    parser.add_argument("--role", choices=["server", "client", "both"], default="both")
    parser.add_argument("--report", default=HOME / "reports", type=Path, help="where the suite's pages go")
    given = parser.parse_args()
    program = given.program.resolve()
    if not program.exists():
        stop(f"{program} is missing: build it first")
    suite = install()
    failed = []
    for role, test in ("server", test_server), ("client", test_client):
        if given.role not in (role, "both"):
            continue
        reports = given.report.resolve() / role
        shutil.rmtree(reports, ignore_errors=True)
        reports.mkdir(parents=True)
        start = time.monotonic()
        test(program, suite, given.cases.split(","), reports)
        failed += judge(role, reports)[2]
        print(f"{role:7}took {time.monotonic() - start:.0f} s; pages in {reports}", flush=True)
    for line in failed:
        print(line)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
