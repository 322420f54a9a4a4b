"""The Python part of the conformance target: what it is asked for is in the path."""

import json

TEXT = ("Content-Type", "text/plain")


def overread(environ, start_response):
    """Asks for more bytes than the body has."""
    data = environ["wsgi.input"].read(4096)
    start_response("200 OK", [TEXT])
    return [b"read=" + data]


def crash_mid(environ, start_response):
    """Fails after the first piece of the answer."""

    def body():
        yield b"first piece"
        raise RuntimeError("application failed after the first piece")

    start_response("200 OK", [TEXT])
    return body()


def bad_header(environ, start_response):
    """Sends a header with a line break in it."""
    start_response("200 OK", [("X-Bad", "a\r\nInjected: y")])
    return [b"x"]


def bad_status(environ, start_response):
    """Sends something that is no status."""
    start_response("banana", [TEXT])
    return [b"x"]


def hop(environ, start_response):
    """Sends headers that are the server's."""
    start_response("200 OK", [TEXT, ("Transfer-Encoding", "evil"), ("Connection", "evil")])
    return [b"x"]


def show(environ, start_response):
    """Shows the environment."""
    plain = {key: value for key, value in environ.items() if isinstance(value, (str, int, bool))}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(plain, indent=0).encode()]


SPECIAL = {
    "/environ/overread": overread,
    "/environ/crash-mid": crash_mid,
    "/environ/bad-header": bad_header,
    "/environ/bad-status": bad_status,
    "/environ/hop": hop,
}


def app(environ, start_response):
    """Answers below /environ."""
    path = environ.get("PATH_INFO", "")
    return SPECIAL.get(path, show)(environ, start_response)
