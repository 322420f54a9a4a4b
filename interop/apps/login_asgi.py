# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""An ASGI app that knows nothing of logging in: its middleware takes the user from what the server says."""

from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute


class GaleLogin(AuthenticationBackend):
    async def authenticate(self, conn):
        login = conn.scope["extensions"].get("gale.login")
        if login is not None:
            return AuthCredentials(["authenticated"]), SimpleUser(login["user"])


def shown(conn):
    login = conn.scope["extensions"].get("gale.login")
    headers = {name: value for name, value in conn.headers.items() if name.startswith(("x-", "remote", "auth"))}
    return {"user": conn.user.display_name, "login": login, "headers": headers}


async def show(request):
    return JSONResponse(shown(request))


async def socket(websocket):
    await websocket.accept()
    await websocket.send_json(shown(websocket))
    await websocket.close()


app = Starlette(
    routes=[WebSocketRoute("/{path:path}", socket), Route("/{path:path}", show, methods=["GET", "POST"])],
    middleware=[Middleware(AuthenticationMiddleware, backend=GaleLogin())])
