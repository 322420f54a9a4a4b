# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""The plain ASGI application: no framework, hello first; its WebSocket sends back what comes."""

TEXT, JSON, BINARY = b"text/plain", b"application/json", b"application/octet-stream"


async def web_socket(receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return
        await send({"type": "websocket.send", "bytes": event.get("bytes"), "text": event.get("text")})


async def application(scope, receive, send):
    if scope["type"] != "http":
        if scope["type"] == "websocket":
            await web_socket(receive, send)
        return
    path = scope["path"]
    status, kind, body = 200, TEXT, b"Hello, world"
    if path == "/json":
        kind, body = JSON, b'{"message":"Hello, world"}'
    elif path == "/echo":
        kind, body, more = BINARY, b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
    elif path != "/":
        status, body = 404, b""
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
