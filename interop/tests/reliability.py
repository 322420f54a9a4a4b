#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Checks what only a whole process shows: `reliability.py [--build DIR] [--quick] [ROW...]`. Loopback only.

Each check starts a server of its own, docs/demos/conformance or `gale serve`, and prints a line: the row of
docs/architecture.md, what was found, and whether that is enough. --quick leaves out the checks that take long or many
descriptors, and allows for a debug build on a busy machine.
"""

import argparse
import concurrent.futures
import contextlib
import http.client
import os
import re
import resource
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
from with_server import free_port, wait_until_it_answers  # noqa: E402

KB, MB = 1 << 10, 1 << 20
CHECKS = []


class Failed(Exception):
    pass


def check(row, quick=True):
    def register(function):
        CHECKS.append((row, quick, function))
        return function
    return register


def demand(condition, text):
    if not condition:
        raise Failed(text)


class Server:
    """A process that answers on `port`; its log is in a file."""

    def __init__(self, options, *command, files=None, environment=()):
        self.port = free_port()
        self.log = Path(options.scratch, f"log-{self.port}")
        arguments = [str(part).replace("{port}", str(self.port)) for part in command]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [Path(options.build, arguments[0]), *arguments[1:]], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=os.environ | dict(environment), start_new_session=True,
                preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) if files else None)

    def __enter__(self):
        try:
            wait_until_it_answers(self.process, self.port)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def text(self):
        return self.log.read_text(errors="replace")

    def connect(self, timeout=30):
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def get(self, path, method="GET", body=None, headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read()

    def resident(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * KB

    def seconds_of_cpu(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self, number=signal.SIGTERM, seconds=40):
        """The exit status after a signal, and how long the end took."""
        start = time.monotonic()
        self.process.send_signal(number)
        try:
            return self.process.wait(seconds), time.monotonic() - start
        except subprocess.TimeoutExpired:
            raise Failed(f"had not ended {seconds} s after {number.name}") from None


def native(options, **more):
    return Server(options, "conformance", "{port}", **more)


def hosted(options, application, *arguments, **more):
    return Server(options, "gale", "serve", "--bind", "127.0.0.1:{port}", "--chdir", ROOT / "interop/apps", *arguments,
                  application, **more)


def request(path, headers=""):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()


def is_closed(client, seconds):
    """Whether the server closes the connection, or resets it, in time."""
    end = time.monotonic() + seconds
    client.setblocking(False)
    while True:
        readable = select.poll()
        readable.register(client, select.POLLIN)
        readable.poll(max(0, end - time.monotonic()) * 1000)
        with contextlib.suppress(BlockingIOError):
            try:
                if not client.recv(65536):
                    return True
            except ConnectionError:
                return True
        if time.monotonic() >= end:
            return False


def keep_alive(server, path="/"):
    """A connection that has carried a request and waits for the next."""
    client = server.connect()
    client.sendall(request(path))
    client.recv(65536)
    return client


# --- The rows -----------------------------------------------------------------------------------------------------


@check("R01")
def graceful_stop(options):
    with native(options) as server:
        idle = [keep_alive(server) for _ in range(64)]
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = [pool.submit(server.get, "/reliability/sleep?s=1") for _ in range(6)]
            time.sleep(0.3)
            start = time.monotonic()
            server.process.terminate()
            closed = sum(is_closed(client, 0.4) for client in idle)
            idle_time = time.monotonic() - start
            try:
                server.connect(1).close()
                accepts = True
            except OSError:
                accepts = False
            status = server.process.wait(40)
            took = time.monotonic() - start
            lost = 6 - sum(answer.result() == (200, b"slept\n") for answer in answers)
        demand(lost == 0, f"{lost} requests lost")
        demand(closed == 64, f"only {closed} idle connections were closed at once")
        demand(not accepts, "the port was still open")
        demand(status == 0, f"exit status {status}")
        demand(took < 1.5 * options.slack, f"took {took:.2f} s")
        return f"0 of 6 lost, 64 idle closed in {idle_time:.2f} s, ended after {took:.2f} s with status 0"


@check("R08")
def descriptors(options):
    with native(options, files=64) as server:
        clients = [server.connect() for _ in range(150)]
        lines, cpu = server.text().count("\n"), server.seconds_of_cpu()
        time.sleep(3)
        cpu = (server.seconds_of_cpu() - cpu) / 3
        lines = server.text().count("\n") - lines
        for client in clients:
            client.close()
        start = time.monotonic()
        demand(server.get("/") == (200, b"ok"), "no answer afterwards")
        took = time.monotonic() - start
        files = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
        demand(cpu < 0.05, f"{cpu:.0%} CPU")
        demand(lines <= 4, f"{lines} log lines in 3 s")
        demand(took < 1 * options.slack, f"recovered after {took:.2f} s")
        demand(files < 48, f"{files} descriptors are still open")
        return f"{cpu:.1%} CPU, {lines} log lines, recovered in {took:.3f} s"


@check("R09")
def backlog(options):
    with native(options, files=4096) as server:
        start = time.monotonic()
        clients = []
        for _ in range(2000):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", server.port))
            clients.append(client)
        took = time.monotonic() - start
        refused = served = 0
        for client in clients:
            client.settimeout(20)
            try:
                writable = select.poll()
                writable.register(client, select.POLLOUT)
                writable.poll(20_000)
                client.sendall(request("/"))
                served += client.recv(4096).startswith(b"HTTP/1.1 200")
            except OSError:
                refused += 1
            client.close()
        most = Path("/proc/sys/net/core/somaxconn").read_text().strip()
        queue = next((line.split()[2] for line in listening(server.port)), "?")
        demand(refused == 0 and served == 2000, f"{refused} refused, {served} of 2000 served")
        return f"2000 connects in {took * 1000:.0f} ms, 0 refused, all served; backlog {queue} (somaxconn {most})"


def listening(port):
    with contextlib.suppress(FileNotFoundError):
        out = subprocess.run(["ss", "-Hltn", f"sport = :{port}"], capture_output=True, text=True).stdout
        yield from out.splitlines()


@check("R10")
def slow_readers(options):
    found = []
    with native(options) as server:
        for query in ("?flush=1", ""):
            before, clients = server.resident(), []
            for _ in range(4):
                client = server.connect()
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.sendall(request("/reliability/flood" + query))
                clients.append(client)
            most, end = 0, time.monotonic() + 2
            while time.monotonic() < end:
                most = max(most, server.resident() - before)
                time.sleep(0.02)
            allowed = (2 if query else 10) * 4 * MB
            demand(most < allowed, f"{most / MB:.1f} MB more with {query or 'no flush'}")
            if not query:
                for client in clients:
                    demand(client.recv(100).startswith(b"HTTP/1.1 500"), "no 500")
            found.append(f"{most / MB:+.1f} MB {'flushing' if query else 'not flushing, 500'}")
            for client in clients:
                client.close()
        demand(server.get("/")[0] == 200, "no answer afterwards")
    for lane in ("inline", "threads"):
        with hosted(options, "torture:app", "--lane", lane, "--no-access-log") as server:
            before, client = server.resident(), server.connect()
            client.sendall(request("/write-much?n=3000"))
            time.sleep(2)
            most = server.resident() - before
            demand(most < 8 * MB, f"write() in lane {lane}: {most / MB:.1f} MB more")
            found.append(f"{most / MB:+.1f} MB write() {lane}")
            client.close()
    return "; ".join(found)


def upload(options, size):
    with native(options) as server:
        before, client = server.resident(), server.connect()
        client.sendall(f"POST /reliability/upload?s=2 HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode())
        piece, sent, most, answer = bytes(MB), 0, 0, []

        def send():
            count = 0
            while count < size:
                count += client.send(piece[:size - count])
            answer.append(client.recv(4096))

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        while sender.is_alive():
            sender.join(0.02)
            most = max(most, server.resident() - before)
        demand(answer and answer[0].endswith(f"{size}\n".encode()), f"answered {answer}")
        demand(most < 4 * MB, f"{most / MB:.1f} MB more")
        return f"{size / MB:.0f} MiB, {most / MB:+.1f} MB"


@check("R11")
def large_upload(options):
    return upload(options, 64 * MB if options.quick else 1 << 30)


def p99(server, seconds):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.monotonic()
        connection.request("GET", "/")
        connection.getresponse().read()
        times.append(time.monotonic() - start)
        time.sleep(0.002)
    connection.close()
    return sorted(times)[len(times) * 99 // 100] * 1000


@check("R12", quick=False)
def slowloris(options):
    with native(options, files=4096) as server:
        idle_p99, before = p99(server, 3), server.resident()
        start, head = time.monotonic(), request("/", "X-Slow: " + "x" * 100)
        clients = [server.connect() for _ in range(2000)]
        for client in clients:
            client.send(head[:1])
        position, busy, most = 1, [], 0
        while (now := time.monotonic() - start) < 14:
            if now > 5 * position:
                for client in clients:
                    client.send(head[position:position + 1])
                position += 1
            busy.append(p99(server, 1))
            most = max(most, server.resident() - before)
        time.sleep(max(0, start + 18 - time.monotonic()))
        cut = sum(is_closed(client, 0.5 if index < 10 else 0.01) for index, client in enumerate(clients))
        for client in clients:
            client.close()
        each, busiest = most / len(clients), sorted(busy)[len(busy) // 2]
        demand(cut == len(clients), f"{cut} of 2000 were cut after 18 s")
        demand(each < 8 * KB, f"{each / KB:.1f} KiB each")
        demand(busiest < 2 * idle_p99 + 5, f"p99 {busiest:.1f} ms, idle {idle_p99:.1f} ms")
        return f"2000 cut after 15 s, {each / KB:.2f} KiB each, p99 {busiest:.1f} ms (idle {idle_p99:.1f} ms)"


@check("R13", quick=False)
def idle_connections(options):
    with native(options, files=12_000) as server:
        for client in [keep_alive(server) for _ in range(100)]:
            client.close()
        before, clients = server.resident(), [keep_alive(server) for _ in range(10_000)]
        time.sleep(1)
        each, cpu = (server.resident() - before) / len(clients), server.seconds_of_cpu()
        time.sleep(10)
        cpu = (server.seconds_of_cpu() - cpu) / 10
        open_now = sum(not is_closed(client, 0) for client in clients[::100])
        for client in clients:
            client.close()
        demand(open_now == 100, "connections were closed early")
        demand(each < 4 * KB, f"{each:.0f} bytes each")
        demand(cpu < 0.01, f"{cpu:.1%} CPU")
        return f"10,000: {each:.0f} bytes each, {cpu:.2%} CPU"


@check("R14")
def client_leaves(options):
    with native(options) as server:
        found = []
        for count, reset in enumerate((False, True), 1):
            files = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
            client = server.connect()
            client.sendall(request("/reliability/wait"))
            time.sleep(0.2)
            if reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.close()
            start = time.monotonic()
            while server.get("/reliability/left") != (200, str(count).encode()):
                demand(time.monotonic() - start < 5, "the task was not cancelled")
            found.append((time.monotonic() - start) * 1000)
            time.sleep(0.1)
            now = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
            demand(now <= files, f"{now - files} descriptors left")
        demand(max(found) < 100 * options.slack, f"cancelled after {max(found):.0f} ms")
        return "cancelled after {:.0f} ms (close), {:.0f} ms (reset)".format(*found)


def hostile():
    """Heads and bodies that are dear to take apart."""
    def post(path, body, kind="application/x-www-form-urlencoded"):
        return (f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body

    def chunked(body):
        return b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body

    cookie = "Cookie: " + ";=" * 8000 + "\r\n"
    yield "cookies", request("/", cookie)
    yield "fields", request("/", "".join(f"X-{n}: {'v' * 400}\r\n" for n in range(120)))
    yield "query", request("/form?" + "a&" * 3900)
    yield "percent", request("/static/" + "%" * 8000)
    yield "slashes", request("/" * 8000)
    yield "ranges", request("/static/hello.txt", "Range: bytes=" + "0-0," * 3900 + "0-0\r\n")
    yield "tags", request("/static/hello.txt", "If-None-Match: " + '"a",' * 3900 + "\r\n")
    yield "accept", request("/", "Connection: " + "a," * 7900 + "\r\n")
    yield "form of separators", post("/form", b"&=" * (4 * MB))
    yield "form of escapes", post("/form", b"a=" + b"%41" * (3 * MB))
    multipart = "multipart/form-data; boundary=" + "-" * 60
    yield "multipart of near boundaries", post("/form", (b"\r\n--" + b"-" * 59) * (8 * MB // 64), multipart)
    yield "multipart of line ends", post("/form", b"\r" * (8 * MB), multipart)
    yield "chunks of a byte", chunked(b"1\r\nx\r\n" * MB + b"0\r\n\r\n")
    yield "chunks with extensions", chunked(b"1;" + b"a" * 200 + b"\r\nx\r\n")
    yield "chunk sizes of zeros", chunked((b"0" * 200 + b"1\r\nx\r\n") * 20_000 + b"0\r\n\r\n")
    yield "trailers", chunked(b"0\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(40)) + b"\r\n")
    yield "empty lines", b"\r\n" * 20_000 + request("/")
    yield "pipelined", request("/") * 5000


@check("R15", quick=False)
def turns(options):
    with native(options) as server:
        worst, slowest = ("", 0.0), 0.0
        for name, text in hostile():
            server.get("/reliability/turns", "POST", b"")
            client = server.connect()
            sender = threading.Thread(target=exchange, args=(client, text), daemon=True)
            sender.start()
            while sender.is_alive():
                start = time.monotonic()
                demand(server.get("/")[0] == 200, "the second client got no answer")
                slowest = max(slowest, (time.monotonic() - start) * 1000)
                sender.join(0.005)
            client.close()
            longest = int(re.search(rb'"longest_us": ?(\d+)', server.get("/reliability/turns")[1])[1]) / 1000
            if options.verbose:
                print(f"      {name}: {longest:.1f} ms", flush=True)
            worst = max(worst, (name, longest), key=lambda pair: pair[1])
        demand(worst[1] < 50 * options.slack, f"a turn took {worst[1]:.1f} ms: {worst[0]}")
        return f"longest turn {worst[1]:.1f} ms ({worst[0]}), slowest ping {slowest:.1f} ms"


def exchange(client, text):
    """Sends everything and reads until there is nothing more for a while."""
    def send():
        with contextlib.suppress(OSError):
            client.sendall(text)

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    client.settimeout(1)
    with contextlib.suppress(OSError):
        while client.recv(1 << 20) or sender.is_alive():
            pass


@check("R19")
def signals(options):
    found = []
    for lane in ("inline", "threads"):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with hosted(options, "torture:app", "--lane", lane) as server:
                with concurrent.futures.ThreadPoolExecutor(1) as pool:
                    answer = pool.submit(server.get, "/sleep?s=0.6")
                    time.sleep(0.2)
                    status, took = server.stop(number)
                    demand(answer.result() == (200, b"slept\n"), f"{number.name} lost a request in lane {lane}")
                demand(status == 0, f"{number.name} in lane {lane}: exit status {status}")
                demand(took < 1.5 * options.slack, f"{number.name} in lane {lane}: {took:.1f} s")
        with hosted(options, "signals:app", "--lane", lane) as server:
            for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGUSR1):
                server.process.send_signal(number)
                time.sleep(0.1)
                status, body = server.get("/handlers")
                # The module signal has one for SIGINT noted when it is imported; the server's own replaces it.
                demand(status == 200 and body in (b"", b"SIGINT"), f"after {number.name} Python has handlers: {body}")
            installed = server.get("/install")[1]
            demand(installed == (b"installed" if lane == "inline" else b"ValueError"), f"signal.signal(): {installed}")
            if lane == "inline":
                server.process.send_signal(signal.SIGUSR2)
                time.sleep(0.2)
                server.get("/")
                demand(server.get("/")[1].endswith(b" USR2"), "the application's handler never ran")
            demand(server.stop(signal.SIGINT)[0] == 0, "no clean end")
        found.append(lane)
    server = hosted(options, "signals:app", environment={"GALE_SLOW_IMPORT": "1"}.items())
    with contextlib.closing(contextlib.ExitStack()) as stack:
        stack.callback(server.__exit__)
        time.sleep(1)
        status, took = server.stop(signal.SIGTERM)
        demand(took < 1 * options.slack, f"SIGTERM in an import: {took:.1f} s")
    return f"TERM, INT, HUP end gracefully, CHLD, PIPE, USR1 are harmless ({', '.join(found)}); an import ends at once"


@check("R35")
def start_up(options):
    broken = Path(options.scratch, "broken.py")
    broken.write_text("import nothing_of_the_kind\n")
    Path(options.scratch, "wrong.py").write_text("def app(:\n")
    found = []
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        busy = f"127.0.0.1:{taken.getsockname()[1]}"
        for name, arguments, word in (
                ("port busy", ["--bind", busy, "torture:app"], "in use"),
                ("no such module", ["--bind", "127.0.0.1:0", "no_such_module:app"], "no_such_module"),
                ("no such attribute", ["--bind", "127.0.0.1:0", "torture:nothing"], "nothing"),
                ("failing import", ["--bind", "127.0.0.1:0", "--chdir", options.scratch, "broken:app"], "broken"),
                ("syntax error", ["--bind", "127.0.0.1:0", "--chdir", options.scratch, "wrong:app"], "wrong"),
                ("no such directory", ["--chdir", "/no/such", "torture:app"], "/no/such"),
                ("no such address", ["--bind", "192.0.2.1:0", "torture:app"], "192.0.2.1")):
            start = time.monotonic()
            if "--chdir" not in arguments:
                arguments = ["--chdir", ROOT / "interop/apps", *arguments]
            done = subprocess.run([Path(options.build, "gale"), "serve", *arguments], capture_output=True, text=True,
                                  timeout=20)
            took = time.monotonic() - start
            last = (done.stderr.strip().splitlines() or [""])[-1]
            demand(done.returncode not in (0, None) and done.returncode > 0, f"{name}: exit status {done.returncode}")
            demand(last.startswith("gale: ") and word in last, f"{name}: {last!r}")
            demand(took < 1 * options.slack, f"{name}: {took:.1f} s")
            found.append(took)
    return f"{len(found)} mistakes: one line each, exit status not 0, within {max(found):.2f} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=".build/release", help="where the executables are (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="only what is short, with room for a debug build")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("rows", nargs="*", help="such as R01 (default: all)")
    options = parser.parse_args()
    options.slack = 5 if options.quick else 1
    wanted = [entry for entry in CHECKS if (entry[0] in options.rows if options.rows else entry[1] or not options.quick)]
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20_000) if most > 0 else 20_000, most))
    failures = 0
    with tempfile.TemporaryDirectory(prefix="gale-reliability-") as options.scratch:
        for row, _, function in wanted:
            start = time.monotonic()
            try:
                verdict, text = "ok    ", function(options)
            except (Failed, OSError, http.client.HTTPException, subprocess.SubprocessError) as error:
                failures += 1
                verdict, text = "FAILED", f"{function.__name__}: {error}"
            print(f"{row} {verdict} {text} [{time.monotonic() - start:.0f} s]", flush=True)
    print(f"{len(wanted) - failures} passed, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
