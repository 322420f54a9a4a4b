# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""FastAPI with one route that makes JSON of a dictionary."""

from fastapi import FastAPI

application = FastAPI(openapi_url=None)


@application.get("/json")
async def hello():
    return {"message": "Hello, world"}
