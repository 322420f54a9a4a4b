#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Drives `gale serve --workers` from outside: `check_supervisor.py GALE [CHECK...]`. Loopback only.

Each check has a server of its own, under load from a few clients where requests could be lost. Rows R03 to R07 and R34
of docs/architecture.md, and what the supervisor promises besides.
"""

import contextlib
import http.client
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "interop/gale"))
from with_server import free_port  # noqa: E402

APP = '''
import ctypes, os, time
VERSION = open("version").read().strip()
if VERSION == "broken":
    raise RuntimeError("this version does not start")
held = []

def app(environ, start_response):
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    if path == "/exit":
        os._exit(int(query))
    if path == "/crash":
        ctypes.string_at(0)
    if path == "/slow":
        time.sleep(float(query))
    if path == "/grow":
        held.append(b"x" * (int(query) << 20))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {VERSION} {os.getuid()}".encode()]
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


class Server:
    """A supervisor with workers, in a directory of its own."""

    def __init__(self, gale, *options, environment=(), version="1", started=True, app=APP, out=None, files=None):
        self.scratch = tempfile.TemporaryDirectory(prefix="gale-")
        self.directory = Path(self.scratch.name)
        self.directory.chmod(0o755)
        self.log = self.directory / "log"
        self.port = free_port()
        (self.directory / "app.py").write_text(app)
        self.deploy(version)
        quiet = () if "--access-log" in options else ("--no-access-log",)
        command = [gale, "serve", *quiet, "--chdir", self.directory, "--bind", f"127.0.0.1:{self.port}",
                   "--graceful-timeout", "10", *options, "app:app"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdout=out or log, stderr=out or log,
                env={**os.environ, **dict(environment)},
                preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) if files else None)
        if started and out:
            self.wait("an answer", self.ask)
        elif started:
            count = int(options[options.index("--workers") + 1])
            self.wait("all workers serve", lambda: self.text.count(" serves") >= count)

    def deploy(self, version):
        (self.directory / "version").write_text(version)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                kind = kind or Failed
        if kind:
            print(self.text[-4000:], file=sys.stderr)
        self.scratch.cleanup()

    @property
    def text(self):
        return self.log.read_text(errors="replace")

    def ask(self, path="/"):
        """[pid, version, uid], or None when there is no answer."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                connection.request("GET", path)
                return connection.getresponse().read().decode().split()
            finally:
                connection.close()
        return None

    def pids(self, count=40):
        return {answer[0] for answer in (self.ask() for _ in range(count)) if answer}

    def wait(self, what, condition, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if result := condition():
                return result
            demand(self.process.poll() is None, f"the supervisor ended with {self.process.returncode}")
            time.sleep(0.02)
        raise Failed(f"not within {seconds} s: {what}")

    def logged(self, text, seconds=30):
        self.wait(f"the log says {text!r}", lambda: text in self.text, seconds)

    def send(self, number):
        self.process.send_signal(number)


class Load:
    """Clients that ask all the time, over connections that they keep."""

    def __init__(self, server, clients=8):
        self.port, self.stopping = server.port, threading.Event()
        self.good, self.lost = 0, []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def run(self):
        connection = None
        while not self.stopping.is_set():
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                connection.request("GET", "/")
                response = connection.getresponse()
                response.read()
                if response.status != 200:
                    raise Failed(f"status {response.status}")
                if response.will_close:
                    connection.close()
                    connection = None
                with self.lock:
                    self.good += 1
            except Exception as error:
                connection = None
                with self.lock:
                    self.lost.append(f"{type(error).__name__}: {error}")

    def demand(self, most_lost, least=100):
        demand(len(self.lost) <= most_lost, f"{len(self.lost)} of {self.good} lost: {self.lost[:3]}")
        demand(self.good >= least, f"only {self.good} answers")
        return f"{len(self.lost)} of {self.good} requests lost"


@check
def killed_worker(gale):
    """R03: a worker that is killed is replaced; nothing is lost but what it was answering."""
    with Server(gale, "--workers", "2") as server, Load(server) as load:
        victim = sorted(server.pids())[0]
        os.kill(int(victim), signal.SIGKILL)
        start = time.monotonic()
        server.wait("another worker", lambda: server.text.count(" serves") >= 3, 10)
        took = time.monotonic() - start
        demand(victim not in server.pids(), "the killed worker answers")
        time.sleep(0.3)
    return f"another served after {took * 1000:.0f} ms; {load.demand(8)}"


@check
def exit_statuses(gale):
    """R04: no exit status of an application ends the server."""
    with Server(gale, "--workers", "2") as server:
        for status in [0, 1, 3, 4, 255]:
            server.ask(f"/exit?{status}")
            server.logged(f"exited with status {status}")
            server.wait("an answer", server.ask)
        demand(server.process.poll() is None, "the supervisor ended")
    return "0, 1, 3, 4 and 255: the server goes on"


@check
def segmentation_fault(gale):
    """R05: a crash inside of Python costs one worker, and the log says which."""
    with Server(gale, "--workers", "2") as server, Load(server) as load:
        server.ask("/crash")
        server.logged("signal 11")
        server.wait("another worker", lambda: server.text.count(" serves") >= 3)
    return load.demand(9)


@check
def never_started(gale):
    """R06: when no worker ever serves, the server ends with status 3 and Python's traceback."""
    with Server(gale, "--workers", "2", version="broken", started=False) as server:
        start = time.monotonic()
        status = server.process.wait(30)
        demand(status == 3, f"status {status}")
        demand("this version does not start" in server.text, "no traceback")
    return f"status 3 after {time.monotonic() - start:.1f} s, with the traceback"


@check
def crash_loop(gale):
    """R06: a worker that dies again and again is started after longer and longer pauses, and others serve on."""
    with Server(gale, "--workers", "2") as server:
        server.deploy("broken")
        victim = sorted(server.pids())[0]
        os.kill(int(victim), signal.SIGKILL)
        time.sleep(4)
        tries = server.text.count("exited with status 1")
        demand(2 <= tries <= 7, f"{tries} tries in 4 s")
        demand(server.ask() is not None, "the other worker does not answer")
        server.deploy("2")
        server.wait("both workers", lambda: len(server.pids()) == 2)
    return f"{tries} tries in 4 s, and mended by itself"


@check
def rolling_reload(gale):
    """R07: reloads under load lose nothing; new code is served; a version that does not start leaves the old one."""
    with Server(gale, "--workers", "2") as server, Load(server) as load:
        for version in ["2", "3", "4"]:
            server.deploy(version)
            before = server.pids()
            server.send(signal.SIGHUP)
            server.wait("the end of the reload", lambda: server.text.count("All workers are new") == int(version) - 1)
            # The last old worker has been told to go; it may still have taken a connection.
            server.wait("new code", lambda: (server.ask() or [0, 0])[1] == version)
            demand(not before & server.pids(), "an old worker answers")
        server.deploy("broken")
        server.send(signal.SIGHUP)
        server.logged("the old ones go on")
        demand(server.ask()[1] == "4", "the old version is gone")
    return load.demand(0)


@check
def program_upgrade(gale):
    """SIGUSR2 runs the program anew in the same process, and loses nothing."""
    with Server(gale, "--workers", "2") as server, Load(server) as load:
        before = server.pids()
        server.deploy("2")
        server.send(signal.SIGUSR2)
        server.logged("All workers are new")
        demand(not before & server.pids(), "an old worker answers")
        demand(server.process.poll() is None, "the supervisor ended")
        time.sleep(0.3)
    return load.demand(0)


@check
def graceful_stop(gale):
    """R01 with workers: requests that are being answered end, and the supervisor with status 0."""
    with Server(gale, "--workers", "2", "--lane", "threads") as server:
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(server.ask("/slow?1"))) for _ in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(0.4)
        server.send(signal.SIGTERM)
        status = server.process.wait(10)
        for thread in threads:
            thread.join()
        demand(None not in answers and len(answers) == 6, f"answers: {answers}")
        demand(status == 0, f"status {status}")
        demand(server.ask() is None, "somebody still listens")
    return "6 of 6 answered, status 0"


@check
def killed_supervisor(gale):
    """R34: workers of a supervisor that is killed end by themselves."""
    with Server(gale, "--workers", "2") as server:
        pids = server.wait("both workers", lambda: len(found := server.pids()) == 2 and found)
        server.process.kill()
        server.process.wait()
        end = time.monotonic() + 3
        while time.monotonic() < end and any(Path(f"/proc/{pid}/stat").exists() and " Z " not in Path(
                f"/proc/{pid}/stat").read_text() for pid in pids):
            time.sleep(0.02)
        left = [pid for pid in pids if Path(f"/proc/{pid}/stat").exists()
                and " Z " not in Path(f"/proc/{pid}/stat").read_text()]
        demand(not left, f"still there: {left}")
        demand(server.ask() is None, "somebody still listens")
    return "both ended, the port is free"


@check
def more_and_fewer(gale):
    """SIGTTIN and SIGTTOU change the number of workers."""
    with Server(gale, "--workers", "1") as server:
        server.send(signal.SIGTTIN)
        server.wait("two workers", lambda: len(server.pids()) == 2)
        server.send(signal.SIGTTOU)
        server.wait("one worker", lambda: len(server.pids(20)) == 1)
    return "1, 2, 1"


@check
def recycling(gale):
    """Workers are replaced after so many requests, and when they hold too much memory; nothing is lost."""
    with Server(gale, "--workers", "2", "--max-requests", "300", "--max-requests-jitter", "50") as server:
        with Load(server) as load:
            server.wait("replacements", lambda: server.text.count("is replaced: ") >= 3, 60)
        text = load.demand(0)
    with Server(gale, "--workers", "1", "--max-worker-memory", "150") as server:
        before = server.pids(5)
        server.ask("/grow?200")
        server.wait("another worker", lambda: (after := server.pids(5)) and not before & after)
        demand("MiB" in server.text, "no reason in the log")
    return text


@check
def service_manager(gale):
    """systemd: readiness, status, reload and stop are told; sockets are taken over."""
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            notify.settimeout(20)
            with Server(gale, "--workers", "1", environment={"NOTIFY_SOCKET": path}.items()) as server:
                demand("READY=1" in notify.recv(4096).decode(), "not ready")
                server.send(signal.SIGHUP)
                demand("RELOADING=1" in notify.recv(4096).decode(), "not reloading")
                demand("READY=1" in notify.recv(4096).decode(), "not ready again")
                server.send(signal.SIGTERM)
                demand("STOPPING=1" in notify.recv(4096).decode(), "not stopping")
                server.process.wait(10)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        # What systemd does: descriptor 3, and its own process id as the one that is meant.
        script = ("import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ.update(LISTEN_FDS='1', "
                  "LISTEN_PID=str(os.getpid())); os.execv(sys.argv[2], sys.argv[2:])")
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "app.py").write_text(APP)
            Path(directory, "version").write_text("1")
            process = subprocess.Popen(
                [sys.executable, "-c", script, str(listener.fileno()), gale, "serve", "--workers", "1", "--chdir",
                 directory, "app:app"], pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL)
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                connection.request("GET", "/")
                demand(connection.getresponse().status == 200, "no answer on the inherited socket")
                connection.close()
            finally:
                process.terminate()
                demand(process.wait(20) == 0, "no clean end")
    return "told and taken over"


@check
def files_and_rights(gale):
    """--pid names the supervisor and goes with it; --user gives up root."""
    with Server(gale, "--workers", "1", "--pid", "pid") as server:
        file = server.directory / "pid"
        demand(file.read_text().strip() == str(server.process.pid), "the file names another process")
        server.send(signal.SIGTERM)
        server.process.wait(10)
        demand(not file.exists(), "the file stays")
    if os.getuid() != 0:
        return "pid file; not root, so no change of user"
    with Server(gale, "--workers", "1", "--user", "nobody") as server:
        uid = server.ask()[2]
        demand(uid == "65534", f"the worker's user is {uid}")
    return "pid file, and user nobody"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    gale, wanted = Path(sys.argv[1]).resolve(), sys.argv[2:]
    failures = 0
    chosen = [function for function in CHECKS if not wanted or function.__name__ in wanted]
    for function in chosen:
        start = time.monotonic()
        try:
            text, verdict = function(gale), "ok"
        except (Failed, subprocess.TimeoutExpired) as error:
            text, verdict = error, "FAILED"
            failures += 1
        print(f"{verdict:6} {function.__name__} ({time.monotonic() - start:.1f} s): {text}", flush=True)
    print(f"{len(chosen) - failures} passed, {failures} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
