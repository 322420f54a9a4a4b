#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Installs what `make dist` has packed as its users do: `check_wheel.py [DIST] [--only NAME]... [--offline]`.

The wheel goes into clean virtual environments, of /usr/bin/python3 and of every other Python of its minor version that
pyenv has, with Flask and packages with C code; the server runs there, without Swift and without this repository. Other
versions must refuse it. The archive is unpacked and run elsewhere than it was made. Loopback only, but pip fetches Flask
(--offline takes the packages of .build/venv instead).
"""

import argparse
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "interop/gale"))
from with_server import free_port  # noqa: E402

LIMIT = 120  # Seconds; only what hangs reaches it.
APP = '''
import json, os, signal, sqlite3, ssl, sys, threading, time
import gale, lxml.etree, markupsafe
from flask import Flask, request

app = Flask(__name__)


@app.route("/")
def index():
    return {
        "pid": os.getpid(), "prefix": sys.prefix, "executable": sys.executable, "version": sys.version.split()[0],
        "argv": sys.argv, "path": sys.path[0], "here": __file__,
        "speedups": markupsafe._escape_inner.__module__, "xml": lxml.etree.fromstring("<a>é</a>").text,
        "openssl": ssl.OPENSSL_VERSION, "context": len(ssl.create_default_context().get_ciphers()) > 0,
        "sqlite": sqlite3.connect(":memory:").execute("select 40 + 2").fetchone()[0],
        "multiprocess": request.environ["wsgi.multiprocess"], "multithread": request.environ["wsgi.multithread"],
        "main": threading.current_thread() is threading.main_thread(), "software": request.environ["SERVER_SOFTWARE"],
        "gale": [gale.RequestTimeout.__name__, getattr(gale, "__version__", None)],
    }


@app.post("/length")
def length():
    return str(len(request.get_data()))


@app.route("/threads")
def threads():
    """Threads of Python, with values of their own that have finalizers."""
    done, local = [], threading.local()

    class Value:
        def __del__(self):
            done.append(threading.get_ident())

    def work():
        local.value = Value()
        time.sleep(0.01)

    started = [threading.Thread(target=work) for _ in range(8)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return str(len(done))
'''
CHECKS = []
FAILURES = []


class Failed(Exception):
    pass


def equal(got, wanted, what):
    if got != wanted:
        raise Failed(f"{what}: {got!r}, not {wanted!r}")


def has(text, part):
    if part not in text:
        raise Failed(f"{part!r} is not in {text[-1500:]!r}")


def environment(**more):
    """Neither Swift nor anything of this repository, nor a locale: Python chooses one and changes its environment."""
    kept = {name: os.environ[name] for name in ["HOME", "PIP_INDEX_URL", "PIP_CONFIG_FILE"] if name in os.environ}
    return {**kept, "PATH": "/usr/bin:/bin", **more}


def run(*command, status=0, **more):
    result = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, timeout=LIMIT, env=environment(**more))
    text = result.stdout.decode(errors="replace")
    if status is not None:
        equal(result.returncode, status, f"status of {' '.join(map(str, command))} ({text[-1500:]})")
    return text


class Server:
    """`gale serve`, started by a command, in a directory with APP."""

    def __init__(self, command, *options, directory, count=1, **more):
        self.port, self.count = free_port(), count
        (directory / "app.py").write_text(APP)
        self.log = directory / "log"
        words = [*command, "serve", "--bind", f"127.0.0.1:{self.port}", *options, "app:app"]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=out, cwd=directory, env=environment(**more), start_new_session=True)

    def __enter__(self):
        self.wait("an answer", lambda: self.ask("/") is not None)
        if self.count > 1:
            self.wait("all workers", lambda: self.text.count(" serves") >= self.count)
        return self

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        if self.process.poll() is None:
            self.process.kill()
        status = self.process.wait()
        if kind:
            print(self.text[-3000:], file=sys.stderr)
        elif status != 0:
            raise Failed(f"status {status} after SIGTERM: {self.text[-1500:]}")

    @property
    def text(self):
        return self.log.read_text(errors="replace")

    def wait(self, what, condition):
        end = time.monotonic() + LIMIT
        while not condition():
            if self.process.poll() is not None or time.monotonic() > end:
                self.process.kill()
                raise Failed(f"{what}: not there. {self.text[-3000:]}")
            time.sleep(0.05)

    def ask(self, path, body=None):
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            with contextlib.closing(connection):
                connection.request("POST" if body else "GET", path, body)
                return connection.getresponse().read().decode()

    def facts(self):
        return json.loads(self.ask("/"))


class Environment:
    """A clean virtual environment with the wheel."""

    def __init__(self, python, wheel, scratch, offline):
        self.python = python
        self.path = scratch / f"venv-{python.replace('/', '-').strip('-')}"
        run(python, "-m", "venv", self.path)
        pip = [self.path / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        run(*pip, "--no-index", wheel)
        if offline:
            source = next((ROOT / ".build/venv/lib").glob("python3.*/site-packages"))
            target = next((self.path / "lib").glob("python3.*/site-packages"))
            (target / "offline.pth").write_text(f"{source}\n")
        else:
            pins = re.findall(r"^(?:Flask)==\S+$", (ROOT / "interop/requirements.txt").read_text(), re.MULTILINE)
            run(*pip, *pins, "lxml")
        self.work = scratch / "work"
        self.work.mkdir(exist_ok=True)

    def __getattr__(self, name):
        return self.path / "bin" / name


def check(function):
    CHECKS.append(function)
    return function


@check
def version(venv, wheel):
    """`gale --version` and `python -m gale --version` say the wheel's version."""
    wanted = f"gale {wheel.name.split('-')[1]}\n"
    equal(run(venv.path / "bin/gale", "--version"), wanted, "version")
    equal(run(venv.path / "bin/python", "-m", "gale", "--version"), wanted, "version of the module")
    equal("gale " + run(venv.path / "bin/python", "-c", "import gale; print(gale.__version__)"), wanted, "version attribute")
    has(run(venv.path / "bin/gale", "serve", status=2), "name an application")
    equal(run(venv.path / "bin/gale", "serve", "--nonsense", "app:app", status=2).count("\n"), 1, "lines of a complaint")


@check
def workers(venv, wheel):
    """Two workers serve Flask in this very interpreter, and are replaced without Swift being there."""
    command = [venv.path / "bin/gale"]
    with Server(command, "--workers", "2", "--lane", "threads", directory=venv.work, count=2) as server:
        facts = server.facts()
        equal(facts["prefix"], str(venv.path), "prefix")
        equal(Path(facts["executable"]).parent, venv.path / "bin", "executable")
        equal(facts["version"], run(venv.python, "-c", "import sys; print(sys.version.split()[0])").strip(), "version")
        equal(facts["openssl"], run(venv.python, "-c", "import ssl; print(ssl.OPENSSL_VERSION)").strip(), "OpenSSL")
        equal(facts["speedups"], "markupsafe._speedups", "where escaping is done")
        equal(facts["gale"], ["RequestTimeout", wheel.name.split("-")[1]], "the module gale")
        equal((facts["xml"], facts["sqlite"], facts["context"]), ("é", 42, True), "C code")
        equal((facts["multiprocess"], facts["multithread"], facts["main"]), (True, True, False), "flags")
        equal((facts["argv"], facts["path"]), (["gale"], str(venv.work)), "arguments and path")
        equal(server.ask("/length", b"x" * 3_000_000), "3000000", "a body")
        for _ in range(5):
            equal(server.ask("/threads"), "8", "finalizers of threads")
        before = {server.facts()["pid"] for _ in range(30)}
        equal(len(before), 2, "workers that answer")
        server.process.send_signal(signal.SIGHUP)
        server.wait("new workers", lambda: "All workers are new" in server.text)
        if before & {server.facts()["pid"] for _ in range(30)}:
            raise Failed("an old worker answers")


@check
def inline(venv, wheel):
    """`python -m gale`, called by a relative path, serves on Python's main thread from another directory."""
    here = venv.work / "elsewhere"
    here.mkdir(exist_ok=True)
    link = venv.work / "environment"
    link.unlink(missing_ok=True)
    link.symlink_to(venv.path)
    command = ["environment/bin/python", "-m", "gale"]
    with Server(command, "--workers", "2", "--lane", "inline", directory=venv.work, count=2) as server:
        facts = server.facts()
        equal((facts["main"], facts["multithread"]), (True, False), "where Python runs")
        equal(facts["prefix"].replace(str(link), str(venv.path)), str(venv.path), "prefix")
        server.process.send_signal(signal.SIGHUP)
        server.wait("new workers", lambda: "All workers are new" in server.text)
    (here / "app.py").write_text(APP)
    with Server(command, "--chdir", "elsewhere", directory=venv.work) as server:
        equal(server.facts()["here"], str(here / "app.py"), "the application's file")


PROGRAM = '''
import asyncio, gale, threading

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        raise RuntimeError("none")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(threading.active_count()).encode()})

async def main():
    async with gale.Server(app, port=0) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.0\\r\\n\\r\\n")
        return (await reader.read()).rpartition(b"\\r\\n")[2]

print(asyncio.run(main()), gale.run(main()), gale.__version__)
'''


@check
def program(venv, wheel):
    """A program serves inside of its own asyncio loop, and of Gale's."""
    (venv.work / "program.py").write_text(PROGRAM)
    wanted = f"b'1' b'1' {wheel.name.split('-')[1]}\n"
    equal(run(venv.path / "bin/python", venv.work / "program.py"), wanted, "what the program prints")


@check
def signals(venv, wheel):
    """Ctrl-C ends it with status 0; the output of an application that does not start names the reason."""
    server = Server([venv.path / "bin/gale"], directory=venv.work)
    server.wait("an answer", lambda: server.ask("/") is not None)
    server.process.send_signal(signal.SIGINT)
    equal(server.process.wait(20), 0, "status after SIGINT")
    has(run(venv.path / "bin/gale", "serve", "no_such_module:app", status=1), "no_such_module")
    has(run(venv.path / "bin/gale", "serve", "--venv", ROOT / ".build/venv", "app:app", status=1), "install gale there")


def versions():
    """The versions of Python that pyenv has."""
    return sorted({str(path) for path in Path.home().glob(".pyenv/versions/3.*/bin/python3")}, key=minor)


def minor(python):
    said = subprocess.run([python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True)
    return tuple(map(int, said.stdout.split())) if said.returncode == 0 else ()


def refused(python, wheel, venv, scratch):
    """Another minor version refuses the wheel, and says what is wrong when it finds it all the same."""
    tag = "{}{}".format(*minor(python))
    own = scratch / f"other-{tag}"
    run(python, "-m", "venv", own)
    has(run(own / "bin/python", "-m", "pip", "install", "--disable-pip-version-check", "--no-index", wheel, status=1),
        "is not a supported wheel on this platform")
    packages = next((venv.path / "lib").glob("python3.*/site-packages"))
    text = run(own / "bin/python", "-m", "gale", "serve", "app:app", status=1, PYTHONPATH=str(packages))
    has(text, "this installation is for cpython-")
    has(text, f"install the wheel for cpython-{tag}")
    equal(text.count("\n"), 1, "lines")


def archive(path, scratch, venv):
    """The archive runs where it is unpacked."""
    with tarfile.open(path) as packed:
        packed.extractall(scratch / "unpacked")
    top = next((scratch / "unpacked").iterdir())
    for name in ["LICENSE", "README.md", "docs/guide/packaging.md", "licences/OpenSSL.txt"]:
        if not (top / name).exists():
            raise Failed(f"{name} is missing")
    gale = top / "bin/gale"
    equal(run(gale, "--version"), f"gale {top.name.split('-')[1]}\n", "version")
    foreign = [line for line in run("ldd", gale).splitlines() if "not found" in line or "ssl" in line]
    equal(foreign, [], "libraries")
    with Server([gale], "--workers", "2", "--venv", venv.path, directory=venv.work, count=2) as server:
        equal(server.facts()["speedups"], "markupsafe._speedups", "where escaping is done")
    with Server([gale], "--lane", "threads", directory=venv.work, VIRTUAL_ENV=str(venv.path)) as server:
        equal(server.facts()["prefix"], str(venv.path), "prefix")


def attempt(name, function, *arguments):
    start = time.monotonic()
    try:
        function(*arguments)
        verdict, text = "ok", function.__doc__
    except (Failed, OSError, subprocess.TimeoutExpired, json.JSONDecodeError) as error:
        verdict, text = "FAILED", error
        FAILURES.append(name)
    print(f"{verdict:6} {name} ({time.monotonic() - start:.1f} s): {text}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dist", nargs="?", type=Path, default=ROOT / ".build/dist")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="checks whose names begin so")
    parser.add_argument("--offline", action="store_true")
    options = parser.parse_args()
    wheel = next(options.dist.glob("gale-*.whl"), None)
    if not wheel:
        sys.exit(f"{options.dist} holds no wheel: make dist")
    wheel = wheel.resolve()
    tag = wheel.name.split("-")[2].removeprefix("cp")
    own = (int(tag[0]), int(tag[1:]))
    everywhere = ["/usr/bin/python3", *versions()]
    mine = [python for python in everywhere if minor(python) == own]
    others = [python for python in everywhere if minor(python) not in ((), own) and minor(python) >= (3, 8)]
    others.sort(key=lambda python: abs(minor(python)[1] - own[1]))
    done = 0
    with tempfile.TemporaryDirectory(prefix="gale-wheel-") as directory:
        scratch = Path(os.path.realpath(directory))
        environments = []
        for python in mine:
            venv = Environment(python, wheel, scratch, options.offline)
            environments.append(venv)
            for function in CHECKS:
                name = f"{function.__name__}-{run(python, '-V').split()[1]}"
                if name.startswith(tuple(options.only or [""])):
                    attempt(name, function, venv, wheel)
                    done += 1
        more = [("refused-{}.{}".format(*minor(python)), refused, python, wheel, environments[0], scratch)
                for python in others[:2]]
        packed = next(options.dist.glob("gale-*.tar.gz"), None)
        if packed:
            more.append(("archive", archive, packed, scratch, environments[0]))
        for name, function, *arguments in more:
            if name.startswith(tuple(options.only or [""])):
                attempt(name, function, *arguments)
                done += 1
    print(f"{done - len(FAILURES)} passed, {len(FAILURES)} failed")
    return 1 if FAILURES or not done else 0


if __name__ == "__main__":
    sys.exit(main())
