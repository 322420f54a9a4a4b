#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Libraries for asyncio and for Twisted on Gale's loop: `check_guests.py DEMO VENV [CHECK...]`. Loopback only.

Drives the guests of the demo, one process with native handlers and Python's libraries on one thread: aiohttp's client,
websockets, psycopg 3 with a PostgreSQL of its own, Twisted's web server and client, and a login by SSH.
"""

import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from check_serve import ROOT, Failed, clean_environment, demand, same
from with_server import free_port, stopped

CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


class Database:
    """A PostgreSQL in a directory of its own, which it listens in; gone when the block ends."""

    def __init__(self):
        found = shutil.which("initdb") or next(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), None)
        if not found:
            raise Failed("there is no PostgreSQL: no initdb")
        self.programs = Path(found).resolve().parent
        self.scratch = tempfile.mkdtemp(prefix="pg-", dir="/tmp")
        # It refuses to run as root.
        self.user = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.scratch, nobody.pw_uid, nobody.pw_gid)
            self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.data = Path(self.scratch) / "data"
        self.process = None

    def __enter__(self):
        try:
            make = [self.programs / "initdb", "-D", self.data, "-U", "gale", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]
            done = subprocess.run(make, cwd=self.scratch, capture_output=True, text=True, timeout=120, **self.user)
            demand(done.returncode == 0, f"initdb: {done.stdout}{done.stderr}")
            command = [self.programs / "postgres", "-D", self.data, "-k", self.scratch, "-h", "", "-F"]
            with open(Path(self.scratch) / "log", "wb") as log:
                self.process = subprocess.Popen(command, cwd=self.scratch, stdout=log, stderr=log, **self.user)
            ready = [self.programs / "pg_isready", "-q", "-h", self.scratch]
            end = time.monotonic() + 60
            while subprocess.run(ready).returncode != 0:
                demand(self.process.poll() is None, (Path(self.scratch) / "log").read_text())
                demand(time.monotonic() < end, "PostgreSQL is not ready within 60 s")
                time.sleep(0.05)
        except BaseException:
            self.__exit__()
            raise
        return self

    @property
    def url(self):
        return f"host={self.scratch} user=gale dbname=postgres"

    def __exit__(self, *_):
        if self.process:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()
        shutil.rmtree(self.scratch)


class Site:
    """The demo, which has ended, with status 0, when the block ends."""

    def __init__(self, program, venv, database):
        self.port = free_port()
        self.log = tempfile.NamedTemporaryFile(prefix="guests-", suffix=".log")
        environment = {"VIRTUAL_ENV": str(venv), "DATABASE_URL": database.url}
        self.process = subprocess.Popen([str(program), str(self.port)], stdout=self.log,
                                        stderr=self.log, env=clean_environment(environment))

    @property
    def text(self):
        return Path(self.log.name).read_text(errors="replace")

    def __enter__(self):
        try:
            end = time.monotonic() + 60
            while not (found := re.search(r"web server is on port (\d+), its SSH server on port (\d+)", self.text)):
                demand(self.process.poll() is None, f"it ended with {self.process.returncode}")
                demand(time.monotonic() < end, "it does not serve within 60 s")
                time.sleep(0.02)
        except BaseException:
            stopped(self.process)
            print(self.text, file=sys.stderr)
            raise
        self.web, self.ssh = map(int, found.groups())
        return self

    def __exit__(self, kind, *_):
        stopped(self.process)
        if kind:
            print(self.said, file=sys.stderr)

    @property
    def said(self):
        """The end of the log, without the requests."""
        return "\n".join(line for line in self.text.splitlines() if " 200 GET " not in line)[-4000:]

    def get(self, path, port=None):
        with urllib.request.urlopen(f"http://127.0.0.1:{port or self.port}{path}", timeout=60) as answer:
            return answer.read().decode()

    def python(self, name):
        return self.get(f"/guests/python/{name}")


@check
def aiohttp(site):
    same(site.python("fetch_by_aiohttp"), "native", "a native handler's page, fetched on the same thread")
    same(site.python("many_by_aiohttp"), "200 of 200", "answers")
    return "201 requests of its client to native handlers of the same loop"


@check
def websockets(site):
    same(site.python("echo_by_websockets"), "3 of 3", "its server and its client")
    same(site.python("native_websocket"), "3 of 3", "its client and a native handler")
    return "both ends; a native handler"


@check
def psycopg(site):
    same(site.python("database"), "4 6 ['tea 4999', 'tea 4998']", "what the database says")
    same(site.python("notifications"), "0 1 2", "notifications")
    same(site.python("cancelled_query"), "usable", "a connection whose query was cancelled")
    return "COPY of 5000 rows, a cursor that streams, notifications, a query that is cancelled"


@check
def twisted_web(site):
    same(site.get("/?name=ada", site.web), "Twisted says hello to ada", "Twisted's page")
    same(site.get("/guests/agent?native=yes"), "200 native", "a Deferred that Swift awaits")
    same(site.get("/guests/agent?name=bob"), "200 Twisted says hello to bob", "both ends")
    return "its server, its client, a Deferred"


@contextlib.contextmanager
def ssh(site, *command):
    """An SSH client that logs in with a password."""
    with tempfile.TemporaryDirectory(prefix="gale-") as place:
        ask = Path(place) / "ask"
        ask.write_text("#!/bin/sh\necho \"$GALE_PASSWORD\"\n")
        ask.chmod(0o700)
        options = ["StrictHostKeyChecking=no", f"UserKnownHostsFile={place}/known", "GlobalKnownHostsFile=/dev/null",
                   "PreferredAuthentications=password", "PubkeyAuthentication=no", "NumberOfPasswordPrompts=1",
                   "LogLevel=ERROR"]
        line = ["ssh", "-F", "none", "-p", str(site.ssh), *(part for option in options for part in ("-o", option)),
                *command]
        environment = {**os.environ, "SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force", "HOME": place}
        yield line, environment


@check
def conch(site):
    for password, expected in [("lovelace", 0), ("wrong", 255)]:
        with ssh(site, "ada@127.0.0.1", "look around") as (line, environment):
            done = subprocess.run(line, env={**environment, "GALE_PASSWORD": password}, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=60)
            same(done.returncode, expected, f"ssh with the password {password}: {done.stderr}")
            same(done.stdout, "ada ran look around\n" if expected == 0 else "", "what it prints")
    with ssh(site, "-tt", "ada@127.0.0.1") as (line, environment):
        done = subprocess.run(line, env={**environment, "GALE_PASSWORD": "lovelace", "TERM": "xterm"}, timeout=60,
                              input="tea please\rexit\r", capture_output=True, text=True)
        demand("you said tea please" in done.stdout, f"a shell: {done.stdout!r} {done.stderr!r}")
    return "a command, a wrong password, a shell"


@check
def processes_and_threads(site):
    same(site.python("child_process"), "300000 0", "a child process")
    names = site.python("threads").split()
    demand(not [name for name in names if "waitpid" in name], f"no thread waits for child processes: {names}")
    return f"Python's threads: {' '.join(names)}"


@check
def all_at_once(site):
    paths = ["native", "python/fetch_by_aiohttp", "python/echo_by_websockets", "python/database", "agent"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda path: site.get("/guests/" + path), paths * 8))
    same(answers, answers[:len(paths)] * 8, "answers")
    return f"{len(answers)} requests from 8 clients"


@check
def it_ends(site):
    site.process.send_signal(signal.SIGTERM)
    same(site.process.wait(30), 0, "exit status")
    for bad in ["Traceback", "never awaited", "was destroyed"]:
        demand(bad not in site.text, f"{bad} in the log")
    return "SIGTERM: the reactor ends, asyncio ends, status 0"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program, venv, chosen = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), set(sys.argv[3:])
    passed = failed = 0
    with Database() as database, Site(program, venv, database) as site:
        for function in CHECKS:
            if chosen and function.__name__ not in chosen:
                continue
            started = time.monotonic()
            try:
                said = function(site)
                passed += 1
                print(f"ok     {function.__name__} ({time.monotonic() - started:.1f} s): {said}", flush=True)
            except Exception as error:
                failed += 1
                print(f"FAILED {function.__name__}: {error!r}", flush=True)
                if site.process.poll() is not None:
                    break
        if failed:
            print(site.said, file=sys.stderr)
    print(f"{passed} passed, {failed} failed")
    return bool(failed) or not passed


if __name__ == "__main__":
    sys.exit(main())
