#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Drives docs/demos/tcpecho: `check_tcpecho.py EXECUTABLE`. Its client and Python's sockets talk to its server."""

import re
import signal
import socket
import subprocess
import sys
import threading

LIMIT = 30  # Seconds; only what hangs reaches it.
results = []


def check(name, condition, detail=""):
    results.append(bool(condition))
    if not condition:
        print(f"failed: {name} {detail}")


def send(program, *arguments):
    return subprocess.run([program, "send", *arguments], capture_output=True, text=True, timeout=LIMIT)


def by_client(program, port):
    for host in ["127.0.0.1", "localhost", *(["::1"] if socket.has_ipv6 and has_loopback6() else [])]:
        answer = send(program, "--host", host, "--port", str(port), "hello", "wörld", "")
        check(f"lines come back from {host}", (answer.returncode, answer.stdout) == (0, "hello\nwörld\n\n"), answer)
    free = socket.create_server(("127.0.0.1", 0))
    refused = free.getsockname()[1]
    free.close()
    answer = send(program, "--host", "127.0.0.1", "--port", str(refused), "hello")
    check("a refusal is told", answer.returncode != 0 and f"127.0.0.1:{refused}: Connection refused" in answer.stderr,
          answer)


def has_loopback6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


def by_socket(port):
    peers = [socket.create_connection(("127.0.0.1", port), timeout=LIMIT) for _ in range(20)]
    for number, peer in enumerate(peers):
        peer.sendall(b"half %d" % number)
    for number, peer in enumerate(reversed(peers)):
        peer.sendall(b" and half\nand another\n")
    for number, peer in enumerate(peers):
        wanted = b"half %d and half\nand another\n" % number
        check("lines are put together", read(peer, len(wanted)) == wanted)
        peer.close()
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as peer:
        lines = b"".join(b"%d\n" % number for number in range(1000))
        peer.sendall(lines)
        check("many lines at once", read(peer, len(lines)) == lines)
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as peer:
        try:
            peer.sendall(b"x" * 200_000)
            answer = peer.recv(1)
        except ConnectionError:
            answer = b""
        check("a line without an end is not kept", answer == b"")


def read(peer, count):
    data = b""
    while len(data) < count and (piece := peer.recv(65536)):
        data += piece
    return data


def main():
    program = sys.argv[1]
    server = subprocess.Popen([program, "serve", "--port", "0"], stderr=subprocess.PIPE, text=True)
    try:
        first = server.stderr.readline()
        found = re.search(r"listening on .*:(\d+)", first)
        check("the server says where it listens", found, first)
        log = []
        reader = threading.Thread(target=lambda: log.extend(server.stderr), daemon=True)
        reader.start()
        if found:
            by_client(program, int(found[1]))
            by_socket(int(found[1]))
        server.send_signal(signal.SIGTERM)
        server.wait(LIMIT)
        reader.join(LIMIT)
        check("the server ends well", server.returncode == 0, server.returncode)
        check("the server logs lines", any("hello" in line for line in log), log[:5])
    finally:
        if server.poll() is None:
            server.kill()
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
