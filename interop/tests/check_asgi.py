#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Drives ASGI applications under `gale serve`: `check_asgi.py GALE [CHECK...]`. Loopback only.

FastAPI on Starlette, Django's ASGI side with its admin, and an ASGI and a WSGI application in one process.
"""

import json
import signal
import tempfile
import uuid
from concurrent.futures import ThreadPoolExecutor

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


if __name__ == "__main__":
    check_serve.main(CHECKS, __doc__)
