#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Drives `gale fetch`: `check_fetch.py EXECUTABLE`. Its servers and its proxy are Python's."""

import http.server
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


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/move":
            self.send_response(302)
            self.send_header("Location", "/end")
            body = b"moved"
        else:
            self.send_response(404 if self.path == "/missing" else 200)
            self.send_header("X-Path", self.path)
            body = b"raw \xff " + self.path.encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"

    def fetch(*arguments):
        return subprocess.run([sys.argv[1], "fetch", *arguments], capture_output=True, timeout=LIMIT)

    answer = fetch(base + "/a", base + "/b")
    check("bodies as they are", (answer.returncode, answer.stdout) == (0, b"raw \xff /a\nraw \xff /b\n"), answer)
    answer = fetch("--print-headers", "--no-print-body", base + "/a")
    check("headers alone", b"X-Path: /a\n" in answer.stdout and b"raw" not in answer.stdout, answer)
    check("redirects are followed", fetch(base + "/move").stdout == b"raw \xff /end\n")
    answer = fetch("--no-follow-redirects", base + "/move")
    check("or not", (answer.returncode, answer.stdout) == (0, b"moved\n"), answer)
    answer = fetch(base + "/missing")
    check("an answer is an answer", (answer.returncode, answer.stdout) == (0, b"raw \xff /missing\n"), answer)
    port = str(server.server_address[1])
    answer = fetch("--proxy-host", "127.0.0.1", "--proxy-port", port, "http://somewhere.example/x")
    check("through a proxy", answer.stdout == b"raw \xff http://somewhere.example/x\n", answer)

    free = socket.create_server(("127.0.0.1", 0))
    refused = free.getsockname()[1]
    free.close()
    answer = fetch(f"http://127.0.0.1:{refused}/")
    check("a refusal is told", answer.returncode != 0 and b"Connection refused" in answer.stderr, answer)
    for arguments in [[], ["--proxy-host", "x", base], ["ftp://x/"]]:
        check("nonsense is told", fetch(*arguments).returncode != 0, arguments)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
