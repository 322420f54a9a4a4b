#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Breaks `gale serve` under load: `faults.py [--quick] GALE [CASE...]`. Loopback only.

Each case has a server of its own with workers, clients that ask all the time, and a fault: a worker that is killed or
crashes, an application that does not come back, no memory, descriptors or room for the log, clients that are slow or
many, reloads without end. It demands that the others go on being answered, and prints what was measured. --quick leaves
out what takes long, and asks for less of the rest.
"""

import argparse
import contextlib
import ctypes
import email.utils
import http.client
import os
import re
import resource
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from check_supervisor import Failed, Server, demand  # noqa: E402

APP = '''
import ctypes, os, threading, time
VERSION = open("version").read().strip()
held, files, lock = [], [], threading.Lock()
lock.acquire()

def app(environ, start_response):
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    if path == "/exit":
        os._exit(int(query))
    if path == "/crash":
        ctypes.string_at(0)
    if path == "/loop":
        while True:
            pass
    if path == "/deadlock":
        lock.acquire()
    if path == "/sleep":
        time.sleep(float(query))
    if path == "/grow":
        held.append(b"x" * (int(query) << 20))
    if path == "/files":
        try:
            while True:
                files.append(open("version"))
        except OSError as error:
            answer = f"{len(files)} {error.errno}"
        if query != "keep":
            files.clear()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [answer.encode()]
    if path == "/big":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (b"x" * 65536 for _ in range(int(query) * 16))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {VERSION} {os.getuid()}".encode()]
'''
CASES = []


def case(*rows, quick=True):
    def register(function):
        CASES.append((function, rows, quick))
        return function
    return register


def serve(options, *arguments, **more):
    return Server(options.gale, *arguments, app=APP, **more)


class Load:
    """Clients that ask for `path` all the time, over connections that they keep; what each answer took."""

    def __init__(self, server, clients=8, path="/", pause=0.002):
        self.port, self.path, self.pause = server.port, path, pause
        self.stopping, self.lock = threading.Event(), threading.Lock()
        self.times, self.lost, self.refused = [], [], []
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(clients)]

    def __enter__(self):
        self.start = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        self.seconds = time.monotonic() - self.start

    def run(self):
        connection = None
        while not self.stopping.is_set():
            start = time.monotonic()
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                connection.request("GET", self.path)
                response = connection.getresponse()
                response.read()
                took = time.monotonic() - start
                with self.lock:
                    if response.status == 200:
                        self.times.append((start, took))
                    elif response.status == 503 and response.getheader("Retry-After"):
                        self.refused.append(took)
                    else:
                        self.lost.append(f"status {response.status}")
                if response.will_close:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                connection = None
                with self.lock:
                    self.lost.append(f"{type(error).__name__}: {error}")
            if self.pause:
                time.sleep(self.pause)

    def since(self, time_):
        """How many answers came to what was asked after a time."""
        with self.lock:
            return sum(start > time_ for start, _ in self.times)

    def goes_on(self, count=20, seconds=20):
        """Waits until so many further requests were answered; how long that took."""
        now = time.monotonic()
        while self.since(now) < count:
            demand(time.monotonic() < now + seconds, f"{self.since(now)} answers within {seconds} s: {self.lost[-3:]}")
            time.sleep(0.005)
        return time.monotonic() - now

    def p99(self):
        times = sorted(took for _, took in self.times)
        return times[len(times) * 99 // 100] * 1000 if times else float("nan")

    def demand(self, most_lost, least=20):
        demand(len(self.lost) <= most_lost, f"{len(self.lost)} of {len(self.times)} lost: {self.lost[:5]}")
        demand(len(self.times) >= least, f"only {len(self.times)} answers; {self.lost[:3]}")
        return f"{len(self.lost)} of {len(self.times)} lost, p99 {self.p99():.0f} ms"


def workers(server):
    """The workers that serve, as the log has them."""
    text = server.text
    born = re.findall(r"Worker \d+ \(pid (\d+)\) serves", text)
    gone = re.findall(r"Worker \d+ \(pid (\d+)\) (?:ended|was ended|exited)", text)
    return [pid for pid in born if pid not in gone]


def descriptors(pid):
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def ask(server, path, seconds=40):
    """The status and the body, or None when there is no answer; and how long that took."""
    start = time.monotonic()
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=seconds)
        with contextlib.closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            return (response.status, response.read().decode()), time.monotonic() - start
    return None, time.monotonic() - start


# --- Workers that die ---------------------------------------------------------------------------------------------


def replaced(options, fault, most_lost, *sayings):
    """A worker goes by `fault`; the other goes on, and a new one serves soon."""
    with serve(options, "--workers", "2") as server, Load(server) as load:
        load.goes_on()
        before = len(workers(server))
        start = time.monotonic()
        fault(server)
        went_on = load.goes_on()
        server.wait("another worker", lambda: server.text.count(" serves") > before, 20)
        took = time.monotonic() - start
        for saying in sayings:
            server.logged(saying)
        load.goes_on()
    return f"others answered at once ({went_on * 1000:.0f} ms for 20), another served after {took * 1000:.0f} ms; " \
        + load.demand(most_lost)


@case("R03")
def sigkill(options):
    """SIGKILL of a worker."""
    return replaced(options, lambda server: os.kill(int(workers(server)[0]), signal.SIGKILL), 8, "signal 9")


@case("R04")
def exit_status(options):
    """os._exit(3) in the application."""
    return replaced(options, lambda server: server.ask("/exit?3"), 8, "exited with status 3")


@case("R05")
def segfault(options):
    """A null pointer through ctypes."""
    return replaced(options, lambda server: server.ask("/crash"), 8, "signal 11")


# --- Applications that do not come back ---------------------------------------------------------------------------


@case("PYS-012", "R22")
def endless_loop_inline(options):
    """while True in the lane inline: interrupted, 504; the worker goes on."""
    with serve(options, "--workers", "2", "--timeout", "1") as server, Load(server, 8) as load:
        before = workers(server)
        answer, took = ask(server, "/loop")
        demand(answer and answer[0] == 504, f"answered {answer}")
        server.logged("Python holds the loop too long (1.")
        demand(", in app\n" in server.text and "while True" in server.text, "the log does not say where it hung")
        load.goes_on()
        demand(workers(server) == before, "a worker was replaced")
    return f"504 after {took:.1f} s, both workers go on; " + load.demand(0)


@case("PYS-012", "R17")
def endless_loop_threads(options):
    """while True in the lane threads: interrupted, 504; the thread is used again."""
    with serve(options, "--workers", "1", "--lane", "threads", "--threads", "4", "--timeout", "1") as server, \
            Load(server, 8) as load:
        before = workers(server)
        for _ in range(5):
            answer, took = ask(server, "/loop")
            demand(answer and answer[0] == 504, f"answered {answer}")
        load.goes_on()
        server.logged("Interrupted GET /loop")
        demand("does not come back" not in server.text, "a thread was given up")
        demand(workers(server) == before, "the worker was replaced")
    return f"5 times 504 after {took:.1f} s, no thread lost; " + load.demand(0)


@case("PYS-012", "R18")
def deadlock_inline(options):
    """A lock that nobody gives, in the lane inline: the worker ends, the others go on."""
    def fault(server):
        threading.Thread(target=lambda: ask(server, "/deadlock"), daemon=True).start()
        server.logged("This worker ends: the loop does not come back from Python")

    with serve(options, "--workers", "2", "--timeout", "1") as server, Load(server) as load:
        load.goes_on()
        start = time.monotonic()
        fault(server)
        took = time.monotonic() - start
        server.logged("exited with status 70")
        server.wait("another worker", lambda: server.text.count(" serves") >= 3)
        demand("lock.acquire()" in server.text, "the log does not say where it hung")
        load.goes_on()
    return f"the worker ended after {took:.1f} s; " + load.demand(8)


@case("PYS-012", "R18")
def deadlock_threads(options):
    """A lock that nobody gives, in the lane threads: 504, another thread, and a new worker, without a loss."""
    with serve(options, "--workers", "1", "--lane", "threads", "--threads", "2", "--timeout", "1") as server, \
            Load(server) as load:
        load.goes_on()
        before = workers(server)
        answer, took = ask(server, "/deadlock")
        demand(answer and answer[0] == 504, f"answered {answer}")
        server.logged("is replaced: a thread does not come back from Python")
        server.wait("another worker", lambda: server.text.count(" serves") >= 2)
        server.wait("the old one's end", lambda: not set(before) & set(workers(server)))
        load.goes_on()
    return f"504 after {took:.1f} s; " + load.demand(0)


@case("PYS-014", "R31", quick=False)
def overload(options):
    """Four times as many requests as can be answered: those that cannot wait are told so at once."""
    def measure(clients, seconds):
        with serve(options, "--workers", "1", "--lane", "threads", "--threads", "4", "--queue-limit", "8") as server:
            with Load(server, clients, "/sleep?0.02", 0) as load:
                time.sleep(seconds)
            start = time.monotonic()
            answer, _ = ask(server, "/")
            demand(answer and answer[0] == 200, "no answer afterwards")
            return load, len(load.times) / load.seconds, time.monotonic() - start

    _, capacity, _ = measure(4, 4)
    load, goodput, recovery = measure(64, 12)
    refusals = sorted(load.refused)
    demand(not load.lost, f"{len(load.lost)} lost: {load.lost[:3]}")
    demand(refusals, "none was refused")
    demand(goodput > 0.8 * capacity, f"{goodput:.0f} of {capacity:.0f} answers a second")
    demand(recovery < 2, f"recovered after {recovery:.1f} s")
    return (f"{goodput:.0f} of {capacity:.0f} answers a second, {len(refusals)} refused (503 and Retry-After, median "
            f"{refusals[len(refusals) // 2] * 1000:.0f} ms), recovered in {recovery * 1000:.0f} ms")


# --- Things that run out ------------------------------------------------------------------------------------------


@case("PYS-011", "R30")
def memory(options):
    """An application that holds more and more: the worker is replaced, without a loss."""
    with serve(options, "--workers", "2", "--max-worker-memory", "150") as server, Load(server) as load:
        load.goes_on()
        before = set(workers(server))
        for _ in range(12):
            server.ask("/grow?25")
        server.wait("a replacement", lambda: "MiB" in server.text and set(workers(server)) - before, 60)
        most = re.findall(r"it holds (\d+) MiB", server.text)
        load.goes_on()
    return f"replaced at {', '.join(most)} MiB; " + load.demand(0)


@case("R08")
def no_descriptors(options):
    """An application that opens every file that it may, and clients that leave none: it goes on when there are some."""
    limit = 96
    with serve(options, "--workers", "1", files=limit) as server, Load(server, 4, pause=0.01) as load:
        load.goes_on()
        answer, _ = ask(server, "/files")
        demand(answer and answer[1].endswith(" 24"), f"the application got {answer}")
        load.goes_on()
        idle = [socket.create_connection(("127.0.0.1", server.port), 30) for _ in range(150)]
        lines, pid = server.text.count("\n"), workers(server)[0]
        busy = seconds_of_cpu(pid)
        time.sleep(2)
        load.goes_on()
        open_now, new_lines = descriptors(pid), server.text.count("\n") - lines
        for client in idle:
            client.close()
        start = time.monotonic()
        answer, _ = ask(server, "/")
        recovery = time.monotonic() - start
        demand(answer and answer[0] == 200, "no answer afterwards")
        demand(new_lines <= 6, f"{new_lines} lines of log in 2 s")
        busy = seconds_of_cpu(pid) - busy
    return (f"{open_now} of {limit} descriptors open, {new_lines} lines of log, {busy:.1f} s of CPU with the load, "
            f"a new client served after {recovery * 1000:.0f} ms; " + load.demand(0))


def seconds_of_cpu(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@case("R24")
def no_room_for_the_log(options):
    """A full disk under the log, and then a reader of the log that is gone: requests go on."""
    found = []
    with open("/dev/full", "wb") as full:
        with serve(options, "--workers", "2", "--access-log", "-", out=full) as server, Load(server) as load:
            time.sleep(2)
            load.goes_on()
        found.append("full: " + load.demand(0))
    reader, writer = os.pipe()
    with open(writer, "wb") as pipe:
        with serve(options, "--workers", "2", "--access-log", "-", out=pipe) as server:
            with Load(server) as load:
                threading.Thread(target=lambda: [os.read(reader, 65536) for _ in range(50)] and os.close(reader),
                                 daemon=True).start()
                time.sleep(2)
                load.goes_on()
            found.append("broken pipe: " + load.demand(0))
    return "; ".join(found)


# --- Clients ------------------------------------------------------------------------------------------------------


@case("R12")
def byte_by_byte(options):
    """Clients that send a byte a second: they hold nobody up, and are cut at the time for the head."""
    count = 100 if options.quick else 1000
    with serve(options, "--workers", "2", "--header-timeout", "4") as server, Load(server) as load:
        load.goes_on()
        head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"x" * 1000
        clients = [socket.create_connection(("127.0.0.1", server.port), 30) for _ in range(count)]
        start, cut = time.monotonic(), set()
        for position in range(9):
            for client in clients:
                if client not in cut:
                    try:
                        client.send(head[position:position + 1])
                        client.setblocking(False)
                        if b"408" in client.recv(4096) or True:
                            cut.add(client)
                    except BlockingIOError:
                        pass
                    except OSError:
                        cut.add(client)
            load.goes_on(5)
            time.sleep(max(0, start + position + 1 - time.monotonic()))
        for client in clients:
            client.close()
        demand(len(cut) == count, f"{len(cut)} of {count} were cut after 9 s")
    return f"{count} clients cut after 4 s; " + load.demand(0)


@case("R10")
def never_read(options):
    """Clients that ask for much and read nothing: bounded memory, and the others are answered."""
    found = []
    for lane in ("inline", "threads"):
        count = 16
        # A thread whose client does not read is held: as many threads as such clients, and some.
        with serve(options, "--workers", "1", "--lane", lane, "--threads", str(count + 4)) as server, \
                Load(server, 4) as load:
            load.goes_on()
            pid = workers(server)[0]
            before, clients = resident(pid), []
            for _ in range(count):
                client = socket.socket()
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.connect(("127.0.0.1", server.port))
                client.sendall(b"GET /big?64 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                clients.append(client)
            time.sleep(3)
            load.goes_on()
            more = resident(pid) - before
            demand(more < 2 * count, f"{more:.0f} MB more in the lane {lane}")
            for client in clients:
                client.close()
            load.goes_on()
        found.append(f"{lane}: {count} times 64 MB asked for, {more:+.0f} MB; " + load.demand(0))
    return "; ".join(found)


@case("R13", quick=False)
def idle_clients(options):
    """10,000 clients that keep their connections and ask for nothing."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    count = min(10_000, (hard if hard > 0 else 20_000) // 2 - 100)
    with serve(options, "--workers", "2", "--keep-alive", "300") as server:
        before = {pid: resident(pid) for pid in workers(server)}
        clients = []
        request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", server.port), 30)
            client.sendall(request)
            demand(client.recv(4096).startswith(b"HTTP/1.1 200"), "no answer")
            clients.append(client)
        with Load(server) as load:
            load.goes_on(500, 60)
        each = sum(resident(pid) - size for pid, size in before.items()) * 1024 / count
        busy = sum(map(seconds_of_cpu, before))
        time.sleep(5)
        busy = (sum(map(seconds_of_cpu, before)) - busy) / 5
        answered = 0
        for client in clients[::10]:
            client.sendall(request)
            answered += client.recv(4096).startswith(b"HTTP/1.1 200")
        for client in clients:
            client.close()
        demand(answered == len(clients[::10]), f"{answered} of {len(clients[::10])} are still answered")
        demand(busy < 0.05, f"{busy:.1%} CPU with nothing to do")
    return f"{count} clients: {each:.1f} KiB each, {busy:.1%} CPU; among them " + load.demand(0)


# --- Reloads ------------------------------------------------------------------------------------------------------


@case("R07")
def reload_every_second(options):
    """SIGHUP every second under load."""
    seconds = 10 if options.quick else 60
    with serve(options, "--workers", "2") as server, Load(server) as load:
        start = time.monotonic()
        for number in range(seconds):
            server.deploy(str(number + 2))
            server.send(signal.SIGHUP)
            time.sleep(max(0, start + number + 1 - time.monotonic()))
        server.deploy("last")
        before = server.text.count("All workers are new")
        server.send(signal.SIGHUP)
        server.wait("the end of the reload", lambda: server.text.count("All workers are new") > before, 60)
        server.wait("the new code", lambda: (answer := server.ask()) and answer[1] == "last", 20)
        count = server.text.count(" serves")
    return f"{seconds} reloads, {count} workers; " + load.demand(0)


@case("R07")
def upgrade(options):
    """A rolling reload and a replacement of the program (SIGUSR2), under load, some of it slow."""
    with serve(options, "--workers", "2", "--lane", "threads") as server, Load(server) as load, \
            Load(server, 4, "/sleep?0.3") as slow:
        load.goes_on()
        for number, sign in enumerate([signal.SIGHUP, signal.SIGUSR2] * (1 if options.quick else 3)):
            server.deploy(str(number + 2))
            server.send(sign)
            # The next sign comes while the last old worker is still on its way out.
            server.wait("new workers", lambda: server.text.count("All workers are new") > number, 60)
        demand(server.process.poll() is None, "the supervisor ended")
    return f"{load.demand(0)}; of slow requests {slow.demand(0, 10)}"


@case("R01")
def told_twice(options):
    """SIGTERM to every process of the service at once, as systemd does: what is being answered is answered."""
    with serve(options, "--workers", "2", "--lane", "threads") as server:
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(ask(server, "/sleep?1")[0])) for _ in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(0.4)
        for pid in workers(server):
            os.kill(int(pid), signal.SIGTERM)
        time.sleep(0.1)
        server.send(signal.SIGTERM)
        status = server.process.wait(20)
        for thread in threads:
            thread.join()
        good = sum(answer is not None and answer[0] == 200 for answer in answers)
        demand(good == 6, f"{good} of 6 answered")
        demand(status == 0, f"status {status}")
    return f"{good} of 6 answered, status 0"


@case("R34")
def killed_supervisor(options):
    """SIGKILL of the supervisor under load: what workers were answering is answered, and the port is free."""
    with serve(options, "--workers", "2", "--lane", "threads") as server:
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(ask(server, "/sleep?1")[0])) for _ in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        server.process.kill()
        server.process.wait()
        for thread in threads:
            thread.join()
        good = sum(answer is not None and answer[0] == 200 for answer in answers)
        demand(good == 6, f"{good} of 6 answered")
        end = time.monotonic() + 5
        while ask(server, "/", 5)[0] is not None:
            demand(time.monotonic() < end, "somebody still listens")
            time.sleep(0.05)
    return f"{good} of 6 answered, the port is free"


# --- Processes, clocks, certificates ------------------------------------------------------------------------------


@case("R17")
def python_computes(options):
    """Eight threads that compute in Python, while the loop sends files: they wait for nobody's lock."""
    app = """
def app(environ, start_response):
    total = 0
    for number in range(3_000_000):
        total += number & 7
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(total).encode()]
"""
    with Server(options.gale, "--workers", "1", "--lane", "threads", "--threads", "8", "--static", "/files=files", app=app,
                extra={"files/a.txt": "x" * 1000}) as server:
        with Load(server, 8, "/compute", 0) as python:
            python.goes_on(1, 60)
            with Load(server, 2, "/files/a.txt", 0.005) as files:
                files.goes_on(300, 60)
                python.goes_on(1, 60)
        computed = sorted(took for _, took in python.times)[len(python.times) // 2] * 1000
        demand(not python.lost, f"{python.lost[:3]}")
        demand(files.p99() < computed / 4, f"p99 {files.p99():.0f} ms, where Python's median is {computed:.0f} ms")
    return f"files: {files.demand(0, 300)}, where Python's median is {computed:.0f} ms"


FORKING = """
import multiprocessing, os, subprocess, sys, time

def square(number):
    return number * number

def outcome(child):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return f"status {os.waitstatus_to_exitcode(status)}"
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return "it goes on"

def pieces():
    yield b"x "
    if child := os.fork():
        yield outcome(child).encode()

class Closing:
    def __iter__(self):
        yield b"x"

    def close(self):
        if child := os.fork():
            print("closed:", outcome(child), file=sys.stderr, flush=True)

class Failing(Closing):
    def close(self):
        if child := os.fork():
            print("failed:", outcome(child), file=sys.stderr, flush=True)
        else:
            raise RuntimeError("close() in a child")

def app(environ, start_response):
    path = environ["PATH_INFO"]
    answer = f"{os.getpid()}"
    if path == "/descriptors":
        answer = subprocess.run(["ls", "-l", "/proc/self/fd"], close_fds=False, capture_output=True, text=True).stdout
    if path == "/pool":
        with multiprocessing.get_context("fork").Pool(2) as pool:
            answer = str(pool.map(square, range(5)))
    if path == "/back":
        # The child comes back from here, as the parent does.
        if child := os.fork():
            answer = outcome(child)
    if path in ("/exit", "/raise"):
        child = os.fork()
        if child == 0:
            sys.exit(3) if path == "/exit" else 1 / 0
        answer = outcome(child)
    if path in ("/generator", "/closing", "/failing"):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return {"/generator": pieces, "/closing": Closing, "/failing": Failing}[path]()
    if path == "/orphan":
        # A process that ends when its parent has long ended.
        child = os.fork()
        if child == 0:
            if os.fork() == 0:
                time.sleep(0.3)
            os._exit(0)
        os.waitpid(child, 0)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [answer.encode()]
"""


@case("R20")
def forking(options):
    """An application that starts processes: they get no socket, and one that comes back from the application ends."""
    told = []
    for lane in ("inline", "threads"):
        with Server(options.gale, "--workers", "2", "--lane", lane, app=FORKING) as server, Load(server, 4) as load:
            before = set(workers(server))
            answer, _ = ask(server, "/descriptors")
            demand(answer and "socket:" not in answer[1] and "anon_inode" not in answer[1], f"{lane}: {answer}")
            for _ in range(3):
                # Its processes are ended by SIGTERM, which is none for the worker.
                answer, _ = ask(server, "/pool")
                demand(answer == (200, "[0, 1, 4, 9, 16]"), f"{lane}: {answer}")
            for _ in range(3):
                answer, _ = ask(server, "/back")
                demand(answer == (200, "status 70"), f"{lane}: {answer}")
            demand("had forked came back from it" in server.text, "not said")
            for path, wanted in [("/generator", "x status 70"), ("/closing", "x"), ("/failing", "x"), ("/exit", "status 3"),
                                 ("/raise", "status 70")]:
                answer, _ = ask(server, path)
                demand(answer == (200, wanted), f"{lane} {path}: {answer}")
            server.wait("the ends in close()",
                        lambda: "closed: status 70" in server.text and "failed: status 70" in server.text)
            for text in ("ZeroDivisionError: division by zero", "RuntimeError: close() in a child"):
                demand(server.text.count(text) == 1, f"{lane}: {text} {server.text.count(text)} times")
            load.goes_on(200)
            demand(set(workers(server)) == before and "ended" not in server.text and "exited" not in server.text,
                   "a worker was replaced")
        told.append(f"{lane}: {load.demand(0)}")
    return "; ".join(told)


@case("R21")
def first_process(options):
    """Processes that others leave behind: a supervisor that inherits them takes them away, and none for a worker."""
    libc = ctypes.CDLL(None, use_errno=True)
    # As the first process of a container does, a subreaper gets the processes whose parents have ended.
    with Server(options.gale, "--workers", "2", app=FORKING, preexec=lambda: libc.prctl(36, 1, 0, 0, 0)) as server, \
            Load(server, 4) as load:
        before, count = set(workers(server)), 12
        for _ in range(count):
            demand(ask(server, "/orphan")[0] is not None, "not answered")

        def inherited():
            mine = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
            return [pid for pid in mine if pid not in before]

        server.wait("their end", lambda: not inherited(), 30)
        demand(set(workers(server)) == before, "a worker was replaced")
        os.kill(int(sorted(before)[0]), signal.SIGKILL)
        server.wait("another worker", lambda: server.text.count(" serves") >= 3)
    return f"{count} inherited, all taken away; " + load.demand(8)


SHIFT = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
static long shift(void) {
  static volatile long *seconds;
  if (!seconds) {
    int file = open(getenv("SHIFT_FILE"), O_RDONLY | O_CLOEXEC);
    seconds = mmap(0, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
  }
  return *seconds;
}
int clock_gettime(clockid_t clock, struct timespec *time) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(clock, time);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) time->tv_sec += shift();
  return result;
}
int gettimeofday(struct timeval *time, void *zone) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}
time_t time(time_t *result) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (result) *result = now.tv_sec;
  return now.tv_sec;
}
"""


@case("R26")
def clock_jumps(options):
    """A wall clock that jumps an hour on and back: dates follow, no time-out does."""
    with tempfile.TemporaryDirectory(prefix="gale-") as scratch:
        library, shift = Path(scratch) / "shift.so", Path(scratch) / "seconds"
        (Path(scratch) / "shift.c").write_text(SHIFT)
        compiler = shutil.which("cc") or shutil.which("clang")
        demand(compiler, "there is no compiler")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, Path(scratch) / "shift.c", "-ldl"], check=True)
        shift.write_bytes(struct.pack("l", 0))
        environment = {"LD_PRELOAD": str(library), "SHIFT_FILE": str(shift)}
        with serve(options, "--workers", "1", "--lane", "threads", "--timeout", "20", "--header-timeout", "3",
                   environment=environment.items()) as server, Load(server, 4) as load:
            before = workers(server)
            kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)

            def date():
                kept.request("GET", "/")
                response = kept.getresponse()
                response.read()
                return email.utils.parsedate_to_datetime(response.getheader("Date")).timestamp()

            date()
            same = kept.sock
            for jump in (3600, 0, -3600, 0):
                slow = []
                thread = threading.Thread(target=lambda: slow.append(ask(server, "/sleep?1")[0]))
                thread.start()
                with socket.create_connection(("127.0.0.1", server.port)) as silent:
                    silent.sendall(b"GET / HT")
                    start = time.monotonic()
                    with shift.open("r+b") as file:
                        file.write(struct.pack("l", jump))
                    server.wait("the date", lambda: abs(date() - time.time() - jump) < 30)
                    silent.settimeout(30)
                    while silent.recv(1000):
                        pass
                    took = time.monotonic() - start
                demand(2 < took < 20, f"a head was waited for {took:.1f} s after a jump to {jump}")
                thread.join()
                demand(slow[0] and slow[0][0] == 200, f"{slow}")
                load.goes_on()
            demand(kept.sock is same, "a connection that was kept was closed")
            demand(workers(server) == before, "a worker was replaced")
    return load.demand(0)


def certificate(directory, name):
    """A new pair, as texts."""
    pair = [directory / f"{name}.key", directory / f"{name}.pem"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", f"/CN={name}", "-keyout", pair[0], "-out", pair[1]], check=True,
                   capture_output=True)
    return [path.read_text() for path in pair]


@case("R27")
def new_certificate(options):
    """A certificate is replaced under load: half of a pair is refused, and no handshake fails."""
    with tempfile.TemporaryDirectory(prefix="gale-") as scratch:
        directory = Path(scratch)
        pairs = [certificate(directory, name) for name in ("one", "two")]
        key, chain = directory / "key", directory / "chain"
        key.write_text(pairs[0][0])
        chain.write_text(pairs[0][1])
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        stopping, lost, counts = threading.Event(), [], []
        with Server(options.gale, "--certfile", chain, "--keyfile", key, app=APP, started=False) as server:
            server.logged("Serving")

            def shake_hands():
                with socket.create_connection(("127.0.0.1", server.port), timeout=30) as plain, \
                        context.wrap_socket(plain) as client:
                    client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    answer = b""
                    while part := client.recv(4096):
                        answer += part
                    demand(answer.startswith(b"HTTP/1.1 200"), f"{answer[:50]}")
                    return ssl.DER_cert_to_PEM_cert(client.getpeercert(True)).strip()

            def run():
                count = 0
                while not stopping.is_set():
                    try:
                        shake_hands()
                        count += 1
                    except (OSError, Failed) as error:
                        lost.append(str(error))
                        time.sleep(0.05)
                counts.append(count)

            threads = [threading.Thread(target=run, daemon=True) for _ in range(4)]
            for thread in threads:
                thread.start()
            demand(shake_hands() == pairs[0][1].strip(), "another certificate")
            chain.write_text(pairs[1][1])
            server.process.send_signal(signal.SIGHUP)
            server.logged("The certificate stays as it is")
            demand(shake_hands() == pairs[0][1].strip(), "another certificate than before")
            key.write_text(pairs[1][0])
            start = time.monotonic()
            server.process.send_signal(signal.SIGHUP)
            server.wait("the new one", lambda: shake_hands() == pairs[1][1].strip())
            took = time.monotonic() - start
            time.sleep(0.3)
            stopping.set()
            for thread in threads:
                thread.join()
        demand(not lost and sum(counts) > 20, f"{len(lost)} of {sum(counts)} lost: {lost[:3]}")
    return f"0 of {sum(counts)} handshakes lost, the new one after {took * 1000:.0f} ms"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only what is short")
    parser.add_argument("gale", type=Path)
    parser.add_argument("cases", nargs="*", help="such as sigkill (default: all)")
    options = parser.parse_args()
    options.gale = options.gale.resolve()
    names = [function.__name__ for function, _, _ in CASES]
    if unknown := set(options.cases) - set(names):
        parser.error(f"no such case: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = [entry for entry in CASES
              if (entry[0].__name__ in options.cases if options.cases else entry[2] or not options.quick)]
    failures = 0
    for function, rows, _ in wanted:
        start = time.monotonic()
        try:
            verdict, text = "ok    ", function(options)
        except (Failed, OSError, http.client.HTTPException, subprocess.SubprocessError) as error:
            failures += 1
            verdict, text = "FAILED", error
        print(f"{verdict} {function.__name__} ({', '.join(rows)}; {time.monotonic() - start:.0f} s): {text}", flush=True)
    print(f"{len(wanted) - failures} passed, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
