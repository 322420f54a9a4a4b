#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Drives `gale serve --workers` from outside: `check_supervisor.py GALE [CHECK...]`. Loopback only.

Each check has a server of its own, under load from a few clients where requests could be lost. Rows R03 to R07 and R34
of docs/architecture.md, and what the supervisor promises besides.
"""

import contextlib
import http.client
import json
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
from with_server import free_port, stopped  # noqa: E402

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

    def __init__(self, gale, *options, environment=(), version="1", started=True, app=APP, out=None, files=None,
                 extra=(), preexec=None):
        self.scratch = tempfile.TemporaryDirectory(prefix="gale-")
        self.directory = Path(self.scratch.name)
        self.directory.chmod(0o755)
        self.log = self.directory / "log"
        self.port = free_port()
        (self.directory / "app.py").write_text(app)
        for name, text in dict(extra).items():
            (self.directory / name).parent.mkdir(exist_ok=True)
            (self.directory / name).write_text(text)
        self.deploy(version)
        quiet = () if "--access-log" in options else ("--no-access-log",)
        command = [gale, "serve", *quiet, "--chdir", self.directory, "--bind", f"127.0.0.1:{self.port}",
                   "--graceful-timeout", "10", *options, "app:app"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdout=out or log, stderr=out or log,
                env={**os.environ, **dict(environment)},
                preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) if files else preexec)
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
        has_stopped = stopped(self.process)
        if kind or not has_stopped:
            print(self.text[-4000:], file=sys.stderr)
        self.scratch.cleanup()
        demand(kind or has_stopped, "it did not stop")

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


@check
def titles(gale):
    """ps shows which process is the supervisor and which are workers, also after an upgrade"""
    with Server(gale, "--workers", "2") as server:
        def title(pid):
            line = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode()
            return line, Path(f"/proc/{pid}/comm").read_text().strip()

        for upgrades in range(3):
            if upgrades:
                server.process.send_signal(signal.SIGUSR2)
                server.wait("the upgrade", lambda: server.text.count("All workers are new") == upgrades)
                server.wait("the old workers' end", lambda: len(children(server.process.pid)) == 2)
            demand(title(server.process.pid) == ("gale: supervisor app:app", "gale: superviso"),
                   f"{title(server.process.pid)}")
            shown = sorted(title(pid) for pid in children(server.process.pid))
            demand(shown == [(f"gale: worker {number} app:app", f"gale: worker {number}") for number in range(2)],
                   f"{shown}")
    return "supervisor and workers"


HOOKS = '''
import json, os, sys, threading
EVENTS = []

def note(name, **facts):
    EVENTS.append(name)
    with open("hooks.log", "a") as file:
        file.write(json.dumps({"hook": name, "pid": os.getpid(), "before": EVENTS[:-1], **facts}) + chr(10))

def on_starting(server):
    print("printed by a hook")
    note("on_starting", server=server.pid, workers=server.num_workers, address=server.address)

def when_ready(server): note("when_ready")
def on_reload(server): note("on_reload")
def pre_exec(server): note("pre_exec")
def on_exit(server): note("on_exit")
def nworkers_changed(server, new, old): note("nworkers_changed", new=new, old=old, workers=server.num_workers)
def child_exit(server, worker):
    note("child_exit", worker=worker.pid, number=worker.number, status=worker.exit_status)
    if worker.exit_status == 9:
        os._exit(1)
def pre_fork(server, worker): note("pre_fork")
def post_fork(server, worker):
    worker.log.info("worker %s of %s", worker.pid, server.pid)
    note("post_fork", server=server.pid, number=worker.number, loaded="app" in sys.modules)
def post_worker_init(worker): note("post_worker_init", loaded="app" in sys.modules)
def worker_exit(server, worker): note("worker_exit")
def pre_request(worker, req): note("pre_request", path=req.path, uri=req.uri, method=req.method, accept=dict(req.headers).get("ACCEPT-ENCODING"))
def post_request(worker, req, environ, resp): note("post_request", path=environ["PATH_INFO"], status=resp.status_code)
'''


@check
def hooks(gale):
    """Hooks are called at their time, those of the server one after the other in a process of their own"""
    with tempfile.TemporaryDirectory(prefix="gale-") as elsewhere:
        path = Path(elsewhere) / "gunicorn.conf.py"
        path.write_text(HOOKS)
        with Server(gale, "--workers", "2", "--hooks", path) as server:
            log = server.directory / "hooks.log"

            def events(name=None):
                with contextlib.suppress(FileNotFoundError):
                    found = [json.loads(line) for line in log.read_text().splitlines()]
                    return [event for event in found if name in (None, event["hook"])]
                return []

            def wait(name, count=1):
                return server.wait(f"{name} {count} times",
                                   lambda: (lambda found: found if len(found) >= count else None)(events(name)))

            first = wait("on_starting")[0]
            demand(first["server"] == server.process.pid and first["workers"] == 2, f"{first}")
            demand(first["address"] == [f"http://127.0.0.1:{server.port}"], f"{first}")
            ready = wait("when_ready")[0]
            demand(ready["pid"] == first["pid"] and ready["before"] == ["on_starting"], f"{ready}")
            demand(first["pid"] != server.process.pid, "hooks in the supervisor")
            demand("printed by a hook" in server.text, "what a hook prints")
            demand("The hook pre_fork is not called: " in server.text and not events("pre_fork"), "pre_fork")
            forked, begun = wait("post_fork", 2), wait("post_worker_init", 2)
            demand({event["number"] for event in forked} == {0, 1} and not any(event["loaded"] for event in forked),
                   f"{forked}")
            demand(all(event["loaded"] and event["before"] == ["post_fork"] for event in begun), f"{begun}")
            demand(all(f"worker {event['pid']} of {server.process.pid}" in server.text for event in forked), "its log")
            demand(events()[0]["hook"] == "on_starting", "workers before on_starting")
            server.ask("/%C3%A9?q")
            before, after = wait("pre_request")[0], wait("post_request")[0]
            demand((before["path"], before["uri"], before["method"], before["accept"]) ==
                   ("/%C3%A9", "/%C3%A9?q", "GET", "identity"), f"{before}")
            demand(after["status"] == 200, f"{after}")
            os.kill(forked[0]["pid"], signal.SIGKILL)
            gone = wait("child_exit")[0]
            demand((gone["worker"], gone["number"], gone["status"]) == (forked[0]["pid"], forked[0]["number"], -9),
                   f"{gone}")
            demand(gone["before"] == ["on_starting", "when_ready"], f"{gone}")
            wait("post_worker_init", 3)
            server.process.send_signal(signal.SIGTTIN)
            more = wait("nworkers_changed")[0]
            demand((more["new"], more["old"], more["workers"]) == (3, 2, 3), f"{more}")
            wait("post_worker_init", 4)
            server.process.send_signal(signal.SIGTTOU)
            wait("nworkers_changed", 2)
            server.process.send_signal(signal.SIGHUP)
            wait("on_reload")
            server.wait("the reload", lambda: "All workers are new" in server.text)
            demand(len(wait("worker_exit", 3)) == 3, "workers that ended gracefully")
            server.process.send_signal(signal.SIGUSR2)
            server.wait("the upgrade", lambda: server.text.count("All workers are new") == 2)
            demand(wait("pre_exec")[0]["pid"] == first["pid"], "pre_exec")
            again = wait("on_starting", 2)[1]
            demand(again["pid"] != first["pid"] and again["before"] == [], f"{again}")
            demand(not Path(f"/proc/{first['pid']}").exists(), "the former process of the hooks is left")
            # It dies of a hook: another is there for the next.
            with contextlib.suppress(OSError):
                server.ask("/exit?9")
            server.wait("its end", lambda: "The process of the hooks ended with status 1" in server.text)
            server.process.send_signal(signal.SIGTTIN)
            next_ = wait("nworkers_changed", 3)[2]
            demand(next_["pid"] != again["pid"] and next_["before"] == [] and next_["workers"] == 3, f"{next_}")
            server.process.send_signal(signal.SIGTERM)
            demand(server.process.wait(30) == 0, "its status")
            last = events("on_exit")
            demand(len(last) == 1 and last[0]["pid"] == next_["pid"], f"{last}")
            demand(not Path(f"/proc/{next_['pid']}").exists(), "the process of the hooks is left")
            demand(not events("pre_fork"), "pre_fork")
            return f"{len(events())} calls"


@check
def hooks_at_both_ends(gale):
    """What happens while the hooks' process is being started is told after on_starting; on_exit is called in a new one"""
    text = '''
import os, time

def note(text):
    with open("hooks.log", "a") as file:
        file.write(text + chr(10))

note(f"begins {os.getpid()}")
while not os.path.exists("go"):
    time.sleep(0.01)

def on_starting(server): note("on_starting")
def on_reload(server): note("on_reload")
def nworkers_changed(server, new, old): note(f"nworkers_changed {new}")
def child_exit(server, worker): note(f"child_exit {worker.number}")
def on_exit(server): note("on_exit")
'''
    with Server(gale, "--workers", "1", "--hooks", "myhooks", "--graceful-timeout", "60", started=False, app=APP,
                extra={"myhooks.py": text}) as server:
        log, go = server.directory / "hooks.log", server.directory / "go"

        def lines():
            return log.read_text().splitlines() if log.exists() else []

        def processes():
            # Workers have the module, too.
            return [int(line.split()[1]) for line in lines() if line.startswith("begins")]

        def told():
            return [line for line in lines() if not line.startswith("begins")]

        server.wait("the process of the hooks", processes)
        # There are no workers to replace yet.
        server.send(signal.SIGHUP)
        server.send(signal.SIGTTIN)
        server.logged("2 workers now")
        demand("Replacing the workers" not in server.text, "a reload without workers")
        go.touch()
        server.wait("all workers serve", lambda: server.text.count(" serves") == 2)
        server.wait("the hooks", lambda: len(told()) == 2)
        demand(told() == ["on_starting", "nworkers_changed 2"] and len(processes()) == 3, f"{lines()}")
        os.kill(processes()[0], signal.SIGKILL)
        server.logged("The process of the hooks was ended by signal 9")
        go.unlink()
        server.send(signal.SIGTERM)
        server.wait("another process of the hooks", lambda: len(processes()) == 4)
        server.wait("the end of the workers", lambda: len(children(server.process.pid)) == 1)
        go.touch()
        demand(server.process.wait(60) == 0, "its status")
        last = told()[2:]
        demand(sorted(last[:-1]) == ["child_exit 0", "child_exit 1"] and last[-1] == "on_exit", f"{lines()}")
    return "on_starting first, on_exit last"


@check
def hooks_that_fail(gale):
    """A hook that fails is logged; at the start it is the reason not to serve; one that hangs holds up nobody"""
    for text, reason in [("def on_starting(server): raise RuntimeError('no database')", "no database"),
                         ("import nothing_like_it\n", "nothing_like_it"),
                         ("def post_fork(server, worker): 1 / 0", "the hook post_fork failed: ZeroDivisionError")]:
        with Server(gale, "--workers", "1", "--hooks", "myhooks", started=False, app=APP, extra={"myhooks.py": text}) as server:
            demand(server.process.wait(60) != 0 and reason in server.text, f"{text}: {server.text}")
            demand("serves" not in server.text, "it served")
    text = '''
import time
def on_starting(server):
    if open("version").read().strip() == "slow":
        time.sleep(600)
def when_ready(server): raise RuntimeError("on purpose")
def child_exit(server, worker): time.sleep(600)
def pre_request(worker, req):
    if req.path == "/refused": raise RuntimeError("not this one")
'''
    with Server(gale, "--workers", "1", "--hooks", "myhooks", "--graceful-timeout", "2", extra={"myhooks.py": text}) as server:
        server.wait("the complaint", lambda: "the hook when_ready failed: RuntimeError: on purpose" in server.text)
        demand("500:" in server.ask("/refused")[0], "no 500")
        demand("not this one" in server.text, "why not")
        worker = server.ask()[0]
        os.kill(int(worker), signal.SIGKILL)
        server.wait("another worker", lambda: (answer := server.ask()) and answer[0] != worker)
        server.process.send_signal(signal.SIGTERM)
        demand(server.process.wait(60) == 0, "its status")
        demand("The hook on_exit" not in server.text, "a hook that is not there")
    with Server(gale, "--workers", "1", "--hooks", "myhooks", version="slow", started=False,
                extra={"myhooks.py": text}) as server:
        server.wait("the process of the hooks", lambda: len(children(server.process.pid)) == 1)
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        demand(server.process.wait(60) == 0, "its status while on_starting runs")
    with Server(gale, "--workers", "1", "--hooks", "myhooks", extra={"myhooks.py": "def post_fork(server, worker): pass"}) as server:
        server.wait("no process without a hook for it", lambda: len(children(server.process.pid)) == 1)
    return "at the start, along the way, for ever"


def children(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return []


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
