# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Who is compared and what is asked: bench.py's tables. A new server is one row of SERVERS."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Test:
    """A request and its right answer."""

    path: str
    answer: bytes
    about: str
    kind: str = "get"  # get, pipeline, post, form, upload, idle, ws, echo, or login: get with the cookie of a session
    app: str = "hello"  # which Python application the WSGI servers load
    connections: int = 64
    tls: bool = False  # TLS 1.3 with AES-128-GCM, and a certificate on P-256


@dataclass(frozen=True)
class Server:
    """A command that stays in the foreground and serves `tests` on 127.0.0.1:{port}.

    Filled in besides: {peers} setup.sh's directory, {bin} its venv's programs, {apps} the Python applications,
    {wsgi} and {asgi} the module of the test's application (its object is `application`), {app} that
    application's short name, {host} a `python` with Gale's event loop, {gale} Gale's server with {tls} and {pem} for HTTPS, {static} the static files, {tmp} a scratch directory.
    Every server finds the static files in the environment too, as BENCH_STATIC.
    """

    name: str
    group: str
    command: str
    tests: str
    about: str = ""


PIPELINED, POSTED = 16, b"x" * 10240
HELLO = b"Hello, world"
CELLS = "".join(f"<tr><td>{n}</td><td>Nut &amp; bolt {n}</td><td>{n * 7}</td></tr>" for n in range(10))
TABLE = f"""<!doctype html><html lang="en"><head><title>Stock</title></head><body><h1>Stock</h1>
<table>{CELLS}</table></body></html>""".encode()

ROWS = "".join(f"<tr><td>{n}</td><td>Nut &amp; &lt;bolt&gt; {n}</td><td>{n * 7}</td></tr>" for n in range(50))
STOCK = f"""<!doctype html><html lang="en"><head><title>Stock</title></head><body><h1>Stock</h1>
<table>{ROWS}</table></body></html>""".encode()
FORM = b"name=bench&text=" + b"x" * 10240
# A multipart body: `head`, UPLOADED bytes of a file, `tail`. The answer is how many bytes the body had.
UPLOADED, UPLOAD_TYPE = 100 << 20, "multipart/form-data; boundary=bench"
UPLOAD_HEAD = (b'--bench\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n'
               b"Content-Type: application/octet-stream\r\n\r\n")
UPLOAD_TAIL = b"\r\n--bench--\r\n"
UPLOAD_LENGTH = len(UPLOAD_HEAD) + UPLOADED + len(UPLOAD_TAIL)

TESTS = {
    "hello": Test("/", HELLO, "12 bytes of text"),
    "pipeline": Test("/", HELLO, f"hello, {PIPELINED} requests in flight per connection", "pipeline"),
    "json": Test("/json", b'{"message":"Hello, world"}', "a small JSON object"),
    "route-1": Test("/user/42", b"42", "a path parameter, an early route"),
    "route-64": Test("/r63/items/7", b"63:7", "a path parameter, the last of 64 routes"),
    "route-1000": Test("/k999/items/7", b"999:7", "a path parameter, the last of 1,000 routes"),
    "table": Test("/table", STOCK, "a page with a table of 50 rows, escaped, through a template"),
    "table-runtime": Test("/table-runtime", STOCK, "the same page, its template compiled at run time"),
    "static-1k": Test("/static/1k.bin", bytes(range(256)) * 4, "a file of 1 KiB"),
    "static": Test("/static/1m.bin", bytes(range(256)) * 4096, "a file of 1 MiB", connections=16),
    "stream": Test("/stream", b"x" * 10240, "ten pieces of 1 KiB, of an unknown length"),
    "echo": Test("/echo", POSTED, "10 KiB posted and sent back", "post"),
    "form": Test("/form", b"10240", "a form of 10 KiB posted, one of its fields measured", "form"),
    "upload": Test("/upload", str(UPLOAD_LENGTH).encode(), "a multipart body of 100 MiB posted, one after the other",
                   "upload", connections=1),
    "ws": Test("/ws", b"a" * 64, "a WebSocket message of 64 bytes sent back", "ws"),
    "ws-16k": Test("/ws", b"a" * 16384, "a WebSocket message of 16 KiB sent back", "ws"),
    "tcp": Test("-", b"a" * 1024, "1 KiB over TCP sent back by a protocol", "echo", app="protocol"),
    "tcp-buffered": Test("-", b"a" * 1024, "1 KiB over TCP sent back by a buffered protocol", "echo", app="buffered"),
    "tcp-streams": Test("-", b"a" * 1024, "1 KiB over TCP sent back by streams", "echo", app="streams"),
    "tls": Test("/", HELLO, "hello over HTTPS", tls=True),
    "tls-static": Test("/static/1m.bin", bytes(range(256)) * 4096, "a file of 1 MiB over HTTPS", connections=16, tls=True),
    "tls-idle": Test("/", HELLO, "hello over HTTPS at 64 connections alone, then beside the idle ones", "idle", tls=True),
    "idle": Test("/", HELLO, "hello at 64 connections alone, then beside the idle ones", "idle"),
    "login": Test("/", HELLO, "12 bytes of text, asked for by a signed-in browser", "login"),
    "login-wsgi": Test("/", HELLO, "12 bytes of WSGI, asked for by a signed-in browser", "login"),
    "login-flask": Test("/table", TABLE, "Flask, a page of ten rows, asked for by a signed-in browser", "login", app="flask"),
    "flask": Test("/table", TABLE, "Flask, a page of ten rows through Jinja", app="flask"),
    "flask-hello": Test("/", HELLO, "Flask, 12 bytes of text", app="flask"),
    "fastapi": Test("/json", b'{"message":"Hello, world"}', "FastAPI, a small JSON object", app="fastapi"),
    "django": Test("/table", TABLE, "Django, a page of ten rows through its templates", app="django"),
    "django-hello": Test("/", HELLO, "Django, 12 bytes of text", app="django"),
}
# The modules of the applications that several servers load.
MODULES = {"hello": "hello", "fastapi": "fastapi_json", "flask": "flask_page", "django": "django_page"}
# The first that took part is what a group's ratios are to.
BASELINES = {
    "native": ["c-epoll", "nginx", "hummingbird"], "wsgi": ["bjoern", "fastwsgi"], "asgi": ["uvicorn"],
    "ws": ["picows", "socketify", "tornado"], "login": ["no-wall", "no-wall-wsgi"], "asyncio": ["uvloop"],
}

FRAMEWORK = "hello pipeline json route-1 route-64 route-1000 table static-1k static echo form upload idle"
PYTHON = "hello json echo static stream idle flask flask-hello django django-hello"
GUNICORN = "{bin}/gunicorn -w 1 -b 127.0.0.1:{port} --backlog 4096 --keep-alive 300 --worker-connections 19000 "
GRANIAN = "{bin}/granian --port {port} --workers 1 --runtime-threads 1 --http 1 --log-level error --backlog 4096 "
UVICORN = "{bin}/uvicorn --port {port} --backlog 4096 --timeout-keep-alive 300 --no-access-log --log-level error "
BJOERN = "import bjoern, {wsgi} as m; bjoern.run(m.application, '127.0.0.1', {port}, listen_backlog=4096)"
WAITRESS = (
    "import waitress, {wsgi} as m; waitress.serve(m.application, listen='127.0.0.1:{port}', threads=1, backlog=4096, "
    "connection_limit=19000, channel_timeout=300)"
)
# Its own HTTP sockets keep no connections; its router, a process of its own, does.
UWSGI = (
    "{bin}/uwsgi --http 127.0.0.1:{port} --http-keepalive=300 --master --die-on-term --processes 1 --listen 1000 "
    "--disable-logging --need-app --chdir {apps} --home {peers}/venv --wsgi {wsgi}"
)
HYPERCORN = "{bin}/hypercorn -k uvloop -w 0 -b 127.0.0.1:{port} --backlog 4096 --keep-alive 300 --log-level error "
ASGI = "hello pipeline json echo fastapi ws ws-16k idle"
TCP = "tcp tcp-buffered tcp-streams"
FASTWSGI = (
    "import fastwsgi as f, {wsgi} as m; f.server.backlog = 4096; f.server.tcp_nodelay = 1; "
    "f.run(wsgi_app=m.application, host='127.0.0.1', port={port}, loglevel=0)"
)
GALE_WSGI = "{gale} {port} --app {app} --app-dir {apps} --wsgi "
SERVERS = [
    Server("c-epoll", "native", "{peers}/epoll {port}", "hello pipeline idle", "C, a canned answer: the floor"),
    Server("nginx", "native", "nginx -p {tmp} -c {tmp}/nginx.conf -e stderr",
           "hello pipeline json route-1 static-1k static idle tls tls-static tls-idle", "one worker, return 200"),
    Server("hummingbird", "native", "{peers}/hummingbird {port}", FRAMEWORK, "Swift, on SwiftNIO"),
    Server("tornado", "native", "{bin}/python {apps}/tornado_hello.py {port}", FRAMEWORK, "on asyncio's own loop"),
    Server("gale", "native", "{gale} {port} {tls} {pem}", FRAMEWORK + " table-runtime tls tls-static tls-idle"),
    Server("bjoern", "wsgi", f'{{bin}}/python -c "{BJOERN}"', PYTHON, "C, libev; does not pipeline"),
    Server("fastwsgi", "wsgi", f'{{bin}}/python -c "{FASTWSGI}"', PYTHON.replace("static", "pipeline"),
           "C, libuv and llhttp; its file wrapper fails"),
    Server("granian", "wsgi", GRANIAN + "--interface wsgi --blocking-threads 1 --backpressure 19000 {wsgi}:application",
           PYTHON + " pipeline", "Rust, hyper; one blocking thread"),
    Server("gunicorn", "wsgi", GUNICORN + "-k gthread --threads 1 --log-level error {wsgi}:application",
           PYTHON + " pipeline", "gthread, one thread; its sync worker closes every connection"),
    Server("waitress", "wsgi", f'{{bin}}/python -c "{WAITRESS}"', PYTHON + " pipeline", "Python, one thread"),
    Server("uwsgi", "wsgi", UWSGI, PYTHON.replace("stream ", ""), "C; a router before a worker, which ends streamed answers"),
    Server("mod_wsgi", "wsgi", "/usr/sbin/apache2 -f {tmp}/apache.conf -DFOREGROUND", PYTHON, "Apache's event MPM, the application in it"),
    Server("gale", "wsgi", GALE_WSGI + "inline", PYTHON + " pipeline", "the application on the loop's thread"),
    Server("gale-threads", "wsgi", GALE_WSGI + "threads", PYTHON + " pipeline", "the application on threads"),
    Server("uvicorn", "asgi", UVICORN + "--loop uvloop --http httptools {asgi}:application", ASGI, "uvloop, httptools, websockets"),
    Server("granian", "asgi", GRANIAN + "--interface asgi --loop uvloop --backpressure 19000 {asgi}:application", ASGI,
           "Rust, hyper; uvloop"),
    Server("hypercorn", "asgi", HYPERCORN + "{asgi}:application", ASGI.replace(" idle", ""), "uvloop, h11, wsproto"),
    Server("gale", "asgi", "{cli} serve {asgi}:application --bind 127.0.0.1:{port} --no-access-log --log-level error", ASGI,
           "`gale serve`"),
    Server("picows", "ws", "{bin}/python {apps}/ws_echo.py picows {port}", "ws ws-16k", "Cython, on uvloop"),
    Server("socketify", "ws", "{bin}/python {apps}/ws_echo.py socketify {port}", "ws ws-16k",
           "uWebSockets under cffi"),
    Server("aiohttp", "ws", "{bin}/python {apps}/ws_echo.py aiohttp {port}", "ws ws-16k", "on uvloop"),
    Server("tornado", "ws", "{bin}/python {apps}/ws_echo.py tornado {port}", "ws ws-16k", "on asyncio's own loop"),
    Server("gale", "ws", "{gale} {port}", "ws ws-16k"),
    Server("uvloop", "asyncio", "{bin}/python {apps}/asyncio_echo.py uvloop {app} {port}", TCP, "C, libuv and Cython"),
    Server("asyncio", "asyncio", "{bin}/python {apps}/asyncio_echo.py asyncio {app} {port}", TCP, "Python's own loop"),
    Server("gale", "asyncio", "{host} {apps}/asyncio_echo.py gale {app} {port}", TCP, "`gale.EventLoop`"),
    Server("no-wall", "login", "{gale} {port}", "login", "the same requests, and nobody looks at the cookie"),
    Server("wall", "login", "{gale} {port} --login", "login", "the wall, which knows the session"),
    Server("no-wall-wsgi", "login", GALE_WSGI + "inline", "login-wsgi login-flask"),
    Server("wall-wsgi", "login", GALE_WSGI + "inline --login", "login-wsgi login-flask"),
]
