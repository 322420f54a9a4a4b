# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Gale, a web server that hosts WSGI and ASGI applications: `gale serve module:app`, or `python -m gale serve module:app`.

The server is native code in the extension module `gale._gale`. It runs in this interpreter, whatever its build, with
this environment's packages. Programs can use it, too:

    gale.run(app, port=8000)            serves until SIGINT or SIGTERM
    await gale.serve(app, port=8000)    serves inside of the asyncio loop that runs, until it is cancelled
    async with gale.Server(app) as s:   the same, for as long as the block takes
    gale.run(main())                    runs a coroutine on Gale's own event loop, as asyncio.run does
    gale.EventLoop                      that loop, for asyncio.Runner(loop_factory=gale.EventLoop)
"""

import sys

# What is there once something native was asked for.
_NATIVE = ("EventLoop", "EventLoopPolicy", "RequestTimeout", "Server", "SwiftError", "context_variable", "install",
           "new_event_loop", "run", "serve")

__all__ = ["__version__", *_NATIVE]


def __getattr__(name):
    if name == "__version__":
        # Not asked for when a server starts, which need not read the metadata of packages for it.
        from importlib.metadata import version

        return version("gale")
    if name in _NATIVE or name == "twisted" and "EventLoop" not in globals():
        _load()
        return getattr(sys.modules[__name__], name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})


def _load():
    """Makes what is native, in this module; looks for attributes go through the native part first from then on."""
    own = {name: globals()[name] for name in ("__all__", "__doc__")}
    from gale import _gale

    _gale.prepare()
    globals().update(own)
    from gale import _server

    globals().update({name: getattr(_server, name) for name in _server.__all__})
