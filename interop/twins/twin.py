#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""The Python twin: the application of Tests/Programs/Twin, written with Tornado. `twin.py PORT STATIC TRANSLATIONS`"""

import asyncio
import json
import logging
import sys

import tornado.escape
import tornado.httpserver
import tornado.locale
import tornado.web


class Base(tornado.web.RequestHandler):
    def check_xsrf_cookie(self):
        pass

    def reply(self, value):
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        self.write(json.dumps(value, sort_keys=True).replace("</", "<\\/"))


class Hello(Base):
    def get(self):
        self.write("Hello, world")


class Args(Base):
    def get(self):
        self.reply({
            "last": self.get_argument("a", "none"), "all": self.get_arguments("a"), "raw": self.get_arguments("a", strip=False),
            "query": self.get_query_arguments("a"), "body": self.get_body_arguments("a"),
            "names": sorted(self.request.arguments), "required": self.get_argument("r", "none"),
        })

    post = put = patch = delete = get


class Required(Base):
    def get(self):
        self.write(self.get_argument("r"))


class Files(Base):
    def post(self):
        self.reply([[f["filename"], f["content_type"], f["body"].decode("latin1"), name]
                    for name in sorted(self.request.files) for f in self.request.files[name]])


class Path(Base):
    def get(self, *args):
        self.reply(args)


class Status(Base):
    def get(self, status):
        self.set_status(int(status), self.get_argument("reason", None))
        if int(status) not in (204, 304):
            self.write("status")


class Headers(Base):
    def get(self):
        self.set_header("X-One", self.get_argument("v", "1"))
        self.add_header("X-Two", "a")
        self.add_header("X-Two", "b")
        self.set_header("X-Gone", "x")
        self.clear_header("X-Gone")
        self.set_header("Content-Type", "text/plain")
        self.write("headers")


class SetCookies(Base):
    def get(self):
        self.set_cookie("plain", self.get_argument("v", "1"))
        self.set_cookie("full", "a b".replace(" ", ";"), domain="x.example", path="/p", expires=1767225600, httponly=True,
                        secure=True, samesite="Lax", max_age=5)
        self.set_cookie("plain", self.get_argument("v", "2"))


class GetCookies(Base):
    def get(self):
        self.reply({name: self.get_cookie(name) for name in ("a", "b", "c")})


class SetSigned(Base):
    def get(self):
        self.set_signed_cookie("s", self.get_argument("v", "value"), version=int(self.get_argument("version", "2")),
                               expires_days=None)


class GetSigned(Base):
    def get(self):
        value = self.get_signed_cookie("s")
        self.reply({"value": None if value is None else value.decode(), "key": self.get_signed_cookie_key_version("s")})


class XSRF(tornado.web.RequestHandler):
    def get(self):
        self.write(self.xsrf_form_html())

    def post(self):
        self.write("posted")

    put = delete = patch = post


class User(Base):
    def get_current_user(self):
        return self.get_cookie("user")

    @tornado.web.authenticated
    def get(self):
        self.write(self.current_user)

    head = post = get


class AddSlash(Base):
    @tornado.web.addslash
    def get(self):
        self.write("slash")

    head = post = get


class RemoveSlash(Base):
    @tornado.web.removeslash
    def get(self):
        self.write("no slash")

    head = post = get


class Redirect(Base):
    def get(self):
        status = self.get_argument("status", None)
        self.redirect(self.get_argument("to"), self.get_argument("permanent", "") == "1", status and int(status))


class Fail(Base):
    def get(self):
        raise tornado.web.HTTPError(int(self.get_argument("status")), "not <for> you", reason=self.get_argument("reason", None))


class Crash(Base):
    def get(self):
        self.write("lost")
        raise ValueError("crash")


class Done(Base):
    def get(self):
        self.set_status(202)
        self.write("so far")
        raise tornado.web.Finish(" and the end")


class Prepared(Base):
    def prepare(self):
        self.finish("prepared")

    def get(self):
        self.write("never")


class JSON(Base):
    def get(self):
        self.write({"text": "</script>\u00e9", "list": [1, 2.5, None, True], "nested": {"a": "b"}})


class Stream(Base):
    async def get(self):
        for piece in ("one ", "two ", "three"):
            self.write(piece)
            await self.flush()


class Text(Base):
    def get(self, size):
        self.set_header("Content-Type", self.get_argument("type", "text/plain"))
        if self.get_argument("vary", ""):
            self.set_header("Vary", self.get_argument("vary"))
        if self.get_argument("encoding", ""):
            self.set_header("Content-Encoding", self.get_argument("encoding"))
        self.write("x" * int(size))

    head = get


class ETag(Base):
    def compute_etag(self):
        return self.get_argument("tag", None)

    def get(self):
        self.write("tagged")


class StaticURL(Base):
    def get(self):
        self.write(self.static_url(self.get_argument("path"), include_host=self.get_argument("host", "") == "1"))


class Locale(Base):
    def get(self):
        locale = self.locale
        self.reply([locale.code, locale.name, locale.rtl, locale.translate("January"), locale.translate("school"),
                    locale.list(["A", "B", "C"]), locale.friendly_number(1234567),
                    locale.translate("1 minute ago", "%(minutes)d minutes ago", 5)])


class Linkify(Base):
    def get(self):
        self.write(tornado.escape.linkify(self.get_argument("text"), shorten=self.get_argument("shorten", "") == "1"))


class Remote(Base):
    def get(self):
        self.reply([self.request.remote_ip, self.request.protocol, self.request.host, self.request.full_url()])


class Reverse(Base):
    def get(self):
        self.write(self.reverse_url("path", "a b", "c/d"))


class Methods(Base):
    SUPPORTED_METHODS = Base.SUPPORTED_METHODS + ("PROPFIND",)

    def get(self):
        self.write(self.request.method)

    post = put = patch = delete = options = propfind = get


class Body(Base):
    def post(self):
        self.reply([len(self.request.body), self.request.body.decode("latin1")])


async def main():
    port, static, translations = sys.argv[1:]
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    tornado.locale.load_translations(translations)
    application = tornado.web.Application(
        [
            (r"/hello", Hello), (r"/args", Args), (r"/required", Required), (r"/files", Files),
            tornado.web.url(r"/path/([^/]*)/(.*)", Path, name="path"), (r"/status/([0-9]+)", Status), (r"/headers", Headers),
            (r"/cookies/set", SetCookies), (r"/cookies/get", GetCookies), (r"/signed/set", SetSigned),
            (r"/signed/get", GetSigned), (r"/xsrf", XSRF), (r"/user", User), (r"/slash/add.*", AddSlash),
            (r"/slash/remove.*", RemoveSlash), (r"/redirect", Redirect), (r"/fail", Fail), (r"/crash", Crash),
            (r"/done", Done), (r"/prepared", Prepared), (r"/json", JSON), (r"/stream", Stream), (r"/text/([0-9]+)", Text),
            (r"/etag", ETag), (r"/static_url", StaticURL), (r"/locale", Locale), (r"/linkify", Linkify),
            (r"/remote", Remote), (r"/reverse", Reverse), (r"/methods", Methods), (r"/body", Body),
            (r"/old/(.*)", tornado.web.RedirectHandler, {"url": "/new/{0}"}),
            (r"/gone", tornado.web.ErrorHandler, {"status_code": 410}),
        ],
        cookie_secret="twin secret", xsrf_cookies=True, login_url="/login", static_path=static, compress_response=True)
    application.listen(int(port), "127.0.0.1", xheaders=True, decompress_request=True, max_body_size=100000)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
