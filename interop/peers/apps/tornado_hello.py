# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Tornado, every path of the native group. usage: tornado_hello.py PORT"""

import asyncio
import os
import sys

from tornado.web import Application, RequestHandler, StaticFileHandler


class Hello(RequestHandler):
    def get(self):
        self.set_header("Content-Type", "text/plain")
        self.write("Hello, world")


class Message(RequestHandler):
    def get(self):
        self.write({"message": "Hello, world"})


class Item(RequestHandler):
    def initialize(self, prefix=""):
        self.prefix = prefix

    def get(self, item):
        self.set_header("Content-Type", "text/plain")
        self.write(self.prefix + item)


class Echo(RequestHandler):
    def post(self):
        self.set_header("Content-Type", "application/octet-stream")
        self.write(self.request.body)


async def main():
    routes = [
        ("/", Hello),
        ("/json", Message),
        ("/user/([^/]+)", Item),
        ("/echo", Echo),
        ("/static/(.*)", StaticFileHandler, {"path": os.environ.get("BENCH_STATIC", ".")}),
    ]
    routes += [(f"/r{n}/items/([^/]+)", Item, {"prefix": f"{n}:"}) for n in range(64)]
    application = Application(routes, log_function=lambda handler: None)
    application.listen(int(sys.argv[1]), "127.0.0.1", backlog=4096)
    await asyncio.Event().wait()


asyncio.run(main())
