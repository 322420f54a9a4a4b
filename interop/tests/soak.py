#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Loads the running demo for a while: `soak.py BASE --pid PID [--seconds N]`. Wants wrk; loopback only.

64 connections ask for a native page, a Flask page and a Django page at the same time, in rounds with new connections
each. One line per round; the last line is the verdict, and the exit status is 1 unless it passes: no errors, and the
memory of the last fifth no more than 5 % (and at least 4 MB) above that of the second fifth. The first warms up.
"""

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

LOADS = {"/api/status": 22, "/flask/": 21, "/django/": 21}  # path and connections
MB = 1 << 20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", help="http://127.0.0.1:PORT")
    parser.add_argument("--pid", type=int, required=True, help="the demo's process")
    parser.add_argument("--seconds", type=int, default=600, help="10 to 86400 (default: %(default)s)")
    options = parser.parse_args()
    if urlsplit(options.base).hostname not in ("127.0.0.1", "localhost", "::1"):
        parser.error("only a server on this machine is loaded")
    if not 10 <= options.seconds <= 86400:
        parser.error("--seconds takes a number from 10 to 86400")
    if not shutil.which("wrk"):
        sys.exit("wrk is missing: install Debian's package wrk")
    return soak(options)


def soak(options):
    rounds = max(5, min(20, options.seconds // 30))
    length = options.seconds // rounds
    print(f"{rounds} rounds of {length} s, {sum(LOADS.values())} connections")
    print(f"{'s':>6} " + "".join(f"{path + ' req/s':>20}{'p99 ms':>8}" for path in LOADS)
          + f"{'errors':>8}{'RSS MB':>8}{'files':>7}{'threads':>9}")
    memory, errors, requests, start = [], 0, 0, time.monotonic()
    for _ in range(rounds):
        try:
            results, resident, files, threads = load(options, length)
        except OSError as error:
            print(f"FAILED: process {options.pid} is gone ({error})")
            return 1
        except subprocess.TimeoutExpired:
            print("FAILED: wrk does not come to its end")
            return 1
        wrong = sum(result["errors"] for result in results)
        print(f"{time.monotonic() - start:6.0f} "
              + "".join(f"{result['rate']:20,.0f}{result['p99']:8.1f}" for result in results)
              + f"{wrong:8}{resident / MB:8.1f}{files:7}{threads:9}", flush=True)
        memory.append(resident)
        errors += wrong
        requests += sum(result["requests"] for result in results)
    return verdict(memory, errors, requests)


def load(options, length):
    """One round: wrk's findings for each path, and the median of the process's figures meanwhile."""
    samples = []
    with ThreadPoolExecutor(len(LOADS)) as pool:
        findings = [pool.submit(wrk, options.base, path, length) for path in LOADS]
        while not all(finding.done() for finding in findings):
            time.sleep(0.5)
            samples.append(figures(options.pid))
    return [finding.result() for finding in findings], *map(statistics.median_low, zip(*samples, strict=True))


def figures(pid):
    """The resident bytes, open files and threads of a process."""
    process = Path(f"/proc/{pid}")
    resident = re.search(r"VmRSS:\s+(\d+)", (process / "status").read_text())
    if not resident:
        raise ProcessLookupError("it ended")
    return int(resident[1]) * 1024, *(len(list((process / name).iterdir())) for name in ("fd", "task"))


def wrk(base, path, length):
    command = ["wrk", "-t1", f"-c{LOADS[path]}", f"-d{length}", "--timeout", "10", "--latency", base + path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=length + 60)
    text = done.stdout

    def number(pattern, default=0.0):
        found = re.search(pattern, text)
        return float(found[1]) if found else default

    latency = re.search(r"99%\s+([\d.]+)(us|ms|s|m)\b", text)
    scale = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}
    socket_errors = re.search(r"Socket errors: (.*)", text)
    errors = sum(map(int, re.findall(r"\d+", socket_errors[1]))) if socket_errors else 0
    requests = int(number(r"(\d+) requests in"))
    errors += int(number(r"Non-2xx or 3xx responses: (\d+)"))
    if done.returncode != 0 or not requests:
        print(f"wrk on {path}: {(done.stderr or text).strip()[-300:]}", file=sys.stderr)
        errors += 1
    return {"requests": requests, "errors": errors, "rate": number(r"Requests/sec:\s+([\d.]+)"),
            "p99": float(latency[1]) * scale[latency[2]] if latency else float("nan")}


def verdict(memory, errors, requests):
    fifth = len(memory) // 5
    early, late = statistics.mean(memory[fifth:2 * fifth]), statistics.mean(memory[-fifth:])
    grown = late - early > max(0.05 * early, 4 * MB)
    print(f"{'FAILED' if errors or grown else 'PASSED'}: {requests:,} requests, {errors:,} errors, "
          f"memory {early / MB:.1f} to {late / MB:.1f} MB ({(late / early - 1) * 100:+.1f} %)")
    return 1 if errors or grown else 0


if __name__ == "__main__":
    sys.exit(main())
