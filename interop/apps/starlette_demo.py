# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""A clock in Starlette: a page, and a WebSocket that tells the time."""

import asyncio
from datetime import datetime

from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Clock · Gale</title>
  <link rel="stylesheet" href="/static/style.css">
</head>
<body>
  <header>
    <h1 id="time">–</h1>
    <p>The server tells the time ten times a second: a coroutine of Starlette's, through a WebSocket.</p>
    <p class="links"><a href="/">← back to Gale</a></p>
  </header>
  <script>
    const clock = new WebSocket("time");
    clock.onmessage = event => document.getElementById("time").textContent = event.data;
  </script>
</body>
</html>
"""


async def page(request):
    return HTMLResponse(PAGE)


async def tell(socket):
    await socket.accept()
    try:
        while True:
            await socket.send_text(datetime.now().strftime("%H:%M:%S.%f")[:-5])
            await asyncio.sleep(0.1)
    except WebSocketDisconnect:
        pass


app = Starlette(routes=[Route("/", page), WebSocketRoute("/time", tell)])
