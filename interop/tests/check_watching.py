#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Watches and steers `gale serve` from outside: `check_watching.py GALE [CHECK...]`. Loopback only.

The access log's forms and files, metrics over the life of workers, the control socket and its commands. Metrics are
read by prometheus_client's parser where that package is installed.
"""

import concurrent.futures
import contextlib
import http.client
import json
import os
import pty
import re
import select
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

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    text_string_to_metric_families = None

APP = '''
import ctypes, os, time

def app(environ, start_response):
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    if path == "/sleep":
        time.sleep(float(query))
    if path == "/until":
        while not os.path.exists(query):
            time.sleep(0.01)
    if path == "/hold":
        ctypes.PyDLL(None).usleep(int(query))  # With the interpreter's lock.
    if path == "/turn":
        end = time.monotonic() + float(query)
        while time.monotonic() < end:
            time.sleep(0.01)  # Between two of these it can be interrupted.
    status = query if path == "/status" else "200 OK"
    start_response(status.replace("%20", " "), [("Content-Type", "text/plain"), ("X-Up", 'say "hi"')])
    return [str(os.getpid()).encode()]
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
    """`gale serve` in a directory of its own."""

    def __init__(self, gale, *options, environment=(), preexec=None):
        self.gale = str(gale)
        self.scratch = tempfile.TemporaryDirectory(prefix="gale-")
        self.directory = Path(self.scratch.name)
        self.log = self.directory / "stderr"
        self.out = self.directory / "stdout"
        self.control = self.directory / "control"
        self.port = free_port()
        (self.directory / "app.py").write_text(APP)
        command = [self.gale, "serve", "--bind", f"127.0.0.1:{self.port}", "--graceful-timeout", "10",
                   *([] if "--control" in options or "--no-control" in options else ["--control", "control"]),
                   *options, "app:app"]
        with self.log.open("wb") as err, self.out.open("wb") as out:
            self.process = subprocess.Popen([str(part) for part in command], stdout=out, stderr=err,
                                            cwd=self.directory, env={**os.environ, **dict(environment)},
                                            preexec_fn=preexec)
        self.workers = int(options[options.index("--workers") + 1]) if "--workers" in options else 0
        self.wait("it serves", self.is_ready)

    def is_ready(self):
        if self.workers:
            return self.text.count(" serves") >= self.workers
        with contextlib.suppress(OSError):
            return self.ask() is not None

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.stop()
        if kind:
            print(self.text[-4000:], file=sys.stderr)
        self.scratch.cleanup()

    def stop(self):
        if not stopped(self.process):
            raise Failed("it did not stop")

    @property
    def text(self):
        return self.log.read_text(errors="replace")

    def read(self, name):
        with contextlib.suppress(FileNotFoundError):
            return (self.directory / name).read_text(errors="replace")
        return ""

    def ask(self, path="/", method="GET", headers=(), port=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=20)
        try:
            connection.request(method, path, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def wait(self, what, condition, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if result := condition():
                return result
            demand(self.process.poll() is None, f"the server ended with {self.process.returncode}: {self.text}")
            time.sleep(0.02)
        raise Failed(f"not within {seconds} s: {what}")

    def lines(self, name, count):
        """The lines of a log, once there are so many."""
        self.wait(f"{count} lines in {name}", lambda: self.read(name).count("\n") >= count)
        return self.read(name).splitlines()

    def command(self, *words, status=0, chosen=True, environment=()):
        """What a gale command prints."""
        where = ["--control", str(self.control)] if chosen else []
        done = subprocess.run([self.gale, words[0], *where, *words[1:]], capture_output=True, text=True, timeout=60,
                              env={**os.environ, **dict(environment)})
        demand(done.returncode == status, f"gale {' '.join(words)} ended with {done.returncode}: {done.stderr}")
        return done.stdout if status == 0 else done.stderr

    def status(self):
        return json.loads(self.command("status", "--json"))

    def serving(self, count):
        """The status, once that many workers serve and no other is there."""
        def found():
            status = self.status()
            states = [worker["state"] for worker in status["workers"]]
            return status if states == ["serving"] * count else None
        return self.wait(f"{count} workers serve", found)


def metrics(text):
    """{(name, labels): value}; the page is taken apart by Prometheus's own parser."""
    if text_string_to_metric_families:
        return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
                for family in text_string_to_metric_families(text) for sample in family.samples}
    values = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, value = re.fullmatch(r'(\w+)(?:\{(.*)\})? (\S+)', line).groups()
            values[name, tuple(sorted(re.findall(r'(\w+)="(.*?)"', labels or "")))] = float(value)
    return values


def total(values, name, **labels):
    return sum(value for (found, own), value in values.items()
               if found == name and all((key, text) in own for key, text in labels.items()))


# --- the access log ------------------------------------------------------------------------


@check
def combined_and_atoms(gale):
    """Each request is a line, in gunicorn's forms, with fields of the request and the answer"""
    form = '%(h)s %(m)s %(U)s %(q)s %(H)s %(s)s %(b)s "%({x-a}i)s" "%({x-up}o)s" "%({none}o)s" %(p)s %(D)s'
    for lane in ("inline", "threads"):
        with Server(gale, "--lane", lane, "--access-log", "access", "--access-log-format", form) as server:
            before = server.read("access").count("\n")
            server.ask("/status?404%20Gone", headers={"X-A": 'q"\\'})
            line = server.lines("access", before + 1)[-1]
            pattern = (r'127\.0\.0\.1 GET /status 404%20Gone HTTP/1\.1 404 (\d+) "q\\"\\\\" "say \\"hi\\"" "-" '
                       r'<(\d+)> (\d+)')
            match = re.fullmatch(pattern, line)
            demand(match, f"{lane}: {line!r}")
            demand(int(match[2]) == server.process.pid, "another process")
            demand("GET /" not in server.text, "requests are in the error log, too")
            demand(server.read("stdout") == "", "something on standard output")


@check
def default_line(gale):
    """Without options the line is Tornado's, on standard error; with a level only severe ones; or none"""
    with Server(gale) as server:
        server.ask("/a?b")
        server.wait("a line", lambda: re.search(r"^\[I \d{6} [\d:]{8} access\] 200 GET /a\?b \(127\.0\.0\.1\) "
                                                r"\d+\.\d\dms$", server.text, re.M))
    with Server(gale, "--log-level", "error") as server:
        server.ask("/status?404%20X")
        server.ask("/status?500%20X")
        server.wait("a line", lambda: "] 500 GET" in server.text)
        demand("404" not in server.text, "a line that is not severe enough")
    with Server(gale, "--no-access-log") as server:
        server.ask("/a?b")
        server.stop()
        demand("GET" not in server.text, "a line in spite of --no-access-log")


@check
def json_on_standard_output(gale):
    """JSON goes to standard output with -, a line for an object, whatever clients send"""
    with Server(gale, "--access-log", "-", "--access-log-format", "json", "--access-log-exclude", "/") as server:
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b'GET /x?q=\\"%0a HTTP/1.1\r\nHost: h\r\nUser-Agent: \xff"\x01\r\n\r\n'
                           b'GET /y?q=\\"%0a HTTP/1.1\r\nHost: h\r\nUser-Agent: \xff"\\\r\nConnection: close\r\n\r\n')
            while client.recv(4096):
                pass
        server.ask("/z")
        objects = [json.loads(line) for line in server.lines("stdout", 1)]
        server.wait("the last line", lambda: '"/z"' in server.read("stdout"))
        objects = [json.loads(line) for line in server.read("stdout").splitlines()]
        paths = [entry["path"] for entry in objects]
        demand("/" not in paths, "an excluded path")
        demand(paths[-1] == "/z", f"{paths}")
        demand(all(set(entry) == {"time", "remote", "user", "method", "host", "path", "query", "protocol", "status",
                                  "bytes", "duration", "referer", "user_agent", "request_id", "pid"}
                   for entry in objects), f"other keys: {objects}")


@check
def slow_requests_only(gale):
    """With a least duration only slow requests are logged"""
    with Server(gale, "--access-log", "access", "--access-log-min-duration", "0.3",
                "--access-log-format", "%(U)s %(D)s") as server:
        server.ask("/quick")
        server.ask("/sleep?0.35")
        path, micros = server.lines("access", 1)[0].split()
        demand(path == "/sleep" and int(micros) >= 300_000, f"{path} {micros}")


@check
def rotation_under_load(gale):
    """Files that are put aside under load, with a signal or without, lose no line"""
    with Server(gale, "--workers", "2", "--access-log", "access", "--access-log-format", "%(U)s") as server:
        stopping, counts = threading.Event(), []

        def load(number):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            count = 0
            while not stopping.is_set():
                connection.request("GET", f"/{number}/{count}")
                connection.getresponse().read()
                count += 1
            counts.append(count)

        threads = [threading.Thread(target=load, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        access = server.directory / "access"
        for round_ in range(4):
            server.wait("lines", lambda: access.exists() and access.stat().st_size > 2000)
            access.rename(server.directory / f"access.{round_}")
            if round_ % 2 == 0:
                server.process.send_signal(signal.SIGUSR1)
            server.wait("a new file", access.exists)
        stopping.set()
        for thread in threads:
            thread.join()
        server.stop()
        lines = [line for path in server.directory.glob("access*") for line in path.read_text().splitlines()]
        demand(len(lines) == sum(counts), f"{len(lines)} lines of {sum(counts)} requests")
        demand(len(set(lines)) == len(lines), "a line twice, or a broken one")


@check
def full_disk(gale):
    """A log that cannot be written costs lines, no request, and is said once"""
    with Server(gale, "--access-log", "/dev/full") as server:
        for _ in range(3):
            demand(server.ask()[0] == 200, "not answered")
            time.sleep(1.1)
        server.wait("a complaint", lambda: "Cannot write to /dev/full: No space left on device" in server.text)
        demand(server.text.count("Cannot write to /dev/full") == 1, "said more than once")
    done = subprocess.run([str(gale), "serve", "--access-log", "/no/such/log", "app:app"], capture_output=True,
                          text=True)
    demand(done.returncode == 1 and done.stderr.strip() ==
           "gale: cannot open log file /no/such/log: No such file or directory", done.stderr)
    done = subprocess.run([str(gale), "serve", "--access-log-format", "%(x)s", "app:app"], capture_output=True,
                          text=True)
    demand(done.returncode == 2 and "there is no atom %(x)s" in done.stderr, done.stderr)


@check
def error_log(gale):
    """Everything but requests goes to a file of its own, which is opened again"""
    with ErrorLogServer(gale) as server:
        demand("Supervising" in server.read("errors"), "not in the file")
        demand(server.text == "", f"on standard error: {server.text}")
        (server.directory / "errors").rename(server.directory / "errors.1")
        server.process.send_signal(signal.SIGUSR1)
        server.wait("a new file", (server.directory / "errors").exists)
        server.process.send_signal(signal.SIGHUP)
        server.wait("the reload", lambda: "Replacing the workers" in server.read("errors"))
        demand("Replacing" not in server.read("errors.1"), "the old file is written to")


class ErrorLogServer(Server):
    def __init__(self, gale):
        super().__init__(gale, "--workers", "1", "--error-log", "errors", "--no-access-log")

    def is_ready(self):
        return " serves" in self.read("errors")


@check
def journal(gale):
    """What systemd's journal reads has priorities"""
    scratch = tempfile.TemporaryDirectory(prefix="gale-")
    with scratch:
        reader, writer = os.pipe()
        info = os.fstat(writer)
        (Path(scratch.name) / "app.py").write_text(APP)
        port = free_port()
        process = subprocess.Popen([str(gale), "serve", "--no-control", "--bind", f"127.0.0.1:{port}", "app:app"],
                                   cwd=scratch.name, stdout=writer, stderr=writer,
                                   env={**os.environ, "JOURNAL_STREAM": f"{info.st_dev}:{info.st_ino}"})
        os.close(writer)
        text = b""
        try:
            asked = False
            end = time.monotonic() + 60
            while time.monotonic() < end and b"] 404 GET" not in text:
                if select.select([reader], [], [], 0.1)[0]:
                    text += os.read(reader, 65536)
                if not asked and b"Serving" in text:
                    with contextlib.suppress(OSError):
                        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                        connection.request("GET", "/status?404%20X")
                        connection.getresponse().read()
                        asked = True
        finally:
            process.terminate()
            process.wait(30)
            os.close(reader)
        lines = text.decode().splitlines()
        demand(all(re.match(r"<\d>", line) for line in lines), f"lines without a priority: {lines}")
        demand(any(line.startswith("<6>[I ") for line in lines), f"{lines}")
        demand(any(line.startswith("<4>[W ") and "404 GET" in line for line in lines), f"{lines}")


# --- metrics -------------------------------------------------------------------------------


@check
def totals_never_fall(gale):
    """Metrics are those of all workers, those that were killed included"""
    port = free_port()
    with Server(gale, "--workers", "2", "--metrics", str(port), "--no-access-log") as server:
        def page():
            status, text = server.ask("/metrics", port=port)
            demand(status == 200, f"status {status}")
            return metrics(text)

        for _ in range(30):
            server.ask()
        for _ in range(3):
            server.ask("/status?404%20X", method="POST")
        counted = page()
        demand(total(counted, "gale_http_requests_total", method="GET", status="2xx") == 30, f"{counted}")
        demand(total(counted, "gale_http_requests_total", method="POST", status="4xx") == 3, f"{counted}")
        demand(total(counted, "gale_http_request_duration_seconds_count") == 33, "durations")
        demand(total(counted, "gale_http_request_duration_seconds_bucket", le="+Inf") == 33, "buckets")
        demand(total(counted, "gale_http_received_bytes_total") > 33 * 40, "bytes in")
        demand(total(counted, "gale_http_sent_bytes_total") > 33 * 60, "bytes out")
        demand(total(counted, "gale_http_accepted_connections_total") == 33, "connections")
        demand(total(counted, "gale_http_requests_in_flight") == 0, "in flight")
        demand(total(counted, "gale_workers", state="serving") == 2, "workers")
        demand(total(counted, "gale_worker_resident_memory_bytes") > 4 << 20, "memory")
        demand(total(counted, "gale_worker_restarts_total") == 0, "restarts")
        demand(total(counted, "gale_build_info") == 1, "build info")
        victim = server.status()["workers"][0]["pid"]
        os.kill(victim, signal.SIGKILL)
        after = server.wait("another worker", lambda: (lambda values: values if
                            total(values, "gale_worker_restarts_total") == 1
                            and total(values, "gale_workers", state="serving") == 2 else None)(page()))
        demand(total(after, "gale_http_requests_total") == 33, "requests were forgotten")
        demand(total(after, "gale_http_connections") == 0, "connections of the dead worker")
        server.command("reload")
        server.wait("the reload", lambda: "All workers are new" in server.text)
        server.serving(2)
        demand(total(page(), "gale_http_requests_total") == 33, "requests were forgotten by the reload")
        server.process.send_signal(signal.SIGUSR2)
        server.wait("the upgrade", lambda: server.text.count("All workers are new") == 2)
        server.serving(2)
        server.ask()
        demand(total(page(), "gale_http_requests_total") == 34, "requests were forgotten by the upgrade")
        demand(server.ask("/metrics")[1].isdigit(), "metrics where everybody is served")
        demand(server.ask("/status", port=port)[0] == 404, "more than metrics at the metrics' port")
        demand(server.ask("/metrics", method="POST", port=port)[0] == 405, "metrics by POST")


def datagrams(receiver, until):
    """Lines from StatsD's datagrams, as they come, until there are some that `until` is content with."""
    lines = []
    receiver.settimeout(30)
    while not until(lines):
        datagram = receiver.recv(65536)
        demand(len(datagram) <= 1432, f"a datagram of {len(datagram)} bytes")
        lines += datagram.decode().split("\n")
    return lines


@check
def statsd(gale):
    """StatsD hears of each request once, by gunicorn's names, from workers and from one process; nobody listening harms none"""
    for options, family in ((["--workers", "2"], socket.AF_INET), ([], socket.AF_UNIX)):
        with tempfile.TemporaryDirectory() as directory, socket.socket(family, socket.SOCK_DGRAM) as receiver:
            path = f"{directory}/statsd"
            receiver.bind(path if family == socket.AF_UNIX else ("127.0.0.1", 0))
            place = f"unix:{path}" if family == socket.AF_UNIX else f"127.0.0.1:{receiver.getsockname()[1]}"
            with Server(gale, *options, "--statsd", place, "--statsd-prefix", "shop.gunicorn", "--statsd-tag", "env:test",
                        "--statsd-tag", "x", "--no-access-log") as server:
                for _ in range(60):
                    server.ask()
                server.ask("/status?404%20X")
                good = 60 if server.workers else 61  # one of them to see that it serves
                lines = datagrams(receiver, lambda lines: sum(".requests:" in line for line in lines) == good + 1
                                  and any(".workers:" in line for line in lines))
                demand(all(line.startswith("shop.gunicorn.") and line.endswith("|#env:test,x") for line in lines), f"{lines}")
                demand(lines.count("shop.gunicorn.requests:1|c|#env:test,x") == good + 1, f"{lines}")
                demand(lines.count("shop.gunicorn.request.status.200:1|c|#env:test,x") == good, f"{lines}")
                demand(lines.count("shop.gunicorn.request.status.404:1|c|#env:test,x") == 1, f"{lines}")
                times = [re.fullmatch(r"shop\.gunicorn\.request\.duration:(\d+\.\d{3})\|ms\|#env:test,x", line)
                         for line in lines if ".duration:" in line]
                demand(len(times) == good + 1 and all(times), f"{lines}")
                demand(f"shop.gunicorn.workers:{max(1, server.workers)}|g|#env:test,x" in lines, f"{lines}")
                server.ask()
                server.stop()
                last = datagrams(receiver, lambda lines: any(".requests:" in line for line in lines))
                demand(any(".requests:1|c" in line for line in last), "what waits is sent at the end")
    with Server(gale, "--statsd", str(free_port()), "--no-access-log") as server:
        for _ in range(3):
            demand(server.ask()[0] == 200, "not answered")
    with Server(gale, "--statsd", "nowhere.invalid", "--no-access-log") as server:
        demand(server.ask()[0] == 200, "not answered")
        demand("Nothing is sent to StatsD: cannot resolve nowhere.invalid" in server.text, server.text)


@check
def in_flight_and_public(gale):
    """Requests in flight are seen, also from a worker at a path of the public port, and in one process"""
    for options in (["--workers", "2"], []):
        with Server(gale, *options, "--lane", "threads", "--metrics-path", "/m", "--no-access-log") as server:
            with concurrent.futures.ThreadPoolExecutor(3) as pool:
                answers = [pool.submit(server.ask, "/sleep?2") for _ in range(3)]
                seen = server.wait("three in flight", lambda: (lambda values: values if
                                   total(values, "gale_http_requests_in_flight") == 4 else None)(
                                       metrics(server.ask("/m")[1])), 20)
                demand(total(seen, "gale_workers", state="serving") == max(1, server.workers), "workers")
                for answer in answers:
                    demand(answer.result()[0] == 200, "not answered")
            server.wait("none in flight", lambda: total(metrics(server.ask("/m")[1]),
                                                        "gale_http_requests_in_flight") == 1, 20)


@check
def aborted_and_refused(gale):
    """Clients that leave, and what is no HTTP, are counted apart"""
    with Server(gale, "--lane", "threads", "--metrics-path", "/m", "--no-access-log") as server:
        client = socket.create_connection(("127.0.0.1", server.port))
        client.sendall(b"GET /sleep?0.5 HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b"nonsense\r\n\r\n")
            while client.recv(4096):
                pass
        server.wait("both", lambda: (lambda values: total(values, "gale_http_requests_total", status="aborted") == 1
                                     and total(values, "gale_http_refused_messages_total") == 1)(
                                         metrics(server.ask("/m")[1])))


@check
def lanes(gale):
    """What Python is at is counted: busy threads, the queue, the lock, refusals, time; by worker and for all"""
    port = free_port()
    with Server(gale, "--workers", "1", "--lane", "threads", "--threads", "1", "--queue-limit", "1", "--timeout", "10",
                "--metrics", str(port), "--no-access-log") as server:
        def page():
            return metrics(server.ask("/metrics", port=port)[1])

        def shows(values, **wanted):
            return all(total(values, f"gale_python_{name}") == value for name, value in wanted.items())

        demand(shows(page(), requests_total=0, queue_limit=1, running=0), f"{page()}")
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            answers = [pool.submit(server.ask, "/until?go")]
            server.wait("a busy thread", lambda: shows(page(), running=1, threads=1, queued=0))
            answers.append(pool.submit(server.ask, "/sleep?0"))
            found = server.wait("the queue", lambda: (lambda values: values if shows(values, queued=1) else None)(page()))
            demand(total(found, "gale_worker_python_queued") == 1, "the queue of the worker")
            demand(total(found, "gale_worker_python_running") == 1, "the calls of the worker")
            status = server.status()["workers"][0]["totals"]["python"]
            demand((status["running"], status["queued"], status["threads"]) == (1, 1, 1), f"{status}")
            demand(server.ask("/sleep?0")[0] == 503, "a place in the queue that is not there")
            (server.directory / "go").touch()
            demand([answer.result()[0] for answer in answers] == [200, 200], "not answered")
        done = page()
        demand(shows(done, requests_total=2, running=0, queued=0, timeouts_total=0), f"{done}")
        demand(total(done, "gale_python_refused_total", reason="queue_full") == 1, "refused")
        demand(total(done, "gale_python_call_seconds_sum") > 0, "time in Python")
        demand(total(done, "gale_worker_python_seconds_total") > 0, "time in Python of the worker")
        demand(total(done, "gale_python_queue_seconds_count") == 2, "waits for a thread")
        demand(total(done, "gale_python_queue_seconds_sum") > 0, "the wait for a thread")
        demand(total(done, "gale_python_lock_wait_seconds_count") >= 1, "waits for the lock")
        text = server.command("status")
        demand(re.search(r"^python   0 of 1 threads busy, 0 wait for the lock, 0 queued, 1 refused, 0 interrupted, "
                         r"0 stuck\n +calls p99 \S+ m?s  lock p99 .*  queue p99 .*s$", text, re.M), text)
        demand(re.search(r"BUSY +QUEUE +PYTHON +CPU", text) and re.search(r" 0/1 +0 +[\d.]+ m?s ", text), text)
        demand(server.ask("/turn?30")[0] == 504, "no time limit")
        server.wait("the thread is back", lambda: shows(page(), timeouts_total=1, stuck_total=0, running=0))
        top = server.command("top", "--once", "--interval", "0.5")
        demand(re.search(r"^python +0 of 1 threads busy, .* 0 interrupted, 0 stuck$", top, re.M), top)
        server.command("reload")
        server.wait("the reload", lambda: "All workers are new" in server.text)
        server.serving(1)
        demand(shows(page(), requests_total=3, timeouts_total=1, running=0), "what was counted before the reload")


# --- what it is at ---------------------------------------------------------------------------


@check
def slow_request(gale):
    """A slow request is told of once, with the request, the loop's state and Python's stacks"""
    with Server(gale, "--lane", "threads", "--slow-request", "0.3", "--no-access-log") as server:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = [pool.submit(server.ask, f"/sleep?{seconds}") for seconds in ("2", "2.1")]
            for answer in answers:
                demand(answer.result()[0] == 200, "not answered")
        text = server.text
        demand(text.count("slow request") == 1, f"{text.count('slow request')} records")
        demand(re.search(r"[12] slow requests? \(of [12] in flight\)", text), "no count")
        demand(re.search(r"^    0\.\d\d s GET /sleep\?2(\.1)? \(127\.0\.0\.1\) request=\d+\.\d+$", text, re.M), text)
        demand("The loop goes round." in text, "the loop")
        demand(re.search(r'File ".*app\.py", line \d+, in app\n +time\.sleep', text), "no stack")
        demand(server.ask()[0] == 200, "it does not go on")
    with Server(gale, "--slow-request", "5", "--no-access-log") as server:
        server.ask("/sleep?0.1")
        server.stop()
        demand("slow" not in server.text, "a quick request is told of")


@check
def held_loop(gale):
    """What holds the loop is told of, and where it is, though it holds Python's lock, too"""
    with Server(gale, "--lane", "inline", "--slow-request", "0.3", "--no-access-log") as server:
        server.ask("/sleep?2")
        server.wait("the record", lambda: re.search(r"The loop's thread has been held for \d", server.text))
        demand(re.search(r'File ".*app\.py", line \d+, in app\n +time\.sleep', server.text), "no stack")
    with Server(gale, "--lane", "inline", "--slow-request", "0.3", "--no-access-log") as server:
        server.ask("/hold?4000000")
        # The signal may end the wait in C: the answer comes before the record.
        server.wait("the stack", lambda: re.search(r"Python's lock is held[^$]*File \".*app\.py\", line \d+ in app",
                                                   server.text))
        demand(server.ask()[0] == 200, "it does not go on")


# --- control -------------------------------------------------------------------------------


@check
def control_commands(gale):
    """status, workers, reload, top and stop do what they say"""
    with Server(gale, "--workers", "2", "--no-access-log") as server:
        demand(server.control.stat().st_mode & 0o777 == 0o600, "others may steer")
        for _ in range(10):
            server.ask()
        status = server.serving(2)
        demand(status["totals"]["requests"] == 10 and status["totals"]["statuses"]["2xx"] == 10, f"{status}")
        demand(status["pid"] == server.process.pid and status["applications"] == ["app:app"], f"{status}")
        text = server.command("status")
        demand("requests 10 (2xx 10, " in text and "workers  2 of 2, 0 restarted" in text, text)
        demand(len([line for line in text.splitlines() if " serving " in line]) == 2, text)
        demand(server.command("workers", "+1") == "3 workers\n", "+1")
        server.serving(3)
        demand(server.command("workers", "-1") == "2 workers\n", "-1")
        server.serving(2)
        demand(server.command("workers", "4") == "4 workers\n", "4")
        old = {worker["pid"] for worker in server.serving(4)["workers"]}
        demand("not 0" in server.command("workers", "0", status=1), "0 workers")
        demand("how many" in server.command("workers", "many", status=2), "many workers")
        server.command("reload")
        server.wait("new workers", lambda: not old & {worker["pid"] for worker in server.serving(4)["workers"]})
        top = server.command("top", "--once", "--interval", "0.5")
        demand(re.search(r"^requests +[\d.]+/s", top, re.M) and "p99" in top and top.count(" serving ") == 4, top)
        demand("terminal" in server.command("top", status=2), "top without a terminal")
        server.command("stop")
        demand(server.process.wait(30) == 0, "a status that is not 0")
        demand(not server.control.exists(), "the socket is left behind")


@check
def single_process(gale):
    """A server without workers tells its status and can be stopped; workers it has none"""
    with Server(gale) as server:
        status = server.status()
        demand(not status["supervised"] and len(status["workers"]) == 1, f"{status}")
        demand("no workers" in server.command("reload", status=1), "reload")
        demand("no workers" in server.command("workers", "+1", status=1), "workers")
        server.command("stop")
        demand(server.process.wait(30) == 0, "a status that is not 0")


@check
def found_by_itself(gale):
    """The only server of a user is found, by the file of its process id, too; none and several are said"""
    with tempfile.TemporaryDirectory(prefix="gale-") as runtime:
        environment = {"XDG_RUNTIME_DIR": runtime}
        nobody = subprocess.run([str(gale), "status"], capture_output=True, text=True,
                                env={**os.environ, **environment})
        demand(nobody.returncode == 1 and "no server is found" in nobody.stderr, nobody.stderr)
        nothing = subprocess.run([str(gale), "status", "--control", f"{runtime}/none"], capture_output=True, text=True)
        demand(nothing.returncode == 1 and f"nothing answers at {runtime}/none" in nothing.stderr, nothing.stderr)
        with Server(gale, "--control", "on", environment=environment) as first:
            text = first.command("status", chosen=False, environment=environment)
            demand(f"pid {first.process.pid}" in text, text)
            with Server(gale, "--control", "on", environment=environment) as second:
                text = second.command("status", chosen=False, status=2, environment=environment)
                demand("several servers run" in text, text)
        with Server(gale, "--control", "on", "--pid", "shop.pid") as server:
            text = server.command("status", "--pid", str(server.directory / "shop.pid"), chosen=False)
            demand(f"pid {server.process.pid}" in text, text)
        with Server(gale, "--control", "/no/such/directory/control") as server:
            demand("There is no control socket" in server.text, "not said")


@check
def top_on_a_terminal(gale):
    """gale top draws, ends with q, and gives the terminal back"""
    with Server(gale, "--workers", "1", "--no-access-log") as server:
        main, side = pty.openpty()
        before = subprocess.run(["stty", "-a"], stdin=side, capture_output=True, text=True).stdout
        process = subprocess.Popen([str(gale), "top", "--control", str(server.control), "--interval", "0.2"],
                                   stdin=side, stdout=side, stderr=subprocess.PIPE)
        text = b""
        end = time.monotonic() + 30
        while time.monotonic() < end and text.count(b"gale top") < 2:
            if select.select([main], [], [], 0.5)[0]:
                text += os.read(main, 65536)
        demand(text.count(b"gale top") >= 2, f"not drawn: {text}")
        os.write(main, b"q")
        demand(process.wait(10) == 0, "did not end with q")
        while select.select([main], [], [], 0.2)[0]:
            text += os.read(main, 65536)
        demand(text.startswith(b"\x1b[?1049h") and text.endswith(b"\x1b[?25h\x1b[?1049l"), f"screen: {text[-40:]}")
        after = subprocess.run(["stty", "-a"], stdin=side, capture_output=True, text=True).stdout
        demand(before == after, "the terminal is not as before")
        os.close(main)
        os.close(side)


def main():
    gale = Path(sys.argv[1]).resolve()
    wanted = sys.argv[2:]
    passed = failed = 0
    for function in CHECKS:
        if wanted and function.__name__ not in wanted:
            continue
        start = time.monotonic()
        try:
            function(gale)
            passed += 1
            print(f"ok   {function.__doc__} ({time.monotonic() - start:.1f} s)", flush=True)
        except (Failed, OSError, subprocess.SubprocessError, AssertionError, http.client.HTTPException) as error:
            failed += 1
            print(f"FAIL {function.__name__}: {function.__doc__}: {error!r}", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
