// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension PythonHooks {
  /// The Python side: what hooks are given, and how requests pass them.
  static let source = #"""
    import inspect, logging, os
    from urllib.parse import quote

    NAMES = ("on_starting when_ready on_reload nworkers_changed child_exit pre_exec on_exit post_fork post_worker_init "
             "worker_exit pre_request post_request pre_fork worker_int worker_abort ssl_context").split()

    class Server:
        """The server, as hooks see it: pid, address, num_workers, log."""

        def __init__(self, pid, address, num_workers, log):
            self.pid, self.address, self.num_workers, self.log = pid, address, num_workers, log

    class Worker:
        """A worker, as hooks see it: number (age, too), pid, log; in child_exit its exit_status."""

        def __init__(self, number, pid, log, exit_status=None):
            self.number = self.age = number
            self.pid, self.log, self.exit_status = pid, log, exit_status

    class Request:
        """A request, as hooks see it: method, path, query, uri, version, remote_addr, headers; environ."""

        def __init__(self, environ):
            self.environ = environ
            self.method, self.query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
            self.remote_addr, self.scheme = environ.get("REMOTE_ADDR"), environ["wsgi.url_scheme"]

        @property
        def path(self):
            names = self.environ.get("SCRIPT_NAME", "") + self.environ.get("PATH_INFO", "")
            return quote(names.encode("latin-1"), safe="/:@!$&'()*+,;=~-._")

        @property
        def uri(self):
            return self.path + ("?" + self.query if self.query else "")

        @property
        def version(self):
            text = self.environ.get("SERVER_PROTOCOL", "HTTP/1.0").rpartition("/")[2]
            return tuple(int(number) for number in (text.split(".") + ["0"])[:2])

        @property
        def headers(self):
            fields = [(name[5:].replace("_", "-"), value) for name, value in self.environ.items()
                      if name.startswith("HTTP_")]
            return fields + [(name.replace("_", "-"), self.environ[name]) for name in ("CONTENT_TYPE", "CONTENT_LENGTH")
                             if self.environ.get(name)]

    class Response:
        """An answer, as post_request sees it: status, status_code, headers; no status when there was none."""

        def __init__(self):
            self.status, self.headers = None, []

        @property
        def status_code(self):
            return int(self.status[:3]) if self.status else None

    class Closing:
        def __init__(self, result, done):
            self.result, self.done = result, done

        def __iter__(self):
            return iter(self.result)

        def close(self):
            try:
                close = getattr(self.result, "close", None)
                if close is not None:
                    close()
            finally:
                self.done()

    class Handler(logging.Handler):
        def __init__(self, sink):
            super().__init__()
            self.sink = sink

        def emit(self, record):
            try:
                self.sink.write(record.levelname + " " + self.format(record))
            except Exception:
                self.handleError(record)

    def parameters(function):
        try:
            kinds = [parameter.kind for parameter in inspect.signature(function).parameters.values()]
        except (TypeError, ValueError):
            return 4
        if inspect.Parameter.VAR_POSITIONAL in kinds:
            return 4
        return sum(kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) for kind in kinds)

    class Hooks:
        def __init__(self, module, sink, pid, count, number, addresses):
            self.log = logging.getLogger("gale.hooks")
            self.log.setLevel(logging.DEBUG)
            self.log.propagate = False
            self.log.handlers[:] = [Handler(sink)]
            self.found = {name: getattr(module, name) for name in NAMES if callable(getattr(module, name, None))}
            self.names = ",".join(self.found)
            self.server = Server(pid, addresses, count, self.log)
            self.worker = Worker(number, os.getpid(), self.log) if number >= 0 else None

        def run(self, event):
            name, *words = event.split()
            numbers = [int(word) for word in words]
            if name == "nworkers_changed":
                self.server.num_workers = numbers[0]
            function = self.found.get(name)
            if function is None:
                return
            if name == "child_exit":
                number, pid, status = numbers
                function(self.server, Worker(number, pid, self.log, status))
            elif name in ("post_fork", "worker_exit"):
                function(self.server, self.worker)
            elif name == "post_worker_init":
                function(self.worker)
            else:
                function(self.server, *numbers)

        def wrap(self, application):
            before, after = self.found.get("pre_request"), self.found.get("post_request")
            count = parameters(after) if after is not None else 0
            worker, log = self.worker, self.log

            def wrapped(environ, start_response):
                request, response = Request(environ), Response()

                def start(status, response_headers, exc_info=None):
                    write = start_response(status, response_headers, exc_info)
                    response.status, response.headers = status, list(response_headers)
                    return write

                def done():
                    try:
                        after(*(worker, request, environ, response)[:count])
                    except Exception:
                        log.exception("the hook post_request failed")

                if after is None:
                    before(worker, request)
                    return application(environ, start_response)
                try:
                    if before is not None:
                        before(worker, request)
                    result = application(environ, start)
                except BaseException:
                    done()
                    raise
                # A list is the whole answer, and a file of gale's is sent by the kernel: neither may be hidden.
                if type(result) in (list, tuple) or type(result).__module__ == "gale":
                    done()
                    return result
                return Closing(result, done)

            return wrapped

    def make(module, sink, text):
        numbers, *addresses = text.split("\n")
        pid, count, number = map(int, numbers.split())
        return Hooks(module, sink, pid, count, number, addresses)
    """#
}
