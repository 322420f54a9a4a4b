# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""A client under load: `tornado_client.py PORT COUNT CONCURRENCY`. Tornado's simple client keeps no connections."""

import asyncio
import sys

from measure import measured
from tornado.httpclient import AsyncHTTPClient


async def main():
    port, count, concurrency = map(int, sys.argv[1:])
    AsyncHTTPClient.configure(None, max_clients=concurrency)
    client = AsyncHTTPClient()

    async def one():
        response = await client.fetch(f"http://127.0.0.1:{port}/")
        assert response.code == 200 and len(response.body) == 12

    await measured(one, count, concurrency)


asyncio.run(main())
