#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""check_providers.py BUILD [--pictures DIR]: signs in with headless Chromium at other people's identity providers.

Glewlwyd and LemonLDAP::NG, from Debian, are set up from nothing and run on loopback ports (interop/oidc). At each a user signs
in to `login-site`, an application in Swift, and to a Flask app behind `gale serve --login`, which is set up by a gale.toml; and
signs out again, also behind the browser's back. BUILD is the directory of the two programs. The last line is
`N passed, M failed`. Wants chromedriver.
"""

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("interop/tests", "interop/oidc", "interop/gale")]
import glewlwyd  # noqa: E402
import lemonldap  # noqa: E402
from webdriver import LIMIT, Browser, WebDriverError  # noqa: E402
from with_server import Failed, free_ports, stopped, wait_until_it_listens  # noqa: E402

LOG = ROOT / ".build/test-logs"
SECRET = "a-secret-of-the-client"
results = []


def check(name, condition, seen=None):
    results.append(bool(condition))
    if not condition:
        print(f"FAILED: {name}" + (f": {str(seen)[:600]}" if seen is not None else ""), flush=True)


class Running:
    """Programs, and how they are ended."""

    def __init__(self, stack):
        self.stack = stack

    def log(self, name):
        LOG.mkdir(parents=True, exist_ok=True)
        return self.stack.enter_context(open(LOG / f"providers-{name}.log", "w"))

    def add(self, process, port):
        self.stack.callback(stopped, process)
        wait_until_it_listens(process, port, 2 * LIMIT)


def until(browser, condition, what):
    """Waits for what pages and their scripts do."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        # Between two pages there may be none to ask.
        with contextlib.suppress(WebDriverError):
            if found := condition():
                return found
        time.sleep(0.05)
    raise WebDriverError(f"waited for {what} in vain, at {browser.url}: {browser.source[:1500]}")


def press(browser, label):
    """Presses the button with that text, if there is one."""
    for button in browser.all("button"):
        if button.text.strip() == label:
            button.click()
            return True
    return False


class Glewlwyd:
    """Its pages are a program: what to press appears in time."""

    name, email, tells_back = "glewlwyd", "ann@example.com", True

    def start(self, directory, port, clients, running):
        process, issuer, set_up = glewlwyd.start(directory, port, clients, running.log(self.name))
        running.add(process, port)
        set_up()
        return issuer

    def sign_in(self, browser, picture):
        until(browser, lambda: browser.has("#username"), "the form")
        browser.find("#username").fill(glewlwyd.USER)
        browser.find("#password").fill(glewlwyd.PASSWORD)
        picture("form")
        browser.find("#loginbut").click()
        self.consent(browser, picture)

    def consent(self, browser, picture):
        """Each application asks once."""
        until(browser, lambda: browser.has("#grant-email"), "the question")
        for box in "#grant-profile", "#grant-email":
            browser.find(box).click()
        picture("consent")
        until(browser, lambda: press(browser, "Grant access"), "the answer")
        until(browser, lambda: not browser.has("#grant-email"), "its end")
        until(browser, lambda: press(browser, "Continue"), "the way on")

    def sign_out(self, browser):
        until(browser, lambda: press(browser, "Logout"), "the question")
        until(browser, lambda: any(button.text.strip() == "Log in" for button in browser.all("button")), "the end")


class LemonLDAP:
    name, email, tells_back = "lemonldap", lemonldap.EMAIL, False

    def start(self, directory, port, clients, running):
        process, issuer = lemonldap.start(directory, port, clients, running.log(self.name))
        running.add(process, port)
        return issuer

    def sign_in(self, browser, picture):
        until(browser, lambda: browser.has("[name=user]"), "the form")
        browser.find("[name=user]").fill(lemonldap.USER)
        browser.find("[name=password]").fill(lemonldap.PASSWORD)
        picture("form")
        browser.find("button[type=submit]").follow()
        self.consent(browser, picture)

    def consent(self, browser, picture):
        until(browser, lambda: browser.has("#confirm"), "the question")
        picture("consent")
        browser.find("button[type=submit]").follow()

    def sign_out(self, browser):
        """It asks nothing."""


def text(browser):
    return browser.find("body").text


class Place:
    """The two sites that a provider knows, a browser, and what happens in it."""

    def __init__(self, provider, build, scratch, pictures, running):
        self.provider, self.pictures = provider, pictures
        port, site, wall = free_ports(3)
        # Two hosts: browsers keep cookies apart by host, not by port.
        self.site, self.wall = f"http://127.0.0.1:{site}", f"http://localhost:{wall}"
        clients = [{"id": name, "secret": SECRET, "redirect_uris": [base + "/auth/callback/sso"],
                    "after_logout": base + "/", "backchannel": base + "/auth/backchannel/sso"}
                   for name, base in (("gale", self.site), ("wall", self.wall))]
        self.issuer = provider.start(scratch / "provider", port, clients, running)
        running.add(subprocess.Popen(
            [build / "login-site", str(site), self.issuer, "http://127.0.0.1:1", "http://127.0.0.1:1"],
            stdin=subprocess.DEVNULL, stdout=(log := running.log(f"{provider.name}-site")), stderr=log), site)
        (scratch / "gale.toml").write_text(f"""app = "login_site:app"
bind = ["127.0.0.1:{wall}"]
venv = "{ROOT / '.build/venv'}"
access-log = "-"

[login]
issuer = "{self.issuer}"
client-id = "wall"
insecure = true
user = "email"
public = ["/open"]
rule = ["/friends:group=companions,domain=badwolf.org"]
""")
        self.wall_log = LOG / f"providers-{provider.name}-wall.log"
        self.server = subprocess.Popen(
            [build / "gale", "serve"], cwd=scratch, stdin=subprocess.DEVNULL,
            stdout=(log := running.log(f"{provider.name}-wall")), stderr=log,
            env={**os.environ, "PYTHONPATH": str(ROOT / "interop/apps"), "GALE_LOGIN_CLIENT_SECRET": SECRET})
        running.add(self.server, wall)

    def check(self, name, condition, seen=None):
        check(f"{self.provider.name}: {name}", condition, seen)

    def picture(self, name):
        if self.pictures:
            self.browser.screenshot(self.pictures / f"{self.provider.name}-{name}.png")

    def arrive(self, url):
        until(self.browser, lambda: self.browser.url == url, url)

    def run(self):
        with Browser() as self.browser:
            self.in_swift()
            self.behind_the_wall()
            self.signing_out()
        stopped(self.server)
        self.what_logs_say()

    def in_swift(self):
        browser = self.browser
        browser.get(self.site + "/private?x=1")
        self.check("a private page leads to the provider", browser.url.startswith(self.issuer.rsplit("/api", 1)[0]),
                   browser.url)
        self.provider.sign_in(browser, self.picture)
        self.arrive(self.site + "/private?x=1")
        self.check("which tells who it is", text(browser).endswith(self.provider.email), text(browser))
        browser.get(self.site + "/token")
        self.check("and gives an access token", re.fullmatch(r"[\w.~+/=-]{20,}", text(browser)), text(browser))

    def behind_the_wall(self):
        browser, provider = self.browser, self.provider
        browser.get(self.wall + "/open/page")
        self.check("a public page of the Flask app needs nobody", "REMOTE_USER" not in text(browser), text(browser))
        browser.get(self.wall + "/notes?x=1")
        # The provider knows the user already.
        provider.consent(browser, lambda _: None)
        self.arrive(self.wall + "/notes?x=1")
        seen = json.loads(text(browser))
        claims = json.loads(seen.get("gale.claims", "{}"))
        self.check("the Flask app has the claims", claims.get("email") == provider.email, seen)
        if claims.get("email_verified"):
            self.check("and the user's address", seen.get("REMOTE_USER") == provider.email, seen)
        else:
            self.check("and no address that nobody has verified",
                       seen.get("REMOTE_USER") == claims["sub"] and "HTTP_X_FORWARDED_EMAIL" not in seen, seen)
        browser.get(self.wall + "/friends")
        self.picture("friends")
        allowed = "REMOTE_USER" in text(browser)
        self.check("a rule lets in whom it names", allowed == (provider.email.endswith("@badwolf.org")), text(browser))

    def signing_out(self):
        browser, provider = self.browser, self.provider
        browser.get(self.site + "/auth/logout")
        browser.find("button").follow()
        provider.sign_out(browser)
        browser.get(self.site + "/")
        self.check("signing out ends the session", text(browser) == "nobody", text(browser))
        if provider.tells_back:
            browser.get(self.wall + "/notes")
            self.check("and that at the wall, behind the browser's back", "REMOTE_USER" not in text(browser),
                       text(browser))
        else:
            browser.get(self.wall + "/auth/logout")
            browser.find("button").follow()
        for base in self.site + "/private", self.wall + "/notes":
            browser.get(base)
            until(browser, lambda: browser.has("input[type=password]"), "the form")
        self.picture("out")

    def what_logs_say(self):
        log = self.wall_log.read_text(errors="replace")
        self.check("the server ends well", self.server.returncode == 0, self.server.returncode)
        self.check("the access log names the callback", "/auth/callback/sso?..." in log, log[-500:])
        self.check("and shows no code or state", "code=" not in log and "state=" not in log, log[-500:])
        self.check("nothing went wrong", not any(word in log for word in ("Uncaught", "Traceback", "[E ")), log[-800:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path, help="the directory of `gale` and `login-site`")
    parser.add_argument("--pictures", type=Path, help="where pictures of the pages go")
    options = parser.parse_args()
    for provider in Glewlwyd(), LemonLDAP():
        start = time.monotonic()
        with contextlib.ExitStack() as stack:
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gale-")))
            try:
                Place(provider, options.build.resolve(), scratch, options.pictures, Running(stack)).run()
            except (WebDriverError, Failed, OSError, ValueError, KeyError) as error:
                check(f"{provider.name}: {type(error).__name__}: {error}", False)
        print(f"{provider.name}: {time.monotonic() - start:.1f} s", flush=True)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
