#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Has gunicorn's own parser and logger make access log lines, and writes them to access-log.json beside this file.

Usage: python3 Tests/Vectors/gunicorn_access_log.py, with the package gunicorn (27.0).
"""
import datetime
import json
import os
import types

from gunicorn import config, glogging
from gunicorn.http import message, wsgi
from gunicorn.http.unreader import IterUnreader

HERE = os.path.dirname(os.path.abspath(__file__))
COMMON = '%(h)s %(l)s %(u)s "%(r)s" %(s)s %(b)s'
COMBINED = COMMON + ' "%(f)s" "%(a)s"'
TIMES = "%(T)s %(D)s %(M)s %(L)s"
PARTS = "%(m)s %(U)s %(q)s %(H)s %(s)s %(B)s"
VARIABLES = ("%({request_method}e)s %({SCRIPT_NAME}e)s %({PATH_INFO}e)s %({query_string}e)s %({raw_uri}e)s "
             "%({SERVER_PROTOCOL}e)s %({remote_addr}e)s %({wsgi.url_scheme}e)s %({HTTP_X_A}e)s %({none}e)s")
AGENT = "User-Agent: curl/7.88.1\r\nReferer: http://example.org/?a=b\r\n"


def request(line, *fields):
    return line + "\r\nHost: localhost\r\n" + "".join(fields) + "\r\n"


CASES = [
    (COMBINED, request("GET / HTTP/1.1", AGENT), 200, [], 12, 0),
    (COMBINED, request("GET / HTTP/1.1"), 200, [], 0, 0),
    (COMBINED, request("GET /a%20b?q=%22x%22 HTTP/1.1", 'User-Agent: a "quoted" one\r\n'), 404, [], 5, 999),
    (COMMON, request("POST /x HTTP/1.0", "Content-Length: 0\r\n"), 302, [], 7, 1000),
    (COMMON, request("GET / HTTP/1.1", "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"), 200, [], 1, 0),
    (COMMON, request("GET / HTTP/1.1", "Authorization: basic dXNlcg==\r\n"), 200, [], 1, 0),
    (COMMON, request("GET / HTTP/1.1", "Authorization: Bearer QWxhZGRpbg==\r\n"), 200, [], 1, 0),
    (COMMON, request("GET / HTTP/1.1", "Authorization: Basic //8=\r\n"), 401, [], 1, 0),
    (COMMON, request("GET / HTTP/1.1", "Authorization: Basic InF1b3RlZCI6eA==\r\n"), 401, [], 1, 0),
    (COMMON, request("GET http://localhost/path?x=1 HTTP/1.1"), 200, [], 1, 0),
    (PARTS, request("GET /caf%C3/../%41?a=1&b=2 HTTP/1.1".replace("%C3", "e")), 200, [], 3, 0),
    (PARTS, request("DELETE /gone HTTP/1.1"), 204, [], 0, 0),
    (PARTS, request("GET /only HTTP/1.0"), 500, [], 30, 0),
    *[(TIMES, request("GET / HTTP/1.1"), 200, [], 1, micros)
      for micros in (0, 1, 999, 1000, 1234, 999_999, 1_000_000, 1_234_567, 59_999_999, 3_600_000_001)],
    ("%({x-a}i)s|%({X-B}i)s|%({none}i)s", request("GET / HTTP/1.1", "X-A: 1\r\nx-b: a \"b\"\r\n"), 200, [], 1, 0),
    ("%({x-a}i)s", request("GET / HTTP/1.1", "X-A: first\r\nX-A: last\r\n"), 200, [], 1, 0),
    ("%({content-type}o)s|%({X-Up}o)s|%({none}o)s", request("GET / HTTP/1.1"), 200,
     [("Content-Type", "text/plain"), ("X-Up", 'say "hi"')], 1, 0),
    ("%({location}o)s %(T)d", request("GET / HTTP/1.1"), 302, [("Location", "/elsewhere?a=b")], 1, 0),
    (VARIABLES, request("GET /a%20b?x=1 HTTP/1.1", "X-A: value\r\n"), 200, [], 1, 0),
    ("100%% %(s)s%%", request("GET / HTTP/1.1"), 200, [], 1, 0),
    ('{"m": "%(m)s", "s": %(s)s, "D": %(D)s}', request("GET / HTTP/1.1"), 200, [], 1, 42),
    ("no atoms but %(l)s", request("GET / HTTP/1.1"), 200, [], 1, 0),
]


def line(format_, raw, status, headers, count, micros):
    settings = config.Config()
    settings.set("access_log_format", format_)
    logger = glogging.Logger(settings)
    peer = ("127.0.0.1", 50000)
    parsed = message.Request(settings, IterUnreader([raw.encode("latin-1")]), peer)
    sock = types.SimpleNamespace(getsockname=lambda: ("127.0.0.1", 8000))
    _, environ = wsgi.create(parsed, sock, peer, ("127.0.0.1", 8000), settings)
    response = types.SimpleNamespace(status=f"{status} Reason", sent=count, headers=headers)
    atoms = logger.atoms(response, parsed, environ, datetime.timedelta(microseconds=micros))
    return format_ % glogging.SafeAtoms(atoms)


rows = [{"format": case[0], "request": case[1], "status": case[2], "headers": case[3], "count": case[4],
         "microseconds": case[5], "line": line(*case)} for case in CASES]
with open(os.path.join(HERE, "access-log.json"), "w", encoding="utf-8") as file:
    file.write("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
print(f"access-log.json: {len(rows)} rows")
