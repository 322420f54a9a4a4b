# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""A WSGI application for interpreters of its own: what it tells shows who runs it, and what is whose.

    /              a line of JSON: the interpreter's count of requests, its thread, what its environ says
    /meet          spins until the other of two requests does so too: ?file=F&own=0 and ?file=F&own=1, for at most &s=
                   seconds, without giving the interpreter's lock away; "met" or "alone"
    /atexit        has the interpreter write a line into ?file= at its end; answers after &s= seconds
    /daemon        starts a thread that nobody ends
    /spin          computes for ?s= seconds
    /sleep         sleeps for ?s= seconds, in C code, once it has made &file=
    /import        imports ?name= now; "imported", or what was raised
"""

import atexit
import importlib
import json
import mmap
import os
import sys
import threading
import time
from urllib.parse import parse_qsl

count = 0


def app(environ, start_response):
    global count
    count += 1
    query = dict(parse_qsl(environ["QUERY_STRING"]))
    text = ROUTES[environ["PATH_INFO"]](environ, query)
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [text.encode() + b"\n"]


def make():
    return app


def facts(environ, query):
    return json.dumps({
        "count": count, "pid": os.getpid(), "thread": threading.get_ident(), "multithread": environ["wsgi.multithread"],
        "multiprocess": environ["wsgi.multiprocess"], "argv": sys.argv, "path": sys.path, "prefix": sys.prefix,
        "name": threading.current_thread().name})


def meet(environ, query):
    own = int(query["own"])
    # Whoever waits for the lock may ask for it after so many seconds, and nothing below gives it away by itself.
    sys.setswitchinterval(1000)
    with open(query["file"], "r+b") as file:
        marks = mmap.mmap(file.fileno(), 2)
    marks[own] = 1
    end = time.monotonic() + float(query["s"])
    while not marks[1 - own] and time.monotonic() < end:
        pass
    met = marks[1 - own] == 1
    if not met:
        marks[own] = 0
    sys.setswitchinterval(0.005)
    return "met" if met else "alone"


def at_exit(environ, query):
    def note():
        with open(query["file"], "a") as file:
            file.write("over\n")

    atexit.register(note)
    time.sleep(float(query.get("s", "0")))
    return "registered"


def daemon(environ, query):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    return "started"


def spin(environ, query):
    end = time.monotonic() + float(query["s"])
    while time.monotonic() < end:
        pass
    return "spun"


def sleep(environ, query):
    if "file" in query:
        open(query["file"], "w").close()
    time.sleep(float(query["s"]))
    return "slept"


def import_now(environ, query):
    try:
        importlib.import_module(query["name"])
    except ImportError as error:
        return f"{type(error).__name__}: {error}"
    return "imported"


ROUTES = {
    "/": facts, "/meet": meet, "/atexit": at_exit, "/daemon": daemon, "/spin": spin, "/sleep": sleep,
    "/import": import_now,
}
