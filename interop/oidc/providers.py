# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Providers of other people's making, to sign in at in tests.

`oidc` is OpenID Connect by oidc-provider-mock, `oauth1` OAuth 1.0a by Authlib, `openid` OpenID 2.0 by python3-openid. Run with
a port for each, it serves all three on 127.0.0.1: `providers.py OIDC OAUTH1 OPENID`.
"""

import os
import sys
import threading
import wsgiref.simple_server

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # All of this is on one machine.

import oidc_provider_mock
from authlib.integrations.flask_oauth1 import AuthorizationServer, ResourceProtector
from authlib.integrations.flask_oauth1.cache import (
    create_exists_nonce_func, register_nonce_hooks, register_temporary_credential_hooks)
from authlib.oauth1 import ClientMixin, TokenCredentialMixin
from flask import Flask, jsonify, request
from openid.extensions import ax
from openid.server.server import Server
from openid.store.memstore import MemoryStore


def oidc():
    users = [oidc_provider_mock.User(
        sub="ann", claims={"email": "ann@example.com", "email_verified": True, "name": "Ann"})]
    return oidc_provider_mock.app(user_claims=users, require_nonce=True)


# OAuth 1.0a


class Cache(dict):
    """The few methods of a cache that Authlib calls."""

    def set(self, key, value, timeout=None):
        self[key] = value

    def has(self, key):
        return key in self

    def delete(self, key):
        self.pop(key, None)


class Client(ClientMixin):
    def get_default_redirect_uri(self):
        return None

    def get_client_secret(self):
        return "a secret & of=the consumer"

    def get_rsa_public_key(self):
        return None


class User:
    def get_user_id(self):
        return "ann"


class Token(TokenCredentialMixin):
    def __init__(self, values):
        self.values = values

    def get_oauth_token(self):
        return self.values["oauth_token"]

    def get_oauth_token_secret(self):
        return self.values["oauth_token_secret"]


def oauth1():
    app = Flask("oauth1")
    cache, tokens = Cache(), {}

    def query_client(client_id):
        return Client() if client_id == "gale" else None

    def create_token(token, temporary_credential):
        tokens[token["oauth_token"]] = Token(token)
        return tokens[token["oauth_token"]]

    server = AuthorizationServer(app, query_client=query_client)
    register_nonce_hooks(server, cache)
    register_temporary_credential_hooks(server, cache)
    server.register_hook("create_token_credential", create_token)
    protect = ResourceProtector(
        app, query_client=query_client, query_token=lambda client, token: tokens.get(token),
        exists_nonce=create_exists_nonce_func(cache))

    @app.post("/initiate")
    def initiate():
        return server.create_temporary_credentials_response()

    @app.get("/authorize")
    def authorize():
        server.check_authorization_request()
        return server.create_authorization_response(grant_user=User())

    @app.post("/token")
    def token():
        return server.create_token_response()

    @app.get("/me")
    @protect()
    def me():
        return jsonify(name="Ann", arguments=dict(request.args))

    return app


# OpenID 2.0


def openid(base):
    app = Flask("openid")
    server = Server(MemoryStore(), base + "/openid")

    @app.route("/openid", methods=["GET", "POST"])
    def endpoint():
        asked = server.decodeRequest(request.values.to_dict())
        if asked.mode == "checkid_setup":
            answer = asked.answer(True, identity=base + "/id/ann", claimed_id=base + "/id/ann")
            wanted = ax.FetchRequest.fromOpenIDRequest(asked)
            if wanted is not None:
                given = ax.FetchResponse(wanted)
                given.addValue("http://axschema.org/contact/email", "ann@example.com")
                given.addValue("http://axschema.org/namePerson", "Ann Ott")
                answer.addExtension(given)
        else:
            answer = server.handleRequest(asked)
        web = server.encodeResponse(answer)
        return web.body, web.code, dict(web.headers)

    return app


class Handler(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


def serve(application, port):
    server = wsgiref.simple_server.make_server("127.0.0.1", port, application, handler_class=Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    ports = [int(argument) for argument in sys.argv[1:4]]
    serve(oidc(), ports[0])
    serve(oauth1(), ports[1])
    serve(openid(f"http://127.0.0.1:{ports[2]}"), ports[2])
    print("ready", flush=True)
    sys.stdin.read()  # Until whoever started this is gone.


if __name__ == "__main__":
    main()
