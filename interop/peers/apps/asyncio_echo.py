# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""A TCP echo on one event loop: `asyncio_echo.py asyncio|gale|uvloop protocol|buffered|streams PORT`.

`gale` wants `python-host`, in which the module of that name has the loop.
"""

import asyncio
import sys

HOST, PORT = "127.0.0.1", int(sys.argv[3])


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class BufferedEcho(asyncio.BufferedProtocol):
    def connection_made(self, transport):
        self.transport = transport
        self.buffer = bytearray(64 * 1024)
        self.view = memoryview(self.buffer)

    def get_buffer(self, sizehint):
        return self.buffer

    def buffer_updated(self, count):
        self.transport.write(self.view[:count])


async def echo(reader, writer):
    while data := await reader.read(64 * 1024):
        writer.write(data)
        await writer.drain()
    writer.close()


async def serve(kind):
    if kind == "streams":
        server = await asyncio.start_server(echo, HOST, PORT)
    else:
        factory = {"protocol": Echo, "buffered": BufferedEcho}[kind]
        server = await asyncio.get_running_loop().create_server(factory, HOST, PORT)
    await server.serve_forever()


if __name__ == "__main__":
    loop = __import__(sys.argv[1])
    try:
        loop.run(serve(sys.argv[2]))
    except KeyboardInterrupt:
        pass
