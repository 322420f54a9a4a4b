# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""A weather station in FastAPI: an ordinary asynchronous app that knows nothing of the server it runs in.

`fastapi_demo:app` is the ASGI application. It works under any mount point, as it asks for its own path.
"""

import asyncio
import collections
import contextlib
import math
import platform
import random
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel, Field

PAGE = (Path(__file__).parent / "page.html").read_text()
SECONDS = 0.5
BEAUFORT = [0.5, 1.6, 3.4, 5.5, 8.0, 10.8, 13.9, 17.2, 20.8, 24.5, 28.5, 32.7]


class Reading(BaseModel):
    number: int
    at: datetime
    speed: float = Field(ge=0, description="Metres per second")
    beaufort: int = Field(ge=0, le=12)


class Note(BaseModel):
    author: str = Field(min_length=1, max_length=60)
    text: str = Field(min_length=1, max_length=300)


class Station:
    """Measures the wind, as long as the application runs."""

    def __init__(self):
        self.readings = collections.deque(maxlen=60)
        self.notes = collections.deque(maxlen=20)
        self.arrival = asyncio.Condition()
        self.count = 0

    def measure(self):
        self.count += 1
        speed = max(0.0, 8 + 5 * math.sin(self.count / 9) + random.gauss(0, 1.2))
        beaufort = sum(speed >= limit for limit in BEAUFORT)
        self.readings.append(Reading(
            number=self.count, at=datetime.now(timezone.utc), speed=round(speed, 1), beaufort=beaufort))

    async def run(self):
        while True:
            async with self.arrival:
                self.measure()
                self.arrival.notify_all()
            await asyncio.sleep(SECONDS)

    async def after(self, number):
        """The next reading."""
        async with self.arrival:
            await self.arrival.wait_for(lambda: self.count > number)
            return self.readings[-1]


@contextlib.asynccontextmanager
async def lifespan(_):
    station = Station()
    task = asyncio.create_task(station.run())
    yield {"station": station}
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


app = FastAPI(title="Weather station", lifespan=lifespan, docs_url=None, redoc_url=None)


@app.get("/", response_class=HTMLResponse)
async def page(request: Request):
    loop, root = type(asyncio.get_running_loop()), request.scope["root_path"]
    values = {"fastapi": version("fastapi"), "python": platform.python_version(),
              "root": root, "mount": root or "/", "loop": f"{loop.__module__}.{loop.__name__}"}
    text = PAGE
    for name, value in values.items():
        text = text.replace(f"%{name}%", value)
    return text


@app.get("/readings")
async def readings(request: Request) -> list[Reading]:
    return list(request.state.station.readings)


@app.get("/readings/{number}")
async def reading(request: Request, number: int) -> Reading:
    for one in request.state.station.readings:
        if one.number == number:
            return one
    raise HTTPException(404, "not measured, or forgotten")


@app.get("/live")
async def live(request: Request, count: int = 20):
    """Readings as they are taken: server-sent events, `count` of them at a time."""
    station = request.state.station

    async def events():
        number = station.count
        for _ in range(max(1, min(count, 100))):
            one = await station.after(number)
            number = one.number
            yield f"id: {number}\ndata: {one.model_dump_json()}\n\n"

    return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@app.get("/notes")
async def notes(request: Request) -> list[Note]:
    return list(request.state.station.notes)


@app.post("/notes", status_code=201)
async def add(request: Request, note: Note) -> Note:
    request.state.station.notes.append(note)
    return note
