# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""What the Python clients under load have in common."""

import asyncio
import resource
import time


async def measured(one, count, concurrency):
    """Calls `one` so often, so many at a time, after a tenth as many to warm up; prints what clients.py reads."""
    await repeated(one, count // 10, concurrency)
    before, start = seconds(), time.monotonic()
    await repeated(one, count, concurrency)
    print(count, seconds() - before, time.monotonic() - start)


async def repeated(one, count, concurrency):
    turns = iter(range(count))

    async def worker():
        for _ in turns:
            await one()

    await asyncio.gather(*(worker() for _ in range(concurrency)))


def seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
