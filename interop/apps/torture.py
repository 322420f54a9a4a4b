"""One WSGI application with many paths, each a way to behave badly or unusually under PEP 3333.

The first segment of the path picks the behaviour, the query string varies it; `/` lists them all. Each function's first
line says what a right server does. "500" means: a complete 500 answer, the traceback in the server's log, the process
and the next request unharmed. "Cut" means: the bytes already sent stand, and the connection is closed in a way the
client sees as an incomplete answer (no final chunk, fewer bytes than Content-Length).

`LEGAL` names the paths at which the application keeps to PEP 3333, so that a validator around it must stay silent.
Counters are per process.
"""

import gc
import hashlib
import importlib
import io
import json
import os
import signal
import sys
import tempfile
import threading
import time
from copy import copy
from itertools import count
from urllib.parse import parse_qsl

ROUTES = {}
LEGAL = set()
TEXT = ("Content-Type", "text/plain; charset=utf-8")
FILE_BYTES = b"".join(b"%07d\n" % n for n in range(8192))  # 64 KiB, every 8 bytes their own position

closes = 0
kept = {}


def route(path, legal=False):
    def register(function):
        ROUTES[path] = function
        if legal:
            LEGAL.add(path)
        return function

    return register


def app(environ, start_response):
    """Run the behaviour that the path's first segment names."""
    path = "/" + environ.get("PATH_INFO", "").split("/", 2)[1] if environ.get("PATH_INFO") else "/"
    return ROUTES.get(path, not_found)(environ, start_response)


def query(environ):
    return dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))


def number(environ, name, default, most=1 << 28):
    return min(int(query(environ).get(name, default)), most)


def kind(environ, table):
    """The variant that `?kind=` asks for; without it, the table's first."""
    return table[query(environ).get("kind") or next(iter(table))]


def answer(start_response, text, status="200 OK", headers=()):
    body = text.encode() if isinstance(text, str) else text
    start_response(status, [TEXT, ("Content-Length", str(len(body))), *headers])
    return [body]


def answer_json(start_response, value):
    body = json.dumps(value, default=repr).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def not_found(environ, start_response):
    """404, as any answer."""
    return answer(start_response, "no such behaviour\n", "404 Not Found")


@route("/", legal=True)
def index(environ, start_response):
    """200 with the list of behaviours."""
    lines = [f"{path:24} {function.__doc__.splitlines()[0]}\n" for path, function in sorted(ROUTES.items())]
    return answer(start_response, "".join(lines))


# --- Exceptions ---------------------------------------------------------------------------------------------------


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text for this exception")

    __repr__ = __str__


class Base(BaseException):
    pass


def recurse():
    return recurse()


def chained():
    try:
        raise KeyError("the cause")
    except KeyError as error:
        raise RuntimeError("the effect") from error


def thrower(error):
    def throw():
        raise error()

    return throw


RAISES = {
    "runtime": thrower(lambda: RuntimeError("raised by the application")),
    "base": thrower(lambda: Base("not an Exception")),
    "stop-iteration": thrower(StopIteration),
    "generator-exit": thrower(GeneratorExit),
    "memory": thrower(MemoryError),
    "recursion": recurse,
    "chained": chained,
    "unprintable": thrower(Unprintable),
    "surrogate": thrower(lambda: RuntimeError("a lone surrogate: \udc80")),
    "unicode": thrower(lambda: RuntimeError("καταιγίδα \0 🌬")),
    "long": thrower(lambda: RuntimeError("x" * 1_000_000)),
}


@route("/raise")
def raise_before(environ, start_response):
    """500, whatever `?kind=` of exception it is and however hard it is to print."""
    kind(environ, RAISES)()


@route("/raise-after-start")
def raise_after_start(environ, start_response):
    """500: nothing was sent, so the 200 must not be."""
    start_response("200 OK", [TEXT, ("X-Not", "sent")])
    kind(environ, RAISES)()


@route("/raise-first")
def raise_first(environ, start_response):
    """500: the iterable raises before its first piece, so nothing was sent."""
    start_response("200 OK", [TEXT])

    def body():
        kind(environ, RAISES)()
        yield b"never"

    return body()


@route("/raise-mid")
def raise_mid(environ, start_response):
    """200 and the first piece (or 500 if that was still held back), then cut; close() is called."""
    start_response("200 OK", [TEXT])

    def body():
        yield b"first piece\n"
        time.sleep(number(environ, "ms", 0) / 1000)
        kind(environ, RAISES)()

    return Counted(body())


@route("/exit")
def exit_three(environ, start_response):
    """500: SystemExit ends the request, not the process."""
    sys.exit(3)


@route("/exit-zero")
def exit_zero(environ, start_response):
    """500: sys.exit(0) is no success either."""
    sys.exit(0)


@route("/exit-mid")
def exit_mid(environ, start_response):
    """As /raise-mid: 200 and the first piece, then cut; the process lives."""
    start_response("200 OK", [TEXT])

    def body():
        yield b"first piece\n"
        sys.exit(3)

    return body()


@route("/keyboard-interrupt")
def keyboard_interrupt(environ, start_response):
    """500: raised by the application it is no signal to the server."""
    raise KeyboardInterrupt


DEATHS = {
    "exit": lambda: os._exit(7),
    "abort": os.abort,
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segv": lambda: importlib.import_module("ctypes").string_at(0),
}


@route("/die")
def die(environ, start_response):
    """The worker is gone: its connections close, the supervisor starts another, which answers the next request."""
    kind(environ, DEATHS)()


# --- What the application returns ---------------------------------------------------------------------------------


@route("/none")
def none(environ, start_response):
    """500: None is no iterable."""
    start_response("200 OK", [TEXT])


@route("/str-body")
def str_body(environ, start_response):
    """500: pieces are bytes, never text, and a server must not guess an encoding."""
    start_response("200 OK", [TEXT])
    yield "text"


@route("/int-body")
def int_body(environ, start_response):
    """500: an int is neither an iterable nor, with `?yield=1`, a piece."""
    start_response("200 OK", [TEXT])
    return [42] if "yield" in query(environ) else 42


class RaisingIter:
    def __iter__(self):
        raise RuntimeError("no iterator")


BAD_BODIES = {
    "bytearray": lambda: [bytearray(b"a bytearray")],
    "memoryview": lambda: [memoryview(b"a memoryview")],
    "none": lambda: [None],
    "nested": lambda: [[b"a list in a list"]],
    "str": lambda: "a str instead of a list",
    "bytes": lambda: b"bytes instead of a list",
    "iter-raises": RaisingIter,
    "second-str": lambda: [b"good\n", "bad\n"],
    "class": lambda: bytes,
}


@route("/bad-body")
def bad_body(environ, start_response):
    """500 (kind=second-str: 500 or cut; kind=bytes: 500, or the bytes as one piece)."""
    start_response("200 OK", [TEXT])
    return kind(environ, BAD_BODIES)()


@route("/empty-list", legal=True)
def empty_list(environ, start_response):
    """200 with an empty body, framed (Content-Length: 0), so that the connection can be used again."""
    start_response("200 OK", [TEXT])
    return []


@route("/empty-pieces", legal=True)
def empty_pieces(environ, start_response):
    """200 `abc`: empty pieces are no end of the body, and send no headers when they come first."""
    start_response("200 OK", [TEXT])
    return iter([b"", b"", b"a", b"", b"bc", b""])


@route("/only-empty-pieces", legal=True)
def only_empty_pieces(environ, start_response):
    """200 with an empty body."""
    start_response("200 OK", [TEXT])
    return iter([b"", b""])


@route("/generator", legal=True)
def generator(environ, start_response):
    """200 with three lines, chunked (HTTP/1.1) or ended by the close (HTTP/1.0)."""
    start_response("200 OK", [TEXT])
    return (b"piece %d\n" % n for n in range(3))


class LengthOne:
    def __init__(self, pieces):
        self.pieces = pieces

    def __len__(self):
        return 1

    def __iter__(self):
        return iter(self.pieces)


@route("/len-one", legal=True)
def len_one(environ, start_response):
    """200 `only piece`: the server may add the Content-Length, as the iterable's len() is 1."""
    start_response("200 OK", [TEXT])
    return LengthOne([b"only piece"])


@route("/len-lies")
def len_lies(environ, start_response):
    """200 `abc`, or 500, or cut: len() says one piece and there are three; never a wrong length that looks right."""
    start_response("200 OK", [TEXT])
    return LengthOne([b"a", b"b", b"c"])


class Counted:
    """An iterable whose close() is counted at /closes."""

    def __init__(self, pieces, error=None):
        self.pieces, self.error = pieces, error

    def __iter__(self):
        return iter(self.pieces)

    def close(self):
        global closes
        closes += 1
        if self.error:
            raise self.error


@route("/close-counter", legal=True)
def close_counter(environ, start_response):
    """200, and close() once, on the thread that iterated, also for HEAD and when the client has gone."""
    start_response("200 OK", [TEXT])
    return Counted([b"counted\n"])


@route("/closes", legal=True)
def closes_so_far(environ, start_response):
    """200 with the number of close() calls so far."""
    return answer(start_response, str(closes))


@route("/close-raises")
def close_raises(environ, start_response):
    """200, complete: the body was sent; close()'s exception goes to the log."""
    start_response("200 OK", [TEXT, ("Content-Length", "5")])
    return Counted([b"done\n"], RuntimeError("close() failed"))


@route("/endless", legal=True)
def endless(environ, start_response):
    """200 without end: memory stays flat (back-pressure), and close() is called soon after the client goes."""
    start_response("200 OK", [TEXT])
    pause = number(environ, "ms", 1) / 1000
    return Counted(time.sleep(pause) or b"%d\n" % n * 100 for n in count())


# --- start_response -----------------------------------------------------------------------------------------------


@route("/no-start-response")
def no_start_response(environ, start_response):
    """500: a body without a status."""
    return [b"body\n"]


@route("/late-start-response", legal=True)
def late_start_response(environ, start_response):
    """200 `late`: PEP 3333 lets the first iteration call start_response."""
    start_response("200 OK", [TEXT])
    yield b"late\n"


@route("/too-late-start-response")
def too_late_start_response(environ, start_response):
    """500: the first piece came before start_response."""
    yield b"early\n"
    start_response("200 OK", [TEXT])


@route("/twice")
def twice(environ, start_response):
    """500: the second call, without exc_info, raises into the application."""
    start_response("200 OK", [TEXT])
    start_response("201 Created", [TEXT])
    return [b"never\n"]


@route("/twice-caught")
def twice_caught(environ, start_response):
    """200 and the name of the exception that the second call raised (AssertionError in wsgiref)."""
    start_response("200 OK", [TEXT])
    try:
        start_response("201 Created", [TEXT])
    except Exception as error:
        return [type(error).__name__.encode()]
    return [b"no exception"]


@route("/exc-info-before", legal=True)
def exc_info_before(environ, start_response):
    """503 `replaced`: nothing was sent yet, so status and headers are replaced (no X-First)."""
    start_response("200 OK", [TEXT, ("X-First", "1")])
    try:
        raise RuntimeError("before any data")
    except RuntimeError:
        start_response("503 Service Unavailable", [TEXT, ("X-Second", "1")], sys.exc_info())
    return [b"replaced\n"]


@route("/exc-info-after")
def exc_info_after(environ, start_response):
    """200 `first piece`, then start_response re-raises and the connection is cut (or 503 if nothing was sent yet)."""
    start_response("200 OK", [TEXT])

    def body():
        yield b"first piece\n"
        time.sleep(number(environ, "ms", 0) / 1000)
        try:
            raise RuntimeError("after data")
        except RuntimeError:
            start_response("503 Service Unavailable", [TEXT], sys.exc_info())
        yield b"replaced\n"

    return body()


@route("/exc-info-first", legal=True)
def exc_info_first(environ, start_response):
    """503 `first call`: exc_info is allowed in the first call too."""
    try:
        raise RuntimeError("in the first call")
    except RuntimeError:
        start_response("503 Service Unavailable", [TEXT], sys.exc_info())
    return [b"first call\n"]


START_RESPONSE_CALLS = {
    "none": lambda start_response: start_response(),
    "one": lambda start_response: start_response("200 OK"),
    "four": lambda start_response: start_response("200 OK", [TEXT], None, None),
    "keywords": lambda start_response: start_response(status="200 OK", headers=[TEXT]),
    "exc-info-str": lambda start_response: start_response("200 OK", [TEXT], "not a tuple"),
    "exc-info-empty": lambda start_response: start_response("200 OK", [TEXT], ()),
}


@route("/start-response-args")
def start_response_args(environ, start_response):
    """500: a TypeError raised into the application (kind=keywords and exc-info-empty may also be taken as meant)."""
    kind(environ, START_RESPONSE_CALLS)(start_response)
    return [b"taken\n"]


@route("/write", legal=True)
def write(environ, start_response):
    """200 `written returned`: what write() was given first, then the iterable."""
    send = start_response("200 OK", [TEXT])
    send(b"written ")
    send(b"")
    return [b"returned"]


@route("/write-much", legal=True)
def write_much(environ, start_response):
    """200 with `?n=` numbered pieces of `?size=` bytes by write(), and one more by the iterable; `?end=raise`: cut."""
    size = number(environ, "size", 1 << 16)
    send = start_response("200 OK", [TEXT])
    for n in range(number(environ, "n", 16)):
        send(b"%08d" % n + b"x" * (size - 8))
    if query(environ).get("end") == "raise":
        raise RuntimeError("after much")
    return Counted([b"last"])


@route("/write-raise")
def write_raise(environ, start_response):
    """200 `written`, then cut (or 500 if that was still held back)."""
    start_response("200 OK", [TEXT])(b"written\n")
    raise RuntimeError("after write()")


@route("/write-str")
def write_str(environ, start_response):
    """500: write() takes bytes."""
    start_response("200 OK", [TEXT])("text")
    return []


@route("/keep", legal=True)
def keep(environ, start_response):
    """200; what it keeps of this request is used by /kept in a later one."""
    kept.update(start_response=start_response, environ=environ)
    kept.update(input=environ["wsgi.input"], errors=environ["wsgi.errors"])
    kept["write"] = start_response("200 OK", [TEXT])
    return [b"kept\n"]


KEPT_USES = {
    "input": lambda: kept["input"].read(10),
    "readline": lambda: kept["input"].readline(),
    "errors": lambda: kept["errors"].write("written to an old request's wsgi.errors\n"),
    "write": lambda: kept["write"](b"old write\n"),
    "start_response": lambda: kept["start_response"]("200 OK", [TEXT]),
    "environ": lambda: kept["environ"].get("PATH_INFO"),
}


@route("/kept")
def use_kept(environ, start_response):
    """200 with a value or an exception's name; never a crash, never bytes of this request or into its answer."""
    try:
        return answer(start_response, repr(kind(environ, KEPT_USES)()))
    except Exception as error:
        return answer(start_response, type(error).__name__)


# --- Status and headers -------------------------------------------------------------------------------------------

BAD_STATUSES = {
    "int": 200,
    "banana": "banana",
    "short": "200",
    "long": "2000 x",
    "crlf": "200 OK\r\nX-Injected: y",
    "nul": "200 O\0K",
    "empty": "",
    "none": None,
    "bytes": b"200 OK",
    "low": "099 Low",
    "negative": "-20 OK",
    "digits": "²⁰⁰ OK",
    "non-latin1": "200 Ω",
}


@route("/bad-status")
def bad_status(environ, start_response):
    """500 (kind=short: 500, or 200 without a reason); never a line break or a non-number on the wire."""
    start_response(kind(environ, BAD_STATUSES), [TEXT])
    return [b"body\n"]


BAD_HEADERS = {
    "crlf": [TEXT, ("X-Bad", "a\r\nX-Injected: y")],
    "lf": [TEXT, ("X-Bad", "a\nX-Injected: y")],
    "cr": [TEXT, ("X-Bad", "a\rX-Injected: y")],
    "nul": [TEXT, ("X-Bad", "a\0b")],
    "name-crlf": [TEXT, ("X-Bad\r\nX-Injected", "y")],
    "name-colon": [TEXT, ("X-Bad: y\nX", "y")],
    "name-space": [TEXT, ("X Bad", "y")],
    "name-empty": [TEXT, ("", "y")],
    "name-latin1": [TEXT, ("X-B\xe4d", "y")],
    "name-int": [TEXT, (7, "y")],
    "name-bytes": [TEXT, (b"X-Bad", "y")],
    "value-int": [TEXT, ("X-Bad", 7)],
    "value-none": [TEXT, ("X-Bad", None)],
    "value-bytes": [TEXT, ("X-Bad", b"y")],
    "non-latin1": [TEXT, ("X-Bad", "Ω")],
    "surrogate": [TEXT, ("X-Bad", "\udc80")],
    "arity-one": [TEXT, ("X-Bad",)],
    "arity-three": [TEXT, ("X-Bad", "y", "z")],
    "item-none": [TEXT, None],
    "item-str": [TEXT, "XY"],
    "none": None,
    "str": "Content-Type: text/plain",
    "length-text": [TEXT, ("Content-Length", "five")],
    "length-negative": [TEXT, ("Content-Length", "-5")],
    "length-plus": [TEXT, ("Content-Length", "+5")],
    "length-huge": [TEXT, ("Content-Length", "99999999999999999999")],
    "length-two": [TEXT, ("Content-Length", "5"), ("Content-Length", "6")],
}


@route("/bad-header")
def bad_header(environ, start_response):
    """500; nothing of the header on the wire."""
    start_response("200 OK", copy(kind(environ, BAD_HEADERS)))
    return [b"body\n"]


LOOSE_HEADERS = {
    "tuple": lambda: (TEXT,),
    "dict-items": lambda: dict([TEXT]).items(),
    "item-list": lambda: [list(TEXT)],
    "status": lambda: [TEXT, ("Status", "404 Not Found")],
}


@route("/loose-header")
def loose_header(environ, start_response):
    """500, or 200 as meant: PEP 3333 asks for a list of tuples, and no Status header; the process lives."""
    start_response("200 OK", kind(environ, LOOSE_HEADERS)())
    return [b"body\n"]


class Str(str):
    def __str__(self):
        return "wrong: __str__ was asked"

    def encode(self, *_):
        return b"wrong: encode() was asked"


@route("/str-subclass")
def str_subclass(environ, start_response):
    """200 with the right text (or 500, as PEP 3333 wants true str): the subclass's methods are not asked."""
    start_response(Str("200 OK"), [TEXT, (Str("X-Subclass"), Str("right"))])
    return [b"body\n"]


HOP_HEADERS = {
    "connection": ("Connection", "close"),
    "keep-alive": ("Keep-Alive", "timeout=5"),
    "transfer-encoding": ("Transfer-Encoding", "chunked"),
    "te": ("TE", "trailers"),
    "trailer": ("Trailer", "X-After"),
    "upgrade": ("Upgrade", "evil"),
    "proxy-authenticate": ("Proxy-Authenticate", "Basic"),
    "proxy-authorization": ("Proxy-Authorization", "Basic eA=="),
}


@route("/hop")
def hop(environ, start_response):
    """500: hop-by-hop headers belong to the server; never two framings on the wire."""
    start_response("200 OK", [TEXT, kind(environ, HOP_HEADERS)])
    return [b"5\r\nhello\r\n0\r\n\r\n"]


@route("/latin1", legal=True)
def latin1(environ, start_response):
    """200 with `X-Latin1: café` as ISO-8859-1 bytes; the body is the X-Latin1 of the request, as code points."""
    given = environ.get("HTTP_X_LATIN1", "")
    return answer(start_response, " ".join(f"{ord(c):x}" for c in given), headers=[("X-Latin1", "caf\xe9")])


@route("/set-cookie", legal=True)
def set_cookie(environ, start_response):
    """200 with three Set-Cookie headers: separate, in order."""
    cookies = ["a=1; Path=/", "b=2; Expires=Thu, 01 Jan 2099 00:00:00 GMT", "c=3; HttpOnly"]
    return answer(start_response, "cookies\n", headers=[("Set-Cookie", cookie) for cookie in cookies])


@route("/own-headers", legal=True)
def own_headers(environ, start_response):
    """200 with the application's own Server and Date, once each."""
    return answer(start_response, "own\n",
                  headers=[("Server", "torture"), ("Date", "Thu, 01 Jan 1970 00:00:00 GMT")])


# --- Lengths, and answers without a body --------------------------------------------------------------------------


@route("/short")
def short(environ, start_response):
    """200, Content-Length 10, 5 bytes, then cut: fewer bytes than promised."""
    start_response("200 OK", [TEXT, ("Content-Length", "10")])
    return [b"12345"]


@route("/long")
def long(environ, start_response):
    """200 `12345` and a log record: nothing beyond Content-Length reaches the wire (or 500, as it is seen in time)."""
    start_response("200 OK", [TEXT, ("Content-Length", "5")])
    return iter([b"1234567890"]) if "stream" in query(environ) else [b"1234567890"]


@route("/head-body", legal=True)
def head_body(environ, start_response):
    """200; for HEAD the same headers and no body, though the application returns one."""
    return answer(start_response, "a body, whatever the method\n")


@route("/head-length", legal=True)
def head_length(environ, start_response):
    """HEAD: 200 with Content-Length 1000 as given, no body, connection usable; GET: cut, as /short."""
    start_response("200 OK", [TEXT, ("Content-Length", "1000")])
    return []


@route("/204-body")
def no_content_with_body(environ, start_response):
    """204 without a body and without Content-Length or chunks; the connection is usable."""
    start_response("204 No Content", [])
    return [b"not allowed here\n"]


@route("/204", legal=True)
def no_content(environ, start_response):
    """204 without a body and without Content-Length or chunks."""
    start_response("204 No Content", [])
    return []


@route("/304", legal=True)
def not_modified(environ, start_response):
    """304 with its ETag and no body, `?body=1` or not."""
    start_response("304 Not Modified", [("ETag", '"same"')])
    return [b"not allowed here\n"] if "body" in query(environ) else []


@route("/1xx-status")
def informational(environ, start_response):
    """500: an informational status is no final answer."""
    start_response(query(environ).get("status", "100 Continue"), [TEXT])
    return [b"body\n"]


@route("/early-hints", legal=True)
def early_hints(environ, start_response):
    """Two 103 before the answer, unless the client speaks HTTP/1.0."""
    send = environ.get("wsgi.early_hints")
    if send is None:
        return answer(start_response, "none\n")
    send([("Link", "</a.css>; rel=preload")])
    while (path := query(environ).get("until")) and not os.path.exists(path):
        time.sleep(0.01)
    send((name, value) for name, value in [["link", " </b.css> "]])
    return answer(start_response, "hinted\n")


@route("/late-hints")
def late_hints(environ, start_response):
    """The whole body, and no 103."""
    start_response("200 OK", [TEXT])
    yield b"first "
    environ["wsgi.early_hints"]([("Link", "</a.css>")])
    yield b"last\n"
    environ["wsgi.early_hints"]([("Link", "</b.css>")])


@route("/bad-hints")
def bad_hints(environ, start_response):
    """The exceptions that bad hints raise, and no 103."""
    send, names = environ["wsgi.early_hints"], []

    def attempt(*arguments, **named):
        try:
            send(*arguments, **named)
            names.append("none")
        except Exception as error:
            names.append(type(error).__name__)

    link = ("Link", "</a>")
    for headers in ([link, ("Link", "a\r\nX: b")], [("a b", "c")], [("", "c")], [("Connection", "close")],
                    [("Content-Length", "1")], [("Link",)], [("Link", "a", "b")], ["ab"], [("Link", 1)], [("Link", "\u20ac")], 1):
        attempt(headers)
    attempt()
    attempt([link], [link])
    attempt(headers=[link])
    thread = threading.Thread(target=attempt, args=([link],))
    thread.start()
    thread.join()
    return answer(start_response, " ".join(names))


@route("/status", legal=True)
def any_status(environ, start_response):
    """The status that `?status=` gives, with a body unless it is one that has none."""
    status = query(environ).get("status", "418 I'm a teapot")
    bodiless = status[:3] in ("204", "304")
    start_response(status, [] if bodiless else [TEXT])
    return [] if bodiless else [b"body\n"]


# --- Files --------------------------------------------------------------------------------------------------------


class CountedFile:
    """A binary file whose close() is counted at /closes; `bare` has no close() and no fileno()."""

    def __init__(self, file):
        self.file, self.read, self.fileno = file, file.read, file.fileno

    def close(self):
        global closes
        closes += 1
        self.file.close()


class BareFile:
    def __init__(self, file):
        self.read = file.read


def wrapped(environ, start_response, file):
    """`file` through wsgi.file_wrapper, from `?offset=`, with a Content-Length of `?length=` if given."""
    options = query(environ)
    headers = [TEXT]
    if "length" in options:
        headers.append(("Content-Length", options["length"]))
    start_response("200 OK", headers)
    body = environ["wsgi.file_wrapper"](file, number(environ, "block", 8192))
    return (piece for piece in body) if "iterate" in options else body


@route("/file", legal=True)
def file(environ, start_response):
    """200 from the file's position (`?offset=`), `?length=` bytes of it or all; the file is closed afterwards.

    `?length=` beyond the file's end: cut. `?iterate=1`: the wrapper is iterated by a middleware, and not closed.
    """
    stored = tempfile.TemporaryFile()
    stored.write(FILE_BYTES)
    stored.seek(number(environ, "offset", 0))
    return wrapped(environ, start_response, CountedFile(stored))


@route("/file-buffered", legal=True)
def file_buffered(environ, start_response):
    """As /file?offset=100 after a small read: the position is the reader's, not the descriptor's."""
    stored = tempfile.TemporaryFile()
    stored.write(FILE_BYTES)
    stored.seek(0)
    stored.read(100)
    return wrapped(environ, start_response, stored)


@route("/file-like", legal=True)
def file_like(environ, start_response):
    """200 as /file, from an object that has no descriptor; `?bare=1`: nor a close()."""
    stored = io.BytesIO(FILE_BYTES)
    stored.seek(number(environ, "offset", 0))
    return wrapped(environ, start_response, BareFile(stored) if "bare" in query(environ) else stored)


@route("/file-text")
def file_text(environ, start_response):
    """500: read() gives text."""
    return wrapped(environ, start_response, io.StringIO("text"))


@route("/file-raises")
def file_raises(environ, start_response):
    """500 (or cut): the file's read() fails."""
    stored = tempfile.TemporaryFile()
    stored.close()
    return wrapped(environ, start_response, stored)


@route("/file-write", legal=True)
def file_write(environ, start_response):
    """200 `prefix ` before the file's bytes: write() came first."""
    stored = tempfile.TemporaryFile()
    stored.write(FILE_BYTES)
    stored.seek(0)
    start_response("200 OK", [TEXT])(b"prefix ")
    return environ["wsgi.file_wrapper"](stored)


# --- wsgi.input ---------------------------------------------------------------------------------------------------


def summary(start_response, pieces, **more):
    body = b"".join(pieces)
    return answer_json(start_response, {
        "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest(), "pieces": len(pieces), **more,
    })


@route("/input-read", legal=True)
def input_read(environ, start_response):
    """200 with count and hash of the body read by read(`?size=`); `size=all`: read(). After its end: b"", always."""
    stream, size = environ["wsgi.input"], query(environ).get("size", "65536")
    if size == "all":
        pieces = [stream.read()]
    else:
        pieces = list(iter(lambda: stream.read(int(size)), b"")) if int(size) > 0 else [stream.read(int(size))]
    return summary(start_response, pieces, after_end=len(stream.read(10)) + len(stream.readline()),
                   zero=len(stream.read(0)))


@route("/input-readline", legal=True)
def input_readline(environ, start_response):
    """200 with the number of lines that readline() (`?size=`: of at most that many bytes) gives."""
    stream, arguments = environ["wsgi.input"], [int(n) for n in query(environ).get("size", "").split()]
    return summary(start_response, list(iter(lambda: stream.readline(*arguments), b"")))


@route("/input-readlines", legal=True)
def input_readlines(environ, start_response):
    """200 with the number of lines that readlines() (`?hint=`: called until it gives none) gives."""
    stream, arguments = environ["wsgi.input"], [int(n) for n in query(environ).get("hint", "").split()]
    lines = stream.readlines(*arguments)
    while arguments and (more := stream.readlines(*arguments)):
        lines += more
    return summary(start_response, lines)


@route("/input-iter", legal=True)
def input_iter(environ, start_response):
    """200 with the number of lines that iteration gives."""
    return summary(start_response, list(environ["wsgi.input"]))


@route("/input-mixed", legal=True)
def input_mixed(environ, start_response):
    """200: read(3), readline(), then the rest by iteration, nothing lost between them."""
    stream = environ["wsgi.input"]
    return summary(start_response, [stream.read(3), stream.readline(), *stream])


@route("/input-partial", legal=True)
def input_partial(environ, start_response):
    """200 with the first `?n=` bytes; the rest is drained or the connection closed, never read as a next request."""
    return answer(start_response, environ["wsgi.input"].read(number(environ, "n", 5)))


@route("/input-none", legal=True)
def input_none(environ, start_response):
    """200 at once, the body unread (no 100 Continue was sent); then as /input-partial."""
    return answer(start_response, "not read\n")


@route("/input-echo", legal=True)
def input_echo(environ, start_response):
    """200 with the body, streamed back as it is read; neither side is buffered whole."""
    stream, length = environ["wsgi.input"], environ.get("CONTENT_LENGTH")
    start_response("200 OK", [("Content-Type", "application/octet-stream")]
                   + ([("Content-Length", length)] if length else []))
    return iter(lambda: stream.read(65536), b"")


@route("/input-try", legal=True)
def input_try(environ, start_response):
    """200 with the exception's name when the client's body is cut short: an early end is never a success."""
    try:
        size = sum(len(piece) for piece in iter(lambda: environ["wsgi.input"].read(65536), b""))
    except Exception as error:
        return answer(start_response, type(error).__name__)
    return answer(start_response, f"{size} bytes")


# --- environ ------------------------------------------------------------------------------------------------------


@route("/environ", legal=True)
def show_environ(environ, start_response):
    """200 with the environ as JSON (objects as their repr) and, under "type", its type's name."""
    return answer_json(start_response, {**environ, "type": type(environ).__name__})


@route("/environ-pollute", legal=True)
def pollute_environ(environ, start_response):
    """200; the application may do what it likes with its environ, and no other request sees it."""
    environ["HTTP_POLLUTED"] = environ["polluted"] = "yes"
    environ["SERVER_NAME"] = environ["REQUEST_METHOD"] = "polluted"
    del environ["SERVER_PORT"]
    return answer(start_response, "polluted\n")


@route("/environ-clear")
def clear_environ(environ, start_response):
    """200: the server needs nothing back from the environ (a HEAD stays a HEAD)."""
    environ.clear()
    return answer(start_response, "cleared\n")


@route("/unicode", legal=True)
def unicode_path(environ, start_response):
    """200 with the path as JSON: percent-decoded bytes, as latin-1 (`wsgi`) and as UTF-8 (`text`)."""
    path = environ["PATH_INFO"]
    return answer_json(start_response, {
        "wsgi": path,
        "text": path.encode("latin-1").decode("utf-8", "replace"),
        "script_name": environ.get("SCRIPT_NAME", ""),
        "query_string": environ.get("QUERY_STRING", ""),
    })


@route("/errors", legal=True)
def errors(environ, start_response):
    """200; the four lines are in the server's log, in order, unescaped or escaped but never able to forge a record."""
    log = environ["wsgi.errors"]
    log.write("torture: one\ntorture: tw")
    log.write("o\n")
    log.writelines(["torture: thrée 🌬\n", "torture: \x1b[31mfour\n"])
    log.flush()
    return answer(start_response, "written\n")


# --- Time and size ------------------------------------------------------------------------------------------------


@route("/sleep", legal=True)
def sleep(environ, start_response):
    """200 after `?s=` seconds; native handlers and other lanes' threads are quick meanwhile."""
    time.sleep(min(float(query(environ).get("s", "0.1")), 60))
    return answer(start_response, "slept\n")


@route("/spin", legal=True)
def spin(environ, start_response):
    """200 after `?s=` seconds of pure Python, which holds the lock; native handlers are quick meanwhile."""
    end = time.monotonic() + min(float(query(environ).get("s", "0.1")), 60)
    rounds = 0
    while time.monotonic() < end:
        rounds += 1
    return answer(start_response, f"{rounds}\n")


def busy(seconds):
    end = time.monotonic() + min(seconds, 60)
    while time.monotonic() < end:
        pass


@route("/spin-caught")
def spin_caught(environ, start_response):
    """200 with the name of what interrupted `?s=` seconds of pure Python; `?kind=exception` catches less."""
    caught = Exception if query(environ).get("kind") == "exception" else BaseException
    try:
        busy(float(query(environ).get("s", "0.1")))
    except caught as error:
        return answer(start_response, f"caught {type(error).__module__}.{type(error).__qualname__}\n")
    return answer(start_response, "not interrupted\n")


@route("/spin-late", legal=True)
def spin_late(environ, start_response):
    """200 and a first piece, then `?s=` seconds of pure Python, then another; close() is counted."""
    seconds = float(query(environ).get("s", "0.1"))
    start_response("200 OK", [TEXT])

    def body():
        yield b"first piece\n"
        busy(seconds)
        yield b"last piece\n"

    return Counted(body())


@route("/thread", legal=True)
def thread(environ, start_response):
    """200 with the number of the thread that runs this."""
    return answer(start_response, str(threading.get_ident()))


OBJECTS = {"objects": lambda: len(gc.get_objects()), "blocks": sys.getallocatedblocks}


@route("/objects", legal=True)
def objects(environ, start_response):
    """200 with how many objects, or with `?kind=blocks` blocks of memory, there are after a collection."""
    count = kind(environ, OBJECTS)
    gc.collect()
    return answer(start_response, str(count()))


@route("/big", legal=True)
def big(environ, start_response):
    """200 with `?n=` bytes in one piece."""
    return answer(start_response, b"x" * number(environ, "n", 1 << 20))


@route("/pieces", legal=True)
def pieces(environ, start_response):
    """200 with `?n=` pieces of `?size=` bytes, `?ms=` apart, each sent when it is yielded."""
    piece, pause = b"x" * number(environ, "size", 1024), number(environ, "ms", 0) / 1000
    start_response("200 OK", [TEXT])

    def body():
        for n in range(number(environ, "n", 10)):
            if n and pause:
                time.sleep(pause)
            yield piece

    return body()


@route("/many-headers", legal=True)
def many_headers(environ, start_response):
    """200 with `?n=` headers of `?size=` bytes, all of them."""
    value = "v" * number(environ, "size", 20)
    return answer(start_response, "many\n",
                  headers=[(f"X-Header-{n}", value) for n in range(number(environ, "n", 50))])
