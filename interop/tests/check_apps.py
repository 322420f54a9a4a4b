#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Real applications under `gale serve`, driven by the clients that people use for them.

    check_apps.py GALE [--only NAME]...

Nobody here wrote these applications: Django with its admin, Flask, pypiserver (twine, pip), Radicale (caldav), WsgiDAV
(litmus), Mercurial's hgweb (hg), httpbin (requests, curl). Each runs in both lanes; with two workers, unless it keeps
its state in memory. Wants the Python of interop/requirements.txt, and curl, hg and litmus. Loopback only. One line per
case; `--only django` runs the cases whose names begin so.
"""

import argparse
import base64
import contextlib
import gzip
import hashlib
import io
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import traceback
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import caldav
import requests
from requests.auth import HTTPDigestAuth

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "interop/gale"), str(ROOT / "interop/tests")]
from check_demo import SAMPLE, Page, equal, has, png, spread  # noqa: E402
from with_server import free_port  # noqa: E402

LIMIT = 60  # Seconds; only what hangs reaches it.
TROUBLE = re.compile(r"Traceback \(most recent call last\)|^\[[CE] (?!.*(?:access\]|ErrorStream:)).*", re.MULTILINE)
CASES = {}


def case(application, workers=2, troubles=()):
    """A check of an application, once for each lane; the log may hold tracebacks only of what matches `troubles`."""

    def register(function):
        for lane in ["threads", "inline"]:
            CASES[f"{function.__name__}-{lane}"] = (function, application, lane, workers, troubles)
        return function

    return register


class Site:
    """An application under a server, with a directory for its data that goes with it."""

    def __init__(self, command, port, path="/", environment=()):
        self.scratch = tempfile.TemporaryDirectory(prefix="gale-")
        self.directory = Path(self.scratch.name)
        self.data = self.directory / "data"
        self.data.mkdir(mode=0o700)
        self.log = self.directory / "log"
        self.port, self.base = port, f"http://127.0.0.1:{port}"
        environment = {**os.environ, "GALE_DEMO_DATA": str(self.data), "PYTHONPATH": str(ROOT / "interop/apps"),
                       "VIRTUAL_ENV": sys.prefix, **dict(environment)}
        with self.log.open("wb") as out:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=out, env=environment, cwd=self.directory, start_new_session=True)
        self.path = path

    @classmethod
    def gale(cls, gale, application, lane, workers):
        port = free_port()
        command = [gale, "serve", "--bind", f"127.0.0.1:{port}", "--lane", lane]
        if workers > 1:
            command += ["--workers", str(workers)]
        return cls([*command, application], port)

    def __enter__(self):
        end = time.monotonic() + LIMIT
        while True:
            try:
                requests.get(self.base + self.path, timeout=LIMIT)
                return self
            except requests.ConnectionError:
                if self.process.poll() is not None or time.monotonic() > end:
                    self.__exit__(*sys.exc_info())
                    raise
            time.sleep(0.05)

    def __exit__(self, kind, *_):
        """Stops the server, which must end by itself and well."""
        status = None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT if kind is None else signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = self.process.wait(20)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if kind or status:
            print(self.text[-6000:], file=sys.stderr)
        self.scratch.cleanup()
        if kind is None:
            equal(status, 0, "exit status of the server")

    @property
    def text(self):
        return self.log.read_text(errors="replace")

    def session(self):
        session = requests.Session()
        session.trust_env = False
        return session


def run(*command, status=0, **more):
    """Runs a client; its output, standard error included."""
    result = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, timeout=LIMIT, **more)
    text = result.stdout.decode(errors="replace")
    if status is not None:
        assert result.returncode == status, f"{command[0]} ended with {result.returncode}: {text[-1500:]}"
    return text


def curl(*arguments):
    """What curl prints, as bytes; a status of 400 or more is an answer as any other."""
    result = subprocess.run(["curl", "-sS", "--noproxy", "*", "--max-time", str(LIMIT), *map(str, arguments)],
                            stdin=subprocess.DEVNULL, capture_output=True)
    assert result.returncode == 0, f"curl {' '.join(map(str, arguments))}: {result.stderr.decode()}"
    return result.stdout


# Django and its admin


def submit(session, answer, field, files=None, **values):
    """Sends the form that has `field`, its hidden and filled-in fields included."""
    form = next(form for form in Page(answer.text).forms if field in form["fields"])
    fields = {**form["fields"], **values}
    return session.post(requests.compat.urljoin(answer.url, form["action"]), fields, files=files,
                        headers={"Referer": answer.url}, timeout=LIMIT)


@case("django_demo.wsgi", troubles=["DisallowedHost"])
def django(site):
    """The admin: sign in by its form, add, change, search, act on and delete objects; files, tokens, conditions."""
    session = site.session()
    admin = f"{site.base}/admin/"
    answer = session.get(admin)
    has(answer.url, "/admin/login/?next=/admin/")
    has(submit(session, answer, "username", username="admin", password="no").text, "Please enter the correct")
    answer = submit(session, answer, "username", username="admin", password="gale")
    equal((answer.url, [step.status_code for step in answer.history]), (admin, [302]), "after the login")
    has(answer.text, "Behind the counter")

    answer = session.get(f"{admin}library/author/add/")
    answer = submit(session, answer, "name", name="Hélène Σ", born="1901", country="Ελλάδα", _continue="1")
    has(answer.text, "was added successfully")
    change = answer.url
    number = re.search(r"/author/(\d+)/change/", change)[1]
    answer = submit(session, session.get(change), "name", name="Hélène S", died="1988")
    has(answer.text, "was changed successfully")
    answer = session.get(f"{admin}library/author/", params={"q": "Hélène"})
    has(answer.text, "1988")
    has(answer.text, "1 author")

    answer = session.get(f"{admin}library/book/add/")
    book = {"title": "Wind & <Weather>", "slug": "wind-weather", "author": number, "year": "1955", "genre": "novel",
            "about": "x" * 20_000, "copies": "3"}
    answer = submit(session, answer, "title", **book)
    has(answer.text, "Wind &amp; &lt;Weather&gt;")
    has(session.get(f"{site.base}/books/wind-weather/").text, "x" * 20_000)
    found = session.get(f"{admin}autocomplete/", params={
        "term": "Hél", "app_label": "library", "model_name": "book", "field_name": "author"}).json()
    equal([row["id"] for row in found["results"]], [number], "what the admin's completion finds")
    books = session.get(f"{admin}library/book/", params={"q": "Weather"})
    pk = re.search(r'name="_selected_action" value="(\d+)"', books.text)[1]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', books.text)[1]
    answer = session.post(f"{admin}library/book/", {
        "csrfmiddlewaretoken": token, "action": "buy_another", "_selected_action": pk, "index": "0"},
        headers={"Referer": books.url})
    has(answer.text, "1 more on the shelf.")
    has(session.get(f"{admin}library/book/{pk}/change/").text, 'value="4"')
    answer = session.get(f"{admin}library/author/{number}/delete/")
    has(answer.text, "would require deleting")
    answer = session.get(f"{admin}library/book/{pk}/delete/")
    has(submit(session, answer, "post").text, "was deleted successfully")
    answer = session.get(f"{admin}library/author/{number}/delete/")
    has(submit(session, answer, "post").text, "was deleted successfully")
    has(session.get(f"{admin}library/author/{number}/history/").text, "Perhaps it was deleted")

    refused = session.post(f"{admin}library/author/add/", {"name": "nobody"})
    equal(refused.status_code, 403, "status without a token")
    has(refused.text, "CSRF")
    refused = session.post(f"{admin}library/author/add/", {"csrfmiddlewaretoken": token, "name": "nobody"},
                           headers={"Origin": "http://elsewhere.example"})
    equal(refused.status_code, 403, "status with another site's Origin")
    sheet = session.get(f"{site.base}/static/admin/css/base.css")
    equal((sheet.status_code, sheet.headers["Content-Type"]), (200, "text/css"), "a static file")
    equal(len(sheet.content), int(sheet.headers["Content-Length"]), "its length")
    again = session.get(sheet.url, headers={"If-Modified-Since": sheet.headers["Last-Modified"]})
    equal((again.status_code, again.content), (304, b""), "a static file that is known")
    for link in Page(session.get(admin).text).embedded:
        equal(session.get(requests.compat.urljoin(admin, link)).status_code, 200, link)
    equal(session.get(f"{site.base}/static/../settings.py").status_code, 404, "status above the static files")
    equal(session.get(admin, headers={"Host": "elsewhere.example"}).status_code, 400, "status for a wrong host")
    form = next(form for form in Page(session.get(admin).text).forms if "logout" in form["action"])
    answer = session.post(f"{admin}logout/", form["fields"], headers={"Referer": admin})
    has(answer.text, "Logged out")
    has(session.get(admin).url, "/admin/login/")

    def visit(_):
        with site.session() as other:
            answer = other.get(f"{admin}login/")
            submit(other, answer, "username", username="admin", password="gale")
            return other.get(f"{admin}library/book/").text.count('class="field-author')

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(visit, range(4)))
    assert counts[0] > 5 and len(set(counts)) == 1, f"books that four people saw at the same time: {counts}"


@case("flask_demo:app", troubles=["this page fails on purpose"])
def flask(site):
    """Forms and files in both directions, sessions, streams, ranges, errors."""
    session = site.session()
    for number in [1, 2]:
        has(session.get(f"{site.base}/session").text, f'<strong id="visits">{number}</strong>')
    answer = session.post(f"{site.base}/session", {"name": "Grüße"})
    equal([step.status_code for step in answer.history], [303], "the redirect")
    has(answer.text, "Hello, Grüße.")
    picture = png(64, 64)
    answer = session.post(f"{site.base}/sign", {"author": "Ann", "message": "<b>☂</b>"},
                          files={"file": ("kite é.png", picture, "image/png")})
    has(answer.text, "&lt;b&gt;☂&lt;/b&gt;")
    has(answer.text, hashlib.sha256(picture).hexdigest())
    equal(session.get(f"{answer.url}/file").content, picture, "the picture")
    large = secrets.token_bytes((5 << 20) + 3)
    answer = session.post(f"{site.base}/sign", {"author": "Ann", "message": "5 MB"}, files={"file": ("x.bin", large)})
    back = session.get(f"{answer.url}/file", headers={"Range": "bytes=-1000"})
    equal((back.status_code, back.content), (206, large[-1000:]), "the end of the file")
    assert session.get(f"{answer.url}/file").content == large, "the file came back different"
    sample = session.get(f"{site.base}/download")
    assert sample.content == SAMPLE, "the download differs"
    equal(session.get(sample.url, headers={"If-None-Match": sample.headers["ETag"]}).status_code, 304, "status")
    equal(session.get(sample.url, headers={"Range": "bytes=9999999-"}).status_code, 416, "status")
    head = session.head(sample.url)
    equal((head.content, head.headers["Content-Length"]), (b"", str(len(SAMPLE))), "the answer to HEAD")
    start, pieces = time.monotonic(), []
    with session.get(f"{site.base}/stream", stream=True) as answer:
        for piece in answer.iter_content(None):
            pieces.append((time.monotonic() - start, piece))
    has(b"".join(piece for _, piece in pieces).decode(), "That was all.")
    text = spread(pieces, 6)
    equal(session.get(f"{site.base}/error").status_code, 500, "status of a view that raises")
    equal(session.get(f"{site.base}/nowhere").status_code, 404, "status of a page that is none")
    equal(session.post(f"{site.base}/api/entries").status_code, 405, "status of the wrong method")
    equal(session.options(f"{site.base}/sign").headers["Allow"].count("POST"), 1, "POST in Allow")
    return text


# pypiserver: twine and pip


def wheel(directory, name, version, payload):
    """A wheel with one module and one large file."""
    path = directory / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"__version__ = {version!r}\n".encode(),
        f"{name}/data.bin": payload,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: A weathercock\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: check\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{place},sha256={base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b'=').decode()},{len(body)}\n"
        for place, body in files.items()) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(path, "w") as archive:
        for place, body in [*files.items(), (f"{info}/RECORD", record.encode())]:
            archive.writestr(place, body)
    return path


@case("pypi_site:app")
def pypiserver(site):
    """Uploads by twine, refused and accepted; installation by pip, which checks the hashes."""
    payload = secrets.token_bytes(4 << 20)
    files = [wheel(site.directory, "weathercock", "1.0", payload), wheel(site.directory, "weathercock", "1.1", payload)]
    twine = [sys.executable, "-m", "twine", "upload", "--non-interactive", "--disable-progress-bar",
             "--repository-url", f"{site.base}/"]
    environment = {**os.environ, "HOME": str(site.directory), "PIP_CONFIG_FILE": os.devnull, "NO_PROXY": "*"}
    has(run(*twine, "-u", "gale", "-p", "rain", files[0], status=1, env=environment), "403")
    run(*twine, "-u", "gale", "-p", "wind", *files, env=environment)
    has(run(*twine, "--verbose", "-u", "gale", "-p", "wind", files[0], status=1, env=environment), "already exists")
    session = site.session()
    index = session.get(f"{site.base}/simple/weathercock/")
    equal(index.text.count("weathercock-1."), 4, "links and names in the index")
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--no-cache-dir",
           "--index-url", f"{site.base}/simple/", "--target"]
    run(*pip, site.directory / "one", "weathercock", env=environment)
    has((site.directory / "one/weathercock/__init__.py").read_text(), "1.1")
    assert (site.directory / "one/weathercock/data.bin").read_bytes() == payload, "the file came back different"
    run(*pip, site.directory / "two", "weathercock==1.0", env=environment)
    has((site.directory / "two/weathercock/__init__.py").read_text(), "1.0")
    has(run(*pip, site.directory / "three", "nosuchcock", status=1, env=environment), "No matching distribution")
    package = session.get(f"{site.base}/packages/{files[0].name}")
    equal(hashlib.sha256(package.content).digest(), hashlib.sha256(files[0].read_bytes()).digest(), "the hash")
    removed = session.post(f"{site.base}/", {":action": "remove_pkg", "name": "weathercock", "version": "1.0"},
                           auth=("gale", "wind"))
    equal(removed.status_code, 200, "status of a removal")
    equal(session.get(f"{site.base}/simple/weathercock/").text.count("weathercock-1.0"), 0, "the removed one")


# Radicale: caldav


@case("radicale_site:application")
def radicale(site):
    """Calendars made, filled, searched, changed, synchronised and deleted by the caldav library."""

    def client(password="wind"):
        return caldav.DAVClient(f"{site.base}/", username="gale", password=password)

    try:
        client("rain").principal().calendars()
        raise AssertionError("a wrong password is accepted")
    except caldav.lib.error.AuthorizationError:
        pass
    principal = client().principal()
    calendar = principal.make_calendar("Wetter ☂", cal_id="weather")
    noon = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
    storm = calendar.save_event(dtstart=noon, dtend=noon + timedelta(hours=2), summary="Sturm & Drang",
                                description="<é>" * 5000)
    calendar.save_event(dtstart=noon + timedelta(days=1), dtend=noon + timedelta(days=1, hours=1), summary="Daily",
                        rrule={"FREQ": "DAILY", "COUNT": 5})
    calendar.save_todo(summary="Close the windows", due=noon)
    equal(sorted(str(event.icalendar_component["summary"]) for event in calendar.events()),
          ["Daily", "Sturm & Drang"], "events")
    found = calendar.search(start=noon - timedelta(hours=1), end=noon + timedelta(hours=3), event=True)
    equal([str(event.icalendar_component["summary"]) for event in found], ["Sturm & Drang"], "events of the day")
    equal(str(found[0].icalendar_component["description"]), "<é>" * 5000, "a long description")
    days = calendar.search(start=noon + timedelta(hours=47), end=noon + timedelta(hours=74), event=True, expand=True)
    equal(len(days), 2, "days of a repeated event")
    equal([str(todo.icalendar_component["summary"]) for todo in calendar.todos()], ["Close the windows"], "to do")
    token = calendar.objects_by_sync_token(load_objects=False)
    storm.icalendar_component["summary"] = "Flaute"
    storm.save()
    changed = calendar.objects_by_sync_token(token.sync_token, load_objects=True)
    equal([str(item.icalendar_component["summary"]) for item in changed], ["Flaute"], "what has changed")

    def put(number):
        day = noon + timedelta(days=100 + number)
        mine = client().principal().calendar(cal_id="weather")
        return mine.save_event(dtstart=day, dtend=day + timedelta(hours=1), summary=f"Event {number}").url

    with ThreadPoolExecutor(4) as pool:
        equal(len(set(pool.map(put, range(12)))), 12, "events of four clients at a time")
    equal(len(calendar.events()), 14, "events")
    storm.delete()
    try:
        storm.load()
        raise AssertionError("a deleted event is there")
    except caldav.lib.error.NotFoundError:
        pass
    equal(len(calendar.events()), 13, "events after a deletion")
    book = requests.request("PROPFIND", f"{site.base}/gale/", auth=("gale", "wind"), headers={"Depth": "1"})
    equal(book.status_code, 207, "status of PROPFIND")
    calendar.delete()
    equal(principal.calendars(), [], "calendars")


# WsgiDAV: litmus


def litmus(base, directory):
    """The verdict of each test."""
    directory.mkdir()
    text = run("litmus", "-k", f"{base}/", "gale", "wind", status=None, cwd=directory)
    verdicts, suite = {}, ""
    for line in re.split(r"[\r\n]+", text):
        if named := re.match(r"-> running `(\w+)'", line):
            suite = named[1]
        elif told := re.search(r"(\d+)\. (\w+)\.* (pass|FAIL|SKIPPED)[^.]*$", line):
            verdicts[f"{suite} {told[1]} {told[2]}"] = told[3]
    equal({name.split()[0] for name in verdicts}, {"basic", "copymove", "props", "locks", "http"}, "suites")
    return verdicts


@case("webdav_site:app", workers=1)
def wsgidav(site):
    """All of litmus, and what fails with cheroot too, for which WsgiDAV was written, is the application's."""
    port = free_port()
    with Site([sys.executable, ROOT / "interop/apps/webdav_site.py", port], port) as reference:
        theirs = litmus(reference.base, reference.directory / "litmus")
    ours = litmus(site.base, site.directory / "litmus")
    equal(list(ours), list(theirs), "tests")
    worse = [name for name in theirs if theirs[name] == "pass" and ours[name] != "pass"]
    assert not worse, f"pass with cheroot, and not here: {worse}"
    content = secrets.token_bytes(3 << 20)
    (site.directory / "big").write_bytes(content)
    user = ["-u", "gale:wind", "--digest"]
    # curl's first request announces a chunked body that never comes when it expects to be asked for the digest.
    for number, options in enumerate([user, ["-u", "gale:wind", "-H", "Transfer-Encoding: chunked"]]):
        curl(*options, "-T", site.directory / "big", f"{site.base}/big{number}")
        assert curl(*user, f"{site.base}/big{number}") == content, "the file came back different"
    part = curl(*user, "-r", "100-199", f"{site.base}/big0")
    equal(part, content[100:200], "a part of the file")
    listed = curl(*user, "-X", "PROPFIND", "-H", "Depth: 1", f"{site.base}/").decode()
    has(listed, "<ns0:getcontentlength>3145728<" if "ns0:" in listed else "getcontentlength>3145728<")
    passed = sum(verdict == "pass" for verdict in ours.values())
    return f"{passed} of {len(ours)} tests pass (with cheroot {sum(one == 'pass' for one in theirs.values())})"


# Mercurial's hgweb: hg


@case("hgweb_site:application")
def hgweb(site):
    """Clone, push and pull by hg, with files of some megabytes; archives and pages."""
    environment = {**os.environ, "HGRCPATH": os.devnull, "HGUSER": "Ann <ann@example.org>", "HGPLAIN": "1"}

    def hg(*arguments, status=0):
        return run("hg", *arguments, status=status, env=environment)

    served = site.data / "repositories/storm"
    hg("init", served)
    first, second, url = site.directory / "first", site.directory / "second", f"{site.base}/storm"
    hg("clone", url, first)
    content = secrets.token_bytes(6 << 20)
    (first / "large.bin").write_bytes(content)
    for number in range(60):
        (first / f"file{number}").write_text(f"{number}\n" * 50)
    hg("-R", first, "commit", "-A", "-q", "-m", "A large file é")
    hg("-R", first, "push", url)
    hg("-R", served, "verify", "-q")
    hg("clone", url, second)
    assert (second / "large.bin").read_bytes() == content, "the file came back different"
    (second / "large.bin").write_bytes(content[::-1])
    hg("-R", second, "commit", "-q", "-m", "Backwards")
    hg("-R", second, "bookmark", "gale")
    hg("-R", second, "push", "-B", "gale", url)
    hg("-R", first, "pull", "-u", "-B", "gale", url)
    assert (first / "large.bin").read_bytes() == content[::-1], "the change came back different"
    has(hg("identify", "--id", url), hg("-R", first, "identify", "--id").strip()[:12])
    has(hg("-R", first, "push", url, status=1), "no changes found")
    hg("clone", "--stream", url, site.directory / "third")
    hg("-R", site.directory / "third", "verify", "-q")
    session = site.session()
    archive = session.get(f"{url}/archive/tip.tar.gz").content
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        name = next(name for name in members.getnames() if name.endswith("/large.bin"))
        assert members.extractfile(name).read() == content[::-1], "the archive's file differs"
    has(session.get(f"{url}/log").text, "Backwards")
    equal(session.get(f"{url}/raw-file/tip/file7").content, b"7\n" * 50, "a file")
    answer = session.get(f"{url}/static/style-paper.css")
    equal(answer.status_code, 200, "status of the style sheet")
    equal(session.get(f"{site.base}/nothing").status_code, 404, "status of a repository that is none")


# httpbin: requests and curl


@case("httpbin_site:app")
def httpbin(site):
    """Methods, codings, redirects, cookies, authentication, ranges, streams and chunked bodies."""
    session, base = site.session(), site.base
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"]:
        got = session.request(method, f"{base}/{method.lower()}", params={"q": "ä b"}).json()
        equal(got["args"], {"q": "ä b"}, method)
        got = session.request(method, f"{base}/anything/a%2Fb", data=b"\0\xff" * 10).json()
        equal((got["method"], got["data"]), (method, "data:application/octet-stream;base64,"
                                             + base64.b64encode(b"\0\xff" * 10).decode()), "what came of a body")
    equal(session.head(f"{base}/get").content, b"", "body of HEAD")
    has(session.options(f"{base}/get").headers["Allow"], "OPTIONS")
    got = session.post(f"{base}/post", json={"wind": [1, 2.5, None]}, headers={"X-Twice": "é".encode("latin-1")}).json()
    equal(got["json"], {"wind": [1, 2.5, None]}, "JSON")
    equal(got["headers"]["X-Twice"], "é", "a header that is not ASCII")
    got = session.post(f"{base}/post", {"a": ["1", "2"]}, files={"f": ("ü.txt", b"file")}).json()
    equal((got["form"], got["files"]), ({"a": ["1", "2"]}, {"f": "file"}), "a form with a file")
    for status in [200, 201, 204, 206, 304, 400, 404, 405, 410, 418, 429, 500, 502, 503]:
        equal(session.get(f"{base}/status/{status}").status_code, status, "status")
    authenticate(session, base)
    codings(session, base)
    wander(session, base)
    stream(session, base)
    upload(session, base, site.directory)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: requests.get(f"{base}/anything/{number}").json()["url"], range(64)))
    equal(answers, [f"{base}/anything/{number}" for number in range(64)], "64 answers")


def authenticate(session, base):
    for path in ["basic-auth", "hidden-basic-auth"]:
        equal(session.get(f"{base}/{path}/gale/wïnd", auth=("gale", "wïnd".encode())).status_code, 200, path)
        equal(session.get(f"{base}/{path}/gale/wind", auth=("gale", "x")).status_code,
              401 if path == "basic-auth" else 404, path)
    equal(session.get(f"{base}/bearer", headers={"Authorization": "Bearer x"}).json()["token"], "x", "token")
    for algorithm in ["MD5", "SHA-256", "SHA-512"]:
        url = f"{base}/digest-auth/auth/gale/wind/{algorithm}"
        with requests.Session() as other:
            equal(other.get(url, auth=HTTPDigestAuth("gale", "wind")).status_code, 200, algorithm)
            equal(other.get(url, auth=HTTPDigestAuth("gale", "x")).status_code, 401, algorithm)
    out = curl("--digest", "-u", "gale:wind", "-c", os.devnull, f"{base}/digest-auth/auth-int/gale/wind")
    equal(json.loads(out)["authenticated"], True, "digest with auth-int")


def codings(session, base):
    for coding in ["gzip", "deflate", "brotli"]:
        answer = session.get(f"{base}/{coding}")
        equal(answer.headers["Content-Encoding"], {"brotli": "br"}.get(coding, coding), "coding")
        equal(answer.json()["brotli" if coding == "brotli" else {"gzip": "gzipped"}.get(coding, "deflated")], True, coding)
    with session.get(f"{base}/gzip", stream=True) as answer:
        equal(json.loads(gzip.decompress(answer.raw.read(decode_content=False)))["gzipped"], True, "raw gzip")
    equal(json.loads(curl("--compressed", f"{base}/gzip"))["gzipped"], True, "curl's gzip")
    for kind in ["png", "jpeg", "webp", "svg"]:
        equal(session.get(f"{base}/image/{kind}").headers["Content-Type"].split("+")[0], f"image/{kind}", "type")
    has(session.get(f"{base}/encoding/utf8").text, "∮ E⋅da = Q")
    equal(session.get(f"{base}/base64/R2FsZQ==").text, "Gale", "base64")
    etag = session.get(f"{base}/etag/wind", headers={"If-None-Match": '"wind"'})
    equal((etag.status_code, etag.content), (304, b""), "a known ETag")
    equal(session.get(f"{base}/etag/wind", headers={"If-Match": '"rain"'}).status_code, 412, "an ETag that is not")
    equal(session.get(f"{base}/cache", headers={"If-Modified-Since": "x"}).status_code, 304, "cache")
    answer = session.get(f"{base}/response-headers", params=[("X-Two", "a"), ("X-Two", "b"), ("Server", "mine")])
    equal((answer.headers["X-Two"], answer.headers["Server"]), ("a, b", "mine"), "headers that were asked for")


def wander(session, base):
    for path in ["redirect/5", "relative-redirect/5", "absolute-redirect/5"]:
        answer = session.get(f"{base}/{path}")
        equal((len(answer.history), answer.url), (5, f"{base}/get"), path)
    answer = session.post(f"{base}/redirect-to", {"a": "1"}, params={"url": "/post", "status_code": "307"})
    equal(answer.json()["form"], {"a": "1"}, "what a 307 carries")
    session.get(f"{base}/cookies/set", params={"one": "1", "two": "b c"})
    equal(session.get(f"{base}/cookies").json()["cookies"], {"one": "1", "two": "b c"}, "cookies")
    session.get(f"{base}/cookies/delete", params={"one": ""})
    equal(session.get(f"{base}/cookies").json()["cookies"], {"two": "b c"}, "cookies after a deletion")


def stream(session, base):
    with session.get(f"{base}/stream/50", stream=True) as answer:
        equal([json.loads(line)["id"] for line in answer.iter_lines()], list(range(50)), "lines")
    equal(len(session.get(f"{base}/stream-bytes/100000?seed=1&chunk_size=777").content), 100_000, "streamed bytes")
    equal(session.get(f"{base}/stream-bytes/5000?seed=7").content, session.get(f"{base}/bytes/5000?seed=7").content,
          "the same bytes, streamed and not")
    start, pieces = time.monotonic(), []
    with session.get(f"{base}/drip", params={"numbytes": 8, "duration": 1.2, "delay": 0.2}, stream=True) as answer:
        for piece in answer.iter_content(1):
            pieces.append((time.monotonic() - start, piece))
    spread(pieces, 3)
    equal(len(pieces), 8, "drops")
    whole = session.get(f"{base}/range/3000").content
    for given, wanted in [("0-9", whole[:10]), ("2990-", whole[2990:]), ("-5", whole[-5:])]:
        answer = session.get(f"{base}/range/3000", headers={"Range": f"bytes={given}"})
        equal((answer.status_code, answer.content), (206, wanted), given)
    equal(session.get(f"{base}/range/3000", headers={"Range": "bytes=4000-"}).status_code, 416, "status")
    equal(curl("-r", "10-19", f"{base}/range/3000"), whole[10:20], "curl's range")
    # Half of an answer and then gone: the next one is none the worse.
    with session.get(f"{base}/stream-bytes/102400?chunk_size=64", stream=True) as answer:
        next(answer.iter_content(10))
    equal(session.get(f"{base}/get").status_code, 200, "status after an answer that was left")


def upload(session, base, directory):
    def pieces():
        for number in range(300):
            yield b"%07d\n" % number * 100

    wanted = b"".join(pieces()).decode()
    assert session.post(f"{base}/post", data=pieces()).json()["data"] == wanted, "a chunked body differs"
    (directory / "body").write_text(wanted)
    file = f"@{directory}/body"
    for options in [["-H", "Transfer-Encoding: chunked"], ["-H", "Expect: 100-continue"], ["--http1.0"],
                    ["--http2-prior-knowledge"], ["--http2-prior-knowledge", "-H", "Content-Length:", "-T", "-"]]:
        if "-T" in options:
            with (directory / "body").open("rb") as body:
                out = subprocess.run(["curl", "-sS", *options, "-X", "PUT", f"{base}/put"], stdin=body,
                                     capture_output=True, check=True, timeout=LIMIT).stdout
        else:
            out = curl(*options, "-H", "Content-Type: text/plain", "--data-binary", file, f"{base}/post")
        got = json.loads(out)["data"]
        assert got == wanted, f"curl {options}: {len(got)} characters of {len(wanted)}, or others"


def main():
    # What runs in the background of a script ignores it, and so would the servers.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gale", type=lambda text: Path(text).resolve())
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="cases whose names begin so")
    options = parser.parse_args()
    missing = [name for name in ["curl", "hg", "litmus"] if not shutil.which(name)]
    if missing:
        sys.exit(f"missing: {', '.join(missing)}; interop/gale/bootstrap.sh installs them")
    # Clients in this process and in others: none asks a proxy.
    os.environ["no_proxy"] = "*"
    chosen = {name: what for name, what in CASES.items() if name.startswith(tuple(options.only or [""]))}
    if not chosen:
        parser.error(f"no such case; there are {', '.join(CASES)}")
    with ThreadPoolExecutor(2) as pool:
        failures = sum(pool.map(lambda item: not attempt(options.gale, *item), chosen.items()))
    print(f"{len(chosen) - failures} passed, {failures} failed")
    return 1 if failures else 0


PRINTING = threading.Lock()


def attempt(gale, name, what):
    """Runs a case; whether it passed."""
    function, application, lane, workers, troubles = what
    start = time.monotonic()
    try:
        with Site.gale(gale, application, lane, workers) as site:
            text, verdict = function(site) or function.__doc__.splitlines()[0], "ok"
            for found in TROUBLE.finditer(site.text):
                around = site.text[found.start():][:6000]
                assert any(re.search(trouble, around) for trouble in troubles), f"in the log: {around[:1500]}"
    except Exception as error:
        steps = traceback.extract_tb(error.__traceback__)
        line = [step.lineno for step in steps if step.filename == __file__][-1]
        text, verdict = f"line {line}: {type(error).__name__}: {error}", "FAILED"
    with PRINTING:
        print(f"{verdict:6} {name} ({time.monotonic() - start:.1f} s): {text}", flush=True)
    return verdict == "ok"


if __name__ == "__main__":
    sys.exit(main())
