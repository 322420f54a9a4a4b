#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Sends the same bytes to the twins and compares what comes back: `run.py PYTHON TWIN`

PYTHON has the package tornado, TWIN is the Swift twin. The exchanges stand in exchanges.py. Where the answers are meant to
differ, the exchange names a row of docs/differences.md and says what Gale answers; an undocumented difference is a
failure, and so is a documented one that is none.
"""

import gzip
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

from exchanges import EXCHANGES

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Who answered, and when; whether a connection is kept is said in other ways.
IGNORED = {"date", "server", "connection", "keep-alive"}
passed, failures = 0, []


def check(name, condition, detail=""):
    global passed
    if condition:
        passed += 1
    else:
        failures.append(name)
        print(f"FAILED {name}: {detail}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, name, command, directory):
        self.name, self.port = name, free_port()
        self.log = open(os.path.join(directory, name + ".log"), "w+b")
        command = [str(self.port) if part == "PORT" else part for part in command]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)

    def wait(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 5).close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"{self.name} did not start:\n{self.output()}")

    def output(self):
        self.log.flush()
        return Path(self.log.name).read_text(errors="replace")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()

    def exchange(self, data):
        """All bytes that come back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), 20) as client:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR) if b"\r\nConnection: close\r\n" not in data else None
            received = b""
            while True:
                try:
                    part = client.recv(65536)
                except ConnectionResetError:
                    return received + b"<reset>"
                if not part:
                    return received
                received += part


class Answer:
    """The first answer in some bytes, so far as the twins are compared."""

    def __init__(self, data):
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin1").split("\r\n")
        self.line = lines[0]
        self.fields = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            if name.lower() not in IGNORED:
                self.fields.append((name.lower(), value.strip()))
        if self.field("transfer-encoding") == "chunked":
            body = self.dechunk(body)
        if self.field("content-encoding") == "gzip" and body:
            try:
                body = gzip.decompress(body)
            except OSError:
                pass  # the application only said so
        self.body = body.decode("utf-8", "surrogateescape")

    def field(self, name):
        return next((value for key, value in self.fields if key == name), None)

    @staticmethod
    def dechunk(body):
        result = b""
        while body:
            size, _, rest = body.partition(b"\r\n")
            count = int(size, 16)
            if count == 0:
                return result
            result, body = result + rest[:count], rest[count + 2:]
        return result + b"<cut>"

    def comparable(self, exchange):
        compressed = self.field("content-encoding") == "gzip"
        fields = []
        for name, value in self.fields:
            # Two compressors need not agree on the length.
            if name == "content-length" and (compressed or exchange.get("no_length")):
                continue
            if name in exchange.get("ignore", ()):
                continue
            if name == "set-cookie":
                value = re.sub(r"expires=[^;]*", "expires=T", value) if exchange.get("expiry_moves") else value
                value = re.sub(r"2\|[0-9a-f]{8}\|[0-9a-f]{32}\|[0-9]+", "TOKEN", value)
                value = re.sub(r"\|10:[0-9]{10}\|", "|TIME|", value)
                value = re.sub(r"\|[0-9]{10}\|", "|TIME|", value)
                value = re.sub(r"[0-9a-f]{64}|[0-9a-f]{40}", "MAC", value)
            if name == "expires":
                value = "T"
            fields.append((name, value))
        body = re.sub(r"2\|[0-9a-f]{8}\|[0-9a-f]{32}\|[0-9]+", "TOKEN", self.body)
        return {"line": self.line, "fields": sorted(fields), "body": body}


def difference(left, right):
    parts = []
    for key in ("line", "fields", "body"):
        if left[key] != right[key]:
            if key == "fields":
                parts.append(f"only Tornado {[f for f in left[key] if f not in right[key]]}, "
                             f"only Gale {[f for f in right[key] if f not in left[key]]}")
            else:
                parts.append(f"{key}: Tornado {left[key][:300]!r}, Gale {right[key][:300]!r}")
    return "; ".join(parts)


def compare(tornado, gale, documented):
    used = set()
    for exchange in EXCHANGES:
        answers = [Answer(server.exchange(exchange["data"])) for server in (tornado, gale)]
        left, right = (answer.comparable(exchange) for answer in answers)
        row = exchange.get("differs")
        if row is None:
            check(exchange["id"], left == right, difference(left, right))
            continue
        used.add(row)
        check(exchange["id"], left != right, f"{row} is no difference any more")
        check(f"{exchange['id']} ({row} is documented)", row in documented, "not in docs/differences.md")
        status = int(answers[1].line.split(" ")[1]) if answers[1].line else 0
        wanted = exchange.get("gale", {})
        if "status" in wanted:
            check(f"{exchange['id']} (status)", status == wanted["status"], answers[1].line)
        for name, value in wanted.get("fields", {}).items():
            check(f"{exchange['id']} ({name})", answers[1].field(name) == value, answers[1].field(name))
        if "body" in wanted:
            check(f"{exchange['id']} (body)", answers[1].body == wanted["body"], answers[1].body)
    for row in sorted(documented - used):
        check(f"{row} has an exchange", False, "documented, but nothing shows it")


def request(server, method, target, headers=(), body=b""):
    lines = [f"{method} {target} HTTP/1.1", "Host: twin.example", "Connection: close", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return Answer(server.exchange("\r\n".join(lines).encode() + b"\r\n\r\n" + body))


def hand_over(tornado, gale):
    """What one of them made is taken by the other."""
    for maker, taker in ((tornado, gale), (gale, tornado)):
        for version in (1, 2):
            for value in ("value", "", "\u00e9\u65e5 ;,\"\\", "x" * 500):
                made = request(maker, "GET", f"/signed/set?version={version}&v=" + urllib.parse.quote(value))
                cookie = made.field("set-cookie").split("; Path")[0]
                taken = request(taker, "GET", "/signed/get", [f"Cookie: {cookie}"])
                own = request(maker, "GET", "/signed/get", [f"Cookie: {cookie}"])
                name = f"signed v{version} {maker.name} to {taker.name}: {value[:10]!r}"
                check(name, taken.body == own.body and '"value": null' not in taken.body, taken.body[:200])
        page = request(maker, "GET", "/xsrf")
        cookie = page.field("set-cookie").split(";")[0]
        token = re.search(r'value="([^"]*)"', page.body)[1]
        for where in ("header", "form"):
            fields = [f"Cookie: {cookie}"]
            body = b""
            if where == "header":
                fields.append(f"X-Xsrftoken: {token}")
            else:
                fields.append("Content-Type: application/x-www-form-urlencoded")
                body = b"_xsrf=" + urllib.parse.quote(token).encode()
            taken = request(taker, "POST", "/xsrf", fields, body)
            check(f"xsrf {maker.name} to {taker.name} in a {where}", taken.body == "posted", taken.line)
        url = request(maker, "GET", "/static_url?path=a.txt").body
        file = request(taker, "GET", url)
        check(f"static {maker.name} to {taker.name}", file.body == "a file\n" and file.field("cache-control"), url)


def main():
    python, twin = sys.argv[1:]
    documented = set(re.findall(r"^\| (D-[0-9]+) ", (ROOT / "docs/differences.md").read_text(), re.MULTILINE))
    with tempfile.TemporaryDirectory(prefix="gale-twins-") as directory:
        static, translations = os.path.join(directory, "static"), os.path.join(directory, "translations")
        os.makedirs(os.path.join(static, "sub"))
        os.mkdir(translations)
        files = {"a.txt": "a file\n", "long.txt": "0123456789" * 500, "empty.txt": "", "sub/page.html": "<p>page</p>",
                 "robots.txt": "User-agent: *\n", "favicon.ico": "icon", "data.json": "{}", "style.css": "p {}",
                 "unknown.xyzzy": "?", "archive.tar.gz": "no archive"}
        for name, text in files.items():
            path = os.path.join(static, name)
            Path(path).write_text(text)
            os.utime(path, (1_700_000_000, 1_700_000_000))
        for name, text in {"de.csv": 'January,Januar\n"%(minutes)d minutes ago","vor %(minutes)d Minuten",plural\n',
                           "es_GT.csv": "school,escuela\n", "fa.csv": "January,x\n"}.items():
            Path(translations, name).write_text(text)
        servers = [Server("Tornado", [python, str(HERE / "twin.py"), "PORT", static, translations], directory),
                   Server("Gale", [twin, "PORT", static, translations], directory)]
        try:
            for server in servers:
                server.wait()
            compare(*servers, documented)
            hand_over(*servers)
            for server in servers:
                check(f"{server.name} still runs", server.process.poll() is None, server.output()[-2000:])
        finally:
            for server in servers:
                server.stop()
    print(f"{passed} passed, {len(failures)} failed ({len(EXCHANGES)} exchanges)")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
