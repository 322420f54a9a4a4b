# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""A provider of OpenID Connect for development, where anybody may be anybody: `login_provider:app`.

It is oidc-provider-mock, a WSGI application, with two users, and with pages of its own, which need no network.
"""

import os
from pathlib import Path

os.environ.setdefault("AUTHLIB_INSECURE_TRANSPORT", "1")  # It is on this machine only.

import oidc_provider_mock  # noqa: E402
from jinja2 import ChoiceLoader, FileSystemLoader  # noqa: E402


def user(subject, name, groups):
    return oidc_provider_mock.User(sub=subject, claims={
        "name": name, "given_name": name.split()[0], "preferred_username": subject,
        "email": f"{subject}@example.com", "email_verified": True, "groups": groups})


USERS = [user("ann", "Ann Ott", ["members", "photographers"]), user("bob", "Bob Byrd", ["members"])]

app = oidc_provider_mock.app(user_claims=USERS, require_nonce=True)
# Without the debugger in which the package wraps itself.
app.debug = False
app.wsgi_app = app.wsgi_app.app
app.jinja_loader = ChoiceLoader([FileSystemLoader(Path(__file__).parent / "templates"), app.jinja_loader])


@app.context_processor
def users():
    return {"users": {one.sub: one.claims for one in USERS}}
