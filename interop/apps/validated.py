"""The demo's applications and the legal part of the torture, each inside wsgiref's validator.

What the validator finds, in the application or in the server's environ, wsgi.input, wsgi.errors or start_response,
becomes a 500 whose body names it; once the answer has begun it is raised, and the server cuts the connection.
A body that is never closed is reported on sys.stderr as "Iterator garbage collected without being closed".
"""

import sys
import traceback
from wsgiref.validate import validator

import torture


def validated(load):
    """`load()`'s application inside the validator; it is loaded with the first request."""
    loaded = []

    def application(environ, start_response):
        if not loaded:
            loaded.append(validator(load()))
        return Report(loaded[0], environ, start_response)

    return application


class Report:
    """The validator's iterable, its AssertionErrors turned into an answer."""

    def __init__(self, application, environ, start_response):
        self.start_response = start_response
        self.body = iter(())
        self.failure = None
        try:
            self.body = application(environ, start_response)
        except AssertionError as error:
            self.failure = self.report(error)

    def __iter__(self):
        return self

    def __next__(self):
        if self.failure is not None:
            if not self.failure:
                raise StopIteration
            return self.failure.pop()
        try:
            return next(self.body)
        except AssertionError as error:
            self.failure = self.report(error)
            return self.failure.pop()

    def report(self, error):
        check = traceback.extract_tb(error.__traceback__)[-2]
        text = f"AssertionError: {error}\nin {check.name}: {check.line}\n".encode("utf-8", "replace")
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))]
        self.start_response("500 Internal Server Error", headers, sys.exc_info())
        return [text]

    def close(self):
        if hasattr(self.body, "close"):
            self.body.close()


def load_flask():
    import flask_demo

    return flask_demo.app


def load_django():
    from django_demo.wsgi import application

    return application


def legal(environ, start_response):
    """The torture's paths at which the application itself keeps to PEP 3333."""
    path = "/" + environ.get("PATH_INFO", "").lstrip("/").split("/", 1)[0]
    return (torture.app if path in torture.LEGAL else torture.not_found)(environ, start_response)


def text_for_bytes(environ, start_response):
    """Wrong on purpose, to see the validator at work."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return ["text"]


flask = validated(load_flask)
django = validated(load_django)
torture_ok = validated(lambda: legal)
wrong = validated(lambda: text_for_bytes)


def site(environ, start_response):
    """The demo's mounts; the root for whoever asks whether the server is up."""
    head, slash, rest = environ.get("PATH_INFO", "").removeprefix("/").partition("/")
    application = {"flask": flask, "django": django, "wrong": wrong}.get(head)
    if application is None:
        return torture.not_found(environ, start_response)
    environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/{head}"
    environ["PATH_INFO"] = slash + rest
    return application(environ, start_response)
