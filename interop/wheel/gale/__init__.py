# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Gale, a web server that hosts WSGI applications: `gale serve module:app`, or `python -m gale serve module:app`.

The server is native code in the extension module `gale._gale`. It runs in this interpreter, whatever its build, with
this environment's packages.
"""

__all__ = ["__version__"]


def __getattr__(name):
    if name == "__version__":
        # Not asked for when a server starts, which need not read the metadata of packages for it.
        from importlib.metadata import version

        return version("gale")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
