#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Drives docs/demos/fileupload: `check_fileupload.py EXECUTABLE`. Its client, curl and sockets send files to its server."""

import hashlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

LIMIT = 60  # Seconds; only what hangs reaches it.
LARGE = 64 << 20
results = []


def check(name, condition, detail=""):
    results.append(bool(condition))
    if not condition:
        print(f"failed: {name} {detail}")


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def resident(process):
    """Bytes of memory that the process has."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


class Files:
    """Files to be sent, and the directory in which they arrive."""

    def __init__(self, folder):
        self.source, self.target = folder / "source", folder / "target"
        self.source.mkdir()
        noise = random.Random(1)
        self.small = self.make("small.txt", b"line\r\n--boundary\r\n" * 100)
        self.empty = self.make("empty.bin", b"")
        self.odd = self.make('a "b" ö;c.txt', bytes(range(256)) * 10)
        self.middle = self.make("middle.png", noise.randbytes(3_000_000))
        self.large = self.make("large.bin", noise.randbytes(1 << 20) * (LARGE >> 20))

    def make(self, name, content):
        path = self.source / name
        path.write_bytes(content)
        return path

    def arrived(self, path, name=None):
        target = self.target / (name or path.name)
        return target.is_file() and digest(target) == digest(path)

    def clear(self):
        for path in self.target.iterdir():
            path.unlink()

    def leftovers(self):
        return [path.name for path in self.target.iterdir() if path.name.startswith(".")]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)


def by_client(program, port, files):
    url = f"http://127.0.0.1:{port}"
    several = [files.small, files.empty, files.odd, files.middle]
    for flags in [[], ["--put"]]:
        files.clear()
        answer = run(program, "send", "--url", url, *flags, *map(str, several))
        check(f"the client sends several files {flags}", answer.returncode == 0, answer)
        # A form says a quotation mark as browsers do, and nobody turns it back.
        odd = files.odd.name if flags else files.odd.name.replace('"', "%22")
        lines = [f"{odd if path is files.odd else path.name} {path.stat().st_size}" for path in several]
        check(f"the server names them {flags}", answer.stdout.splitlines() == lines, answer.stdout)
        for path in several:
            check(f"{path.name} arrives {flags}", files.arrived(path, odd if path is files.odd else None))
    check("no parts are left behind", files.leftovers() == [])
    answer = run(program, "send", "--url", url, str(files.source / "none"))
    check("a file that is not there is told", answer.returncode != 0 and answer.stdout == "", answer)
    answer = run(program, "send", "--url", url + "/nowhere", str(files.small))
    check("a refusal is told", answer.returncode != 0 and "405" in answer.stderr, answer)


def by_curl(port, files):
    url = f"http://127.0.0.1:{port}"
    files.clear()
    answer = run("curl", "-sS", "-F", f"files=@{files.small}", "-F", f"files=@{files.middle};type=image/png",
                 "-F", "other=text", f"{url}/post")
    check("curl sends a form", answer.stdout == f"small.txt 1800\nmiddle.png 3000000\n", answer)
    check("its files arrive", files.arrived(files.small) and files.arrived(files.middle))
    answer = run("curl", "-sS", "-T", str(files.middle), f"{url}/from%20curl.png")
    check("curl puts a file", answer.stdout == "from curl.png 3000000\n" and files.arrived(files.middle, "from curl.png"),
          answer)
    with open(files.middle, "rb") as content:
        answer = subprocess.run(["curl", "-sS", "-T", "-", f"{url}/chunked"], stdin=content, capture_output=True,
                                text=True, timeout=LIMIT)
    check("curl puts a file in chunks", answer.stdout == "chunked 3000000\n" and files.arrived(files.middle, "chunked"),
          answer)


def status(*arguments):
    return run("curl", "-sS", "-o", os.devnull, "-w", "%{http_code}", "--path-as-is", *arguments).stdout


def refused(port, files):
    url = f"http://127.0.0.1:{port}"
    files.clear()
    for path in ["/", "/..", "/%2e%2e", "/a/..%2f..", "/.hidden", "/a%00b", "/a%0ab", "/" + "x" * 201]:
        check(f"{path[:20]} is no name for a file", status("-X", "PUT", "-d", "x", url + path) == "400")
    for path, name in [("/../../up.txt", "up.txt"), ("/a/b/..%2fdown.txt", "down.txt"), ("/c%5Cback.txt", "back.txt")]:
        answer = status("-X", "PUT", "-d", "x", url + path)
        check(f"{path} stays in the directory", answer == "201" and (files.target / name).is_file(), answer)
    check("a form without files is refused", status("-F", "other=text", f"{url}/post") == "400")
    check("a form with a bad name is refused",
          status("-F", f"files=@{files.small};filename=..", f"{url}/post") == "400")
    check("other methods are refused", status(f"{url}/name") == "405" and status("-X", "DELETE", f"{url}/name") == "405")
    big = status("-T", str(files.large), "-H", f"Content-Length: {5 << 30}", f"{url}/big")
    check("more than the limit is refused", big == "413", big)
    deadline = time.monotonic() + LIMIT
    while files.leftovers() and time.monotonic() < deadline:
        time.sleep(0.01)
    check("and nothing else is there", {path.name for path in files.target.iterdir()} == {"up.txt", "down.txt", "back.txt"},
          list(files.target.iterdir()))


def large(program, server, port, files):
    """A file of 64 MiB, while the server's memory is watched."""
    files.clear()
    before, most, done = resident(server), 0, threading.Event()

    def watch():
        nonlocal most
        while not done.wait(0.01):
            most = max(most, resident(server))

    watcher = threading.Thread(target=watch)
    watcher.start()
    client = subprocess.Popen([program, "send", "--url", f"http://127.0.0.1:{port}", "--put", str(files.large)],
                              stdout=subprocess.PIPE, text=True)
    heaviest = 0
    while client.poll() is None:
        try:
            heaviest = max(heaviest, resident(client))
        except (OSError, TypeError):
            break
        time.sleep(0.01)
    answer = client.communicate(timeout=LIMIT)[0]
    done.set()
    watcher.join()
    check("a large file arrives", answer == f"large.bin {LARGE}\n" and files.arrived(files.large), answer)
    check("the server's memory stays flat", most - before < 24 << 20, f"{before} to {most}")
    check("and the client's", 0 < heaviest < 96 << 20, heaviest)


def broken_off(port, files):
    files.clear()
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as peer:
        peer.sendall(b"PUT /half HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 500_000)
        deadline = time.monotonic() + LIMIT
        while not files.leftovers() and time.monotonic() < deadline:
            time.sleep(0.01)
        check("a part is kept while it comes", len(files.leftovers()) == 1)
    while list(files.target.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.01)
    check("what broke off is removed", list(files.target.iterdir()) == [])


def main():
    program = sys.argv[1]
    folder = Path(tempfile.mkdtemp(prefix="gale-"))
    files = Files(folder)
    server = subprocess.Popen([program, "receive", "--port", "0", "--directory", str(files.target)],
                              stderr=subprocess.PIPE, text=True)
    try:
        first = server.stderr.readline()
        found = re.search(r"listening on .*:(\d+)", first)
        check("the server says where it listens", found, first)
        log = []
        reader = threading.Thread(target=lambda: log.extend(server.stderr), daemon=True)
        reader.start()
        if found:
            port = int(found[1])
            by_client(program, port, files)
            by_curl(port, files)
            refused(port, files)
            large(program, server, port, files)
            broken_off(port, files)
        server.send_signal(signal.SIGTERM)
        server.wait(LIMIT)
        reader.join(LIMIT)
        check("the server ends well", server.returncode == 0, server.returncode)
        check("the server logs files", any('"middle.png" "image/png" 3000000 bytes' in line for line in log), log[:5])
    finally:
        if server.poll() is None:
            server.kill()
        shutil.rmtree(folder)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
