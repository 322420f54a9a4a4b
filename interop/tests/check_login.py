#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""check_login.py BUILD VENV: signs in at real providers, with the programs in the directory BUILD.

The providers are interop/oidc/providers.py, run by VENV's Python: OpenID Connect by oidc-provider-mock, OAuth 1.0a by Authlib,
OpenID 2.0 by python3-openid. `login-site` is an application in Swift with a login at each of them; `gale serve --login` stands
in front of a Flask app, and of one on Starlette with WebSockets. Run it by VENV's Python. The last line is `N passed, M failed`.
"""

import http.cookiejar
import json
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import websockets.exceptions
from websockets.sync.client import connect

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "interop/gale"))
from with_server import Failed, free_port, free_ports, stopped, wait_until_it_listens  # noqa: E402

BUILD, VENV = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).absolute()
LOG = ROOT / ".build/test-logs"
passed, failed = 0, []


def check(what, holds, seen=None):
    global passed
    if holds:
        passed += 1
    else:
        failed.append(what)
        print(f"FAILED: {what}" + (f": {str(seen)[:500]}" if seen is not None else ""), flush=True)


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


class Browser:
    """Keeps cookies; goes where it is sent, if it is told to."""

    def __init__(self):
        self.jar = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(strict_ns_domain=0))
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), Stay)

    def send(self, url, form=None, **fields):
        data = None if form is None else urllib.parse.urlencode(form).encode()
        headers = {"Accept": "text/html", **{name.replace("_", "-"): value for name, value in fields.items()}}
        try:
            answer = self.opener.open(urllib.request.Request(url, data, headers), timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        body = answer.read().decode("utf-8", "replace")
        place = answer.headers.get("Location")
        return answer.status, urllib.parse.urljoin(url, place) if place else None, body

    def follow(self, url, most=10):
        for _ in range(most):
            status, place, body = self.send(url)
            if place is None:
                return url, status, body
            url = place
        raise AssertionError(f"sent around in circles, last to {url}")


def start(name, *command, **environment):
    LOG.mkdir(parents=True, exist_ok=True)
    log = open(LOG / f"login-{name}.log", "w")
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=log, stderr=log, env={**os.environ, **environment})


def approve(browser, url):
    """What a user does at oidc-provider-mock: its form, with a user's name."""
    page, status, body = browser.follow(url)
    check("the provider shows its form", status == 200 and "<form" in body, (status, page, body))
    return browser.send(page, {"sub": "ann"})


def check_openid_connect(base, provider):
    browser = Browser()
    page, status, body = browser.follow(base + "/private?x=1")
    check("a private page leads to the provider", page.startswith(provider + "/oauth2/authorize"), page)
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(page).query)
    check("with state, nonce and PKCE", all(name in query for name in ("state", "nonce", "code_challenge")), query)
    status, place, body = browser.send(page, {"sub": "ann"})
    check("the provider sends the user back", status in (302, 303) and place.startswith(base), (status, place, body))
    callback = place
    page, status, body = browser.follow(callback)
    check("to the page that was wanted", (page, status) == (base + "/private?x=1", 200), (page, status, body))
    check("as who it is", body == "ann ann@example.com", body)
    check("the access token is there", browser.send(base + "/token")[0] == 200)
    check("the same callback again is refused", browser.send(callback)[0] == 400)
    check("the session is still there", browser.send(base + "/")[2] == "Ann", browser.send(base + "/"))
    check("another browser has none", Browser().send(base + "/")[2] == "nobody")
    check("and cannot use the callback", Browser().send(callback)[0] == 400)
    status, place, body = browser.send(base + "/auth/logout", {})
    check("signing out leads to the provider", place and place.startswith(provider + "/oauth2/end_session"), place)
    check("and ends the session", browser.send(base + "/")[2] == "nobody")
    other = Browser()
    page, status, body = other.follow(base + "/auth/login")
    status, place, body = other.send(page, {"action": "deny"})
    status, place, body = other.send(place)
    check("a user who says no gets a page", status in (400, 403) and "Try again" in body, (status, body))


def check_oauth1(base):
    browser = Browser()
    page, status, body = browser.follow(base + "/oauth1")
    check("OAuth 1.0a signs in", status == 200, (page, status, body))
    user = json.loads(body) if status == 200 else {}
    check("and the API takes the signature", user == {"name": "Ann", "arguments": {"a b": "c&d"}}, user)
    check("once", browser.send(page)[0] == 400)


def check_openid2(base, provider):
    browser = Browser()
    page, status, body = browser.follow(base + "/openid")
    check("OpenID 2.0 signs in", status == 200, (page, status, body))
    user = json.loads(body) if status == 200 else {}
    wanted = {"id": provider + "/id/ann", "email": "ann@example.com", "name": "Ann Ott"}
    check("with attributes", user == wanted, user)
    check("once", browser.send(page)[0] == 400)
    # A changed answer is one that the provider does not know.
    status, place, _ = browser.send(base + "/openid")
    _, answer, _ = browser.send(place)
    changed = answer.replace("ann%40example.com", "eve%40example.com")
    check("a changed answer is refused", changed != answer and browser.send(changed)[0] == 401, answer)


def check_wall(base, provider):
    status, _, body = Browser().send(base + "/open/page", X_Forwarded_User="root", Remote_User="root")
    check("a public path is open, and nobody", status == 200 and "root" not in body, (status, body))
    check("programs get 401", Browser().send(base + "/api", Accept="application/json")[0] == 401)
    browser = Browser()
    page, status, body = browser.follow(base + "/notes?x=1")
    check("the wall leads to the provider", page.startswith(provider), page)
    status, place, body = browser.send(page, {"sub": "ann"})
    page, status, body = browser.follow(place)
    check("and back to the page", (page, status) == (base + "/notes?x=1", 200), (page, status, body))
    seen = json.loads(body) if status == 200 else {}
    check("Flask knows who it is", seen.get("REMOTE_USER") == "ann@example.com", seen)
    check("and by what", seen.get("AUTH_TYPE") == "OpenIDConnect", seen)
    check("and everything else", json.loads(seen.get("gale.claims", "{}")).get("name") == "Ann", seen)
    for name in ("X_Forwarded_User", "X_Forwarded_Email", "Remote_User", "X_Auth_Request_User"):
        status, _, body = browser.send(base + "/notes", **{name: "root"})
        check(f"nobody else says who it is with {name}", status == 200 and "root" not in body, body)
    status, _, body = browser.send(base + "/form", {"a": "b"})
    check("a rule keeps out whom it does not name", browser.send(base + "/staff/x")[0] == 403)
    check("forms get through", status == 200 and json.loads(body)["path"] == "form", (status, body))
    check("//notes is refused", browser.send(base + "//notes")[0] == 400)
    browser.send(base + "/auth/logout", {})
    check("after signing out the door is closed", browser.send(base + "/notes")[1] is not None)


def handshake(base, browser, path, **more):
    """What the first message of a WebSocket says; the status of the answer that refuses it."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.jar)
    headers = {"Cookie": cookies, "X-Forwarded-User": "root"} if cookies else {"X-Forwarded-User": "root"}
    try:
        with connect(base.replace("http", "ws") + path, additional_headers=headers, open_timeout=60, **more) as client:
            return json.loads(client.recv(60))
    except websockets.exceptions.InvalidStatus as error:
        return error.response.status_code


def check_asgi_wall(base, provider):
    nobody = Browser()
    check("a WebSocket without a login is refused", handshake(base, nobody, "/ws") == 401, handshake(base, nobody, "/ws"))
    seen = handshake(base, nobody, "/open/ws")
    check("a public one is open, and nobody", isinstance(seen, dict) and seen["login"] is None and "root" not in str(seen),
          seen)
    browser = Browser()
    page, status, body = browser.follow(base + "/notes")
    check("the wall leads to the provider", page.startswith(provider), page)
    status, place, body = browser.send(page, {"sub": "ann"})
    page, status, body = browser.follow(place)
    seen = json.loads(body) if status == 200 else {}
    check("Starlette knows who it is", seen.get("user") == "ann@example.com", seen)
    login = seen.get("login") or {}
    check("and by what", (login.get("user"), login.get("type")) == ("ann@example.com", "OpenIDConnect"), login)
    check("and everything else", login.get("claims", {}).get("name") == "Ann", login)
    for name in ("X_Forwarded_User", "X_Forwarded_Email", "Remote_User", "X_Auth_Request_User"):
        status, _, body = browser.send(base + "/notes", **{name: "root"})
        check(f"nobody else says who it is with {name}", status == 200 and "root" not in body, body)
    seen = handshake(base, browser, "/ws")
    check("a WebSocket has the same user", isinstance(seen, dict) and seen["login"] == login, seen)
    check("and no other", isinstance(seen, dict) and "root" not in str(seen), seen)
    check("a page of its own origin may connect", isinstance(handshake(base, browser, "/ws", origin=base), dict))
    check("one of another may not", handshake(base, browser, "/ws", origin="http://evil.example") == 403)
    browser.send(base + "/auth/logout", {})
    check("after signing out a WebSocket is refused", handshake(base, browser, "/ws") == 401)


def main():
    oidc, oauth1, openid, site = free_ports(4)
    provider = f"http://127.0.0.1:{oidc}"
    running = []
    try:
        running.append(start("providers", str(VENV / "bin/python"), str(ROOT / "interop/oidc/providers.py"),
                             str(oidc), str(oauth1), str(openid)))
        wait_until_it_listens(running[-1], openid, 120)
        openid_base = f"http://127.0.0.1:{openid}"
        running.append(start("site", str(BUILD / "login-site"), str(site), provider,
                             f"http://127.0.0.1:{oauth1}", openid_base))
        wait_until_it_listens(running[-1], site, 120)
        base = f"http://127.0.0.1:{site}"
        check_openid_connect(base, provider)
        check_oauth1(base)
        check_openid2(base, openid_base)
        for name, application, look, *options in (
                ("inline", "login_site:app", check_wall, "--lane", "inline"),
                ("threads", "login_site:app", check_wall, "--lane", "threads"),
                ("asgi", "login_asgi:app", check_asgi_wall)):
            port = free_port()
            bind = f"127.0.0.1:{port}"
            running.append(start(
                f"wall-{name}", str(BUILD / "gale"), "serve", application, "--bind", bind, *options,
                "--venv", str(VENV), "--login", f"issuer={provider}", "client-id=gale", "insecure=yes",
                "public=/open", "rule=/form:group=nobody,email=ann@example.com", "rule=/staff:group=staff",
                "allow-domain=example.com", "--access-log", "-", PYTHONPATH=str(ROOT / "interop/apps"),
                GALE_LOGIN_CLIENT_SECRET="a secret of the client"))
            wait_until_it_listens(running[-1], port, 120)
            look(f"http://{bind}", provider)
        wrong = subprocess.run(
            [str(BUILD / "gale"), "serve", "login_site:app", "--login", "client-id=x", "client-secret=y"],
            capture_output=True, text=True, timeout=120)
        check("a wrong login is explained", wrong.returncode != 0 and "client-secret" in wrong.stderr, wrong.stderr)
    finally:
        for process in reversed(running):
            if not stopped(process):
                check(f"{process.args[0]} ends when it is told to", False)
    for lane in ("inline", "threads", "asgi"):  # What has ended has written all of its log.
        log = (LOG / f"login-wall-{lane}.log").read_text(errors="replace")
        check("the access log shows the callback without its query", "GET /auth/callback/sso?... " in log, log[-500:])
        check("so no code and no state", "code=" not in log and "state=" not in log, log[-500:])
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        sys.exit(str(failure))
