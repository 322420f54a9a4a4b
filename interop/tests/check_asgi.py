#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Drives ASGI applications under `gale serve`: `check_asgi.py GALE [CHECK...]`. Loopback only.

FastAPI on Starlette, their WebSockets driven by the library websockets, Django's ASGI side with its admin, and an ASGI and
a WSGI application in one process.
"""

import gzip
import io
import json
import signal
import tempfile
import uuid
from concurrent.futures import ThreadPoolExecutor

import websockets.exceptions
from websockets.sync.client import connect

import check_serve
from check_serve import ROOT, Failed, Place, Server, demand, same

CHECKS = []
VENV = ROOT / ".build/venv"
APPS = ROOT / "interop/apps"


def check(function):
    CHECKS.append(function)
    return function


def serve(gale, place, *options):
    data = tempfile.mkdtemp(prefix="data-", dir=place.directory)
    return Server(gale, place, "--venv", VENV, "--pythonpath", APPS, *options,
                  environment={"GALE_DEMO_DATA": data})


@check
def fastapi(gale):
    with Place() as place, serve(gale, place, "fastapi_site:app") as server:
        shown = server.ask("/", headers={"X-User": "ada"}).json
        same(shown["greeting"], "hello", "the lifespan's state")
        same(shown["user"], "ada", "a dependency")
        same(shown["loop"], "gale.EventLoop", "the running loop")
        same(shown["log"], ["started"], "the start, once")
        same(server.ask("/items/7").json, {"number": 7}, "a path parameter")
        same(server.ask("/items/404").status, 404, "an HTTPException")
        same(server.ask("/items/x").status, 422, "a parameter that is no number")
        body = json.dumps({"name": "tea", "price": 2.5})
        answer = server.ask("/items", method="POST", body=body, headers={"Content-Type": "application/json"})
        same(answer.json, {"name": "tea", "price": 2.5}, "a model")
        same(server.ask("/thread").json["main"], False, "a plain function runs on a thread")
        same([server.ask("/thread").json["count"] for _ in range(20)][-1], 21, "the same thread again and again")
        text = server.ask("/stream").text
        same(text.count("\n"), 100, "parts of a stream")
        demand(text.endswith("part 99\n"), "the stream's end")
        same(server.ask("/gather").json, list(range(100)), "tasks beside each other")
        same(server.ask("/later").json, {}, "an answer with a background task")
        server.wait("the background task", lambda: "background" in server.ask("/").json["log"])
        same(server.ask("/file").body, (APPS / "fastapi_site.py").read_bytes(), "a file")
        same(server.ask("/error").status, 500, "an exception")
        server.wait("the traceback is in the log", lambda: "RuntimeError: on purpose" in server.text)
        same(server.ask("/openapi.json").json["openapi"][:2], "3.", "the schema")
    return "dependencies, models, streams, threads, tasks"


@check
def uploads(gale):
    with Place() as place, serve(gale, place, "fastapi_site:app") as server:
        for size in [0, 10, 5_000_000]:
            mark = uuid.uuid4().hex
            body = (f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n').encode()
            body += b"x" * size + f"\r\n--{mark}--\r\n".encode()
            answer = server.ask("/upload", method="POST", body=body,
                                headers={"Content-Type": f"multipart/form-data; boundary={mark}"})
            same(answer.json, {"name": "a.bin", "size": size}, "an upload")
    return "up to 5 MB"


@check
def many_at_once(gale):
    with Place() as place, serve(gale, place, "fastapi_site:app") as server, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: server.ask(f"/items/{number}").json["number"], range(400)))
        same(answers, list(range(400)), "answers")
    return "400 requests from 16 clients"


def socket(server, path, **more):
    return connect(f"ws://127.0.0.1:{server.port}{path}", open_timeout=40, close_timeout=40, **more)


def refusal(server, path, **more):
    try:
        with socket(server, path, **more):
            raise Failed(f"{path} accepts")
    except websockets.exceptions.InvalidStatus as error:
        return error.response


def closing(client):
    """The code and the reason with which the server closes."""
    try:
        raise Failed(f"a message: {client.recv(40)!r}")
    except websockets.exceptions.ConnectionClosed as error:
        return error.rcvd.code, error.rcvd.reason


@check
def web_sockets(gale):
    with Place() as place, serve(gale, place, "--websocket-compression", "fastapi_site:app") as server:
        for compression in ["deflate", None]:
            with socket(server, "/ws/echo", subprotocols=["other", "echo"], compression=compression,
                        max_size=None) as client:
                same(client.subprotocol, "echo", "the subprotocol")
                same(client.response.headers["X-Greeting"], "hello", "a header of accept, from the lifespan's state")
                same("permessage-deflate" in client.response.headers.get("Sec-WebSocket-Extensions", ""),
                     compression is not None, "compression")
                for message in ["", "hello", "caf\xe9 \U0001f600", b"", b"\0\xff" * 300, "text " * 200_000, b"x" * 3_000_000]:
                    client.send(message)
                    same(client.recv(40), message, "an echo")
                client.send(iter(["in ", "pieces"]))
                same(client.recv(40), "in pieces", "a fragmented message")
                demand(client.ping().wait(40), "a ping is answered")
                client.close(3000, "bye")
            server.wait("the application knows why", lambda: "echo 3000 bye" in server.ask("/").json["log"])
        same(refusal(server, "/ws/rooms/1").status_code, 403, "a WebSocketException before accept")
        same(refusal(server, "/ws/nothing").status_code, 403, "no such path")
        answer = refusal(server, "/ws/teapot")
        same((answer.status_code, answer.body, answer.headers["X-Kind"]), (418, b"no coffee", "teapot"),
             "a denial response")
        with socket(server, "/ws/clock") as client:
            same([client.recv(40) for _ in range(5)], list("01234"), "messages without a question")
            same(closing(client), (4000, "enough"), "close by the application")
        with socket(server, "/ws/error") as client:
            same(closing(client)[0], 1011, "an exception")
        server.wait("the traceback is in the log", lambda: "RuntimeError: on purpose" in server.text)
        with socket(server, "/ws/endpoint") as client:
            client.send('{"a": 1}')
            same(json.loads(client.recv(40)), {"got": {"a": 1}, "path": "/ws/endpoint", "scheme": "ws"}, "an endpoint")
            client.send("no JSON")
            same(closing(client)[0], 1003, "what an endpoint does not understand")
        big = "x" * 11_000_000
        with socket(server, "/ws/echo", max_size=None) as client:
            try:
                client.send(big)
            except websockets.exceptions.ConnectionClosed:
                pass
            same(closing(client)[0], 1009, "a message over the limit")
        same(server.ask("/items/7").json, {"number": 7}, "requests beside them")
    return "echo, rooms, refusals, closing"


@check
def starlette(gale):
    with Place() as place, serve(gale, place, "starlette_site:app") as server, ThreadPoolExecutor(8) as pool:
        shown = server.ask("/", headers={"X-Request-ID": "r1"})
        same(shown.json, {"id": "r1", "library": "asyncio", "task": True, "body": "", "timeout": "timed out"}, "the page")
        same(shown.headers["X-Seen"], "outer inner", "middleware of both kinds")
        same(server.ask("/", method="POST", body="abc").json["body"], "abc", "a body behind middleware")
        ids = list(pool.map(lambda number: server.ask("/", headers={"X-Request-ID": f"n{number}"}).json["id"], range(200)))
        same(ids, [f"n{number}" for number in range(200)], "context variables of requests beside each other")
        same(list(pool.map(lambda number: server.ask(f"/group?n={number}").json, range(40))),
             [sum(range(number)) for number in range(40)], "task groups of anyio")
        same(server.ask("/cancelled").json, ["cancelled", "done"], "a cancel scope")
        with gzip.GzipFile(fileobj=io.BytesIO(server.ask("/large", headers={"Accept-Encoding": "gzip"}).body)) as file:
            same(len(file.read()), 100_000, "GZipMiddleware")
        same(server.ask("/stream").text, "".join(f"{number}\n" for number in range(50)), "a stream through BaseHTTPMiddleware")
        same(server.ask("/raises").status, 500, "an exception behind middleware")
    return "middleware, anyio, context variables"


@check
def rooms(gale):
    with Place() as place, serve(gale, place, "fastapi_site:app") as server, ThreadPoolExecutor(20) as pool:
        def enter(number):
            return socket(server, f"/ws/rooms/{number % 2}?token=right", additional_headers={"X-User": f"u{number}"})

        clients = list(pool.map(enter, range(20)))
        # Everybody is in the room once a message of their own comes back.
        for number, client in enumerate(clients):
            client.send(json.dumps({"text": "here"}))
            while json.loads(client.recv(40))["from"] != f"u{number}":
                pass
        for client in clients[:2]:
            client.send('{"text": "all"}')

        def last(client):
            while (message := json.loads(client.recv(40)))["text"] != "all":
                pass
            return message["from"]

        same(list(pool.map(last, clients)), ["u0", "u1"] * 10, "what each room got")
        # The server's end: everybody is told, and the application has time for its own.
        server.process.send_signal(signal.SIGTERM)
        same({closing(client)[0] for client in clients}, {1001}, "the close codes of a server that stops")
        same(server.process.wait(30), 0, "exit status")
        same(server.text.count("has left room"), 20, "members who left orderly")
        demand(server.text.rindex("has left room") < server.text.index("the application has ended"),
               "the lifespan ends after the last WebSocket")
    return "20 clients, told to leave"


@check
def web_sockets_below_a_mount(gale):
    with Place() as place:
        options = ["--mount", "/api=fastapi_site:app", "--mount", "/shop=shop:app", "--websocket-ping-interval", "0.05",
                   "--websocket-max-size", "1000"]
        with serve(gale, place, *options) as server:
            with socket(server, "/api/ws/endpoint") as client:
                client.send("1")
                same(json.loads(client.recv(40))["path"], "/api/ws/endpoint", "the path of the URL")
                client.send("[" + "1," * 1000 + "1]")
                same(closing(client)[0], 1009, "--websocket-max-size")
            same(server.ask("/shop/x").json["SCRIPT_NAME"], "/shop", "the WSGI application beside it")
    return "the URL's path"


@check
def the_end_is_awaited(gale):
    with Place() as place, serve(gale, place, "fastapi_site:app") as server:
        server.ask("/")
        server.process.send_signal(signal.SIGTERM)
        same(server.process.wait(30), 0, "exit status")
        demand("the application has ended" in server.text, "the lifespan's end ran")
    return "SIGTERM"


@check
def workers(gale):
    with Place() as place, serve(gale, place, "--workers", "2", "fastapi_site:app") as server:
        before = {server.ask("/thread").json["pid"] for _ in range(40)}
        server.process.send_signal(signal.SIGHUP)
        server.wait("others serve", lambda: server.ask("/thread").json["pid"] not in before)
    return "SIGHUP"


@check
def django(gale):
    with Place() as place, serve(gale, place, "django_demo.asgi:application") as server:
        page = server.ask("/admin/login/")
        same(page.status, 200, "the admin's login")
        demand("csrfmiddlewaretoken" in page.text, "its form")
        same(server.ask("/admin/").status, 302, "the admin without a login")
    return "the admin"


@check
def beside_wsgi(gale):
    with Place() as place:
        options = ["--mount", "/api=fastapi_site:app", "--mount", "/shop=shop:app"]
        with serve(gale, place, *options) as server:
            shown = server.ask("/api/").json
            same(shown["root"], "/api", "the ASGI application's root_path")
            same(server.ask("/api/items/3").json, {"number": 3}, "a path below the mount")
            same(server.ask("/shop/x").json["SCRIPT_NAME"], "/shop", "the WSGI application's SCRIPT_NAME")
            with ThreadPoolExecutor(8) as pool:
                paths = ["/api/items/1", "/shop/x"] * 50
                statuses = list(pool.map(lambda path: server.ask(path).status, paths))
            same(set(statuses), {200}, "both at once")
    return "one process"


@check
def a_start_that_fails(gale):
    text = '''
async def app(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})
'''
    with Place(**{"broken.py": text}) as place:
        try:
            with serve(gale, place, "broken:app"):
                raise Failed("it serves")
        except Failed as error:
            demand("no database" in str(error), f"the reason is said: {error}")
    return "the reason is said"


RELOADED = """
import helper
LOG = open("life", "a", buffering=1)
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            event = await receive()
            print(event["type"], helper.WORD, file=LOG)
            if helper.WORD == "failing":
                return await send({"type": "lifespan.startup.failed", "message": "no database"})
            await send({"type": event["type"] + ".complete"})
            if event["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/slow":
        import asyncio
        await send({"type": "http.response.body", "body": b"begun ", "more_body": True})
        while not __import__("os").path.exists("go"):
            await asyncio.sleep(0.02)
    await send({"type": "http.response.body", "body": helper.WORD.encode()})
"""


@check
def reloading(gale):
    """New code serves when its start has succeeded; the old one has its end when its requests are answered."""
    files = {"web.py": RELOADED, "helper.py": "WORD = 'one'\n"}
    with Place(**files) as place, Server(gale, place, "--reload", "--mount", "/wsgi=shop:app", "web:app") as server, \
            ThreadPoolExecutor(1) as pool:
        def life():
            return (place.directory / "life").read_text().split()

        same(server.ask("/").text, "one")
        same(server.ask("/wsgi/x").json["SCRIPT_NAME"], "/wsgi", "a WSGI application beside it")
        slow = pool.submit(server.ask, "/slow")
        place.write("helper.py", "WORD = 'two'\n")
        server.wait("the new code", lambda: server.ask("/").text == "two")
        same(life(), ["lifespan.startup", "one", "lifespan.startup", "two"], "the old one's end has to wait")
        place.write("go", "")
        same(slow.result(30).text, "begun one", "a request of the old code")
        server.wait("the old one's end", lambda: life()[4:] == ["lifespan.shutdown", "one"])
        place.write("helper.py", "WORD = 'thr\n")
        server.wait("the complaint", lambda: "the old code serves on" in server.text)
        same(server.ask("/").text, "two", "the old code")
        place.write("helper.py", "WORD = 'failing'\n")
        server.wait("the start that fails", lambda: "no database; the old code serves on" in server.text)
        same(server.ask("/").text, "two", "the old code")
        place.write("helper.py", "WORD = 'four'\n")
        server.wait("the mended code", lambda: server.ask("/").text == "four")
        server.wait("the end of the second", lambda: life()[-2:] == ["lifespan.shutdown", "two"])
        place.write("web.py", "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'wsgi']\n")
        server.wait("a WSGI application in its place", lambda: server.ask("/").text == "wsgi")
        server.wait("the last end", lambda: life()[-2:] == ["lifespan.shutdown", "four"])
        place.write("web.py", RELOADED.replace("helper.WORD.encode", "b'asgi'.strip"))
        server.wait("an ASGI application again", lambda: server.ask("/").text == "asgi")
        server.process.send_signal(signal.SIGTERM)
        same(server.process.wait(30), 0, "exit status")
        same(life()[-2:], ["lifespan.shutdown", "four"], "the end")
    with Place(**{"web.py": RELOADED, "helper.py": "WORD = 'failing'\n"}) as place, \
            Server(gale, place, "--reload", "web:app") as server:
        same(server.ask("/").status, 500, "no start")
        place.write("helper.py", "WORD = 'one'\n")
        server.wait("the mended code", lambda: server.ask("/").text == "one")
    return "starts and ends, broken code, a start that fails, a change of kind"


if __name__ == "__main__":
    check_serve.main(CHECKS, __doc__)
