# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Servers inside of programs: `run`, `serve` and `Server`, on what the extension module offers."""

import asyncio
import signal
import threading
from asyncio import coroutines

import gale

__all__ = ("Server", "run", "serve")

_run_coroutine = gale.run


class Server:
    """A server of an application, WSGI or ASGI, inside of the asyncio loop that runs.

        async with gale.Server(app, port=0) as server:
            print(server.port)
            ...

    It is native: connections, HTTP and TLS are Gale's, on a loop that asyncio's has as its guest, and the application's
    coroutines are tasks of asyncio. WSGI applications run on threads unless `lane="inline"` says otherwise.

    Settings are those of `gale serve`, with underscores: `access_log="-"`, `certfile=…`, `max_body_size=…`, `threads=…`.
    `bind` takes an address or a list of them, as `--bind` does, in place of `host` and `port`.
    """

    def __init__(self, app, *, host="127.0.0.1", port=8000, bind=None, **settings):
        self._core = gale._make_server(app, _settings(host, port, bind, settings))
        self._is_started = False

    async def start(self):
        """Takes the port, runs the application's start, then answers."""
        if self._is_started:
            raise RuntimeError("this server runs already")
        started = self._core.start()
        self._is_started = True
        try:
            await started
        except asyncio.CancelledError:
            # What has begun by then comes to its end.
            await self.stop()
            raise
        except BaseException:
            self._end()
            raise
        return self

    async def stop(self):
        """Ends it gracefully: what is being answered ends first. The application's end comes last."""
        if not self._is_started:
            return
        stopped = self._core.stop()
        cancelled = None
        while not stopped.done():
            try:
                await asyncio.shield(stopped)
            except asyncio.CancelledError as error:
                # Whoever stopped the program twice must not leave it with a server that is half gone.
                cancelled = error
        self._end()
        if cancelled is not None:
            raise cancelled
        stopped.result()

    def _end(self):
        self._is_started = False
        self._core.release()

    async def __aenter__(self):
        return await self.start()

    async def __aexit__(self, *error):
        await self.stop()

    @property
    def addresses(self):
        """Where it listens: pairs of a host and a port, or of a path and 0."""
        return self._core.addresses

    @property
    def port(self):
        """The first port, which the system chose for `port=0`."""
        return self.addresses[0][1]


async def serve(app, **settings):
    """Serves an application inside of the asyncio loop that runs, until it is cancelled: see `Server`."""
    async with Server(app, **settings):
        await asyncio.get_running_loop().create_future()


def run(what, *, debug=None, host="127.0.0.1", port=8000, bind=None, **settings):
    """Serves an application on this thread until SIGINT or SIGTERM, with Gale in charge and asyncio as its guest.

    Takes what `Server` takes. Given a coroutine, runs that to its end on Gale's event loop instead, like `asyncio.run`.
    """
    if coroutines.iscoroutine(what):
        if settings or bind is not None:
            raise TypeError("a coroutine is run; only applications have settings")
        return _run_coroutine(what, debug=debug)
    if asyncio._get_running_loop() is not None:
        raise RuntimeError("asyncio runs on this thread: await gale.serve(app) instead")
    settings.setdefault("lane", "inline")
    core = gale._make_server(what, _settings(host, port, bind, settings))
    is_main = threading.current_thread() is threading.main_thread()
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        core.run(is_main)
    finally:
        if is_main:
            for number, handler in kept.items():
                if handler is not None:
                    signal.signal(number, handler)


def _settings(host, port, bind, settings):
    """The settings as the server reads them."""
    settings = {"lane": "threads", "access_log": False, **settings}
    if bind is None:
        bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    settings["bind"] = [bind] if isinstance(bind, str) else list(bind)
    return {name.replace("_", "-"): _text(value) for name, value in settings.items() if value is not None}


def _text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return str(value)
