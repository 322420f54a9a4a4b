# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""A WSGI application that burns 20 ms of CPU in Python for every request."""

import time


def application(environ, start_response):
    end = time.thread_time() + 0.02
    number = 1
    while time.thread_time() < end:
        number = number * 1103515245 + 12345 & 0x7FFFFFFF
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(number).encode()]
