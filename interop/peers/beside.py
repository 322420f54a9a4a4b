#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""What a native handler's clients wait for while Python burns CPU in the same process: `beside.py [--gale FILE]`.

A client asks the native handler 200 times a second, whatever the answers take, first with nothing else to do for the
server, then while 4 others ask without a pause an application that burns 20 ms of CPU in Python for each request, in the
lane threads. Nothing is pinned. The client asks the kernel for short time slices (Linux 6.12), so that it measures the
server's waits for a processor and not its own. It prints the times of both, and their ratio; each is the median of the rounds.
"""

import argparse
import contextlib
import ctypes
import math
import os
import re
import socket
import statistics
import struct
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RATE = 200


def ask_for_short_slices() -> None:
    """sched_setattr(2) of this process; older kernels take no notice."""
    number = {"x86_64": 314, "aarch64": 274}.get(os.uname().machine)
    if number:
        ctypes.CDLL(None).syscall(number, 0, struct.pack("IIQiIQQQ", 48, 0, 0, 0, 0, 100_000, 0, 0), 0)


def started(gale: Path) -> tuple[subprocess.Popen, int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([gale, str(port), "--wsgi", "threads", "--threads", "4", "--app", "wsgi_burn", "--app-dir",
                               HERE / "apps", "--native", "/native"], env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    for _ in range(200):
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return server, port
        time.sleep(0.05)
    server.kill()
    raise SystemExit("the server does not start")


def times(port: int, seconds: float) -> list[float]:
    """How long each answer of the native handler took, in ms, counted from when the request was due."""
    request = b"GET /native HTTP/1.1\r\nHost: localhost\r\n\r\n"
    taken = []
    with contextlib.closing(socket.create_connection(("127.0.0.1", port), 30)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start = time.perf_counter()
        for number in range(int(seconds * RATE)):
            due = start + number / RATE
            time.sleep(max(0, due - time.perf_counter()))
            client.sendall(request)
            while not (answer := client.recv(4096)).endswith(b"Hello, world"):
                if not answer:
                    raise SystemExit("the connection was closed")
            taken.append((time.perf_counter() - due) * 1000)
    return taken


def burn(port: int, clients: int, seconds: float) -> subprocess.Popen:
    """Clients that ask for Python's answers without a pause, in a process of their own: this one only measures."""
    load = subprocess.Popen(["wrk", "-t1", f"-c{clients}", f"-d{math.ceil(seconds) + 1}s", "--timeout", "30s",
                             f"http://127.0.0.1:{port}/"], stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)  # until all are there
    return load


def answered(load: subprocess.Popen) -> int:
    """How many answers the clients got."""
    text = load.communicate()[0]
    if load.returncode or "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"Python did not answer as it should:\n{text}")
    return int(re.search(r"(\d+) requests in", text)[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gale", type=Path, default=ROOT / ".build/release/bench-target", help="Gale's server")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of each measurement")
    options = parser.parse_args()
    server, port = started(options.gale.resolve())
    rows = {"alone": [], "beside": []}
    answers = 0
    ask_for_short_slices()
    try:
        times(port, 1)
        for _ in range(options.rounds):
            rows["alone"].append(times(port, options.seconds))
            load = burn(port, 4, options.seconds)
            rows["beside"].append(times(port, options.seconds))
            answers += answered(load)
    finally:
        server.terminate()
        server.wait()

    def of(name: str, part: float) -> float:
        return statistics.median(sorted(row)[int(len(row) * part)] for row in rows[name])

    print(f"{RATE} native requests a second, {options.rounds} rounds of {options.seconds:g} s; "
          f"{answers} answers of Python at 20 ms of CPU each meanwhile")
    for name in rows:
        print(f"{name:>7}: median {of(name, 0.5):.3f} ms, p99 {of(name, 0.99):.3f} ms")
    print(f"p99 beside Python: {of('beside', 0.99) / of('alone', 0.99):.2f} × alone")


if __name__ == "__main__":
    main()
