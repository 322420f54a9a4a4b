# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""A client under load: `aiohttp_client.py PORT COUNT CONCURRENCY`."""

import asyncio
import sys

import aiohttp
from measure import measured


async def main():
    port, count, concurrency = map(int, sys.argv[1:])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:

        async def one():
            async with session.get(f"http://127.0.0.1:{port}/") as response:
                assert response.status == 200 and len(await response.read()) == 12

        await measured(one, count, concurrency)


asyncio.run(main())
