# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""What a FastAPI application is usually made of, for the checks of the ASGI gateway."""

import asyncio
import contextlib
import os
import threading

from fastapi import (BackgroundTasks, Depends, FastAPI, File, HTTPException, Query, Request, UploadFile, WebSocket,
                     WebSocketDisconnect, WebSocketException)
from fastapi.responses import FileResponse, PlainTextResponse, StreamingResponse
from pydantic import BaseModel
from starlette.endpoints import WebSocketEndpoint

LOG = []
HERE = threading.local()


@contextlib.asynccontextmanager
async def lifespan(_):
    LOG.append("started")
    yield {"greeting": "hello"}
    print("the application has ended", flush=True)


app = FastAPI(lifespan=lifespan)


class Item(BaseModel):
    name: str
    price: float


async def user(request: Request):
    await asyncio.sleep(0)
    return request.headers.get("x-user", "nobody")


@app.get("/")
async def index(request: Request, who: str = Depends(user)):
    loop = type(asyncio.get_running_loop())
    return {"greeting": request.state.greeting, "user": who, "root": request.scope["root_path"], "log": LOG,
            "loop": f"{loop.__module__}.{loop.__name__}", "client": request.client.host}


@app.post("/items")
async def item(item: Item):
    return item


@app.get("/items/{number}")
async def number(number: int):
    if number == 404:
        raise HTTPException(404, "no such item")
    return {"number": number}


@app.get("/thread")
def thread():
    # FastAPI runs plain functions on threads of anyio's.
    HERE.count = getattr(HERE, "count", 0) + 1
    return {"main": threading.current_thread() is threading.main_thread(), "pid": os.getpid(), "count": HERE.count}


@app.get("/stream")
async def stream():
    async def parts():
        for part in range(100):
            yield f"part {part}\n"
            if part % 10 == 0:
                await asyncio.sleep(0.001)

    return StreamingResponse(parts(), media_type="text/plain")


@app.post("/upload")
async def upload(file: UploadFile = File()):
    size = 0
    while piece := await file.read(65536):
        size += len(piece)
    return {"name": file.filename, "size": size}


@app.get("/later")
async def later(tasks: BackgroundTasks):
    tasks.add_task(LOG.append, "background")
    return {}


@app.get("/file")
async def file():
    return FileResponse(__file__, media_type="text/x-python")


@app.get("/gather")
async def gather():
    async def work(number):
        await asyncio.sleep(0.01)
        return number

    return await asyncio.gather(*(work(number) for number in range(100)))


@app.get("/error")
async def error():
    raise RuntimeError("on purpose")


# WebSockets

ROOMS = {}


@app.websocket("/ws/echo")
async def echo(socket: WebSocket):
    offered = socket.scope["subprotocols"]
    await socket.accept("echo" if "echo" in offered else None, headers=[(b"x-greeting", socket.state.greeting.encode())])
    try:
        while True:
            event = await socket.receive()
            if event["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(event["code"], event.get("reason"))
            if event.get("bytes") is not None:
                await socket.send_bytes(event["bytes"])
            else:
                await socket.send_text(event["text"])
    except WebSocketDisconnect as error:
        LOG.append(f"echo {error.code} {error.reason}")


async def member(socket: WebSocket, token: str = Query("")):
    await asyncio.sleep(0)
    if token != "right":
        raise WebSocketException(1008, "who are you?")
    return socket.headers.get("x-user", "nobody")


@app.websocket("/ws/rooms/{room}")
async def enter(socket: WebSocket, room: int, user: str = Depends(member)):
    await socket.accept()
    members = ROOMS.setdefault(room, set())
    members.add(socket)
    try:
        async for message in socket.iter_json():
            await asyncio.gather(*(each.send_json({"from": user, **message}) for each in members))
    finally:
        members.discard(socket)
        await asyncio.sleep(0.05)
        LOG.append(f"{user} left {room}")
        print(f"{user} has left room {room}", flush=True)


@app.websocket("/ws/teapot")
async def teapot(socket: WebSocket):
    await socket.send_denial_response(PlainTextResponse("no coffee", 418, headers={"X-Kind": "teapot"}))


@app.websocket("/ws/clock")
async def clock(socket: WebSocket):
    await socket.accept()
    for number in range(5):
        await socket.send_text(str(number))
        await asyncio.sleep(0.001)
    await socket.close(4000, "enough")


@app.websocket("/ws/error")
async def broken(socket: WebSocket):
    await socket.accept()
    raise RuntimeError("on purpose")


@app.websocket_route("/ws/endpoint")
class Endpoint(WebSocketEndpoint):
    encoding = "json"

    async def on_receive(self, websocket, data):
        await websocket.send_json({"got": data, "path": websocket.url.path, "scheme": websocket.url.scheme})

    async def on_disconnect(self, websocket, close_code):
        LOG.append(f"endpoint {close_code}")
