# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""A WSGI application that says what signals mean to Python, and one that takes its time to be imported."""

import os
import signal
import time

if os.environ.get("GALE_SLOW_IMPORT"):
    time.sleep(30)

received = []


def app(environ, start_response):
    """Below /install: whether signal.signal() works here; else: which handlers Python has installed, and what came."""
    if environ["PATH_INFO"] == "/install":
        try:
            signal.signal(signal.SIGUSR2, lambda *_: received.append("USR2"))
            text = "installed"
        except ValueError:
            text = "ValueError"
    else:
        names = [number.name for number in signal.valid_signals()
                 if isinstance(number, signal.Signals) and callable(signal.getsignal(number))
                 and not isinstance(signal.getsignal(number), signal.Handlers)]
        text = " ".join(names + received)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]
