#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Drives docs/demos/blog with headless Chromium: `check_blog.py EXECUTABLE [--pictures DIR]`. Wants chromedriver."""

import argparse
import contextlib
import http.client
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from webdriver import Browser, NoSuchElement, WebDriverError  # noqa: E402

LIMIT = 60  # Seconds; only what hangs reaches it.
ATOM = "{http://www.w3.org/2005/Atom}"
EMAIL, PASSWORD = "ada@example.test", "correct hörse battery"
TITLE = """Köln & <b>"Bonn"</b> 'x'"""
TEXT = """First <script>document.title = "owned"</script> & <i>so on</i>.

Second paragraph, see http://example.test/?a=1&b=2 there.
    {{ 1 + 1 }} {% raw x %}"""
results = []


def check(name, condition, detail=""):
    results.append(bool(condition))
    if not condition:
        print(f"failed: {name} {detail}")


class Blog:
    """The program, on a database that it finds or makes."""

    def __init__(self, executable, database):
        self.process = subprocess.Popen([executable, "--port", "0", "--database", database, "--title", "Check & test"],
                                        stderr=subprocess.PIPE, text=True)
        self.log = []
        self.port = 0
        for line in self.process.stderr:
            self.log.append(line)
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                self.port = int(found[1])
                break
        self.base = f"http://127.0.0.1:{self.port}"
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join(LIMIT)
        check("the blog ends well", self.process.returncode == 0, self.process.returncode)
        wrong = [line for line in self.log if "Uncaught" in line]
        check("nothing went wrong inside", not wrong, wrong[:3])

    def ask(self, method, path, fields=None, headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        with contextlib.closing(connection):
            body = None if fields is None else urllib.parse.urlencode(fields)
            more = {"Content-Type": "application/x-www-form-urlencoded"} if fields is not None else {}
            connection.request(method, path, body, {**more, **dict(headers)})
            answer = connection.getresponse()
            return answer, answer.read().decode()


class Visitor:
    """A browser that looks at the blog, and what it does there."""

    def __init__(self, blog, browser, pictures):
        self.blog, self.browser, self.pictures = blog, browser, pictures

    def open(self, path):
        self.browser.get(self.blog.base + path)

    @property
    def path(self):
        """Where it is, with the query."""
        return self.browser.url.removeprefix(self.blog.base)

    def text(self, selector):
        return self.browser.find(selector).text

    def picture(self, name):
        if self.pictures:
            self.browser.screenshot(self.pictures / f"{name}.png")

    def submit(self, button, **fields):
        for name, value in fields.items():
            self.browser.find(f"[name={name}]").fill(value)
        self.browser.find(button).follow()

    def sign_in(self, password=PASSWORD):
        self.submit("#login", email=EMAIL, password=password)


def empty(visitor):
    visitor.open("/")
    check("an empty blog says so", "Nothing has been written" in visitor.text(".empty"))
    check("its title is escaped", visitor.browser.title == "Check & test", visitor.browser.title)
    check("its styles arrive", visitor.browser.run(
        "return getComputedStyle(document.querySelector('header')).display") == "flex")
    style = visitor.browser.find("link[rel=stylesheet]").attribute("href")
    check("the styles have a version", re.fullmatch(r"/static/blog\.css\?v=[0-9a-f]+", style), style)
    answer, _ = visitor.blog.ask("GET", style)
    check("and are kept for long", "max-age=315360000" in answer.getheader("Cache-Control", ""),
          answer.getheader("Cache-Control"))
    answer, text = visitor.blog.ask("GET", "/feed")
    check("the feed of an empty blog is XML", ElementTree.fromstring(text).tag == f"{ATOM}feed", text)


def create_author(visitor):
    visitor.open("/compose")
    check("to compose, one has to sign in, and the first visitor becomes the author",
          visitor.path == "/auth/create?next=%2Fcompose", visitor.path)
    visitor.picture("create")
    # The browser would not send so short a password.
    visitor.browser.run("document.querySelector('[name=password]').removeAttribute('minlength')")
    visitor.submit("#create", name="Ada", email=EMAIL, password="short")
    check("a short password is refused", "8 characters" in visitor.text(".problem"))
    check("what else was filled in is kept", visitor.browser.find("[name=name]").property("value") == "Ada")
    visitor.submit("#create", password=PASSWORD)
    check("then the author is where they wanted to go", visitor.path == "/compose", visitor.path)
    cookie = visitor.browser.cookies.get("blog_author", {})
    check("signed in with a cookie that scripts and other sites do not get",
          cookie.get("httpOnly") and cookie.get("sameSite") == "Lax", cookie)
    answer, _ = visitor.blog.ask("GET", "/auth/create")
    check("there is no second author", answer.status == 403, answer.status)
    answer, _ = visitor.blog.ask("POST", "/auth/create", *with_token(visitor, name="Eve", email="e@x", password=PASSWORD))
    check("not by a form of one's own either", answer.status == 403, answer.status)


def with_token(visitor, author=False, **fields):
    """The fields and the header of a form that was not made by the browser."""
    cookies = visitor.browser.cookies
    names = ["_xsrf", "blog_author"] if author else ["_xsrf"]
    header = "; ".join(f"{name}={cookies[name]['value']}" for name in names if name in cookies)
    return {**fields, "_xsrf": cookies["_xsrf"]["value"]}, {"Cookie": header}


def write_entry(visitor):
    visitor.submit("#save", title=TITLE, text=TEXT)
    check("an entry has an address of its title", visitor.path == "/entry/koln-b-bonn-b-x", visitor.path)
    check("its title is what was written", visitor.text(".entry h1") == TITLE, visitor.text(".entry h1"))
    check("no script of it runs", visitor.browser.title == f"{TITLE} – Check & test", visitor.browser.title)
    check("its text has paragraphs", len(visitor.browser.all(".text p")) == 2)
    first = visitor.text(".text p")
    check("its text is what was written", first == TEXT.split("\n\n")[0], first)
    check("nothing of it is HTML", not visitor.browser.has(".text script") and not visitor.browser.has(".text i"))
    check("nothing of it is a template", "{{ 1 + 1 }} {% raw x %}" in visitor.text(".text"), visitor.text(".text"))
    links = [link.attribute("href") for link in visitor.browser.all(".text a")]
    check("addresses are links", links == ["http://example.test/?a=1&b=2"], links)
    visitor.picture("entry")
    visitor.open("/")
    check("it is on the first page", visitor.text(".entry h1 a") == TITLE)
    visitor.browser.find(".entry h1 a").follow()
    check("from where a link leads to it", visitor.path == "/entry/koln-b-bonn-b-x", visitor.path)
    visitor.open("/compose")
    visitor.submit("#save", title=TITLE, text="Another one.")
    check("the same title gets another address", visitor.path == "/entry/koln-b-bonn-b-x-2", visitor.path)
    visitor.open("/compose")
    visitor.submit("#save", title="日本", text="Short.")
    check("a title without ASCII gets an address, too", visitor.path == "/entry/entry", visitor.path)
    answer, text = visitor.blog.ask("POST", "/compose", *with_token(visitor, author=True, title=" ", text="x"))
    check("an entry needs a title", answer.status == 422 and "needs a title" in text, answer.status)


def edit_entry(visitor):
    visitor.open("/entry/koln-b-bonn-b-x")
    visitor.browser.find("a.edit").follow()
    check("an entry is edited", re.fullmatch(r"/compose\?id=\d+", visitor.path), visitor.path)
    kept = visitor.browser.find("[name=text]").property("value")
    check("its text is as it was written", kept == TEXT, repr(kept))
    visitor.picture("compose")
    visitor.submit("#save", title="Köln & Bonn", text=TEXT + "\n\nA third one.")
    check("it keeps its address", visitor.path == "/entry/koln-b-bonn-b-x", visitor.path)
    check("and has changed", visitor.text(".entry h1") == "Köln & Bonn" and len(visitor.browser.all(".text p")) == 3)
    visitor.open("/archive")
    titles = [link.text for link in visitor.browser.all(".archive a")]
    check("the archive has all entries, the last one first", titles == ["日本", TITLE, "Köln & Bonn"], titles)
    visitor.picture("archive")
    visitor.open("/compose?id=99")
    check("what is not there cannot be edited", visitor.text("h1") == "404")


def feed(visitor):
    answer, text = visitor.blog.ask("GET", "/feed")
    check("the feed is Atom", answer.getheader("Content-Type") == "application/atom+xml; charset=UTF-8",
          answer.getheader("Content-Type"))
    root = ElementTree.fromstring(text)
    entries = root.findall(f"{ATOM}entry")
    check("it has all entries", [entry.findtext(f"{ATOM}title") for entry in entries] == ["日本", TITLE, "Köln & Bonn"])
    content = entries[-1].findtext(f"{ATOM}content")
    check("their text is HTML, and safe", "<p>First &lt;script&gt;" in content and "<script>" not in content, content)
    link = entries[-1].find(f"{ATOM}link").get("href")
    check("their links are whole", link == f"{visitor.blog.base}/entry/koln-b-bonn-b-x", link)
    times = [root.findtext(f"{ATOM}updated"), *(entry.findtext(f"{ATOM}published") for entry in entries)]
    check("times are RFC 3339's", all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time) for time in times), times)


def forged(visitor):
    for path in ["/auth/login", "/auth/logout", "/compose"]:
        fields, headers = with_token(visitor, author=True, title="forged", text="forged", email=EMAIL, password=PASSWORD)
        del fields["_xsrf"]
        answer, text = visitor.blog.ask("POST", path, fields, headers)
        check(f"without the token, {path} is refused", answer.status == 403 and "not allowed" in text, answer.status)
    visitor.open("/archive")
    check("and nothing was written", "forged" not in visitor.browser.source)
    check("nobody was signed out", visitor.browser.has("#logout"))
    cookie = visitor.browser.cookies["blog_author"]["value"]
    for name, value in {"changed": cookie.replace("blog_author", "blog_authos"), "cut": cookie[:-1], "plain": "1"}.items():
        answer, _ = visitor.blog.ask("GET", "/compose", headers={"Cookie": f"blog_author={value}"})
        check(f"a cookie that is {name} is nobody's", answer.status == 302, answer.status)


def sign_out_and_in(visitor):
    visitor.browser.find("#logout").follow()
    check("signing out leads to the first page", visitor.path == "/", visitor.path)
    check("the cookie is gone", "blog_author" not in visitor.browser.cookies)
    check("there is nothing to edit then", not visitor.browser.has("a.edit"))
    visitor.picture("home")
    visitor.open("/compose?id=1")
    check("composing leads to signing in", visitor.path == "/auth/login?next=%2Fcompose%3Fid%3D1", visitor.path)
    answer, _ = visitor.blog.ask("POST", "/compose", *with_token(visitor, title="x", text="y"))
    check("without signing in nothing is written", answer.status == 403, answer.status)
    visitor.sign_in("wrong password")
    check("a wrong password is refused", "do not fit" in visitor.text(".problem") and visitor.path == "/auth/login")
    check("the address is kept, the password is not", [visitor.browser.find(f"[name={name}]").property("value")
                                                       for name in ["email", "password"]] == [EMAIL, ""])
    visitor.picture("wrong")
    answer, text = visitor.blog.ask("POST", "/auth/login", *with_token(visitor, email="eve@example.test", password="x"))
    check("an unknown address is refused alike", answer.status == 403 and "do not fit" in text, answer.status)
    visitor.sign_in()
    check("the right one leads back", visitor.path == "/compose?id=1", visitor.path)


def open_redirects(visitor):
    for target in ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "/\t/evil.test"]:
        quoted = urllib.parse.quote(target, safe="")
        answer, text = visitor.blog.ask("GET", f"/auth/login?next={quoted}")
        check(f"a link with next={target!r} leads nowhere else", 'name="next" value="/"' in text and "evil" not in text)
        answer, _ = visitor.blog.ask("POST", "/auth/login", *with_token(visitor, email=EMAIL, password=PASSWORD, next=target))
        check(f"nor does its form: {target!r}", (answer.status, answer.getheader("Location")) == (303, "/"),
              (answer.status, answer.getheader("Location")))


def not_found(visitor):
    visitor.browser.get(visitor.blog.base + "/nothing/here")
    check("there is a page for what is not there", visitor.text("h1") == "404" and "no such page" in visitor.text(".empty"))
    check("which is one of the blog's", visitor.browser.has("header #name"))
    for path in ["/nothing", "/entry/nothing", "/entry/%3Cscript%3E"]:
        answer, text = visitor.blog.ask("GET", path)
        check(f"{path} is not there", answer.status == 404 and "<script>" not in text, answer.status)
    answer, _ = visitor.blog.ask("POST", "/nothing", {})
    check("not for a POST either", answer.status == 404, answer.status)
    visitor.picture("404")


def quick_while_hashing(visitor):
    """Hashing a password takes a while, and holds nobody up."""
    fields, headers = with_token(visitor, email=EMAIL, password="wrong again")
    hashing = [threading.Thread(target=visitor.blog.ask, args=("POST", "/auth/login", fields, headers)) for _ in range(2)]
    start = time.monotonic()
    for thread in hashing:
        thread.start()
    pages = 0
    while any(thread.is_alive() for thread in hashing):
        visitor.blog.ask("GET", "/archive")
        pages += 1
    took = time.monotonic() - start
    check("pages come while passwords are hashed", pages >= 3, f"{pages} pages in {took:.2f} s")


def too_many(visitor):
    statuses = []
    for _ in range(11):
        answer, _ = visitor.blog.ask("POST", "/auth/login", *with_token(visitor, email=EMAIL, password="guess"))
        statuses.append(answer.status)
    check("who guesses for long is refused", statuses[0] == 403 and statuses[-1] == 429, statuses)


def restarted(visitor):
    visitor.open("/")
    check("entries are kept", visitor.text(".entry h1") == "日本")
    check("the author is still signed in", visitor.browser.has("#logout"))


def main():
    parser = argparse.ArgumentParser(usage="%(prog)s EXECUTABLE [--pictures DIR]")
    parser.add_argument("executable")
    parser.add_argument("--pictures", type=Path, help="where to put pictures of the pages")
    options = parser.parse_args()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gale-") as scratch:
        database = f"{scratch}/blog.sqlite"
        try:
            with Browser() as browser:
                with Blog(options.executable, database) as blog:
                    visitor = Visitor(blog, browser, options.pictures)
                    for part in [empty, create_author, write_entry, edit_entry, feed, forged, sign_out_and_in,
                                 open_redirects, not_found, quick_while_hashing, too_many]:
                        part(visitor)
                with Blog(options.executable, database) as blog:
                    restarted(Visitor(blog, browser, None))
        except (WebDriverError, NoSuchElement, OSError, http.client.HTTPException) as error:
            check("the browser went on", False, f"{type(error).__name__}: {error}")
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
