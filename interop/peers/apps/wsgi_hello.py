# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""The plain WSGI application: no framework, hello first."""

import os
from wsgiref.util import FileWrapper

PIECE = b"x" * 1024
FILE = os.path.join(os.environ.get("BENCH_STATIC", "."), "1m.bin")


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/":
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "12")])
        return [b"Hello, world"]
    if path == "/json":
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "26")])
        return [b'{"message":"Hello, world"}']
    if path == "/stream":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (PIECE for _ in range(10))
    binary = ("Content-Type", "application/octet-stream")
    if path == "/echo":
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        start_response("200 OK", [binary, ("Content-Length", str(len(body)))])
        return [body]
    if path == "/static/1m.bin":
        start_response("200 OK", [binary, ("Content-Length", str(os.path.getsize(FILE)))])
        return environ.get("wsgi.file_wrapper", FileWrapper)(open(FILE, "rb"), 65536)
    start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "0")])
    return [b""]
