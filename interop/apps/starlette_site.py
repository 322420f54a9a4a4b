# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Starlette with middleware of both kinds, anyio and context variables, for the checks of the ASGI gateway."""

import asyncio
import contextvars

import anyio
import sniffio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

REQUEST_ID = contextvars.ContextVar("request_id", default=None)


class Pure:
    """Middleware as a plain ASGI application."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        before = REQUEST_ID.get()
        assert before is None, before
        REQUEST_ID.set(dict(scope["headers"]).get(b"x-request-id", b"").decode())

        async def sending(event):
            if event["type"] == "http.response.start":
                event["headers"].append((b"x-seen", b"outer inner"))
            await send(event)

        await self.app(scope, receive, sending)


class Inner(BaseHTTPMiddleware):
    """The other kind runs the application as a task of its own."""

    async def dispatch(self, request, call_next):
        response = await call_next(request)
        assert response.status_code
        return response


async def page(request):
    try:
        with anyio.fail_after(0.001):
            await anyio.sleep(60)
    except TimeoutError:
        timeout = "timed out"
    return JSONResponse({
        "id": REQUEST_ID.get(), "library": sniffio.current_async_library(),
        "task": isinstance(asyncio.current_task(), asyncio.Task), "body": (await request.body()).decode(),
        "timeout": timeout})


async def group(request):
    results = []

    async def work(number):
        await anyio.sleep(0)
        results.append(number)

    async with anyio.create_task_group() as tasks:
        for number in range(int(request.query_params["n"])):
            tasks.start_soon(work, number)
    return JSONResponse(sum(results))


async def cancelled(_):
    seen = []
    with anyio.CancelScope() as scope:
        scope.cancel()
        try:
            await anyio.sleep(60)
        except anyio.get_cancelled_exc_class():
            seen.append("cancelled")
            raise
    seen.append("done")
    return JSONResponse(seen)


async def large(_):
    return PlainTextResponse("x" * 100_000)


async def stream(_):
    async def lines():
        for number in range(50):
            yield f"{number}\n"
            await anyio.sleep(0)

    return StreamingResponse(lines())


async def raises(_):
    raise RuntimeError("on purpose")


app = Starlette(
    routes=[Route("/", page, methods=["GET", "POST"]), Route("/group", group), Route("/cancelled", cancelled),
            Route("/large", large), Route("/stream", stream), Route("/raises", raises)],
    middleware=[Middleware(Pure), Middleware(GZipMiddleware), Middleware(Inner)])
