#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Drives docs/demos/webspider: `check_webspider.py EXECUTABLE`. A site of Python's own is what it crawls."""

import http.server
import subprocess
import sys
import threading
import time

LIMIT = 60  # Seconds; only what hangs reaches it.
results = []


def check(name, condition, detail=""):
    results.append(bool(condition))
    if not condition:
        print(f"failed: {name} {detail}")


class Site(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.asked = []
        self.active = self.most_active = 0
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def base(self):
        return f"http://127.0.0.1:{self.server_address[1]}/site/"


class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    LINKS = {
        "/site/": "<a href='a.html#top'>a</a> <A class=x HREF=\"b.html?q=1&amp;r=2\">b</A> <a href=/elsewhere>no</a>"
                  + "".join(f'<a href="page{n}">{n}</a>' for n in range(30)),
        "/site/a.html": '<a href="./">home</a><a href="../site/b.html?q=1&amp;r=2">b</a><a href="missing">m</a>',
        "/site/b.html?q=1&r=2": '<a href="moved">moved</a> <a href="mailto:x@y">mail</a> <a name="href">no</a>',
    }

    def do_GET(self):
        site = self.server
        with site.lock:
            site.asked.append(self.path)
            site.active += 1
            site.most_active = max(site.most_active, site.active)
        try:
            self.answer()
        finally:
            with site.lock:
                site.active -= 1

    def answer(self):
        if self.path == "/site/moved":
            self.send_response(302)
            self.send_header("Location", "/site/a.html")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if self.path.startswith("/site/page"):
            time.sleep(0.05)
        found = self.path in self.LINKS or self.path.startswith("/site/page")
        page = self.LINKS.get(self.path, "").encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *arguments):
        pass


class Silence(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(LIMIT)


def crawl(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=LIMIT)


def main():
    program = sys.argv[1]
    site = Site(Pages)
    crawled = crawl(program, site.base)
    base = site.base
    pages = sorted(["/site/", "/site/a.html", "/site/b.html?q=1&r=2", "/site/missing", "/site/moved", "/site/a.html"]
                   + [f"/site/page{n}" for n in range(30)])
    check("every page is fetched once, and nothing else", sorted(site.asked) == pages, site.asked)
    check("ten at a time", 2 <= site.most_active <= 10, site.most_active)
    check("pages are counted", "fetched 34 URLs." in crawled.stdout, crawled.stdout[-300:])
    check("what failed is listed", f"  {base}missing: HTTP 404: Not Found\n" in crawled.stdout, crawled.stdout[-300:])
    check("a failure is an exit code", crawled.returncode == 1, crawled)

    site.asked.clear()
    site.most_active = 0
    crawled = crawl(program, "--workers", "1", base + "page1")
    check("one page alone", (crawled.returncode, site.asked) == (0, ["/site/page1"]), crawled)
    check("no failure, no list", "Unable" not in crawled.stdout, crawled.stdout)

    begin = time.monotonic()
    crawled = crawl(program, "--timeout", "1", Site(Silence).base)
    check("the time is limited", crawled.returncode != 0 and time.monotonic() - begin < 10, crawled)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
