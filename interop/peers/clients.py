#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Compares HTTP clients: GETs on kept connections against the C epoll server on another core.

  clients.py                        all of them, three rounds
  clients.py --only gale,gale-curl --requests 200000 --rounds 5 --markdown

setup.sh installs the peers. Rounds are interleaved. Each client measures itself, after a warm-up, and checks every
answer; the figure to look at is its CPU µs per request (user and system). A client that keeps no connections pays for
one with each request.
"""

import argparse
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEERS = Path(os.environ.get("GALE_PEERS", ROOT / ".build/peers")).resolve()
PYTHON = PEERS / "venv/bin/python"
# Name, command in front of PORT COUNT CONCURRENCY, how many times fewer requests than the fastest are enough.
CLIENTS = [
    ("gale", ["{gale}", "simple"], 1),
    ("gale-curl", ["{gale}", "curl"], 1),
    ("async-http-client", [str(PEERS / "async-http-client")], 1),
    ("aiohttp", [str(PYTHON), str(HERE / "clients/aiohttp_client.py")], 5),
    ("tornado", [str(PYTHON), str(HERE / "clients/tornado_client.py")], 10),
]


@contextlib.contextmanager
def server(core):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(["taskset", "-c", core, str(PEERS / "epoll"), str(port)])
    try:
        end = time.monotonic() + 10
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            if process.poll() is not None or time.monotonic() > end:
                sys.exit(f"{PEERS}/epoll does not start; setup.sh makes it")
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()


def measure(command, core, port, count, concurrency):
    command = ["taskset", "-c", core, *command, str(port), str(count), str(concurrency)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    words = done.stdout.split()
    if done.returncode != 0 or len(words) != 3:
        raise RuntimeError((done.stderr or done.stdout)[-300:] or f"status {done.returncode}")
    requests, seconds, wall = map(float, words)
    return {"cpu": seconds / requests * 1e6, "rate": requests / wall, "core": seconds / wall * 100}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="these clients, comma-separated")
    parser.add_argument("--requests", type=int, default=100_000, help="how many, of the fastest clients (100,000)")
    parser.add_argument("--concurrency", type=int, default=64, help="how many at a time (64)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", default="0,1", help="the client's and the server's (0,1)")
    parser.add_argument("--gale", default=str(ROOT / ".build/release/bench-client"), help="Gale's client")
    parser.add_argument("--markdown", action="store_true", help="put the command above the table")
    options = parser.parse_args()
    only = [name for name in options.only.split(",") if name]
    known = [name for name, _, _ in CLIENTS]
    if set(only) - set(known):
        parser.error(f"there is no {', '.join(sorted(set(only) - set(known)))}")
    client_core, server_core = options.cores.split(",")
    samples, problems = {}, {}
    for turn in range(options.rounds):
        rows = [row for row in CLIENTS if not only or row[0] in only]
        shift = turn % len(rows)
        for name, command, divisor in rows[shift:] + rows[:shift]:
            if name in problems:
                continue
            command = [word.replace("{gale}", options.gale) for word in command]
            try:
                with server(server_core) as port:
                    count = max(options.requests // divisor, 100)
                    sample = measure(command, client_core, port, count, options.concurrency)
            except (OSError, RuntimeError, subprocess.TimeoutExpired) as error:
                problems[name] = f"{name}: {error}"
                continue
            samples.setdefault(name, []).append(sample)
            print(f"{turn + 1}/{options.rounds} {name}: {sample['cpu']:.2f} µs", file=sys.stderr, flush=True)
    if options.markdown:
        print(f"`interop/peers/clients.py {' '.join(sys.argv[1:])}`: {options.rounds} rounds, medians, the client on one "
              f"core, the server on another, {options.concurrency} requests at a time.\n")
    print("| client | CPU µs/req | × | req/s | core % |\n|---|---:|---:|---:|---:|")
    medians = {name: {key: statistics.median(row[key] for row in rows) for key in rows[0]}
               for name, rows in samples.items()}
    best = min((row["cpu"] for row in medians.values()), default=1)
    for name, row in sorted(medians.items(), key=lambda item: item[1]["cpu"]):
        print(f"| {name} | {row['cpu']:.2f} | {row['cpu'] / best:.2f} | {row['rate']:,.0f} | {row['core']:.0f} |")
    for problem in problems.values():
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
