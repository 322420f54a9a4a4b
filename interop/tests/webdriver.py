# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium for tests, through chromedriver: as much of the WebDriver protocol as they need. Standard library only."""

import base64
import contextlib
import http.client
import json
import re
import subprocess
import tempfile
import threading
import time

LIMIT = 60  # Seconds; only what hangs reaches it.
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # Under which an answer names an element (W3C WebDriver, section 12.1).


class WebDriverError(Exception):
    pass


class NoSuchElement(WebDriverError):
    pass


class Element:
    def __init__(self, browser, number):
        self.browser, self.path = browser, f"/element/{number}"

    def ask(self, method, path, body=None):
        return self.browser.ask(method, self.path + path, body)

    @property
    def text(self):
        return self.ask("GET", "/text")

    def property(self, name):
        return self.ask("GET", f"/property/{name}")

    def attribute(self, name):
        return self.ask("GET", f"/attribute/{name}")

    def click(self):
        self.ask("POST", "/click", {})

    def follow(self):
        """Clicks, and waits until the page to which that leads is there."""
        self.browser.run("window.isLeft = true")
        self.click()
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            # Between two pages there may be none to ask.
            with contextlib.suppress(WebDriverError):
                if self.browser.run("return !window.isLeft && document.readyState == 'complete'"):
                    return
            time.sleep(0.02)
        raise WebDriverError(f"the click led to no page within {LIMIT} s")

    def fill(self, text):
        """Replaces what stands in a field."""
        self.ask("POST", "/clear", {})
        self.ask("POST", "/value", {"text": text})


class Browser:
    """A browser with a fresh profile: `with Browser() as browser`."""

    def __init__(self):
        self.stack = contextlib.ExitStack()
        self.session = ""

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            profile = stack.enter_context(tempfile.TemporaryDirectory(prefix="gale-browser-",
                                                                      ignore_cleanup_errors=True))
            process = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                       text=True)
            stack.callback(self.end, process)
            self.port = self.announced(process)
            # In a container there is no sandbox for it, and /dev/shm is small.
            arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                         "--window-size=1000,900", f"--user-data-dir={profile}"]
            answer = self.ask("POST", "", {"capabilities": {"alwaysMatch": {
                "goog:chromeOptions": {"args": arguments}, "pageLoadStrategy": "normal"}}})
            self.session = "/" + answer["sessionId"]
            stack.callback(self.quit)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    @staticmethod
    def announced(process):
        for line in process.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                # What it says later is read too, so that it never has to wait for that.
                threading.Thread(target=process.stdout.read, daemon=True).start()
                return int(found[1])
        raise WebDriverError("chromedriver did not start")

    def quit(self):
        with contextlib.suppress(OSError, WebDriverError):
            self.ask("DELETE", "")

    @staticmethod
    def end(process):
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        with contextlib.closing(connection):
            connection.request(method, f"/session{self.session}{path}", None if body is None else json.dumps(body),
                               {"Content-Type": "application/json"})
            value = json.loads(connection.getresponse().read())["value"]
        if isinstance(value, dict) and "error" in value:
            kind = NoSuchElement if value["error"] == "no such element" else WebDriverError
            raise kind(f"{value['error']}: {value.get('message', '').splitlines()[0]}")
        return value

    def get(self, url):
        self.ask("POST", "/url", {"url": url})

    @property
    def url(self):
        return self.ask("GET", "/url")

    @property
    def title(self):
        return self.ask("GET", "/title")

    @property
    def source(self):
        return self.ask("GET", "/source")

    def find(self, selector):
        """The first element of a CSS selector."""
        return Element(self, self.ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT])

    def all(self, selector):
        found = self.ask("POST", "/elements", {"using": "css selector", "value": selector})
        return [Element(self, element[ELEMENT]) for element in found]

    def has(self, selector):
        return bool(self.all(selector))

    def run(self, script, *arguments):
        """What the body of a function in the page returns."""
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    @property
    def cookies(self):
        return {cookie["name"]: cookie for cookie in self.ask("GET", "/cookie")}

    def forget(self, name):
        self.ask("DELETE", f"/cookie/{name}")

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("GET", "/screenshot")))
