"""Drive the running demo as a browser would: `check_demo.py [BASE_URL] [--no-native] [--pictures DIR]`.

One line per check, `N passed, N failed` last; the exit status is 1 if one failed. Standard library only; two of the
checks want chromedriver, and leave pictures of the pages in DIR.
"""

import argparse
import base64
import hashlib
import json
import secrets
import socket
import struct
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit
from urllib.request import (
    HTTPCookieProcessor,
    HTTPRedirectHandler,
    Request,
    build_opener,
)

TIMEOUT = 20
MOST_PAGES = 250
SAMPLE = b"".join(b"line %06d of the sample file\n" % n for n in range(1, 32769))


class Page(HTMLParser):
    """What a page links to, embeds and asks for."""

    def __init__(self, html):
        super().__init__()
        self.links, self.embedded, self.forms = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "link" and given.get("href") or tag in ("img", "script") and given.get("src"):
            self.embedded.append(given.get("href") or given["src"])
        elif tag == "form":
            self.forms.append({"action": given.get("action") or "", "method": given.get("method", "get"), "fields": {}})
        elif tag == "input" and self.forms and given.get("name") and given.get("type") not in ("submit", "checkbox"):
            self.forms[-1]["fields"][given["name"]] = given.get("value") or ""


class Answer:
    def __init__(self, response, body):
        self.status, self.headers, self.url, self.body = response.status, response.headers, response.geturl(), body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def page(self):
        return Page(self.text)

    def form(self, field):
        """The fields of the form that has `field`, hidden ones included, and the form's address."""
        form = next(form for form in self.page.forms if field in form["fields"])
        return form["fields"], urljoin(self.url, form["action"])


class Redirects(HTTPRedirectHandler):
    """Follows them, and keeps the status of the last."""

    last = None

    def redirect_request(self, request, file, code, message, headers, url):
        self.last = code
        return super().redirect_request(request, file, code, message, headers, url)


class Browser:
    """A cookie jar and the requests made with it."""

    def __init__(self, base):
        self.base, self.redirects = base, Redirects()
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()), self.redirects)
        self.opener.addheaders = [("Accept", "text/html, */*;q=0.8")]

    def open(self, path, data=None, headers=None, method=None):
        url = urljoin(self.base, path)
        given = dict(headers or {})
        if data is not None:
            origin = urlsplit(url)
            given.update({"Origin": f"{origin.scheme}://{origin.netloc}", "Referer": url})
            if isinstance(data, dict):
                data = urlencode(data).encode()
        self.redirects.last = None
        try:
            return self.opener.open(Request(url, data, given, method=method), timeout=TIMEOUT)
        except HTTPError as error:
            return error

    def get(self, path, **more):
        with self.open(path, **more) as response:
            return Answer(response, response.read())

    def post(self, path, data, **more):
        return self.get(path, data=data, **more)

    def upload(self, path, fields, name, content, content_type):
        edge = secrets.token_hex(16)
        parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
                 for key, value in fields.items()]
        parts.append(f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
                     f"Content-Type: {content_type}\r\n\r\n".encode() + content + b"\r\n")
        parts.append(f"--{edge}--\r\n".encode())
        return self.post(path, b"".join(parts), headers={"Content-Type": f"multipart/form-data; boundary={edge}"})

    def arrivals(self, path):
        """The pieces of an answer with the time of each since the request."""
        start, pieces = time.monotonic(), []
        with self.open(path) as response:
            while piece := response.read1(65536):
                pieces.append((time.monotonic() - start, piece))
        return pieces


CHECKS = []
PICTURES = None  # Where pictures of pages go, if anywhere.


def check(name, native=False):
    def register(function):
        CHECKS.append((name, function, native))
        return function

    return register


def equal(got, wanted, what="value"):
    assert got == wanted, f"{what}: {got!r}, not {wanted!r}"


def has(text, part):
    assert part in text, f"{part!r} is not in {text[:160]!r}"


def spread(pieces, least):
    """Pieces that came one by one: many points in time, the first long before the last."""
    times = [at for at, _ in pieces]
    moments = sum(1 for one, other in zip(times, times[1:]) if other - one > 0.02) + 1
    assert moments >= least, f"arrived at {moments} moments, not at {least} or more"
    assert times[0] < times[-1] / 2, f"first piece after {times[0]:.2f} s of {times[-1]:.2f} s"
    return f"{moments} moments, first after {times[0] * 1000:.0f} ms, last after {times[-1] * 1000:.0f} ms"


def png(width=8, height=8):
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    rows = b"".join(b"\0" + secrets.token_bytes(3 * width) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def crawl(browser, mount, start="/", expected=None):
    """Every link and embedded file from `start` on, below the mount; 400 and above is a failure."""
    expected = expected or {}
    waiting, seen, wrong, outside = [mount + start], set(), [], set()
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        answer = browser.get(path)
        if answer.status != expected.get(path, answer.status) or path not in expected and answer.status >= 400:
            wrong.append(f"{path}: {answer.status}")
        if answer.headers.get_content_type() != "text/html":
            continue
        for link in answer.page.links + answer.page.embedded:
            parts = urlsplit(urldefrag(urljoin(answer.url, link)).url)
            if parts.netloc != urlsplit(browser.base).netloc:
                continue
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            if parts.path == mount or parts.path.startswith(mount + "/"):
                if "/logout" not in parts.path:
                    waiting.append(target)
            elif target != "/":
                outside.add(target)
    assert not wrong, ", ".join(wrong)
    assert not outside, f"links that leave the mount: {sorted(outside)}"
    return f"{len(seen)} addresses"


@check("native: the index page is HTML, its style sheet and script answer", native=True)
def native_index(browser):
    answer = browser.get("/")
    equal(answer.status, 200, "status")
    equal(answer.headers.get_content_type(), "text/html", "type")
    assert answer.page.embedded, "no style sheet, no script"
    for path in answer.page.embedded:
        if not path.startswith("data:"):
            equal(browser.get(path).status, 200, path)


@check("native: /api/status is JSON with live figures and the mounts", native=True)
def native_status(browser):
    first, second = (json.loads(browser.get("/api/status").body) for _ in range(2))
    missing = {"version", "uptime_seconds", "requests", "connections", "rss_bytes", "python", "mounts"} - set(first)
    assert not missing, f"missing: {sorted(missing)}"
    assert second["requests"] > first["requests"], "requests do not count up"
    assert {"/flask", "/django"} <= {mount["path"].rstrip("/") for mount in first["mounts"]}, first["mounts"]


@check("native: every mount that the status names answers", native=True)
def native_mounts(browser):
    for mount in json.loads(browser.get("/api/status").body)["mounts"]:
        assert browser.get(mount["path"]).status < 400, mount["path"]


@check("native: /stream arrives in pieces", native=True)
def native_stream(browser):
    return spread(browser.arrivals("/stream"), 4)


class WebSocket:
    """A client as small as it can be: masked text out, text back."""

    def __init__(self, base, path):
        where = urlsplit(base)
        self.socket = socket.create_connection((where.hostname, where.port), TIMEOUT)
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self.socket.sendall((
            f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Origin: {base.rstrip('/')}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
        self.file = self.socket.makefile("rb")
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.file.readline() or b"\r\n\r\n"
        equal(head.split(b" ")[1], b"101", "status")
        accept = base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest())
        assert b"sec-websocket-accept: " + accept.lower() in head.lower(), head

    def send(self, value, opcode=1):
        payload, key = value if opcode == 8 else json.dumps(value).encode(), secrets.token_bytes(4)
        length = bytes([128 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack(">H", len(payload))
        masked = bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))
        self.socket.sendall(bytes([128 | opcode]) + length + key + masked)

    def frame(self):
        first, length = self.file.read(2)
        if length > 125:
            length = int.from_bytes(self.file.read(2 if length == 126 else 8), "big")
        return first & 15, self.file.read(length)

    def receive(self, kind):
        """The next message of a kind."""
        while True:
            opcode, payload = self.frame()
            equal(opcode, 1, "opcode")
            if (message := json.loads(payload))["type"] == kind:
                return message

    def close(self):
        self.send(struct.pack(">H", 1000), opcode=8)
        while (frame := self.frame())[0] != 8:
            pass
        equal(frame[1], struct.pack(">H", 1000), "close code")
        equal(self.file.read(), b"", "after the close")
        self.socket.close()


@check("native: the chat page names its socket", native=True)
def chat_page(browser):
    has(browser.get("/chat/").text, "new WebSocket(url)")
    equal(urlsplit(browser.get("/chat").url).path, "/chat/", "path")


@check("native: what one says in the chat all hear, newcomers too, and who is there is counted", native=True)
def chat_broadcast(browser):
    first = WebSocket(browser.base, "/chat/socket")
    alone = first.receive("present")["count"]
    second = WebSocket(browser.base, "/chat/socket")
    equal(first.receive("present")["count"], alone + 1, "present")
    said = f"hällo {secrets.token_hex(4)}"
    second.send({"name": "Ann", "text": said})
    for visitor in first, second:
        message = visitor.receive("message")
        equal((message["name"], message["text"]), ("Ann", said), "message")
    second.close()
    equal(first.receive("present")["count"], alone, "present")
    for number in range(210):
        first.send({"text": f"{number}"})
        equal(first.receive("message")["text"], f"{number}", "message")
    third = WebSocket(browser.base, "/chat/socket")
    history = [message["text"] for message in third.receive("history")["messages"]]
    equal(history, [f"{number}" for number in range(10, 210)], "history")
    third.send(["nonsense"])
    while (frame := third.frame())[0] != 8:
        pass
    equal(struct.unpack(">H", frame[1][:2])[0], 1003, "close code")
    first.close()


@check("native: an unknown path is a 404", native=True)
def native_missing(browser):
    equal(browser.get("/no-such-page").status, 404, "status")


@check("flask: every link answers, below the mount")
def flask_links(browser):
    return crawl(browser, "/flask", expected={"/flask/error": 500})


@check("flask: without the slash the same page")
def flask_bare(browser):
    answer = browser.get("/flask")
    equal(answer.status, 200, "status")
    has(answer.text, "/flask/static/style.css")


@check("flask: session counts visits and remembers the name; its cookie belongs to the mount")
def flask_session(browser):
    first = browser.get("/flask/session")
    has(first.text, '<strong id="visits">1</strong>')
    has(first.headers["Set-Cookie"], "Path=/flask")
    has(browser.get("/flask/session").text, '<strong id="visits">2</strong>')
    answer = browser.post("/flask/session", {"name": "Grüße"})
    equal(browser.redirects.last, 303, "redirect")
    has(answer.text, "Hello, Grüße.")
    has(answer.text, '<strong id="visits">3</strong>')
    has(Browser(browser.base).get("/flask/session").text, '<strong id="visits">1</strong>')


@check("flask: form post, redirect, message once")
def flask_form(browser):
    answer = browser.post("/flask/sign", {"author": "Checker", "message": "<b>wind & weather</b> ☂"})
    equal((answer.status, browser.redirects.last), (200, 303), "status and redirect")
    has(urlsplit(answer.url).path, "/flask/entries/")
    has(answer.text, "it hangs on the wall")
    has(answer.text, "&lt;b&gt;wind &amp; weather&lt;/b&gt; ☂")
    assert "it hangs on the wall" not in browser.get(answer.url).text, "the message came twice"


@check("flask: an incomplete form is refused")
def flask_incomplete(browser):
    answer = browser.post("/flask/sign", {"author": "", "message": ""})
    equal(answer.status, 400, "status")
    has(answer.text, "A name and a message")


@check("flask: a picture goes up, its page shows size, hash and type, and it comes back equal")
def flask_picture(browser):
    content = png()
    fields = {"author": "Checker", "message": "a picture"}
    answer = browser.upload("/flask/sign", fields, "kite.png", content, "image/png")
    for part in (f"{len(content):,} bytes", hashlib.sha256(content).hexdigest(), "image/png", "kite.png"):
        has(answer.text, part)
    source = next(path for path in answer.page.embedded if path.endswith("/file"))
    back = browser.get(source)
    equal(back.headers.get_content_type(), "image/png", "type")
    assert back.body == content, "the picture came back different"


@check("flask: a large upload with every byte value comes back equal, as a download")
def flask_upload(browser):
    content = bytes(range(256)) * 4096 + secrets.token_bytes((3 << 20) + 7)
    answer = browser.upload("/flask/sign", {"author": "Checker", "message": "4 MB"}, "sky.bin", content, "image/png")
    has(answer.text, hashlib.sha256(content).hexdigest())
    back = browser.get(urlsplit(answer.url).path + "/file")
    equal(back.headers.get_content_type(), "application/octet-stream", "type")
    has(back.headers["Content-Disposition"], "attachment")
    assert back.body == content, "the file came back different"


@check("flask: an upload above the limit is a 413")
def flask_too_large(browser):
    try:
        answer = browser.upload("/flask/sign", {"author": "x", "message": "x"}, "big.bin", bytes(17 << 20), "x/y")
    except OSError as error:
        equal(browser.get("/flask/").status, 200, "status after it")
        return f"the server closed while the body was being sent ({type(error).__name__})"
    equal(answer.status, 413, "status")


@check("flask: the streamed page arrives row by row")
def flask_stream(browser):
    pieces = browser.arrivals("/flask/stream")
    body = b"".join(piece for _, piece in pieces)
    equal(body.count(b"<tr><td>"), 20, "rows")
    has(body.decode(), "That was all.")
    return spread(pieces, 10)


@check("flask: the download is equal, whole, in part and not at all")
def flask_download(browser):
    answer = browser.get("/flask/download")
    assert answer.body == SAMPLE, f"{len(answer.body)} bytes that differ"
    equal(answer.headers["Content-Length"], str(len(SAMPLE)), "Content-Length")
    part = browser.get("/flask/download", headers={"Range": "bytes=1000-70000"})
    equal(part.status, 206, "status of the part")
    assert part.body == SAMPLE[1000:70001], "the part differs"
    same = browser.get("/flask/download", headers={"If-None-Match": answer.headers["ETag"]})
    equal((same.status, same.body), (304, b""), "status and body with the same ETag")


@check("flask: HEAD has the headers of GET and no body")
def flask_head(browser):
    answer = browser.get("/flask/download", method="HEAD")
    equal((answer.status, answer.headers["Content-Length"], answer.body), (200, str(len(SAMPLE)), b""), "answer")


@check("flask: JSON, with absolute links to itself")
def flask_json(browser):
    answer = browser.get("/flask/api/entries")
    entries = json.loads(answer.body)["entries"]
    assert entries, "no entries"
    assert entries[0]["url"].startswith(urljoin(browser.base, "/flask/entries/")), entries[0]["url"]
    equal(browser.get(entries[0]["url"]).status, 200, "status of the link")


@check("flask: a view that raises is a 500 with the app's own page, and the next request is well")
def flask_error(browser):
    answer = browser.get("/flask/error")
    equal(answer.status, 500, "status")
    has(answer.text, "The view raised")
    equal(browser.get("/flask/").status, 200, "status after it")


@check("flask: an unknown path is the app's own 404, a wrong method a 405")
def flask_missing(browser):
    answer = browser.get("/flask/no-such-page")
    equal(answer.status, 404, "status")
    has(answer.text, "Not on this wall")
    equal(browser.post("/flask/stream", {}).status, 405, "status of a POST")


@check("flask: twenty requests at once")
def flask_parallel(browser):
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: Browser(browser.base).get("/flask/"), range(20)))
    equal([answer.status for answer in answers], [200] * 20, "statuses")


@check("native answers stay quick while Flask streams", native=True)
def native_beside_flask(browser):
    longest, asked = 0.0, 0
    with ThreadPoolExecutor(1) as pool:
        streamed = pool.submit(Browser(browser.base).arrivals, "/flask/stream")
        while not streamed.done():
            start = time.monotonic()
            browser.get("/api/status")
            longest, asked = max(longest, time.monotonic() - start), asked + 1
            time.sleep(0.05)
    assert b"That was all." in b"".join(piece for _, piece in streamed.result()), "the stream did not end well"
    assert longest < 0.5, f"the slowest of {asked} took {longest:.2f} s"
    return f"the slowest of {asked} took {longest * 1000:.0f} ms"


@check("django: every link answers, below the mount")
def django_links(browser):
    return crawl(browser, "/django")


@check("django: without the slash the same page")
def django_bare(browser):
    answer = browser.get("/django")
    equal(answer.status, 200, "status")
    has(answer.text, "/django/static/library/style.css")


@check("django: search and pages")
def django_search(browser):
    answer = browser.get("/django/?" + urlencode({"q": "Brontë"}))
    has(answer.text, "Wuthering Heights")
    assert "Moby-Dick" not in answer.text, "the search finds everything"
    has(browser.get("/django/?page=2").text, "Page 2 of")


@check("django: a path without its slash is redirected below the mount")
def django_slash(browser):
    answer = browser.get("/django/books/frankenstein")
    equal((answer.status, urlsplit(answer.url).path), (200, "/django/books/frankenstein/"), "status and address")


@check("django: a review is posted with its CSRF token, and refused without")
def django_review(browser):
    path = "/django/books/persuasion/"
    equal(browser.post(path, {"reader": "x", "stars": "1", "text": "x"}).status, 403, "status without a token")
    fields, action = browser.get(path).form("reader")
    text = f"Rather good — {secrets.token_hex(4)} 🌬"
    answer = browser.post(action, {**fields, "reader": "Checker", "stars": "4", "text": text})
    equal((answer.status, browser.redirects.last), (200, 302), "status and redirect")
    has(answer.text, text)
    has(answer.text, "Thank you, Checker.")
    wrong = browser.post(action, {**fields, "reader": "", "stars": "9", "text": ""})
    equal(wrong.status, 200, "status of an invalid form")
    has(wrong.text, "errorlist")


@check("django: the catalogue comes as CSV")
def django_csv(browser):
    answer = browser.get("/django/books.csv")
    has(answer.headers["Content-Disposition"], "books.csv")
    assert len(answer.text.splitlines()) >= 20, "too few lines"


@check("django: an unknown path is the project's own 404, in the static files too")
def django_missing(browser):
    answer = browser.get("/django/no-such-page")
    equal(answer.status, 404, "status")
    has(answer.text, "Not on the shelf")
    equal(browser.get("/django/static/no-such-file.css").status, 404, "status of the file")
    outside = browser.get("/django/static/..%2f..%2fsettings.py").status
    assert outside in (400, 404), f"{outside} for a file outside"


@check("django: a foreign Host is refused")
def django_host(browser):
    equal(browser.get("/django/", headers={"Host": "evil.example"}).status, 400, "status")


@check("django admin: style sheet found, log in, add, search, change and delete a row, log out")
def django_admin(browser):
    answer = browser.get("/django/admin/")
    equal(urlsplit(answer.url).path, "/django/admin/login/", "address of the login")
    style = next(path for path in answer.page.embedded if path.endswith("/admin/css/base.css"))
    styled = browser.get(style)
    equal((styled.status, styled.headers.get_content_type()), (200, "text/css"), "the style sheet")
    again = browser.get(style, headers={"If-Modified-Since": styled.headers["Last-Modified"]})
    equal(again.status, 304, "status of the style sheet the second time")

    fields, action = answer.form("username")
    refused = browser.post(answer.url, {**fields, "username": "admin", "password": "wrong"})
    has(refused.text, "errornote")
    inside = browser.post(answer.url, {**fields, "username": "admin", "password": "gale"})
    equal(urlsplit(inside.url).path, "/django/admin/", "address after the login")
    has(inside.text, "Behind the counter")

    name = f"Checker {secrets.token_hex(4)}"
    adding = browser.get("/django/admin/library/author/add/")
    fields, action = adding.form("name")
    added = browser.post(action, {**fields, "name": name, "born": "1900", "country": "Windland"})
    equal(urlsplit(added.url).path, "/django/admin/library/author/", "address after adding")
    has(added.text, "was added successfully")
    found = browser.get("/django/admin/library/author/?" + urlencode({"q": name}))
    row = next(link for link in found.page.links if urlsplit(link).path.endswith("/change/"))
    changing = browser.get(row)
    fields, action = changing.form("name")
    equal(fields["name"], name, "name in the form")
    changed = browser.post(action, {**fields, "country": "Lee"})
    has(changed.text, "was changed successfully")
    deleting = browser.get(urljoin(changing.url, "../delete/"))
    fields, action = deleting.form("post")
    deleted = browser.post(action, fields)
    has(deleted.text, "was deleted successfully")

    inside_links = crawl(browser, "/django", "/admin/")
    fields, action = browser.get("/django/admin/").form("csrfmiddlewaretoken")
    out = browser.post("/django/admin/logout/", fields)
    equal(out.status, 200, "status of the logout")
    equal(urlsplit(browser.get("/django/admin/").url).path, "/django/admin/login/", "address afterwards")
    return inside_links


@check("flask and django: each keeps its own session beside the other's")
def both(browser):
    browser.get("/flask/session")
    login = browser.get("/django/admin/login/?next=/django/admin/")
    fields, _ = login.form("username")
    browser.post(login.url, {**fields, "username": "admin", "password": "gale"})
    has(browser.get("/flask/session").text, '<strong id="visits">2</strong>')
    equal(urlsplit(browser.get("/django/admin/").url).path, "/django/admin/", "address")


@check("fastapi: every link answers, below the mount", native=True)
def fastapi_links(browser):
    has(browser.get("/fastapi").text, 'href="/fastapi/openapi.json"')
    equal(json.loads(browser.get("/fastapi/openapi.json").body)["servers"], [{"url": "/fastapi"}], "servers")
    return crawl(browser, "/fastapi")


@check("fastapi: its coroutines run on the server's own loop, and what they measure arrives as it is taken", native=True)
def fastapi_live(browser):
    has(browser.get("/fastapi/").text, "gale.EventLoop")
    pieces = browser.arrivals("/fastapi/live?count=3")
    events = [json.loads(line[6:]) for line in b"".join(piece for _, piece in pieces).decode().splitlines()
              if line.startswith("data: ")]
    numbers = [event["number"] for event in events]
    equal(numbers, list(range(numbers[0], numbers[0] + 3)), "numbers")
    equal(json.loads(browser.get(f"/fastapi/readings/{numbers[-1]}").body), events[-1], "the last one")
    equal(browser.get("/fastapi/readings/0").status, 404, "status of one that was not taken")


@check("fastapi: a note is validated, and stays", native=True)
def fastapi_note(browser):
    def post(note):
        return browser.post("/fastapi/notes", json.dumps(note).encode(), headers={"Content-Type": "application/json"})

    note = {"author": "Checker", "text": f"gusts & <clouds> {secrets.token_hex(4)} ☁"}
    equal(json.loads(post(note).body), note, "note")
    assert note in json.loads(browser.get("/fastapi/notes").body), "the note is gone"
    answer = post({"author": "", "text": 1})
    equal((answer.status, [one["loc"][-1] for one in json.loads(answer.body)["detail"]]), (422, ["author", "text"]),
          "answer to a wrong one")


def sign_in(browser, path, user):
    """Goes to a page, and does at the provider what a user does; returns the page that comes of it."""
    page = browser.get(path)
    has(page.text, "Who are you?")
    assert urlsplit(page.url).netloc != urlsplit(browser.base).netloc, page.url
    return browser.post(page.url, {"sub": user})


@check("login: programs get 401 at a native page and at the wall, and browsers the provider", native=True)
def login_closed(browser):
    for path in ("/members", "/flask-members/"):
        equal(browser.get(path, headers={"Accept": "application/json"}).status, 401, path)
        has(browser.get(path).text, "Who are you?")
    equal(browser.get("/flask-members/static/style.css").status, 200, "status of a public file")
    equal(json.loads(browser.get("/api/status").body)["user"], None, "user")


@check("login: one login for the native page and the unchanged Flask app; every link answers", native=True)
def login_open(browser):
    page = sign_in(browser, "/members?x=1", "ann")
    equal(page.url, urljoin(browser.base, "/members?x=1"), "where it ends")
    for part in ("Hello, Ann Ott", "ann@example.com (verified)", "members, photographers"):
        has(page.text, part)
    equal(json.loads(browser.get("/api/status").body)["user"], "Ann Ott", "user")
    page = browser.get("/flask-members/sign", headers={"X-Forwarded-User": "eve", "Remote-User": "eve"})
    has(page.text, 'value="ann@example.com"')
    assert "eve" not in page.text, "somebody else says who it is"
    # The same app without the wall knows of nobody.
    assert "ann@example.com" not in browser.get("/flask/sign").text, "the wall leaks"
    page = browser.post("/flask-members/sign", {"author": "Ann", "message": "from behind the wall"})
    equal((page.status, browser.redirects.last), (200, 303), "status and redirect")
    return crawl(browser, "/flask-members", expected={"/flask-members/error": 500})


@check("django-asgi: the same project by its asynchronous entrance, every link below the mount", native=True)
def django_asgi(browser):
    equal(browser.get("/django-asgi/").text.count("/django-asgi/") > 0, True, "links below the mount")
    return crawl(browser, "/django-asgi")


@check("guests: libraries for asyncio and Twisted, beside the native handlers that they ask", native=True)
def guests(browser):
    page = browser.get("/guests").text
    for name, answer in [("fetch_by_aiohttp", "native"), ("many_by_aiohttp", "200 of 200"),
                         ("echo_by_websockets", "3 of 3"), ("native_websocket", "3 of 3"), ("child_process", "300000 0")]:
        has(page, f'href="/guests/python/{name}"')
        equal(browser.get(f"/guests/python/{name}").text, answer, name)
    equal(browser.get("/guests/agent?name=b%26c").text, "200 Twisted says hello to b&c", "Twisted's client and server")
    equal(browser.get("/guests/agent?native=yes").text, "200 native", "Twisted's client")
    with socket.create_server(("127.0.0.1", 0)) as other:
        headers = {"Host": f"127.0.0.1:{other.getsockname()[1]}"}
        for path in ("/guests/agent?native=yes", "/guests/python/fetch_by_aiohttp"):
            has(browser.get(path, headers=headers).text, "native")
    equal(browser.get("/guests/python/start").status, 404, "status of what may not be asked for")
    links = [link for link in Page(page).links if link.startswith("/")]
    for link in links:
        equal(browser.get(link).status, 200, f"status of {link}")
    return f"{len(links)} links"


@check("login: the wall has rules, and signing out closes both doors", native=True)
def login_rules(browser):
    page = sign_in(browser, "/flask-members/", "bob")
    equal(page.url, urljoin(browser.base, "/flask-members/"), "where it ends")
    has(page.text, "bob@example.com")
    answer = browser.get("/flask-members/sign")
    equal(answer.status, 403, "status of what Bob may not do")
    has(answer.text, "You are signed in as Bob Byrd")
    equal(browser.post("/flask-members/sign", {"author": "x", "message": "x"}).status, 403, "status of doing it")
    has(browser.post("/auth/logout", {}).text, "Sign out here too?")
    for path in ("/members", "/flask-members/"):
        has(browser.get(path).text, "Who are you?")


@check("in a browser: signing in at a native page, the Flask app behind the wall, signing out", native=True)
def browser_login(plain):
    with chromium(plain) as browser:
        browser.get(plain.base + "/members")
        browser.picture("provider")
        browser.find("button[value=ann]").follow()
        equal(browser.url, plain.base + "/members", "where it ends")
        has(browser.find("h1").text, "Hello, Ann Ott")
        browser.picture("members")
        browser.get(plain.base + "/flask-members/")
        equal(browser.find(".user").text, "ann@example.com", "user")
        browser.picture("flask-members")
        browser.get(plain.base + "/")
        browser.wait(lambda: browser.find("#user").text == "Ann Ott")
        browser.wait(lambda: browser.has("a[href='/fastapi/']"))
        browser.picture("index")
        browser.find("button[form=signout]").follow()
        browser.picture("sign-out")
        browser.find("button").follow()
        equal(urlsplit(browser.url).path, "/", "where signing out ends")
        browser.get(plain.base + "/flask-members/")
        has(browser.find("h1").text, "Who are you?")


@check("in a browser: somebody who may not, somebody who says no, the weather station, the clock", native=True)
def browser_limits(plain):
    with chromium(plain) as browser:
        browser.get(plain.base + "/flask-members/sign")
        browser.find("button[value=bob]").follow()
        has(browser.find("h1").text, "Not for you")
        browser.picture("not-for-you")
        browser.find("a").follow()
        browser.picture("sign-out-question")
        browser.find("button").follow()
        browser.get(plain.base + "/members")
        browser.find("button[value=deny]").follow()
        has(browser.find("h1").text, "You are not signed in")
        browser.picture("denied")
        browser.get(plain.base + "/fastapi/")
        browser.wait(lambda: len(browser.all("#bars i")) > 3)
        browser.find("[name=author]").fill("Checker")
        browser.find("[name=text]").fill("<b>calm</b>")
        browser.find("#form button").click()
        browser.wait(lambda: browser.has("#notes li") and "<b>calm</b>" in browser.find("#notes li").text)
        browser.picture("weather")
        browser.get(plain.base + "/starlette/")
        browser.wait(lambda: browser.find("#time").text.count(":") == 2)
        browser.picture("clock")
        browser.get(plain.base + "/guests/")
        browser.picture("guests")


def chromium(plain):
    """Headless Chromium, which waits for what scripts do, and takes pictures."""
    import webdriver

    class Chromium(webdriver.Browser):
        def wait(self, condition):
            end = time.monotonic() + webdriver.LIMIT
            while not condition():
                assert time.monotonic() < end, f"waited for {webdriver.LIMIT} s in vain"
                time.sleep(0.05)

        def picture(self, name):
            if PICTURES:
                self.screenshot(PICTURES / f"{name}.png")

    plain.base = plain.base.rstrip("/")
    return Chromium()


def run(base, native=True):
    """Does the checks one after the other, prints a line for each, and returns whether all passed."""
    passed = failed = 0
    for name, function, is_native in CHECKS:
        if is_native and not native:
            continue
        try:
            detail = function(Browser(base))
        except Exception as error:
            failed += 1
            print(f"FAIL  {name}\n      {type(error).__name__}: {error}", flush=True)
        else:
            passed += 1
            print(f"ok    {name}" + (f" ({detail})" if detail else ""), flush=True)
    print(f"{passed} passed, {failed} failed")
    return not failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", nargs="?", default="http://127.0.0.1:8888")
    parser.add_argument("--no-native", action="store_true", help="only the Flask and Django parts")
    parser.add_argument("--pictures", type=Path, help="where pictures of the pages go")
    options = parser.parse_args()
    global PICTURES
    PICTURES = options.pictures
    return 0 if run(options.base, native=not options.no_native) else 1


if __name__ == "__main__":
    sys.exit(main())
