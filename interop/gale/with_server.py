#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Runs a command against a server: `with_server.py [--log FILE] SERVER... -- COMMAND...`

Starts the server, waits until it answers, runs the command, stops the server with SIGTERM. The exit status is the
command's, or 1 if the server did not start, died, or did not end with status 0. In both commands {port} stands for a
free port, {base} for http://127.0.0.1:PORT and {pid} for the server's process. The demo finds a fresh directory for its
data.
"""

import argparse
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

START_SECONDS, STOP_SECONDS = 60, 20


class Failed(Exception):
    pass


def stopped(process, seconds=30):
    """Whether a process ends by itself after SIGTERM, or has ended before; killed if it does not."""
    if process.poll() is not None:
        return True
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False


def main():
    parser = argparse.ArgumentParser(usage="%(prog)s [--log FILE] SERVER... -- COMMAND...")
    parser.add_argument("--log", type=Path, help="where the server's output goes; its end is shown after a failure")
    parser.add_argument("commands", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if options.commands.count("--") != 1:
        parser.error("-- between the server and the command is missing")
    middle = options.commands.index("--")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="gale-") as scratch:
        log = options.log or Path(scratch, "log")
        try:
            return run(options.commands[:middle], options.commands[middle + 1:], Path(scratch), log)
        except OSError as error:
            sys.exit(str(error))
        except Failed as failure:
            print(f"{options.commands[0]} {failure}", file=sys.stderr)
            for line in log.read_text(errors="replace").splitlines()[-25:] if log.is_file() else []:
                print(f"    {line}", file=sys.stderr)
            return 1


def run(server, command, scratch, log):
    port = free_port()
    values = {"port": port, "base": f"http://127.0.0.1:{port}"}
    data = scratch / "data"
    data.mkdir(mode=0o700)
    with log.open("wb") as out:
        # A session of its own: Ctrl-C reaches the command, and the server ends after it.
        process = subprocess.Popen(filled(server, values), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                   env=os.environ | {"GALE_DEMO_DATA": str(data)}, start_new_session=True)
    try:
        wait_until_it_answers(process, port)
        status = subprocess.run(filled(command, values | {"pid": process.pid})).returncode
        if process.poll() is not None:
            raise Failed(f"ended before it was told to, with status {process.returncode}")
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        if process.returncode is None:
            raise Failed(f"had not ended {STOP_SECONDS} seconds after SIGTERM")
        if process.returncode != 0:
            raise Failed(f"ended with status {process.returncode} after SIGTERM")
        return status
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def filled(words, values):
    for name, value in values.items():
        words = [word.replace(f"{{{name}}}", str(value)) for word in words]
    return words


def free_port():
    return free_ports(1)[0]


def free_ports(count):
    """Different ones: all are held until the last is found."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]


def wait_until_it_listens(process, port, seconds=START_SECONDS):
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        time.sleep(0.05)
    if process.poll() is not None:
        raise Failed(f"{process.args[0]} did not start: it ended with status {process.returncode}")
    raise Failed(f"{process.args[0]} did not listen on port {port} within {seconds} seconds")


def wait_until_it_answers(process, port):
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        time.sleep(0.05)
    if process.poll() is not None:
        raise Failed(f"did not start: it ended with status {process.returncode}")
    raise Failed(f"did not answer on port {port} within {START_SECONDS} seconds")


if __name__ == "__main__":
    sys.exit(main())
