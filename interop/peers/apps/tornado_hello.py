# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Tornado, every path of the native group. usage: tornado_hello.py PORT"""

import asyncio
import os
import sys

from tornado.template import Template
from tornado.web import Application, RequestHandler, StaticFileHandler, stream_request_body

ITEMS = [{"id": n, "name": f"Nut & <bolt> {n}", "price": n * 7} for n in range(50)]
TABLE = Template("""<!doctype html><html lang="en"><head><title>Stock</title></head><body><h1>Stock</h1><table>
{% for item in items %}<tr><td>{{ item["id"] }}</td><td>{{ item["name"] }}</td><td>{{ item["price"] }}</td></tr>
{% end %}</table></body></html>""")


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


class Table(RequestHandler):
    def get(self):
        self.finish(TABLE.generate(items=ITEMS))


class Form(RequestHandler):
    def post(self):
        self.set_header("Content-Type", "text/plain")
        self.write(str(len(self.get_body_argument("text", "", strip=False))))


@stream_request_body
class Upload(RequestHandler):
    def prepare(self):
        self.count = 0
        self.request.connection.set_max_body_size(1 << 30)

    def data_received(self, chunk):
        self.count += len(chunk)

    def post(self):
        self.set_header("Content-Type", "text/plain")
        self.write(str(self.count))


async def main():
    routes = [
        ("/", Hello),
        ("/json", Message),
        ("/user/([^/]+)", Item),
        ("/echo", Echo),
        ("/form", Form),
        ("/upload", Upload),
        ("/table", Table),
        ("/static/(.*)", StaticFileHandler, {"path": os.environ.get("BENCH_STATIC", ".")}),
    ]
    routes += [(f"/r{n}/items/([^/]+)", Item, {"prefix": f"{n}:"}) for n in range(64)]
    routes += [(f"/k{n}/items/([^/]+)", Item, {"prefix": f"{n}:"}) for n in range(1000)]
    application = Application(routes, log_function=lambda handler: None)
    application.listen(int(sys.argv[1]), "127.0.0.1", backlog=4096)
    await asyncio.Event().wait()


asyncio.run(main())
