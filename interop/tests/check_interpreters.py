#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Drives `gale serve --interpreters` from outside: `check_interpreters.py GALE [CHECK...]`. Loopback only.

What a gale can do that embeds CPython 3.12 or later, which knows interpreters with locks of their own; one that embeds
an older Python has to refuse, and then only that and the settings are looked at.
"""

import concurrent.futures
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from check_serve import ROOT, Place, Server, demand, main, run, same

ISOLATED = (ROOT / "interop/apps/isolated.py").read_text()
CHECKS = []
# Some builds lack the first.
EXTENSIONS = ["_testsinglephase", "_testcapi", "readline", "_curses", "_ctypes", "_datetime"]


def version(gale):
    """The Python that is embedded: (3, 12)."""
    with Place() as place:
        text = run(gale, place, "check", "shop:app", expect=0).stdout
    return tuple(map(int, re.search(r"Python: (\d+)\.(\d+)", text).groups()))


def check(function=None, *, older=None):
    """A check for both kinds of Python, or with `older` for one of them."""
    def register(function):
        CHECKS.append((function, older))
        return function

    return register(function) if function else register


def site(**files):
    return Place(**{"isolated.py": ISOLATED, **files})


def meeting(server, place, seconds=30):
    """What two requests say that want to meet while neither gives its interpreter's lock away."""
    file = place.write(f"marks-{time.monotonic_ns()}", bytes(2))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        paths = [f"/meet?file={file}&own={own}&s={seconds}" for own in range(2)]
        return [answer.text.strip() for answer in pool.map(server.ask, paths)]


def seen(server, both, count=200):
    """The interpreters that answer, as process and thread with what they said last."""
    found = {}
    for _ in range(count):
        facts = server.ask("/").json
        found[facts["pid"], facts["thread"]] = facts
        if len(found) == both:
            break
    return found


def refused_extension(server):
    """An extension module that this Python has and does not import into other interpreters."""
    for name in EXTENSIONS:
        answer = server.ask(f"/import?name={name}").text
        if "does not support loading in subinterpreters" in answer:
            return name
    return None


@check(older=True)
def refusal(gale):
    """An older Python says what it is, and what there is instead, before it does anything."""
    with site() as place:
        for command in ["serve", "check"]:
            done = run(gale, place, command, "--interpreters", "3", "isolated:app", expect=2)
            words = r"gale: --interpreters needs CPython 3\.12 or later, and this gale embeds CPython 3\.\d+\.\d+: --workers 3 "
            demand(re.search(words, done.stderr), done.stderr)
            same(len(done.stderr.strip().splitlines()), 1, done.stderr)
        run(gale, place, "serve", "--interpreters", "2", "--workers", "2", "isolated:app", expect=2)
        run(gale, place, "serve", "--mount", "/a=isolated:app,interpreters=2", "shop:app", expect=2)
    return "status 2"


@check
def settings(gale):
    """What excludes what, who counts for more, and how it is printed."""
    with site(**{"pyproject.toml": ""}) as place:
        for options, words in [
            (["--interpreters", "2", "--lane", "threads"], "--interpreters cannot be had together with lane"),
            (["--interpreters", "2", "--threads", "2"], "--interpreters cannot be had together with threads"),
            (["--interpreters", "2", "--reload"], "--interpreters and --reload cannot be had together"),
            (["--interpreters", "2", "--debug"], "--debug brings --reload along, unless --no-reload is given"),
            (["--interpreters", "0"], "--interpreters takes a whole number from 1 to 1024"),
            (["--mount", "/a=shop:app,interpreters=2,lane=inline"], "cannot be had together with lane"),
            (["--reload", "--mount", "/a=shop:app,interpreters=2"], "cannot be had together"),
        ]:
            done = run(gale, place, "serve", *options, "isolated:app", expect=2)
            demand(words in done.stderr, f"{options}: {done.stderr}")
        text = run(gale, place, "serve", "--interpreters", "2", "isolated:app", "--print-config", expect=0).stdout
        demand("interpreters = 2" in text, text)
        place.write("gale.toml", 'app = "isolated:app"\nlane = "threads"\nthreads = 3\n')
        text = run(gale, place, "serve", "--interpreters", "2", "--print-config", expect=0).stdout
        demand("interpreters = 2" in text, "the command line counts for more than the file")
        place.write("gale.toml", 'app = "isolated:app"\ninterpreters = 3\n')
        with Server(gale, place, "--lane", "inline") as server:
            facts = server.ask("/").json
            same(facts["multithread"], False)
            demand("lane inline" in server.text, "the lane of the command line")
        done = run(gale, place, "serve", "--threads", "3", expect=2)
        demand("cannot be had together with threads" in done.stderr, done.stderr)
        place.write("gale.toml", 'app = "isolated:app"\ninterpreters = 3\nlane = "auto"\n')
        done = run(gale, place, "serve", expect=2)
        demand("gale.toml:2: interpreters cannot be had together with lane" in done.stderr, done.stderr)
    return "complaints, and --print-config"


@check(older=False)
def parallel(gale):
    """Two requests run Python code at the same time, in one process; with threads they cannot."""
    with site() as place, Server(gale, place, "--interpreters", "2", "isolated:app") as server:
        same(meeting(server, place), ["met", "met"], "interpreters")
        found = seen(server, 2)
        same(len(found), 2, "interpreters")
        same(len({pid for pid, _ in found}), 1, "processes")
        for facts in found.values():
            demand(facts["multiprocess"] and not facts["multithread"], str(facts))
            same(facts["argv"], ["gale"], "sys.argv")
            same(facts["path"][0], str(place.directory), "sys.path[0]")
        demand("lane interpreters(2)" in server.text, "the log")
        demand("Exception ignored" not in server.text, "noise")
        answers = [server.ask("/").status for _ in range(300)]
        same(set(answers), {200})
    with site() as place, Server(gale, place, "--lane", "threads", "--threads", "2", "isolated:app") as server:
        same(meeting(server, place, seconds=0.3), ["alone", "alone"], "threads")
    return "met in one process"


@check(older=False)
def with_workers(gale):
    """Each worker has so many."""
    with site() as place, Server(gale, place, "--workers", "2", "--interpreters", "2", "isolated:make()") as server:
        found = seen(server, 4, count=2000)
        same(len(found), 4, "interpreters")
        same(len({pid for pid, _ in found}), 2, "processes")
        server.process.send_signal(signal.SIGHUP)
        old = {pid for pid, _ in found}
        server.wait("only new workers serve", lambda: not old & {pid for pid, _ in seen(server, 4)})
    return "2 x 2"


@check(older=False)
def mounted(gale):
    """One application in interpreters of its own beside others that are not, an asynchronous one among them."""
    asynchronous = '''
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"asynchronous"})
'''
    with site(**{"waits.py": asynchronous}) as place:
        with Server(gale, place, "--mount", "/own=isolated:app,interpreters=2", "--mount", "/async=waits:app",
                    "--lane", "threads", "shop:app") as server:
            for _ in range(20):
                same(server.ask("/own/").json["multithread"], False)
                same(server.ask("/async/").text, "asynchronous")
                same(server.ask("/").json["name"], "shop")
        done = run(gale, place, "serve", "--interpreters", "2", "waits:app", expect=2)
        demand(done.stderr.startswith("gale: waits:app is an ASGI application, whose event loop"), done.stderr)
        done = run(gale, place, "check", "--interpreters", "2", "waits:app", expect=1)
        demand("FAILED  application waits:app at /: waits:app is an ASGI application" in done.stdout, done.stdout)
    return "/own, /async and /"


@check(older=False)
def extensions(gale):
    """An extension module that does not support it is named, with Python's traceback before."""
    with site() as place:
        with Server(gale, place, "--interpreters", "1", "isolated:app") as server:
            name = refused_extension(server)
            demand(name, "no such extension module was found")
        place.write("needs.py", f"import {name}\napp = print\n")
        place.write("hides.py", f"try:\n    import {name}\nexcept ImportError as error:\n    raise ImportError('no') from error\n")
        for module in ["needs", "hides"]:
            done = run(gale, place, "serve", "--interpreters", "2", f"{module}:app", expect=1)
            last = done.stderr.strip().splitlines()[-1]
            same(last, f"gale: importing {module} failed: the extension module {name} does not support interpreters with a "
                       "lock of their own; it can be served with --workers, not with --interpreters", module)
            demand("Traceback (most recent call last):" in done.stderr, "Python's own words")
            demand(f"ImportError: module {name} does not support loading in subinterpreters" in done.stderr, done.stderr)
            done = run(gale, place, "check", "--interpreters", "2", f"{module}:app", expect=1)
            demand(f"the extension module {name} does not support" in done.stdout, done.stdout)
        demand("ok      application isolated:app at /" in run(
            gale, place, "check", "--interpreters", "2", "isolated:app", expect=0).stdout, "gale check")
    return name


@check(older=False)
def hooks(gale):
    """Hooks of the server and of workers are called; those of requests are refused."""
    with site(**{"life.py": "def post_worker_init(worker):\n    print('initialised', flush=True)\n",
                 "each.py": "def pre_request(worker, request):\n    pass\n"}) as place:
        with Server(gale, place, "--hooks", "life", "--interpreters", "2", "isolated:app") as server:
            same(server.ask("/").status, 200)
            server.wait("the hook is called", lambda: "initialised" in server.text)
        done = run(gale, place, "serve", "--hooks", "each", "--interpreters", "2", "isolated:app", expect=2)
        demand("pre_request and post_request cannot be had together" in done.stderr, done.stderr)
    return "post_worker_init"


@check(older=False)
def the_end(gale):
    """A signal ends each interpreter in time: requests first, then what was registered with atexit; threads do not matter."""
    with site() as place:
        file = place.write("ends", "")
        with Server(gale, place, "--interpreters", "2", "isolated:app") as server:
            same(meeting(server, place), ["met", "met"])
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                # Both register: neither can have the second while it is at the first.
                paths = [f"/atexit?file={file}&s=0.5"] * 2
                same({answer.text for answer in pool.map(server.ask, paths)}, {"registered\n"})
            same(server.ask("/daemon").text, "started\n")
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                begun = place.directory / "begun"
                late = pool.submit(server.ask, f"/sleep?s=1&file={begun}")
                server.wait("the request runs", begun.exists)
                start = time.monotonic()
                server.process.send_signal(signal.SIGTERM)
                same(late.result().text, "slept\n", "the request that ran")
            same(server.process.wait(30), 0, "status")
            demand(time.monotonic() - start < 20, "it took too long")
            same(file.read_text(), "over\nover\n", "atexit")
            demand("Threads of the application go on" in server.text, server.text[-1000:])
            demand("Traceback" not in server.text, server.text[-1000:])
        # A thread that is no daemon and does not end would hold Python's own end up for ever.
        place.write("stays.py", "import threading\nthreading.Thread(target=threading.Event().wait, daemon=False).start()\n"
                                "from isolated import app\n")
        with Server(gale, place, "--interpreters", "2", "--graceful-timeout", "2", "stays:app") as server:
            same(server.ask("/").status, 200)
            start = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            same(server.process.wait(30), 0, "status")
            demand(time.monotonic() - start < 15, "it took too long")
            demand("The process ends before all interpreters" in server.text, server.text[-1000:])
    return "atexit twice; nothing hangs"


@check(older=False)
def time_limits(gale):
    """What takes too long is interrupted in its interpreter, whose stack the log shows, and others are not."""
    with site() as place:
        with Server(gale, place, "--interpreters", "2", "--timeout", "1", "--slow-request", "0.5",
                    "isolated:app") as server:
            before = seen(server, 2)
            same(server.ask("/spin?s=60").status, 504)
            server.wait("it is interrupted", lambda: "Interrupted GET /spin?s=60" in server.text)
            after = seen(server, 2)
            same(set(after), set(before), "the interpreters")
            text = server.text
            demand("1 slow request" in text and re.search(r"Interpreter \d+:\n", text), text[-2000:])
            demand("in spin\n" in text.split("1 slow request")[1], text[-2000:])
    return "504, and the same two serve on"


@check(older=False)
def applications(gale):
    """Flask, and Django with SQLite, where the embedded Python has them."""
    flask = '''
import sqlite3
from flask import Flask, request, session
app = Flask(__name__)
app.secret_key = "for a check"
@app.route("/", methods=["GET", "POST"])
def index():
    session["n"] = session.get("n", 0) + 1
    with sqlite3.connect(":memory:") as base:
        two = base.execute("select 1 + 1").fetchone()[0]
    return f"{request.method} {two} {session['n']} {request.form.get('a')}"
'''
    served = []
    with site(**{"shop_flask.py": flask}) as place:
        with Server(gale, place, "--interpreters", "1", "isolated:app") as server:
            there = {name: server.ask(f"/import?name={name}").text for name in ["flask", "django"]}
        if there["flask"] == "imported\n":
            with Server(gale, place, "--interpreters", "2", "shop_flask:app") as server:
                with concurrent.futures.ThreadPoolExecutor(8) as pool:
                    answers = list(pool.map(lambda _: server.ask("/", method="POST", body="a=b", headers=[
                        ("Content-Type", "application/x-www-form-urlencoded")]).text, range(200)))
                same(set(answers), {"POST 2 1 b"})
            served.append("Flask")
        if there["django"] == "imported\n":
            demo = ROOT / "interop/apps"
            with Server(gale, place, "--pythonpath", demo, "--interpreters", "2",
                        "django_demo.wsgi:application") as server:
                with concurrent.futures.ThreadPoolExecutor(8) as pool:
                    statuses = list(pool.map(lambda _: server.ask("/").status, range(100)))
                same(set(statuses), {200})
            served.append("Django")
    return " and ".join(served) or "neither is there"


def start():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    is_older = version(Path(sys.argv[1]).resolve()) < (3, 12)
    main([function for function, older in CHECKS if older in (None, is_older)], __doc__)


if __name__ == "__main__":
    start()
