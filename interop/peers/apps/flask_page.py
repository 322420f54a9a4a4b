# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Flask: "/" is plain text, "/table" ten rows through Jinja."""

import os

from flask import Flask, render_template

ROWS = [{"id": n, "name": f"Nut & bolt {n}", "stock": n * 7} for n in range(10)]
application = Flask(__name__, static_folder=None, template_folder=os.path.dirname(os.path.abspath(__file__)))


@application.get("/")
def hello():
    return "Hello, world", {"Content-Type": "text/plain"}


@application.get("/table")
def table():
    return render_template("page.html", title="Stock", rows=ROWS)
