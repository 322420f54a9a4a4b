#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Programs of Python's that import Gale: `check_embedded.py MODULE [CHECK...]`, MODULE being the extension module.

Gale as a guest of asyncio's loop, of uvloop's, of Twisted's reactor and of its own, and in charge. Each check is a program that a plain
python3 runs. Loopback only.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 120  # Seconds; only what hangs reaches it.
CHECKS = []

HEAD = '''
import asyncio, contextvars, gale, os, signal, socket, sys, threading, time

events = []
path = contextvars.ContextVar("path", default=None)
foreign = []  # Values of other requests.


async def app(scope, receive, send):
    """An ASGI application that says where it runs."""
    if scope["type"] == "lifespan":
        while True:
            event = (await receive())["type"]
            events.append(event)
            await send({"type": event + ".complete"})
            if event == "lifespan.shutdown":
                return
    if path.get() not in (None, "main"):
        foreign.append(path.get())
    path.set(scope["path"])
    body = b""
    while True:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body"):
            break
    await asyncio.sleep(0)
    text = f"{scope['path']} {len(body)} {threading.get_ident() == main_thread}"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": text.encode()})


def site(environ, start_response):
    """A WSGI application that takes its time."""
    time.sleep(float(environ["QUERY_STRING"] or 0))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['PATH_INFO']} {threading.get_ident() == main_thread}".encode()]


main_thread = threading.get_ident()


async def ask(port, target="/", body=b""):
    """One request on a connection of its own; the body of its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST %s HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %d\\r\\nConnection: close\\r\\n\\r\\n%s"
                 % (target.encode(), len(body), body))
    answer = await reader.read()
    writer.close()
    head, _, rest = answer.partition(b"\\r\\n\\r\\n")
    assert head.startswith(b"HTTP/1.1 200 "), answer
    if b"chunked" in head.lower():
        rest = rest.split(b"\\r\\n")[1]
    return rest.decode()
'''


class Failed(Exception):
    pass


def check(function):
    CHECKS.append(function)
    return function


class Package:
    """The package `gale` as the wheel has it, around an extension module that was just built."""

    def __init__(self, module):
        self.folder = tempfile.TemporaryDirectory(prefix="gale-package-")
        package = Path(self.folder.name, "gale")
        package.mkdir()
        for source in (ROOT / "interop/wheel/gale").glob("*.py"):
            (package / source.name).symlink_to(source)
        suffix = subprocess.run([sys.executable, "-c", "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))"],
                                capture_output=True, text=True, check=True).stdout.strip()
        (package / f"_gale{suffix}").symlink_to(Path(module).resolve())

    def start(self, text, *path, python=sys.executable):
        program = Path(self.folder.name, "program.py")
        program.write_text(HEAD + text)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GALE_")}
        environment["PYTHONPATH"] = os.pathsep.join([self.folder.name, *map(str, path)])
        return subprocess.Popen([str(python), str(program)], env=environment, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, cwd=self.folder.name)

    def lines(self, text, *path, status=0, python=sys.executable):
        """The lines that a program prints, which has to end by itself."""
        return end(self.start(text, *path, python=python), status)[0]


def end(process, status=0):
    try:
        out, errors = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        out, errors = process.communicate()
        raise Failed(f"it does not end: {out[-1500:]}{errors[-1500:]}") from None
    if process.returncode != status:
        raise Failed(f"it ends with {process.returncode}, not {status}: {out[-1500:]}{errors[-3000:]}")
    return out.splitlines(), errors


def same(got, wanted, what):
    if got != wanted:
        raise Failed(f"{what}: {got!r}, not {wanted!r}")


ASGI = '''
async def main():
    # What runs in the background of a script ignores it, and so would the programs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    loop = asyncio.get_running_loop()
    async with gale.Server(app, port=0) as server:
        print(events, server.addresses[0][0], loop.is_running())
        answers = await asyncio.gather(*(ask(server.port, f"/{number}", b"x" * number * 1000) for number in range(50)))
        print(answers == [f"/{number} {number * 1000} True" for number in range(50)])
        print("threads", len(os.listdir("/proc/self/task")), foreign)
    print(events)
    try:
        await ask(server_port := 1)
    except OSError:
        print("closed")
'''


@check
def asgi(package):
    lines = package.lines(ASGI + "\nasyncio.run(main())\n")
    same(lines, ["['lifespan.startup'] 127.0.0.1 True", "True", "threads 1 []",
                 "['lifespan.startup', 'lifespan.shutdown']", "closed"], "inside of asyncio.run")
    return "on asyncio's own thread, without another"


@check
def own_loop(package):
    lines = package.lines(ASGI + "\ngale.run(main())\nprint(type(gale.new_event_loop()).__name__)\n")
    same(lines[1:], ["True", "threads 1 []", "['lifespan.startup', 'lifespan.shutdown']", "closed", "EventLoop"],
         "inside of gale.run")
    return "inside of gale.run"


@check
def uvloop(package):
    venv = next((ROOT / ".build/venv/lib").glob("python*/site-packages"))
    lines = package.lines(ASGI + "\nimport uvloop\nasyncio.Runner(loop_factory=uvloop.new_event_loop).run(main())\n", venv)
    same(lines[1:2] + lines[3:], ["True", "['lifespan.startup', 'lifespan.shutdown']", "closed"], "inside of uvloop")
    return "inside of uvloop"


@check
def twisted(package):
    lines = package.lines('''
from twisted.internet import asyncioreactor
loop = asyncio.new_event_loop()
asyncioreactor.install(loop)
from twisted.internet import defer, reactor, task
from twisted.web import resource, server

class Page(resource.Resource):
    isLeaf = True
    def render_POST(self, request):
        return b"Twisted"

async def talk():
    page = reactor.listenTCP(0, server.Site(Page()), interface="127.0.0.1")
    async with gale.Server(app, port=0) as native:
        print(await asyncio.gather(ask(native.port, "/gale"), ask(page.getHost().port)))
        await task.deferLater(reactor, 0.001, lambda: None).asFuture(asyncio.get_running_loop())
    await page.stopListening().asFuture(asyncio.get_running_loop())
    reactor.stop()

def fail(failure):
    failure.printTraceback()
    os._exit(1)

reactor.callWhenRunning(lambda: defer.Deferred.fromFuture(loop.create_task(talk())).addErrback(fail))
reactor.run()
print(events, foreign)
''', python=ROOT / ".build/venv/bin/python")  # Debian's own OpenSSL for Python would be in the way.
    same(lines, ["['/gale 0 True', 'Twisted']", "['lifespan.startup', 'lifespan.shutdown'] []"], "inside of Twisted")
    return "inside of Twisted's asyncio reactor, beside its web server"


@check
def websocket(package):
    venv = next((ROOT / ".build/venv/lib").glob("python*/site-packages"))
    lines = package.lines('''
import websockets

async def echo(scope, receive, send):
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event["text"] + "!"})

async def main():
    async with gale.Server(echo, port=0) as server:
        async with websockets.connect(f"ws://127.0.0.1:{server.port}/") as client:
            for number in range(20):
                await client.send(str(number))
                assert await client.recv() == f"{number}!"
            await client.close()
            print("closed", client.close_code)

asyncio.run(main())
''', venv)
    same(lines, ["closed 1000"], "an echo")
    return "client and server on one loop"


@check
def wsgi(package):
    lines = package.lines('''
async def main():
    ticks, is_over = 0, False
    async def tick():
        nonlocal ticks
        while not is_over:
            await asyncio.sleep(0.005)
            ticks += 1
    async with gale.Server(site, port=0, threads=2) as server:
        ticker = asyncio.create_task(tick())
        print(await asyncio.gather(ask(server.port, "/a?0.3"), ask(server.port, "/b?0.3")))
        is_over = True
        await ticker
        print(ticks > 5)
        async with gale.Server(site, port=0, lane="inline") as other:
            print(await ask(other.port, "/c"), await ask(server.port, "/d"))

asyncio.run(main())
''')
    same(lines, ["['/a False', '/b False']", "True", "/c True /d False"], "a WSGI application")
    return "on threads, and inline"


@check
def forked(package):
    """After a fork the child serves for itself, though its parent has served."""
    lines = package.lines('''
import multiprocessing

async def in_parent():
    async with gale.Server(site, port=0) as server:
        return await ask(server.port, "/parent")

async def from_child(child):
    while child.is_alive():
        try:
            return await ask(port, "/child")
        except OSError:
            await asyncio.sleep(0.01)

print(asyncio.run(in_parent()))
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
child = multiprocessing.get_context("fork").Process(target=gale.run, args=(site,), kwargs={"port": port})
child.start()
try:
    print(asyncio.run(from_child(child)))
finally:
    child.terminate()
    child.join()
print(child.exitcode)
''')
    same(lines, ["/parent False", "/child True", "0"], "a server in a child")
    return "a server in a child of a process that has served"


@check
def cancelled(package):
    """A start that is cancelled leaves nothing behind: no port, no task, no descriptor."""
    text = '''
async def stuck(scope, receive, send):
    try:
        await receive()
        begun.append(True)
        print("begun", flush=True)
        await asyncio.Event().wait()
    finally:
        events.append("cancelled")

async def cancelled(task):
    try:
        await task
    except asyncio.CancelledError:
        return True

begun = []
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
'''
    lines = package.lines(text + '''
async def main():
    before = len(os.listdir("/proc/self/fd"))
    for number in range(1, 4):
        start = asyncio.create_task(gale.Server(stuck, port=port).start())
        while len(begun) < number:
            await asyncio.sleep(0.01)
        start.cancel()
        while len(events) < number:
            await asyncio.sleep(0.01)
        print(await cancelled(start))
    for application in (stuck, app, site):
        for turns in range(5):
            server = gale.Server(application, port=port)
            start = asyncio.create_task(server.start())
            for _ in range(turns):
                await asyncio.sleep(0)
            start.cancel()
            if not await cancelled(start):
                await server.stop()
            with socket.create_server(("127.0.0.1", port)):
                pass
    while len(asyncio.all_tasks()) > 1:
        await asyncio.sleep(0.01)
    print(len(os.listdir("/proc/self/fd")) - before)
    async with gale.Server(app, port=port) as server:
        print(await ask(port, "/x"))

asyncio.run(main())
''')
    same([line for line in lines if line != "begun"], ["True"] * 3 + ["0", "/x 0 True"], "starts that are cancelled")
    process = package.start(text + '''
async def main():
    async with gale.Server(stuck, port=port):
        print("started")

signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print(events)
''')
    try:
        same(process.stdout.readline(), "begun\n", "the start")
    finally:
        process.send_signal(signal.SIGINT)
    lines, errors = end(process)
    same((lines, errors), (["['cancelled']"], ""), "Ctrl-C during the start")
    return "at every moment, and by Ctrl-C"


@check
def again_and_again(package):
    lines = package.lines('''
async def main():
    try:
        await asyncio.wait_for(gale.serve(app, port=port), 0.1)
    except asyncio.TimeoutError:
        pass
    server = gale.Server(app, port=port)
    for _ in range(2):
        await server.start()
        assert await ask(port, "/x") == "/x 0 True"
        await server.stop()
    await server.stop()
    return len(os.listdir("/proc/self/fd"))

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
counts = [asyncio.run(main()) for _ in range(5)]
print(len(events), counts[1:] == counts[1:2] * 4)
''')
    same(lines, [f"{5 * 3 * 2} True"], "starts and ends, and descriptors")
    return "servers and loops, one after the other"


@check
def many_threads(package):
    lines = package.lines('''
async def main(which):
    async with gale.Server(which, port=0) as server:
        answers = await asyncio.gather(*(ask(server.port, "/x") for _ in range(5)))
        done.append(len(answers))

def work(number):
    for round in range(3):
        asyncio.run(main(app if (number + round) % 2 else site), debug=round == 1)
        gale.run(main(app))

done = []
threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
asyncio.run(main(app))
print(sum(done))
''')
    same(lines, [str((4 * 6 + 1) * 5)], "answers")
    return "loops on four threads, in debug mode too"


@check
def fairness(package):
    lines = package.lines('''
async def main():
    loop, count, is_over = asyncio.get_running_loop(), 0, False
    def again():
        nonlocal count
        count += 1
        if not is_over:
            loop.call_soon(again)
    async with gale.Server(app, port=0) as server:
        again()
        for number in range(20):
            await ask(server.port)
        is_over = True
    print(count > 20)

asyncio.run(main())
''')
    same(lines, ["True"], "a flood of callbacks")
    return "a flood of asyncio's callbacks holds up no request"


@check
def idle(package):
    process = package.start('''
async def main():
    async with gale.Server(app, port=0) as server:
        await ask(server.port)
        await asyncio.sleep(0.2)
        print("ready", flush=True)
        await asyncio.sleep(3600)

try:
    asyncio.run(main())
except KeyboardInterrupt:
    print(events)
''')
    try:
        same(process.stdout.readline(), "ready\n", "the server")

        def switches():
            text = Path(f"/proc/{process.pid}/status").read_text()
            return int(text.split("\nvoluntary_ctxt_switches:")[1].split()[0])

        time.sleep(0.3)
        before = switches()
        time.sleep(1)
        count = switches() - before
    finally:
        process.send_signal(signal.SIGINT)
    lines, _ = end(process)
    same(lines, ["['lifespan.startup', 'lifespan.shutdown']"], "the end by Ctrl-C")
    if count > 2:
        raise Failed(f"{count} wake-ups in a second")
    return f"{count} wake-ups in a second"


@check
def in_charge(package):
    for number in [signal.SIGINT, signal.SIGTERM]:
        for name in ["app", "site"]:
            process = package.start(f'''
import logging, urllib.request
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(name)s %(message)s")
def client():
    while True:
        try:
            text = urllib.request.urlopen(f"http://127.0.0.1:{{port}}/x", data=b"123").read().decode()
            break
        except OSError:
            time.sleep(0.01)
    print(text, flush=True)
    os.kill(os.getpid(), {int(number)})
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
thread = threading.Thread(target=client)
thread.start()
gale.run({name}, port=port)
thread.join()
print(len(events), signal.getsignal(signal.SIGINT) is signal.default_int_handler)
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)
except KeyboardInterrupt:
    print("as before")
''')
            lines, _ = end(process)
            own = [line for line in lines if not line.startswith("gale.general ")]
            answer = "/x 3 True" if name == "app" else "/x True"
            same(own, [answer, f"{2 if name == 'app' else 0} True", "as before"], f"gale.run({name})")
            said = [line.split()[1] for line in lines if line.startswith("gale.general ")]
            same(said, ["Listening", "Stopping:", "Stopped"], "what is logged")
    return "until SIGINT and SIGTERM; what is logged goes to logging"


@check
def complaints(package):
    lines = package.lines('''
async def broken(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})

async def tried(app, **settings):
    try:
        await gale.Server(app, port=0, **settings).start()
    except Exception as error:
        print(type(error).__name__, error)

async def main():
    await tried(app, acess_log=True)
    await tried(app, workers=3)
    await tried(app, threads="many")
    await tried(broken)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        await tried(app, bind=f"127.0.0.1:{taken.getsockname()[1]}")
    try:
        gale.run(app)
    except RuntimeError as error:
        print(error)
    print(len(os.listdir("/proc/self/fd")) - before)

before = len(os.listdir("/proc/self/fd")) + 3  # Of asyncio's loop.
asyncio.run(main())
try:
    gale.Server(app).start().send(None)
except RuntimeError as error:
    print(error)
try:
    gale.run(app, nonsense=1)
except ValueError as error:
    print(error)
''')
    wanted = ["ValueError gale.serve(): acess-log is no setting; did you mean access-log?",
              "ValueError gale.serve(): workers is about a process, which is yours here; gale serve has it",
              "ValueError gale.serve(): threads takes a whole number from 1 to 1024",
              "RuntimeError the application's start failed: no database",
              "OSError", "asyncio runs on this thread: await gale.serve(app) instead", "0",
              "no running event loop", "gale.serve(): nonsense is no setting"]
    same(len(lines), len(wanted), f"lines of {lines}")
    for line, start in zip(lines, wanted):
        if not line.startswith(start):
            raise Failed(f"{line!r}, not {start!r}")
    if "in use" not in lines[4]:
        raise Failed(f"{lines[4]!r} does not say that the port is in use")
    return "settings, ports, starts, loops"


@check
def forgotten(package):
    lines = package.lines('''
async def main():
    server = await gale.Server(app, port=0).start()
    print(await ask(server.port))

asyncio.run(main())
print("end", "Server" in dir(gale), gale.RequestTimeout.__name__, gale.__doc__[:5])
for name in ["nonsense", "__version__"]:
    try:
        getattr(gale, name)
    except Exception as error:  # There is no wheel whose version it could be.
        print(type(error).__name__)
''')
    same(lines, ["/ 0 True", "end True RequestTimeout Gale,", "AttributeError", "PackageNotFoundError"],
         "a server that is not stopped, and the package")
    return "a server that nobody stops"


@check
def command_line_after(package):
    process = package.start('''
loop = gale.EventLoop()  # The package was used before.
print(loop.run_until_complete(asyncio.sleep(0, 7)), flush=True)
loop.close()
from gale import _gale
with open("shop.py", "w") as file:
    file.write("def app(environ, start_response): pass")
_gale.main(["check", "shop:app"])
print(sys.argv)
''')
    lines, _ = end(process)
    same(lines[0], "7", "the loop")
    if len(lines) < 3 or not all(line.startswith("ok") for line in lines[1:-1]):
        raise Failed(f"gale check says {lines[1:]}")
    same(lines[-1], "['gale']", "sys.argv, as under the command line")
    return "the command line in a program that has used the package"


def main():
    module, *names = sys.argv[1:]
    package = Package(module)
    failed = 0
    chosen = [function for function in CHECKS if not names or function.__name__ in names]
    for function in chosen:
        start = time.monotonic()
        try:
            said = function(package)
            print(f"ok    {function.__name__} ({said}; {time.monotonic() - start:.1f} s)", flush=True)
        except Failed as error:
            failed += 1
            print(f"FAIL  {function.__name__}: {error}", flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
