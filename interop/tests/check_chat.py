#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Drives docs/demos/chat as browsers do: `check_chat.py EXECUTABLE`."""

import http.client
import json
import re
import signal
import subprocess
import sys
import threading
import urllib.parse

LIMIT = 30  # Seconds; only what hangs reaches it.
results = []


def check(name, condition, detail=""):
    results.append(bool(condition))
    if not condition:
        print(f"failed: {name} {detail}")


class Browser:
    """A client with its cookie."""

    def __init__(self, port):
        self.port = port
        answer, self.page = self.get("/")
        cookie = answer.getheader("Set-Cookie") or ""
        self.cookie = cookie.split(";")[0]
        found = re.search(r'name="_xsrf" value="([^"]+)"', self.page)
        self.token = found[1] if found else ""

    def get(self, path, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer, text

    def open(self, path, fields, token=True):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        fields = dict(fields, **({"_xsrf": self.token} if token else {}))
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self.cookie}
        connection.request("POST", path, urllib.parse.urlencode(fields), headers)
        return connection

    def post(self, path, fields, token=True):
        connection = self.open(path, fields, token)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer, text


def sending(port):
    browser = Browser(port)
    check("the page has a form", 'action="/a/message/new"' in browser.page, browser.page)
    check("the page is protected", browser.token and browser.cookie.startswith("_xsrf="), browser.cookie)
    answer, text = browser.post("/a/message/new", {"body": "hello <b> http://example.test/?a=1"})
    message = json.loads(text) if answer.status == 200 else {}
    check("a message is sent", message.get("body") == "hello <b> http://example.test/?a=1", text)
    check("its HTML is safe and linked", "hello &lt;b&gt; <a href=\"http://example.test/?a=1\">" in message.get("html", ""),
          text)
    answer, text = browser.post("/a/message/new", {"body": "no token"}, token=False)
    check("without the token it is refused", answer.status == 403, answer.status)
    answer, text = browser.post("/a/message/new", {"body": "form", "next": "/"})
    check("a form is sent back to the page", (answer.status, answer.getheader("Location")) == (302, "/"), answer.status)
    for target in ["https://evil.test/", "//evil.test", "/\\evil.test", "evil.test", "javascript:x", "/\t/evil.test"]:
        answer, text = browser.post("/a/message/new", {"body": "away", "next": target})
        check(f"next={target!r} is refused", answer.status == 400, answer.status)
    answer, text = browser.post("/a/message/new", {"next": "/"})
    check("a message needs a body", answer.status == 400, answer.status)
    page = Browser(port).page
    check("the page shows what was said", "hello &lt;b&gt;" in page and 'id="m2"' in page and "away" not in page, page)
    style = re.search(r'href="(/static/chat.css\?v=[0-9a-f]+)"', page)
    check("the page names its styles by version", style, page)
    if style:
        answer, text = browser.get(style[1])
        check("the styles are there", answer.status == 200 and "#inbox" in text, answer.status)


def polling(port):
    browser = Browser(port)
    answer, text = browser.post("/a/message/updates", {"cursor": "0"})
    known = json.loads(text)["messages"]
    check("what is new to a client comes at once", [m["id"] for m in known] == sorted(m["id"] for m in known) and known)
    last = known[-1]["id"]
    waiting = [browser.open("/a/message/updates", {"cursor": str(last)}) for _ in range(20)]
    found = []
    threads = [threading.Thread(target=lambda c=c: found.append(c.getresponse().read())) for c in waiting]
    for thread in threads:
        thread.start()
    gone = browser.open("/a/message/updates", {"cursor": str(last)})
    gone.sock.close()
    answer, text = browser.post("/a/message/new", {"body": "news"})
    for thread in threads:
        thread.join(LIMIT)
    bodies = [[m["body"] for m in json.loads(text)["messages"]] for text in found]
    check("a message wakes everybody who waits", bodies == [["news"]] * 20, bodies)
    answer, text = browser.post("/a/message/updates", {"cursor": "x"})
    check("a bad cursor is refused", answer.status == 400, answer.status)


def forgetting(port):
    browser = Browser(port)
    for number in range(210):
        browser.post("/a/message/new", {"body": f"number {number}"})
    page = Browser(port).page
    check("200 messages are kept", page.count('class="message"') == 200, page.count('class="message"'))
    check("the first ones go first", "number 209" in page and "number 9<" not in page)


def main():
    server = subprocess.Popen([sys.argv[1], "--port", "0"], stderr=subprocess.PIPE, text=True)
    try:
        first = server.stderr.readline()
        found = re.search(r"listening on .*:(\d+)", first)
        check("the server says where it listens", found, first)
        log = []
        reader = threading.Thread(target=lambda: log.extend(server.stderr), daemon=True)
        reader.start()
        if found:
            for part in [sending, polling, forgetting]:
                part(int(found[1]))
        server.send_signal(signal.SIGTERM)
        server.wait(LIMIT)
        reader.join(LIMIT)
        check("the server ends well", server.returncode == 0, server.returncode)
        check("nothing went wrong inside", not any("Uncaught" in line for line in log), log[-20:])
    finally:
        if server.poll() is None:
            server.kill()
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
