# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Stands for the package `uvloop` when its tests run on Gale's loop; `suites.py` puts it beside uvloop's `_testbase`."""

import asyncio

import gale

__version__ = "0"

Loop = gale.EventLoop
EventLoopPolicy = gale.EventLoopPolicy
new_event_loop = gale.new_event_loop
install = gale.install


def run(main, *, loop_factory=new_event_loop, debug=None):
    async def wrapper():
        if not isinstance(asyncio.get_running_loop(), Loop):
            raise TypeError("uvloop.run() uses a non-uvloop event loop")
        return await main

    with asyncio.Runner(debug=debug, loop_factory=loop_factory) as runner:
        return runner.run(wrapper())
