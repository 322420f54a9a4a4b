# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""httpbin, the peer of the HTTP clients' tests, as `httpbin_site:app`.

httpbin refuses chunked bodies unless it believes that the server is gunicorn. PEP 3333 has no word for it; the flag
`wsgi.input_terminated` says that the server ends the input by itself, whatever it is called, so the header is kept from
httpbin's question and given back in the echo.
"""

from httpbin import app as httpbin


class Site:
    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        coding = environ.pop("HTTP_TRANSFER_ENCODING", None)
        if coding:
            assert environ["wsgi.input_terminated"], "the server does not end the input by itself"
            environ["HTTP_X_RECEIVED_TRANSFER_ENCODING"] = coding
        return self.app(environ, start_response)


app = Site(httpbin)
