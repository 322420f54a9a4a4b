#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Compares Gale with its peers: one server at a time on one core, wrk on another.

  bench.py --list                                  servers, their tests, what the tests ask
  bench.py --quick                                 everything, one short round
  bench.py native --test hello,pipeline            one group, two tests
  bench.py wsgi --only bjoern,gale --baseline bjoern --rounds 7
  bench.py --markdown > FILE                       the tables as docs/benchmarks.md has them

setup.sh installs the peers, servers.py lists them. Rounds are interleaved: each starts every server afresh, one
after the other. Steer by CPU µs per request (user and system, the whole process tree): it moves by a few per
cent where requests per second move by half. "core %" is the server's use of its core: well under 100, wrk was
the limit. "noise %" is what others used of the two cores, in percent of one: above 5 or so, measure again.
"""

import argparse
import contextlib
import datetime
import http.client
import os
import platform
import re
import resource
import shlex
import shutil
import signal
import socket
import ssl
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from servers import (BASELINES, FORM, MODULES, PIPELINED, POSTED, SERVERS, TESTS, UPLOAD_HEAD, UPLOAD_LENGTH, UPLOAD_TAIL,
                     UPLOAD_TYPE, UPLOADED, Server, Test)

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEERS = Path(os.environ.get("GALE_PEERS", ROOT / ".build/peers")).resolve()
HOST = "127.0.0.1"  # the only address that is ever loaded
Sample = dict[str, float]
TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


class Failed(Exception):
    """A server that is missing, does not start, or answers wrongly."""


def cost(pid: int) -> tuple[float, int]:
    """The processor seconds so far and the resident bytes of a process and all that descend from it."""
    seconds, resident, queue = 0.0, 0, [pid]
    while queue:
        process = Path(f"/proc/{queue.pop()}")
        with contextlib.suppress(OSError):  # it may end meanwhile
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            seconds += sum(map(int, fields[11:15])) / TICKS  # its own and its dead children's
            resident += int(fields[21]) * PAGE
            for children in process.glob("task/*/children"):
                queue += map(int, children.read_text().split())
    return seconds, resident


def busy(cores: list[str]) -> float:
    """The seconds that some processors have worked so far, for anyone."""
    lines = [line.split() for line in Path("/proc/stat").read_text().splitlines()]
    return sum(sum(map(int, line[1:4] + line[6:9])) for line in lines if line[0][3:] in cores) / TICKS


def ended(pid: int) -> bool:
    """Whether a child has ended. It is not reaped: its number stays its own."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


@contextlib.contextmanager
def running(command: list[str], env: dict[str, str], log: Path, cwd: Path) -> Iterator[int]:
    """A server in a process group of its own, which ends with the block."""
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, cwd=cwd,
                                  start_new_session=True)
    try:
        yield server.pid
    finally:
        # While its leader is not reaped the group's number cannot be another's.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
            end = time.monotonic() + 5
            while not ended(server.pid) and time.monotonic() < end:
                time.sleep(0.01)
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def same(got: bytes, wanted: bytes) -> bool:
    """Whether two bodies are equal; in pages and JSON white space between words and tags does not count."""
    if wanted[:1] in b"<{":
        got, wanted = (re.sub(rb"\s*([<>:,])\s*", rb"\1", body.strip()) for body in (got, wanted))
    return got == wanted


def unchecked() -> ssl.SSLContext:
    """A client that believes any certificate: those here are made for the run."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def check(test: Test, port: int, cookie: str = "") -> None:
    """Asks once, or for pipelining once more in a batch, and raises unless every answer is right."""
    if test.kind in ("ws", "echo"):
        socket.create_connection((HOST, port), timeout=10).close()
        done = subprocess.run(talk(port, test, 1, 0.2), capture_output=True, text=True, timeout=10)
        if done.returncode:
            raise Failed(done.stderr.strip())
        return
    if test.kind == "upload":
        return upload(port, test)
    headers, sent = {"Cookie": cookie} if test.kind == "login" else {}, {"post": POSTED, "form": FORM}.get(test.kind)
    if test.kind == "form":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    new = http.client.HTTPConnection(HOST, port, timeout=10)
    if test.tls:
        new = http.client.HTTPSConnection(HOST, port, timeout=10, context=unchecked())
    with contextlib.closing(new) as connection:
        connection.request("POST" if sent else "GET", test.path, sent, headers)
        answer = connection.getresponse()
        body = answer.read()
    if answer.status != 200 or not same(body, test.answer):
        raise Failed(f"{test.path} answered {answer.status} {body[:80]!r}")
    if test.kind == "pipeline":
        ask(port, test, PIPELINED).close()


def upload(port: int, test: Test) -> None:
    """Sends a multipart body and checks what the server says about it."""
    with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=60)) as connection:
        connection.putrequest("POST", test.path)
        connection.putheader("Content-Type", UPLOAD_TYPE)
        connection.putheader("Content-Length", str(UPLOAD_LENGTH))
        connection.endheaders()
        connection.send(UPLOAD_HEAD)
        piece = b"\0" * (1 << 20)
        for _ in range(UPLOADED // len(piece)):
            connection.send(piece)
        connection.send(UPLOAD_TAIL)
        answer = connection.getresponse()
        body = answer.read()
    if answer.status != 200 or not same(body, test.answer):
        raise Failed(f"{test.path} answered {answer.status} {body[:80]!r}")


def peak(pid: int) -> float:
    """The most MiB that a process has held."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE)[1]) / 1024


def talk(port: int, test: Test, connections: int, seconds: float) -> list[str]:
    """The command that has messages sent back."""
    return [f"{PEERS}/wsload", str(port), test.path, str(connections), str(seconds), str(len(test.answer))]


CLIENT_TLS = unchecked()


def ask(port: int, test: Test, times: int) -> socket.socket:
    """A new connection that has sent the request `times` times at once and got that many answers."""
    connection = socket.create_connection((HOST, port), timeout=10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # no TIME_WAIT
    if test.tls:
        connection = CLIENT_TLS.wrap_socket(connection)
    connection.sendall(f"GET {test.path} HTTP/1.1\r\nHost: {HOST}:{port}\r\n\r\n".encode() * times)
    got = b""
    try:
        while got.count(test.answer) < times:
            got += (data := connection.recv(65536))
            if not data:
                raise ConnectionError("closed")
    except OSError as error:
        raise Failed(f"{got.count(test.answer)} of {times} answers to one batch: {error}") from None
    return connection


def is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False


REPORT = """
function done(summary, latency)
  local e = summary.errors
  print("report", summary.requests, latency:percentile(50), latency:percentile(99), summary.duration,
    e.connect + e.read + e.write + e.timeout, e.status)
end
"""
SCRIPTS = {
    "post": f'wrk.method = "POST"\nwrk.body = string.rep("x", {len(POSTED)})\n',
    "form": f'wrk.method = "POST"\nwrk.body = "{FORM.decode()}"\n'
    'wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\n',
    "pipeline": f"local batch\nfunction init() batch = string.rep(wrk.format(), {PIPELINED}) end\n"
    "function request() return batch end\n",
}


def make_certificate(tmp: Path) -> None:
    """tls.pem: a certificate for this run, and its key."""
    key, certificate = tmp / "key.pem", tmp / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    (tmp / "tls.pem").write_text(certificate.read_text() + key.read_text())


class Bench:
    """One run of the program: what it was asked for and where its files are."""

    def __init__(self, options: argparse.Namespace, tmp: Path) -> None:
        self.options, self.tmp = options, tmp
        self.packages = next(PEERS.glob("venv/lib/python*/site-packages"), PEERS)
        tmp.chmod(0o755)  # Apache gives up being root.
        self.cores = options.cores.split(",")
        self.server_core, self.load_core = self.cores
        os.sched_setaffinity(0, {int(self.load_core)})
        self.static = tmp / "static"
        self.static.mkdir()
        (self.static / "1m.bin").write_bytes(TESTS["static"].answer)
        (self.static / "1k.bin").write_bytes(TESTS["static-1k"].answer)
        self.cookie = ""
        if any(TESTS[name].kind == "login" for _, name, _ in plan(options)):
            with contextlib.suppress(FileNotFoundError):  # then there is nothing to measure either
                self.cookie = subprocess.run([options.gale, "--login-cookie"], check=True, text=True,
                                             capture_output=True).stdout.strip()
        (tmp / "login.lua").write_text(f'wrk.headers["Cookie"] = "{self.cookie}"\n' + REPORT)
        for kind in ("get", "post", "form", "pipeline"):
            (tmp / f"{kind}.lua").write_text(SCRIPTS.get(kind, "") + REPORT)
        make_certificate(tmp)

    def command(self, server: Server, test: Test, port: int) -> list[str]:
        module = MODULES.get(test.app, test.app)
        names = {
            "port": port, "tmp": self.tmp, "static": self.static, "peers": PEERS, "bin": PEERS / "venv/bin",
            "apps": HERE / "apps", "site": self.packages, "gale": self.options.gale.resolve(), "app": test.app,
            "ssl": "ssl" if test.tls else "", "tls": "--tls" if test.tls else "",
            "pem": self.tmp / "tls.pem" if test.tls else "",
            "wsgi": f"wsgi_{module}" if test.app == "hello" else module, "cli": self.options.cli.resolve(),
            "host": self.options.host.resolve(),
            "asgi": f"asgi_{module}" if test.app == "hello" else module,
        }

        def fill(text: str) -> str:
            return re.sub(r"\{(\w+)\}", lambda match: str(names.get(match[1], match[0])), text)

        command = [word for word in map(fill, shlex.split(server.command)) if word]
        for file in ("nginx.conf", "apache.conf"):
            (self.tmp / file).write_text(fill((HERE / file).read_text()))
        if shutil.which(command[0]) is None:
            raise FileNotFoundError(f"{command[0]} is not there")
        return ["taskset", "-c", self.server_core, *command]

    def env(self) -> dict[str, str]:
        """What every server gets: the static files, the applications, and the venv's packages."""
        return os.environ | {
            "BENCH_STATIC": str(self.static), "PYTHONPATH": f"{HERE / 'apps'}:{self.packages}",
            "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore", "VIRTUAL_ENV": str(PEERS / "venv"),
        }

    def measure(self, server: Server, test: Test) -> Sample:
        """Starts a server, checks its answer, loads it, stops it."""
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = probe.getsockname()[1]
        log = self.tmp / "log"
        with running(self.command(server, test, port), self.env(), log, self.tmp) as pid:
            end = time.monotonic() + 20
            while True:
                with contextlib.suppress(ConnectionRefusedError):
                    check(test, port, self.cookie)
                    break
                if ended(pid) or time.monotonic() > end:
                    raise Failed(f"did not start: {log.read_text(errors='replace')[-500:]}")
                time.sleep(0.05)
            if test.kind == "upload":
                return self.measure_uploads(pid, port, test)
            self.load(pid, port, test, 1)
            if test.kind == "idle":
                return self.measure_idle(pid, port, test)
            return self.load(pid, port, test, self.options.seconds)

    def load(self, pid: int, port: int, test: Test, seconds: int) -> Sample:
        """wrk, or wsload, on its core for some seconds."""
        script = self.tmp / (f"{test.kind}.lua" if test.kind != "idle" else "get.lua")
        load = ["wrk", "-t1", f"-c{test.connections}", f"-d{seconds}s"]
        load += ["-s", str(script), f"http{'s' if test.tls else ''}://{HOST}:{port}{test.path}"]
        if test.kind in ("ws", "echo"):
            load = talk(port, test, test.connections, seconds)
        load = ["taskset", "-c", self.load_core, *load]
        before, all_before, start = cost(pid)[0], busy(self.cores), time.monotonic()
        own = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(load, capture_output=True, text=True, timeout=seconds + 30)
        after, resident = cost(pid)
        used, wall = after - before, time.monotonic() - start
        now = resource.getrusage(resource.RUSAGE_CHILDREN)  # of wrk alone: the server is not reaped yet
        others = busy(self.cores) - all_before - used - (now.ru_utime - own.ru_utime) - (now.ru_stime - own.ru_stime)
        report = re.search(r"^report\t(.*)$", done.stdout, re.MULTILINE)
        if report is None:
            raise Failed(f"{Path(load[3]).name}: {(done.stderr or done.stdout)[-300:]}")
        requests, p50, p99, lasted, broken, refused = map(float, f"{report[1]} 0 0".split()[:6])
        if not requests or broken or refused:
            raise Failed(f"under load: {requests:.0f} answers, {broken:.0f} lost, {refused:.0f} not 200")
        return {
            "rate": requests / lasted * 1e6, "cpu": used / requests * 1e6, "p50": p50 / 1000, "p99": p99 / 1000,
            "rss": resident / 2**20, "core": used / wall * 100, "noise": max(others, 0) / wall * 100,
        }

    def measure_uploads(self, pid: int, port: int, test: Test) -> Sample:
        """Uploads one after the other; what the server held at the most, all of them taken together."""
        before, all_before, start = cost(pid)[0], busy(self.cores), time.monotonic()
        own, count = sum(os.times()[:2]), 0
        while count == 0 or time.monotonic() - start < self.options.seconds:
            upload(port, test)
            count += 1
        wall, used = time.monotonic() - start, cost(pid)[0] - before
        others = busy(self.cores) - all_before - used - (sum(os.times()[:2]) - own)
        return {
            "rate": count / wall, "cpu": used / count * 1e6, "p50": wall / count * 1000, "p99": wall / count * 1000,
            "rss": peak(pid), "core": used / wall * 100, "noise": max(others, 0) / wall * 100,
        }

    def measure_idle(self, pid: int, port: int, test: Test) -> Sample:
        """The load with 64 connections alone, then with as many more as was asked for open and idle."""
        alone = self.load(pid, port, test, self.options.seconds)
        before = cost(pid)[1]
        with contextlib.ExitStack() as stack:
            idle: list[socket.socket] = []
            end = time.monotonic() + 60
            while len(idle) < self.options.idle:
                if time.monotonic() > end:
                    raise Failed(f"{len(idle)} connections opened in a minute")
                idle.append(stack.enter_context(ask(port, test, 1)))
            time.sleep(0.5)
            grown = cost(pid)[1] - before
            beside = self.load(pid, port, test, self.options.seconds)
            closed = sum(not is_open(connection) for connection in idle)
        if closed:
            raise Failed(f"{closed} of {len(idle)} idle connections were closed")
        beside["idle"], beside["alone"] = grown / 1024 / len(idle), alone["cpu"]
        return beside | {"slower": beside["cpu"] / alone["cpu"]}


def table(rows: dict[str, Sample], base: str, test: Test) -> str:
    """Markdown, the cheapest server first. Ratios are to the row `base`."""
    columns = [("req/s", "rate", ",.0f"), ("×", "rate/", ".2f"), ("CPU µs/req", "cpu", ".2f"), ("×", "cpu/", ".2f")]
    if test.kind == "upload":
        columns[0] = ("req/s", "rate", ",.2f")
    elif test.kind != "pipeline":  # wrk does not know when each answer of a batch came
        columns += [("p50 ms", "p50", ".2f"), ("p99 ms", "p99", ".2f")]
    columns += [("RSS MB", "rss", ".1f"), ("core %", "core", ".0f"), ("noise %", "noise", ".0f")]
    if test.kind == "idle":
        columns += [("KB/idle conn", "idle", ".2f"), ("µs/req alone", "alone", ".2f"), ("× alone", "slower", ".2f")]
    lines = [["server", *(title for title, _, _ in columns)]]
    for name, row in sorted(rows.items(), key=lambda item: item[1]["cpu"]):
        values = row | {f"{key}/": row[key] / max(rows[base][key], 1e-9) for key in ("rate", "cpu")}
        lines.append([name, *(format(values[key], form) for _, key, form in columns)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = [[line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])] for line in lines]
    padded.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def machine() -> str:
    """The machine and the software that the figures are of, one line each."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    pins = re.findall(r"^([a-z]+)\S*==(\S+)", (HERE / "requirements.txt").read_text(), re.MULTILINE)
    versions = []
    for tool, flag in (("wrk", "-v"), ("nginx", "-v"), (f"{PEERS}/venv/bin/python", "-V")):
        with contextlib.suppress(OSError):
            said = subprocess.run([tool, flag], capture_output=True, text=True)
            found = re.search(r"\d+\.\d+\.\d+", said.stdout + said.stderr)
            versions.append(f"{Path(tool).name} {found[0] if found else '?'}")
    versions += [f"{name} {version}" for name, version in pins if name != "setuptools"]
    return (f"Machine: {model[1] if model else platform.machine()}, {os.cpu_count()} processors, "
            f"{platform.system()} {platform.release()}.\nPeers: {', '.join(versions)}.")


def report(results: dict[tuple[str, str], dict[str, Sample]], problems: list[str], options: argparse.Namespace) -> str:
    parts = []
    if options.markdown:
        today = datetime.datetime.now(datetime.UTC).date()
        command = shlex.join(["interop/peers/bench.py", *sys.argv[1:]])
        parts.append(f"Measured {today} by `{command}`: rounds: {options.rounds} of {options.seconds} s, medians, "
                     f"the server on one core, wrk on another.\n{machine()}")
    for (group, name), rows in results.items():
        wanted = [options.baseline, *BASELINES.get(group, []), *rows]
        base = next(server for server in wanted if server in rows)
        about = TESTS[name].about + (f"; {options.idle:,} idle connections" if TESTS[name].kind == "idle" else "")
        parts.append(f"### {group} {name}: {about} (×: to {base})\n\n{table(rows, base, TESTS[name])}")
    return "\n\n".join(parts + problems)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    groups = list(dict.fromkeys(server.group for server in SERVERS))
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"{', '.join(groups)}; all without")
    parser.add_argument("--only", metavar="NAMES", default="", help="these servers, comma-separated")
    parser.add_argument("--test", metavar="NAMES", default="", help="these tests, comma-separated")
    parser.add_argument("--rounds", type=int, help="how often each server is measured (3)")
    parser.add_argument("--seconds", type=int, help="how long each time (4)")
    parser.add_argument("--idle", type=int, help="connections of the idle test (10,000)")
    parser.add_argument("--quick", action="store_true", help="one round of 2 s, 1,000 idle connections")
    parser.add_argument("--baseline", metavar="NAME", help="the server that ratios are to")
    parser.add_argument("--cores", default="0,1", help="the server's and wrk's (0,1)")
    parser.add_argument("--gale", type=Path, default=ROOT / ".build/release/bench-target", help="Gale's server")
    parser.add_argument("--cli", type=Path, default=ROOT / ".build/release/gale", help="Gale's command line")
    parser.add_argument("--host", type=Path, default=ROOT / ".build/release/python-host",
                        help="a python with Gale's event loop")
    parser.add_argument("--markdown", action="store_true", help="put date, command and machine above the tables")
    parser.add_argument("--list", action="store_true", help="say what there is and do nothing")
    options = parser.parse_args()
    for key, usual, quick in (("rounds", 3, 1), ("seconds", 4, 2), ("idle", 10000, 1000)):
        if getattr(options, key) is None:
            setattr(options, key, quick if options.quick else usual)
        if getattr(options, key) < 1:
            parser.error(f"--{key} is less than 1")
    for key, known in (("only", {s.name for s in SERVERS}), ("test", set(TESTS)), ("groups", set(groups))):
        given = getattr(options, key)
        given = [name for name in given.split(",") if name] if isinstance(given, str) else given
        setattr(options, key, given)
        if set(given) - known:
            parser.error(f"{key}: there is no {', '.join(sorted(set(given) - known))}")
    return options


def plan(options: argparse.Namespace) -> list[tuple[str, str, list[Server]]]:
    """Group, test and the servers that take part, in the tables' order."""
    out = []
    for group in dict.fromkeys(server.group for server in SERVERS):
        for name in TESTS:
            servers = [s for s in SERVERS if s.group == group and name in s.tests.split()
                       and (not options.only or s.name in options.only)]
            if servers and group in (options.groups or [group]) and name in (options.test or [name]):
                out.append((group, name, servers))
    return out


def interrupt(*_: object) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # one is enough: what runs is being stopped
    raise KeyboardInterrupt


def run(options: argparse.Namespace, tmp: Path) -> int:
    bench = Bench(options, tmp)
    samples: dict[tuple[str, str], dict[str, list[Sample]]] = {}
    problems: dict[tuple[str, str, str], str] = {}
    absent: set[str] = set()
    status = 0

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    try:
        for turn in range(options.rounds):
            for group, name, servers in plan(options):
                shift = turn % len(servers)
                for server in servers[shift:] + servers[:shift]:
                    key = (group, name, server.name)
                    if key in problems or f"{group} {server.name}" in absent:
                        continue
                    label = f"{turn + 1}/{options.rounds} {group:7}{name:13}{server.name:13}"
                    try:
                        got = bench.measure(server, TESTS[name])
                    except FileNotFoundError as error:
                        absent.add(f"{group} {server.name}")
                        status |= server.name in options.only
                        say(f"{label}left out: {error}")
                    except (Failed, OSError, http.client.HTTPException, subprocess.SubprocessError) as error:
                        problems[key] = " ".join(f"{error or type(error).__name__}".split())
                        status = 1
                        say(f"{label}FAILED: {problems[key]}")
                    else:
                        samples.setdefault((group, name), {}).setdefault(server.name, []).append(got)
                        say(f"{label}{got['rate']:>9.0f}/s {got['cpu']:>8.2f} µs {got['core']:>4.0f} % of the core"
                            f" {got['noise']:>4.0f} % noise")
    except KeyboardInterrupt:
        say("stopped")
        status = 130
    medians = {
        key: {name: {k: statistics.median(s[k] for s in rounds) for k in rounds[0]} for name, rounds in rows.items()}
        for key, rows in samples.items()
    }
    notes = [f"FAILED {' '.join(key)}: {why}" for key, why in problems.items()]
    if absent:
        notes.append(f"Left out, not installed: {', '.join(sorted(absent))}.")
    if samples or notes:
        print(report(medians, notes, options))
    return status


def main() -> int:
    options = parse()
    if options.list:
        for server in SERVERS:
            print(f"{server.group:8}{server.name:14}{server.tests}{f'  ({server.about})' if server.about else ''}")
        for name, test in TESTS.items():
            print(f"test    {name:14}{test.path:16}{test.about}")
        return 0
    if not plan(options):
        sys.exit("nothing that was asked for answers that test (--list)")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the servers inherit it
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    with tempfile.TemporaryDirectory(prefix="gale-bench-") as tmp:
        return run(options, Path(tmp))


if __name__ == "__main__":
    sys.exit(main())
