#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Drives `gale serve` from outside: `check_serve.py GALE [CHECK...]`. Loopback only.

What can be written on the command line, in the environment and in gale.toml, and what comes of it: applications and
files side by side, settings and their origins, complaints, code that is replaced while the server runs, and commands
that move a site over from gunicorn. Each check has a server, or several, of its own.
"""

import contextlib
import gzip
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "interop/gale"))
from with_server import free_port, stopped  # noqa: E402

APP = '''
import json, os, sys, threading
NAME = __name__

def app(environ, start_response):
    keys = ["SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "REMOTE_ADDR", "wsgi.url_scheme", "wsgi.multithread",
            "wsgi.multiprocess", "HTTP_HOST"]
    body = {key: environ.get(key) for key in keys}
    body.update(name=NAME, pid=os.getpid(), directory=os.getcwd(), color=os.environ.get("COLOR"),
                thread=threading.current_thread() is threading.main_thread(),
                headers={key: value for key, value in environ.items() if key.startswith("HTTP_")})
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]

def make():
    return app

text = "not callable"
'''
CHECKS = []


class Failed(Exception):
    pass


def check(function):
    CHECKS.append(function)
    return function


def demand(condition, text):
    if not condition:
        raise Failed(text)


def same(actual, expected, what=""):
    demand(actual == expected, f"{what}: {actual!r} instead of {expected!r}")


class Answer:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body
        self.text = body.decode(errors="replace")

    @property
    def json(self):
        demand(self.status == 200, f"{self.status} {self.text[:200]!r}")
        return json.loads(self.text)


class Place:
    """A directory with applications in it."""

    def __init__(self, **files):
        self.scratch = tempfile.TemporaryDirectory(prefix="gale-")
        self.directory = Path(self.scratch.name).resolve()
        for name in ["shop", "api", "root"]:
            self.write(f"{name}.py", APP)
        for name, text in files.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.scratch.cleanup()


class Server:
    """A server in a directory, which has ended when the block ends."""

    def __init__(self, gale, place, *options, environment=(), command="serve", bind=True, cwd=None, access_log=False):
        self.place, self.port = place, free_port()
        self.log = place.directory / f"log-{self.port}"
        line = [gale, command, *([] if access_log else ["--no-access-log"]),
                *(["--bind", f"127.0.0.1:{self.port}"] if bind else []), *options]
        self.environment = clean_environment(environment)
        with self.log.open("wb") as out:
            self.process = subprocess.Popen([str(part) for part in line], stdout=out, stderr=out,
                                            cwd=cwd or place.directory, env=self.environment)
        workers = int(options[options.index("--workers") + 1]) if "--workers" in options else 0
        self.wait("it serves", lambda: self.text.count(" serves") >= workers if workers else "Listening" in self.text)

    @property
    def text(self):
        return self.log.read_text(errors="replace")

    def wait(self, what, condition, seconds=40):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if result := condition():
                return result
            if self.process.poll() is not None:
                raise Failed(f"the server ended with {self.process.returncode}: {self.text[-2000:]}")
            time.sleep(0.02)
        raise Failed(f"not within {seconds} s: {what}\n{self.text[-2000:]}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        has_stopped = stopped(self.process)
        if kind or not has_stopped:
            print(self.text[-3000:], file=sys.stderr)
        demand(kind or has_stopped, "it did not stop")

    def ask(self, path="/", host=None, headers=(), method="GET", body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers={**({"Host": host} if host else {}), **dict(headers)})
            response = connection.getresponse()
            return Answer(response, response.read())
        finally:
            connection.close()

    def raw(self, data, timeout=10):
        """Everything that comes back for some bytes, until the server closes or says nothing for a while."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            connection.sendall(data)
            received = b""
            with contextlib.suppress(TimeoutError):
                while piece := connection.recv(65536):
                    received += piece
            return received


def clean_environment(more=()):
    """The environment without what would have a say here."""
    kept = {key: value for key, value in os.environ.items()
            if not key.startswith("GALE_") and key not in ("WEB_CONCURRENCY", "VIRTUAL_ENV")}
    return {**kept, **dict(more)}


def run(gale, place, *arguments, environment=(), expect=None):
    """What a command says, which is expected to end by itself."""
    done = subprocess.run([str(part) for part in [gale, *arguments]], cwd=place.directory, timeout=60,
                          env=clean_environment(environment), capture_output=True, text=True)
    if expect is not None:
        demand(done.returncode == expect, f"{arguments}: status {done.returncode} instead of {expect}: "
                                          f"{done.stdout[-500:]}{done.stderr[-800:]}")
    return done


# Applications and files

@check
def mounts(gale):
    """Applications by path and by host, each in its own lane; the longest path of the most exact host wins."""
    with Place() as place, Server(
            gale, place, "--mount", "/shop=shop:app,lane=threads,threads=2", "--mount", "/shop/api=api:make()",
            "--mount", "api.example.com/=api:app", "--mount", "*.example.com/=shop:app", "root:app") as server:
        for host, path, name, script, info in [
            (None, "/", "root", "", "/"), (None, "/shopping/cart", "root", "", "/shopping/cart"),
            (None, "/shop", "shop", "/shop", ""), (None, "/shop/", "shop", "/shop", "/"),
            (None, "/shop/a%20b?x=1", "shop", "/shop", "/a b"), (None, "/sh%6fp/x", "shop", "/shop", "/x"),
            (None, "/shop%2Fx", "root", "", "/shop/x"), (None, "/shop/api/v1", "api", "/shop/api", "/v1"),
            (None, "/shop/apis", "shop", "/shop", "/apis"), ("api.example.com", "/x", "api", "", "/x"),
            ("API.Example.com:8000", "/shop", "api", "", "/shop"), ("api.example.com.", "/", "api", "", "/"),
            ("www.example.com", "/y", "shop", "", "/y"), ("a.b.example.com", "/", "shop", "", "/"),
            ("example.com", "/", "root", "", "/"), ("badexample.com", "/", "root", "", "/"),
        ]:
            answer = server.ask(path, host).json
            same((answer["name"], answer["SCRIPT_NAME"], answer["PATH_INFO"]), (name, script, info), f"{host}{path}")
            same(answer["wsgi.multithread"], path.startswith("/sh") and name == "shop" and host is None, "lane")
        demand("at /shop on CPython" in server.text and "threads(2)" in server.text, "the log does not say what is where")
    with Place() as place, Server(gale, place, "--mount", "/shop=shop:app") as server:
        same(server.ask("/").status, 404, "where nothing is")
        same(server.ask("/shop").json["name"], "shop")
    return "by path and by host, inline and in threads"


@check
def several_inline(gale):
    """Two applications in the lane inline answer requests that come in one packet."""
    with Place() as place, Server(gale, place, "--mount", "/a=shop:app", "--mount", "/b=api:app") as server:
        request = "".join(f"GET /{'ab'[number % 2]}/{number} HTTP/1.1\r\nHost: a\r\n\r\n" for number in range(39))
        request += "GET /a/last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        answers = server.raw(request.encode()).decode()
        names = re.findall(r'"name": "(\w+)"', answers)
        same(names, (["shop", "api"] * 20)[:39] + ["shop"], "the order of the answers")
    return "40 requests, in order"


@check
def mount_errors(gale):
    with Place(**{"broken.py": "import nothing_like_it\napp = 1\n"}) as place:
        for options, status, words in [
            (["--mount", "/shop=shop:app", "--mount", "/b=broken:app"], 1, ["mount /b:", "nothing_like_it"]),
            (["--mount", "/a=missing:app", "root:app"], 1, ["mount /a:", "no module named missing"]),
            (["--mount", "shop=shop:app"], 2, ["/path=app"]),
            (["--mount", "/shop"], 2, ["/path=app"]),
            (["--mount", "/=shop:app", "root:app"], 2, ["cannot both be at /"]),
            (["--mount", "/a=shop:app", "--mount", "/a/=api:app"], 2, ["something at /a already"]),
            (["--mount", "/a=shop:app", "--static", "/a=."], 2, ["something at /a already"]),
            (["--mount", "/a=shop:app,thread=3"], 2, ["thread", "did you mean threads?"]),
            (["--mount", "/a=shop:app,threads=many"], 2, ["threads takes a whole number"]),
            (["--mount", "exa mple.com/=shop:app"], 2, ["no host"]),
            (["--mount", "/a/../b=shop:app"], 2, ['".."']),
            (["--mount", "/a=1shop:app"], 2, ["mount /a:", "module:attribute"]),
            (["--static", "/a=nowhere", "shop:app"], 1, ["static /a:", "no directory nowhere"]),
        ]:
            done = run(gale, place, "serve", "--bind", "127.0.0.1:0", *options, expect=status)
            for word in words:
                demand(word in done.stderr.splitlines()[-1], f"{options}: {done.stderr[-300:]}")
    return "13 complaints"


@check
def static_files(gale):
    """Files beside an application: compressed ones, none from outside, no hidden ones."""
    script = b"let x = 1;\n" * 200
    with Place(**{"public/app.js": script, "public/index.html": "<p>home", "secret.txt": "secret",
                  "public/.env": "SECRET=1", "public/sub/page.html": "page",
                  "public/.well-known/security.txt": "contact"}) as place:
        time.sleep(0.02)
        place.write("public/app.js.gz", gzip.compress(script))
        place.write("public/app.js.br", b"not really brotli")
        (place.directory / "public/link").symlink_to(place.directory / "secret.txt")
        with Server(gale, place, "--static", "/static=public,expires=60,index=index.html", "root:app") as server:
            plain = server.ask("/static/app.js")
            same((plain.status, plain.body, plain.headers["Content-Encoding"]), (200, script, None), "plain")
            same(plain.headers["Vary"], "Accept-Encoding", "Vary")
            same(plain.headers["Cache-Control"], "max-age=60", "Cache-Control")
            packed = server.ask("/static/app.js", headers={"Accept-Encoding": "gzip"})
            same((packed.headers["Content-Encoding"], gzip.decompress(packed.body)), ("gzip", script), "gzip")
            same(packed.headers["Content-Type"], plain.headers["Content-Type"], "the type")
            demand(packed.headers["Etag"] != plain.headers["Etag"], "one entity tag for two contents")
            best = server.ask("/static/app.js", headers={"Accept-Encoding": "gzip, br"})
            same(best.headers["Content-Encoding"], "br", "brotli comes first")
            again = server.ask("/static/app.js", headers={"Accept-Encoding": "gzip",
                                                          "If-None-Match": packed.headers["Etag"]})
            same(again.status, 304, "not modified")
            same(server.ask("/static/").text, "<p>home", "the index")
            moved = server.ask("/static")
            same((moved.status, moved.headers["Location"]), (301, "/static/"), "the place itself")
            same(server.ask("/static/.well-known/security.txt").text, "contact")
            for path in ["/static/../secret.txt", "/static/%2e%2e/secret.txt", "/static/..%2fsecret.txt",
                         "/static/link", "/static/.env", "/static/sub/../.env", "/static/none", "/static//etc/passwd"]:
                answer = server.ask(path)
                demand(answer.status in (403, 404) and "secret" not in answer.text.lower().replace("secret.txt", ""),
                       f"{path}: {answer.status} {answer.text[:80]!r}")
            same(server.ask("/static/app.js", method="POST").status, 405, "POST")
            same(server.ask("/elsewhere").json["name"], "root")
        place.write("public/app.js", script + b"changed")
        with Server(gale, place, "--static", "/=public") as server:
            stale = server.ask("/app.js", headers={"Accept-Encoding": "gzip"})
            same(stale.headers["Content-Encoding"], None, "a compressed file that is older than its file")
    return "compressed, conditional, contained"


# Settings

@check
def environment(gale):
    """GALE_… variables, what the application finds in its environment, and where modules are found."""
    with Place(**{"lib/deep.py": APP, "vars": "# comment\nexport COLOR='blue'\n\nOTHER=1\n"}) as place:
        with Server(gale, place, environment={"GALE_LANE": "threads", "GALE_APP": "deep:app",
                                              "GALE_PYTHONPATH": str(place.directory / "lib"),
                                              "GALE_ENV_FILE": "vars"}.items()) as server:
            answer = server.ask().json
            same((answer["name"], answer["wsgi.multithread"], answer["color"]), ("deep", True, "blue"))
        with Server(gale, place, "--env", "COLOR=red", "--env-file", "vars", "--lane", "inline", "shop:app",
                    environment={"GALE_LANE": "threads", "GALE_APP": "api:app"}.items()) as server:
            answer = server.ask().json
            same((answer["name"], answer["wsgi.multithread"], answer["color"]), ("shop", False, "red"))
    return "read, and overruled by the command line"


@check
def relative_directory(gale):
    """--chdir with a relative path works with workers and when they are replaced."""
    with Place(**{"site/shop.py": APP}) as place:
        with Server(gale, place, "--workers", "1", "--chdir", "site", "shop:app") as server:
            before = server.ask().json
            same(before["directory"], str(place.directory / "site"))
            server.process.send_signal(signal.SIGHUP)
            server.wait("another worker", lambda: "All workers are new" in server.text)
            after = server.wait("another process", lambda: (answer := server.ask().json)["pid"] != before["pid"] and answer)
            same(after["directory"], before["directory"])
    return "in the first worker and in the next"


@check
def complaints(gale):
    """One line and a status for what people type wrong."""
    with Place(**{"broken.py": "def f(:\n", "raising.py": "1 / 0\n"}) as place, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        cases = [
            (["missing:app"], 1, ["no module named missing"]),
            (["shop.more:app"], 1, ["no module named shop.more", "shop"]),
            (["shop.app"], 1, ["no module named shop.app", "did you mean shop:app?"]),
            (["shop.py:nothing"], 1, ["shop.py has no attribute nothing"]),
            (["missing.py"], 1, ["no module named missing on", "nor is there a file missing.py"]),
            (["site/missing.py:app"], 1, ["there is no file site/missing.py"]),
            (["./broken.py:app"], 1, ["importing ./broken.py failed", "SyntaxError"]),
            (["missing.app"], 1, ["no module named missing on"]),
            (["shop:nothing"], 1, ["shop has no attribute nothing"]),
            (["shop:text"], 1, ["cannot be called"]),
            (["broken:app"], 1, ["importing broken failed", "SyntaxError"]),
            (["raising:app"], 1, ["importing raising failed", "ZeroDivisionError"]),
            (["shop:app", "--bind", f"127.0.0.1:{port}"], 1, [str(port), "in use"]),
            (["shop:app", "--bind", "here:there"], 2, ["is no address"]),
            (["shop:app", "--bind", "::1:80"], 2, ["brackets"]),
            (["shop:app", "--lane", "fast"], 2, ["fast"]),
            (["shop:app", "--threads", "0"], 2, ["--threads takes a whole number from 1 to 1024"]),
            (["shop:app", "--no-such-option"], 2, ["--no-such-option"]),
            (["shop:app", "extra"], 2, ["extra"]),
            (["shop:app", "--venv", "nowhere"], 1, ["nowhere"]),
            (["shop:app", "--chdir", "nowhere"], 1, ["nowhere"]),
            (["shop:app", "--user", "nobody-by-that-name"], 1, ["no user"]),
            (["shop:app", "--max-requests", "5"], 2, ["needs --workers"]),
            (["shop:app", "--certfile", "none.pem"], 1, ["none.pem"]),
            (["shop:app", "--keyfile", "none.pem"], 2, ["needs --certfile"]),
            (["shop:app", "--env", "NOVALUE"], 2, ["NAME=VALUE"]),
            (["shop app"], 2, ["module:attribute"]),
            ([], 2, ["nothing to serve"]),
        ]
        for options, status, words in cases:
            done = run(gale, place, "serve", *(["--bind", "127.0.0.1:0"] if "--bind" not in options else []), *options,
                       expect=status)
            line = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ""
            for word in words:
                demand(word in line, f"{options}: {done.stderr[-400:]!r}")
        done = run(gale, place, "serve", "shop:app", environment={"GALE_THREADS": "many"}, expect=2)
        demand("GALE_THREADS takes a whole number" in done.stderr, done.stderr)
        with Server(gale, place, "shop:app", environment={"GALE_THREAD": "3"}.items()) as server:
            demand("GALE_THREAD is no setting; did you mean GALE_THREADS?" in server.text, "no warning about a variable")
        if os.getuid() == 0 and int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) > 1:
            place.directory.chmod(0o755)
            done = subprocess.run([gale, "serve", "--bind", "127.0.0.1:1", "shop:app"], cwd=place.directory, timeout=60,
                                  env=clean_environment(), capture_output=True, text=True, user=65534)
            demand(done.returncode == 1 and "ports below 1024 need root" in done.stderr, done.stderr)
    return f"{len(cases) + 3} of them"


@check
def files_by_path(gale):
    """An application is named by the path of its file: with what lies beside it, mounted, reloaded, WSGI and ASGI."""
    web = "from helper import WORD\ndef app(environ, start_response):\n    start_response('200 OK', [])\n" \
          "    return [('%s ' + WORD + ' ' + __name__).encode()]\n"
    asgi = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"asgi " + scope["path"].encode()})
"""
    files = {"site/web.py": web % "site", "site/helper.py": "WORD = 'one'\n", "other/web.py": web % "other",
             "other/my-asgi.py": asgi, "mysite/__init__.py": "", "mysite/wsgi.py": APP.replace("def app", "def application")}
    with Place(**files) as place:
        with Server(gale, place, "--mount", "/other=other/web.py:app,lane=threads", "--reload",
                    "site/web.py") as server:
            same(server.ask("/").text, "site one web")
            same(server.ask("/other/x").text, "other one web_2")
            place.write("site/helper.py", "WORD = 'two'\n")
            server.wait("the new word", lambda: server.ask("/").text == "site two web")
            same(server.ask("/other/x").text, "other two web_2")
        with Server(gale, place, "--mount", "/a=other/my-asgi.py", "./shop.py:make()") as server:
            same(server.ask("/a/x").text, "asgi /a/x")
            same(server.ask("/").json["name"], "shop")
        with Server(gale, place, "--workers", "1", "mysite.wsgi") as server:
            same(server.ask("/").json["name"], "mysite.wsgi", "a module stays a module")
        done = run(gale, place, "check", str(place.directory / "site/web.py"))
        demand("ok      application" in done.stdout, done.stdout)
        place.write("gale.toml", 'app = "web.py:app"\nchdir = "site"\n')
        with Server(gale, place) as server:
            same(server.ask("/").text.split()[0], "site")
    return "one with its helper, two of a name, a mount, --reload, gale.toml, ASGI"


# gale.toml

TOML = """
# What the shop needs.
bind = ["127.0.0.1:{port}"]
lane = "threads"
threads = 3
access-log = false

[[mount]]
path = "/shop"
app = "shop:app"

[[mount]]
host = "*.example.com"
path = "/"
app = "api:make()"
lane = "inline"

[[static]]
path = "/static"
directory = "public"
expires = 30

[env]
COLOR = "green"
"""


@check
def configuration_file(gale):
    """./gale.toml and --config, and who overrules whom."""
    with Place(**{"public/a.txt": "file"}) as place:
        port = free_port()
        place.write("gale.toml", TOML.replace("{port}", str(port)))
        with Server(gale, place, bind=False) as server:
            server.port = port
            answer = server.ask("/shop/x").json
            same((answer["name"], answer["wsgi.multithread"], answer["color"]), ("shop", True, "green"))
            same(server.ask("/", "www.example.com").json["wsgi.multithread"], False, "the lane of one application")
            same(server.ask("/static/a.txt").headers["Cache-Control"], "max-age=30")
            same(server.ask("/").status, 404)
            demand("threads(3)" in server.text, "the threads of the file")
        with Server(gale, place, "--env", "COLOR=red", "root:app", environment={"GALE_THREADS": "2"}.items()) as server:
            answer = server.ask("/").json
            same((answer["name"], answer["color"]), ("root", "red"), "the command line beside the file")
            same(server.ask("/shop").json["name"], "shop")
            demand("threads(2)" in server.text, "the environment overrules the file")
        (place.directory / "gale.toml").rename(place.directory / "other.toml")
        for options, more in [(["--config", "other.toml"], {}), ([], {"GALE_CONFIG": "other.toml"})]:
            with Server(gale, place, *options, environment=more.items()) as server:
                same(server.ask("/shop").json["name"], "shop", "--config")
        with Server(gale, place, "--config", "other.toml", "--workers", "1", "--chdir", str(place.directory)) as server:
            same(server.ask("/shop").json["name"], "shop", "a worker reads it, too")
    return "found, named and overruled"


@check
def file_errors(gale):
    with Place() as place:
        for text, words in [
            ("threads = 3\nthread = 4\n", ["gale.toml:2: thread is no setting; did you mean threads?"]),
            ("threads = 3\nthreads = 4\n", ["gale.toml:2: threads is there already, on line 1"]),
            ("threads = \"many\"\n", ["gale.toml:1: threads takes a whole number from 1 to 1024"]),
            ("threads = 4.5\n", ["gale.toml:1: threads takes a whole number"]),
            ("access-log = 1\n", ["gale.toml:1: access-log takes a text"]),
            ("bind = [8000]\n", ["gale.toml:1: bind has a whole number in its list"]),
            ("lane = \"thread\"\n", ["gale.toml:1: lane takes inline"]),
            ("venv = 1979-05-27\n", ["gale.toml:1: venv is a time"]),
            ("threads = \n", ["gale.toml:1: a value is missing"]),
            ("app = shop:app\n", ["gale.toml:1: shop:app is no value; texts stand in quotes"]),
            ("\n[mounts]\npath = \"/\"\n", ["gale.toml:2: there is no table mounts; did you mean mount?"]),
            ("[mount]\npath = \"/\"\n", ["gale.toml:1: mount is a table: write [[mount]]"]),
            ("[[mount]]\npath = \"/a\"\n", ["gale.toml:1: [[mount]]: app is missing"]),
            ("[[mount]]\napp = \"shop:app\"\nthread = 1\n", ["gale.toml:3: thread is no setting; did you mean threads?"]),
            ("[[mount]]\napp = \"shop:app\"\npath = \"a\"\n", ["gale.toml:3: path is no place"]),
            ("[[static]]\npath = \"/a\"\n", ["gale.toml:1: [[static]]: directory is missing"]),
            ("[env]\nA = []\n", ["gale.toml:2: env.A is a list"]),
            (b"app = \"\xff\"\n", ["cannot read gale.toml: it is not UTF-8"]),
        ]:
            place.write("gale.toml", text)
            done = run(gale, place, "check", expect=2)
            for word in words:
                demand(word in done.stderr, f"{text!r}: {done.stderr!r}")
        done = run(gale, place, "serve", "--config", "nowhere.toml", "shop:app", expect=2)
        demand("cannot read nowhere.toml: No such file" in done.stderr, done.stderr)
    return "19 complaints, with their lines"


@check
def printed_configuration(gale):
    """--print-config says who said what, and can be read back."""
    with Place(**{"public/a.txt": "file"}) as place:
        place.write("gale.toml", TOML.replace("{port}", "8000"))
        first = run(gale, place, "serve", "--print-config", "--keep-alive", "5", "--mount", "/more=root:app,threads=7",
                    "--env", 'ODD=a "b" \\\n', environment={"GALE_TIMEOUT": "9"}.items(), expect=0).stdout
        for line in ["keep-alive = 5  # command line", "timeout = 9  # GALE_TIMEOUT", "threads = 3  # gale.toml:5",
                     "graceful-timeout = 30  # default", "# pid is not set", "[[mount]]", 'app = "api:make()"', "[env]"]:
            demand(line in first, f"{line!r} is missing in\n{first}")
        (place.directory / "gale.toml").unlink()
        place.write("again.toml", first)
        second = run(gale, place, "serve", "--print-config", "--config", "again.toml", expect=0).stdout
        bare = [re.sub(r"  # .*", "", text) for text in (first, second)]
        same(bare[1], bare[0], "read back")
        try:
            import tomllib
        except ImportError:
            return "with origins; not compared, there is no tomllib"
        parsed = tomllib.loads(first)
        same((parsed["keep-alive"], parsed["env"]["ODD"], len(parsed["mount"])), (5, 'a "b" \\\n', 3), "for Python")
        every = set(re.findall(r"^(?:# )?([a-z0-9-]+)(?: =| is not set)", first.split("[[")[0], re.M))
        help_text = run(gale, place, "serve", "--help", expect=0).stdout
        options = set(re.findall(r"--(?!no-)([a-z0-9-]+)", help_text.split("OVERVIEW")[-1].split("ARGUMENTS")[-1]))
        missing = options - every - {"config", "print-config", "from-gunicorn", "help", "version", "mount", "static", "env",
                                     "reload"} - {name for name in options if name.startswith("max-…")}
        demand(not missing, f"options without a setting: {missing}")
    return "with origins, read back"


@check
def checking(gale):
    """gale check: what is well, what is not, and its status."""
    with Place(**{"public/a.txt": "file", "bad.py": "import shop\nraise ValueError('not today')\n"}) as place:
        place.write("gale.toml", TOML.replace("{port}", "8000"))
        done = run(gale, place, "check", expect=0)
        for words in ["ok      application shop:app at /shop", "ok      application api:make() at *.example.com/",
                      "ok      files public at /static", "ok      Python: 3."]:
            demand(words in done.stdout, f"{words!r}: {done.stdout}")
        done = run(gale, place, "check", "--mount", "/bad=bad:app", "--mount", "/none=none:app", "--static", "/x=nowhere",
                   expect=1)
        for words in ["FAILED  application bad:app at /bad: importing bad failed: ValueError: not today",
                      "Traceback", "FAILED  application none:app at /none: there is no module named none",
                      "FAILED  files nowhere at /x: there is no such directory",
                      "ok      application shop:app at /shop"]:
            demand(words in done.stdout, f"{words!r}: {done.stdout}")
        run(gale, place, "check", "--threads", "0", expect=2)
    return "well, failing and wrong"


# Clients

@check
def client_address(gale):
    """X-Forwarded-…, Forwarded and the PROXY protocol, from those who are trusted only."""
    forwarded = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}

    def client(server, headers, path="/"):
        answer = server.ask(path, "shop.example", headers.items()).json
        same(answer["HTTP_HOST"], "shop.example", "HTTP_HOST")
        return answer["REMOTE_ADDR"], answer["wsgi.url_scheme"]

    with Place() as place:
        for lane in ["inline", "threads"]:
            with Server(gale, place, "--lane", lane, "shop:app") as server:
                same(client(server, forwarded), ("127.0.0.1", "http"), "nobody is trusted")
            with Server(gale, place, "--lane", lane, "--forwarded-allow-ips", "10.0.0.0/8,127.0.0.1", "shop:app") as server:
                same(client(server, forwarded), ("203.0.113.7", "https"), "trusted")
                same(client(server, {"Forwarded": "for=203.0.113.8;proto=https"}), ("127.0.0.1", "http"), "not that header")
        with Server(gale, place, "--forwarded-headers", "forwarded", "--forwarded-prefix", "shop:app",
                    environment={"FORWARDED_ALLOW_IPS": "*"}.items()) as server:
            same(client(server, {"Forwarded": "for=203.0.113.8;proto=https"}), ("203.0.113.8", "https"), "Forwarded")
        with Server(gale, place, "--forwarded-prefix", "--forwarded-allow-ips", "127.0.0.1", "shop:app") as server:
            answer = server.ask("/x", headers={"X-Forwarded-Prefix": "/cut"}.items()).json
            same((answer["SCRIPT_NAME"], answer["PATH_INFO"]), ("/cut", "/x"), "the prefix")
        with Server(gale, place, "--proxy-protocol", "v1", "--proxy-allow-from", "127.0.0.1", "shop:app") as server:
            request = b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\nConnection: close\r\n\r\n"
            head = b"PROXY TCP4 198.51.100.9 127.0.0.1 4711 80\r\n"
            demand(b'"REMOTE_ADDR": "198.51.100.9"' in server.raw(head + request), "the client of the PROXY header")
            demand(b"200 OK" not in server.raw(request), "a connection without the header was served")
        with Server(gale, place, "--proxy-protocol", "auto", "--proxy-allow-from", "10.1.1.1", "shop:app") as server:
            same(client(server, {}), ("127.0.0.1", "http"), "others connect without a header")
        for options, words in [
            (["--forwarded-allow-ips", "proxy"], "--forwarded-allow-ips takes addresses"),
            (["--proxy-protocol", "v2"], "needs --proxy-allow-from"),
            (["--proxy-allow-from", "127.0.0.1"], "needs --proxy-protocol"),
        ]:
            done = run(gale, place, "serve", "shop:app", *options, expect=2)
            demand(words in done.stderr, done.stderr)
    return "trusted, or not"


@check
def header_map(gale):
    """Fields with underscores: dropped, refused or merged."""
    fields = [("X_Auth_User", "admin"), ("X-Other", "1")]
    with Place() as place:
        for lane in ["inline", "threads"]:
            with Server(gale, place, "--lane", lane, "shop:app") as server:
                seen = server.ask(headers=fields).json["headers"]
                same((seen.get("HTTP_X_AUTH_USER"), seen["HTTP_X_OTHER"]), (None, "1"), "dropped")
            with Server(gale, place, "--lane", lane, "--header-map", "refuse", "shop:app") as server:
                same(server.ask(headers=fields).status, 400, "refused")
                same(server.ask(headers=fields[1:]).status, 200, "without one")
            with Server(gale, place, "--lane", lane, "--header-map", "dangerous", "shop:app") as server:
                seen = server.ask(headers=[*fields, ("X-Auth-User", "guest")]).json["headers"]
                same(seen["HTTP_X_AUTH_USER"], "admin,guest", "merged")
    return "as gunicorn does, by default dropped"


# Development

@check
def reload(gale):
    """New code without a restart: connections stay, broken code does not serve, mended code does."""
    code = "from helper import WORD\ndef app(environ, start_response):\n    start_response('200 OK', [])\n" \
           "    return [WORD.encode()]\n"
    for lane in ["inline", "threads"]:
        with Place(**{"site.py": "", "web.py": code, "helper.py": "WORD = 'one'\n", "extra.txt": ""}) as place, \
                Server(gale, place, "--reload", "--lane", lane, "--reload-extra-file", "extra.txt", "web:app") as server:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)

            def ask(accept="*/*"):
                connection.request("GET", "/", headers={"Accept": accept})
                response = connection.getresponse()
                return response.status, response.read().decode()

            same(ask(), (200, "one"))
            socket_before = connection.sock
            place.write("helper.py", "WORD = 'two'\n")
            server.wait("the new word", lambda: ask() == (200, "two"))
            place.write("helper.py", "WORD = 'three\n")
            server.wait("the complaint", lambda: "the old code serves on" in server.text)
            demand("SyntaxError" in server.text, "no reason in the log")
            same(ask("text/html"), (200, "two"), "the old code")
            place.write("helper.py", "WORD = 'four'\n")
            server.wait("the mended word", lambda: ask() == (200, "four"))
            place.write("web.py", code.replace("WORD.encode()", "b'five'"))
            server.wait("the main module", lambda: ask() == (200, "five"))
            place.write("late.py", "WORD = 'six'\n")
            place.write("web.py", code.replace("    return [WORD", "    from late import WORD\n    return [WORD"))
            server.wait("a module that is imported by a request", lambda: ask() == (200, "six"))

            def rewritten(text):
                # Modules that requests import are looked for each second: until then nobody watches the file.
                place.write("late.py", f"{text}  # {time.monotonic()}\n")
                time.sleep(0.5)
                return True

            server.wait("its new word", lambda: rewritten("WORD = 'seven'") and ask() == (200, "seven"))
            complaints = server.text.count("the old code serves on")
            place.write("late.py", "WORD = (\n")
            server.wait("the complaint", lambda: server.text.count("the old code serves on") > complaints)
            same(ask(), (200, "seven"), "the old code, though only a request imports what is broken")
            place.write("late.py", "WORD = 'eight'\n")
            server.wait("the mended late word", lambda: ask() == (200, "eight"))
            before = server.text.count("The new code serves")
            place.write("extra.txt", "more")
            server.wait("the extra file", lambda: server.text.count("The new code serves") > before)
            demand(connection.sock is socket_before, "the connection was not kept")
            connection.close()
    with Place(**{"web.py": "import nothing_like_it\n"}) as place, Server(gale, place, "--reload", "web:app") as server:
        answer = server.ask(headers={"Accept": "text/html"}.items())
        same((answer.status, "nothing_like_it" in answer.text), (500, False), "no traceback without --debug")
        place.write("web.py", code.replace("from helper import WORD", "WORD = 'late'"))
        server.wait("the mended application", lambda: server.ask().text == "late")
    return "in both lanes; broken, mended, and broken from the start"


@check
def workers_and_their_file(gale):
    """New code and a new gale.toml with workers: nothing is restarted for the one, SIGHUP is enough for the other."""
    code = "import os\nWORD = 'one'\ndef app(environ, start_response):\n    start_response('200 OK', [])\n" \
           "    return [(WORD + os.environ['COLOR']).encode()]\n"
    toml = 'app = "web:app"\nworkers = 2\nreload = true\n[env]\nCOLOR = "red"\n'
    with Place(**{"web.py": code, "gale.toml": toml}) as place, Server(gale, place) as server:
        server.wait("both workers", lambda: server.text.count(" serves") >= 2)
        pids = set(re.findall(r"Worker \d+ \(pid (\d+)\) serves", server.text))
        same(len(pids), 2, "workers")
        same(server.ask().text, "onered")
        place.write("web.py", code.replace("'one'", "'two'"))
        server.wait("both have new code", lambda: server.text.count("The new code serves") >= 2)
        same({server.ask().text for _ in range(20)}, {"twored"}, "answers")
        place.write("gale.toml", toml.replace("red", "blue"))
        server.process.send_signal(signal.SIGHUP)
        server.wait("new workers", lambda: "All workers are new" in server.text)
        server.wait("the new file", lambda: {server.ask().text for _ in range(10)} == {"twoblue"})
        place.write("gale.toml", "oops = 1\n" + toml)
        server.process.send_signal(signal.SIGHUP)
        server.wait("the complaint", lambda: "the old ones go on" in server.text)
        demand("gale.toml:1: oops is no setting" in server.text, "no reason")
        same(server.ask().text, "twoblue", "the old workers")
    return "reloaded, and refused when it is wrong"


@check
def debug(gale):
    """--debug shows tracebacks, but not where others could see them."""
    code = "def app(environ, start_response):\n    path = environ['PATH_INFO']\n    if path == '/raise':\n" \
           "        raise LookupError('<lost>')\n    start_response('200 OK', [])\n    if path == '/later':\n" \
           "        return later()\n    return [b'fine']\n\n" \
           "def later():\n    1 / 0\n    yield b''\n"
    with Place(**{"web.py": code}) as place:
        with Server(gale, place, "--debug", "web:app") as server:
            demand("--debug is on" in server.text, "no warning")
            answer = server.ask("/raise")
            demand(answer.status == 500 and "LookupError: &lt;lost&gt;" in answer.text, answer.text[-600:])
            demand("LookupError" in server.text, "not in the log")
            answer = server.ask("/later")
            demand(answer.status == 500 and "ZeroDivisionError" in answer.text, f"{answer.status} {answer.text[-600:]}")
            same(server.ask("/").text, "fine")
            place.write("web.py", code + "def broken(:\n")
            server.wait("the page", lambda: "SyntaxError" in server.ask("/", headers={"Accept": "text/html"}.items()).text)
            same(server.ask("/").text, "fine", "the old code, for what is no page")
        done = run(gale, place, "serve", "--debug", "--bind", "0.0.0.0:0", "web:app", expect=2)
        demand("--debug-in-public" in done.stderr, done.stderr)
        place.write("web.py", code)
        with Server(gale, place, "web:app") as server:
            answer = server.ask("/raise")
            demand(answer.status == 500 and "LookupError" not in answer.text, "a traceback without --debug")
    return "tracebacks here, none in public"


# From gunicorn

CONF = """
import multiprocessing, os
from pathlib import Path
helper = 5
workers = multiprocessing.cpu_count() * 0 + 3
bind = ["unix:run.sock", "127.0.0.1"]
worker_class = "gthread"
threads = 8
timeout = 90.5
keepalive = 5
max_requests, max_requests_jitter = 1000, 50
raw_env = ["DJANGO_SETTINGS_MODULE=site.settings", "SCRIPT_NAME=/shop"]
accesslog = "-"
errorlog = "/var/log/shop.log"
loglevel = "warning"
pidfile = str(Path("/run") / "shop.pid")
umask = 0o027
preload_app = True
proxy_protocol = True
statsd_host = "localhost:8125"
def post_fork(server, worker):
    pass
class Odd: pass
logconfig_dict = {"version": 1}
"""


@check
def from_gunicorn(gale):
    """A gunicorn.conf.py, and gunicorn's command line, in gale's words."""
    with Place(**{"conf.py": CONF}) as place:
        for arguments in [["serve", "--from-gunicorn", "conf.py", "shop:app"], ["from-gunicorn", "-c", "conf.py", "shop:app"]]:
            text = run(gale, place, *arguments, expect=0).stdout
            for line in ["workers = 3", 'bind = ["unix:run.sock", "127.0.0.1:8000"]', 'lane = "threads"', "threads = 8",
                         "timeout = 91", "keep-alive = 5", "max-requests = 1000", "max-requests-jitter = 50",
                         '"DJANGO_SETTINGS_MODULE" = "site.settings"', 'path = "/shop"', 'app = "shop:app"',
                         'access-log = "-"', 'access-log-format = "combined"', 'error-log = "/var/log/shop.log"', 'log-level = "warning"', 'pid = "/run/shop.pid"', 'umask = "027"',
                         'forwarded-allow-ips = ["127.0.0.1", "::1", "unix"]', 'proxy-protocol = "auto"',
                         'proxy-allow-from = ["127.0.0.1", "::1"]',
                         "#   preload_app: not available: ", 'hooks = "./conf.py"',
                         "#   logconfig_dict: not available: "]:
                demand(line in text, f"{line!r} is missing in\n{text}")
            demand("helper" not in text and "Odd" not in text, "a variable that is no setting")
        place.write("gale.toml", text)
        printed = run(gale, place, "serve", "--print-config", expect=0).stdout
        demand("workers = 3  # gale.toml" in printed, "what is printed cannot be read")
        line = re.search(r"#   (gale serve .*)", text)[1].replace("gale serve", f"{gale} serve --print-config")
        (place.directory / "gale.toml").unlink()
        again = subprocess.run(["sh", "-c", line], cwd=place.directory, capture_output=True, text=True,
                               env=clean_environment())
        demand(again.returncode == 0 and "workers = 3  # command line" in again.stdout, again.stderr)
        text = run(gale, place, "from-gunicorn", "--", "gunicorn", "-w4", "-k", "gevent", "--bind=:80", "--env", "A=b c", "-D",
                   "--no-sendfile", "shop:make()", expect=0).stdout
        for line in ["workers = 4", 'bind = [":80"]', 'lane = "threads"', '"A" = "b c"', "worker_class: different: ",
                     "daemon: not available: ", "--env 'A=b c'", "'shop:make()'"]:
            demand(line in text, f"{line!r} is missing in\n{text}")
        for arguments, words in [(["--worker", "4"], "did you mean --workers?"), (["-w"], "-w lacks its value"),
                                 (["a:b", "c:d"], "one application"), (["-c", "none.py"], "none.py")]:
            done = run(gale, place, "from-gunicorn", *arguments, expect=2)
            demand(words in done.stderr, f"{arguments}: {done.stderr}")
    return "file and command line, there and back"


CONFS = [
    # Files as they are found in deployments: what each must become.
    ("""bind = "0.0.0.0:8000"
workers = 4
worker_class = "sync"
timeout = 120
keepalive = 5
errorlog = "-"
accesslog = "-"
loglevel = "info"
""", ['bind = ["0.0.0.0:8000"]', "workers = 4", 'lane = "inline"', "timeout = 120", "keep-alive = 5", 'access-log = "-"',
      "timeout: different: "]),
    ("""import os
workers = int(os.environ.get("GUNICORN_PROCESSES", "2"))
threads = int(os.environ.get("GUNICORN_THREADS", "4"))
bind = os.environ.get("GUNICORN_BIND", "0.0.0.0:8080")
forwarded_allow_ips = "*"
secure_scheme_headers = {"X-Forwarded-Proto": "https"}
""", ["workers = 2", 'lane = "threads"', "threads = 4", 'bind = ["0.0.0.0:8080"]', 'forwarded-allow-ips = ["*"]',
      "secure_scheme_headers: not available: "]),
    ("""import json, multiprocessing, os
workers_per_core = float(os.getenv("WORKERS_PER_CORE", "1"))
cores = 2
default_web_concurrency = workers_per_core * cores
web_concurrency = max(int(default_web_concurrency), 2)
host, port = "0.0.0.0", "80"
bind = f"{host}:{port}"
worker_tmp_dir = "/dev/shm"
graceful_timeout = int(os.getenv("GRACEFUL_TIMEOUT", "120"))
workers = web_concurrency
log_data = {"workers": workers}
print(json.dumps(log_data))
""", ["workers = 2", 'bind = ["0.0.0.0:80"]', "graceful-timeout = 120", "worker_tmp_dir: not needed: "]),
    ("""wsgi_app = "mysite.wsgi:application"
chdir = "/srv/mysite"
bind = ["unix:/run/gunicorn.sock"]
user = "www-data"
group = "www-data"
certfile = "/etc/ssl/a.pem"
keyfile = "/etc/ssl/a.key"
ca_certs = "/etc/ssl/ca.pem"
import ssl
cert_reqs = ssl.CERT_OPTIONAL
limit_request_line = 0
max_requests = 500
daemon = False
def when_ready(server):
    open("/tmp/app-initialized", "w").close()
def worker_exit(server, worker):
    pass
""", ['app = "mysite.wsgi:application"', 'chdir = "/srv/mysite"', 'bind = ["unix:/run/gunicorn.sock"]', 'user = "www-data"',
      'group = "www-data"', 'certfile = "/etc/ssl/a.pem"', "cert-reqs = 1", "limit-request-line = 16777216",
      "max-requests = 500", 'forwarded-allow-ips = ["127.0.0.1", "::1", "unix"]', '/./gunicorn.conf.py"']),
    ("def pre_fork(server, worker): pass\ndef post_fork(server, worker): pass\n",
     ['hooks = "./gunicorn.conf.py"', "pre_fork: not available: "]),
    ("""worker_class = "uvicorn.workers.UvicornWorker"
workers = 2
statsd_host = "localhost:8125"
logger_class = "mysite.logs.Logger"
raw_env = "A=1"
""", ["workers = 2", "worker_class: not needed: ", 'statsd = "localhost:8125"', 'statsd-prefix = "gunicorn"', "logger_class: not available: "]),
]


@check
def gunicorn_files(gale):
    """Files as people have them, and every option that the guide lists."""
    for text, lines in CONFS:
        with Place(**{"gunicorn.conf.py": text}) as place:
            printed = run(gale, place, "from-gunicorn", *([] if "wsgi_app" in text else ["shop:app"]), expect=0).stdout
            # What the file itself prints comes first.
            for line in lines:
                demand(line in printed, f"{line!r} is missing in\n{printed}")
            place.write("gale.toml", printed[printed.index("# The same on"):])
            run(gale, place, "serve", "--print-config", expect=0)
    guide = (ROOT / "docs/guide/from-gunicorn.md").read_text()
    rows = re.findall(r"^\| (\w+) \| ([^|]*) \| ([^|]+) \|$", guide, re.M)
    flags = [option for _, options, _ in rows for option in options.replace(",", " ").split() if option.startswith("-")]
    demand(len(rows) >= 120 and len(flags) >= 100, f"{len(rows)} rows, {len(flags)} options")
    with Place(**{"none.py": ""}) as place:
        for option in flags:
            done = run(gale, place, "from-gunicorn", "-c", "none.py", option, "1")
            demand("gunicorn has no option" not in done.stderr, f"{option}: {done.stderr}")
    return f"{len(CONFS)} files, {len(flags)} options"


@check
def overview(gale):
    with Place() as place:
        text = run(gale, place, "--help", expect=0).stdout
        for word in ["gale serve", "gale check", "from-gunicorn", "watch", "fetch"]:
            demand(word in text, f"{word} is missing in {text}")
        demand(run(gale, place, "--version", expect=0).stdout.startswith("gale "), "--version")
        same(run(gale, place, "serv", expect=2).stderr.count("\n"), 1, "lines about an unknown command")
    return "gale --help"


def main(checks=CHECKS, usage=__doc__):
    if len(sys.argv) < 2:
        sys.exit(usage)
    gale, wanted = Path(sys.argv[1]).resolve(), sys.argv[2:]
    failures = 0
    chosen = [function for function in checks if not wanted or function.__name__ in wanted]
    for function in chosen:
        start = time.monotonic()
        try:
            text, verdict = function(gale), "ok"
        except (Failed, subprocess.TimeoutExpired, OSError, http.client.HTTPException) as error:
            text, verdict = f"{type(error).__name__} {error}", "FAILED"
            failures += 1
        print(f"{verdict:6} {function.__name__} ({time.monotonic() - start:.1f} s): {text}", flush=True)
    print(f"{len(chosen) - failures} passed, {failures} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
