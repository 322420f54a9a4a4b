# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""What a FastAPI application is usually made of, for the checks of the ASGI gateway."""

import asyncio
import contextlib
import os
import threading

from fastapi import BackgroundTasks, Depends, FastAPI, File, HTTPException, Request, UploadFile
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel

LOG = []


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
    return {"main": threading.current_thread() is threading.main_thread(), "pid": os.getpid()}


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
