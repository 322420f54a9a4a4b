# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""A Flask app that knows nothing of logging in: it shows what its environ says of the user."""

from flask import Flask, jsonify, request

app = Flask(__name__)
NAMES = ["REMOTE_USER", "AUTH_TYPE", "gale.claims"]


@app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
@app.route("/<path:path>", methods=["GET", "POST"])
def show(path):
    environ = request.environ
    names = NAMES + sorted(name for name in environ if name.startswith(("HTTP_X_", "HTTP_REMOTE", "HTTP_AUTH")))
    return jsonify({"path": path, **{name: environ[name] for name in names if name in environ}})
