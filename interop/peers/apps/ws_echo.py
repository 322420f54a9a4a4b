# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""A WebSocket echo at /ws under one library: `ws_echo.py aiohttp|picows|socketify|tornado PORT`."""

import asyncio
import sys

HOST, PORT = "127.0.0.1", int(sys.argv[2])


def run_aiohttp():
    import uvloop
    from aiohttp import WSMsgType, web

    async def echo(request):
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                await socket.send_str(message.data)
            elif message.type == WSMsgType.BINARY:
                await socket.send_bytes(message.data)
        return socket

    application = web.Application()
    application.router.add_get("/ws", echo)
    uvloop.install()
    web.run_app(application, host=HOST, port=PORT, print=None, access_log=None, loop=asyncio.new_event_loop())


def run_picows():
    import picows
    import uvloop

    class Echo(picows.WSListener):
        def on_ws_frame(self, transport, frame):
            if frame.msg_type in (picows.WSMsgType.TEXT, picows.WSMsgType.BINARY):
                transport.send(frame.msg_type, frame.get_payload_as_memoryview())
            elif frame.msg_type == picows.WSMsgType.CLOSE:
                transport.disconnect()

    async def serve():
        server = await picows.ws_create_server(lambda request: Echo(), HOST, PORT)
        await server.serve_forever()

    uvloop.run(serve())


def run_socketify():
    import socketify

    application = socketify.App()
    options = {"compression": 0, "max_payload_length": 1 << 24, "message": lambda ws, message, kind: ws.send(message, kind)}
    application.ws("/ws", options)
    application.listen(socketify.AppListenOptions(port=PORT, host=HOST), lambda config: None)
    application.run()


def run_tornado():
    from tornado import web, websocket

    class Echo(websocket.WebSocketHandler):
        def on_message(self, message):
            self.write_message(message, binary=isinstance(message, bytes))

    async def serve():
        web.Application([("/ws", Echo)]).listen(PORT, HOST)
        await asyncio.Event().wait()

    asyncio.run(serve())


globals()[f"run_{sys.argv[1]}"]()
