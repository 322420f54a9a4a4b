// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python

extension WSGIReloader {
  /// The Python side: which modules are the application's own, and what stands between the server and it.
  static let source = #"""
    import html, importlib, linecache, os, site, sys, sysconfig, traceback

    class Loader:
        def __init__(self, count, shows):
            self.apps, self.shows, self.failure, self.extra = [None] * count, shows, None, set()
            self.kept = {}
            # A byte code file is taken for current when its source changed twice within a second.
            sys.dont_write_bytecode = True
            paths = sysconfig.get_paths()
            places = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
            places += [os.path.dirname(os.__file__)]
            for function in ("getsitepackages", "getusersitepackages"):
                found = getattr(site, function, list)()
                places += [found] if isinstance(found, str) else found
            self.places = tuple(os.path.realpath(place) + os.sep for place in places)

        # Which modules

        def is_own(self, module):
            name = getattr(module, "__file__", None)
            if name is None:
                try:
                    paths = list(getattr(module, "__path__", ()))
                except Exception:
                    return False
                return bool(paths) and all(self.is_outside(path) for path in paths)
            return name.endswith((".py", ".pyc")) and self.is_outside(name)

        def is_outside(self, name):
            return not os.path.realpath(name).startswith(self.places)

        def names(self):
            own = [name for name, module in list(sys.modules.items()) if name != "__main__" and self.is_own(module)]
            # Django knows models, settings and URLs by itself, and so do the apps that are installed in it.
            registry = getattr(sys.modules.get("django.apps"), "apps", None)
            if registry is None:
                return own
            tops = {"django"} | {config.name.partition(".")[0] for config in registry.app_configs.values()}
            return own + [name for name, module in list(sys.modules.items()) if name.partition(".")[0] in tops
                          and (getattr(module, "__file__", None) or ".py").endswith((".py", ".pyc")) and name not in own]

        def files(self):
            found = {sys.modules[name].__file__ for name in list(sys.modules)
                     if self.is_own(sys.modules[name]) and getattr(sys.modules[name], "__file__", None)}
            return "\n".join(sorted(os.path.abspath(name) for name in found | self.extra
                                    if "\n" not in name and name.isprintable()))

        # Loading

        def begin(self):
            importlib.invalidate_caches()
            linecache.checkcache()
            self.own = [name for name, module in list(sys.modules.items()) if name != "__main__" and self.is_own(module)]
            self.kept = {name: sys.modules.pop(name) for name in self.names()}

        def rest(self):
            # What requests have imported: a mistake in it would show only at the next one.
            for name in self.own:
                if name in sys.modules:
                    continue
                try:
                    importlib.import_module(name)
                except ModuleNotFoundError as error:
                    # Its file is gone.
                    if not error.name or name != error.name and not name.startswith(error.name + "."):
                        raise

        def commit(self, apps):
            self.apps, self.failure, self.kept, self.extra = list(apps), None, {}, set()

        def fail(self, text, exception):
            self.failure = text
            if exception is not None:
                self.extra |= self.places_of(exception)
            for name in self.names():
                module = sys.modules.pop(name)
                if getattr(module, "__file__", None):
                    self.extra.add(module.__file__)
            sys.modules.update(self.kept)
            self.kept = {}
            return all(app is not None for app in self.apps)

        def places_of(self, exception):
            found = set()
            while exception is not None:
                found |= {frame.f_code.co_filename for frame, _ in traceback.walk_tb(exception.__traceback__)}
                if isinstance(exception, SyntaxError) and exception.filename:
                    found.add(exception.filename)
                if isinstance(exception, ModuleNotFoundError) and exception.name:
                    for place in sys.path:
                        base = os.path.join(place or ".", *exception.name.split("."))
                        found |= {base + ".py", os.path.join(base, "__init__.py")}
                exception = exception.__cause__ or exception.__context__
            return {name for name in found if not name.startswith("<") and self.is_outside(name)
                    and os.path.isdir(os.path.dirname(os.path.abspath(name)))}

        # Answering

        def application(self, index):
            def application(environ, start_response):
                app, failure = self.apps[index], self.failure
                if app is None or failure and self.shows and wants_page(environ):
                    text = failure if self.shows else "The application could not be loaded. The log says why."
                    return page(start_response, "The application could not be loaded", text or "")
                if not self.shows:
                    return app(environ, start_response)
                try:
                    result = app(environ, start_response)
                except Exception:
                    return self.traceback(environ, start_response)
                if type(result) in (list, tuple) or not hasattr(type(result), "__next__"):
                    return result
                return Guarded(result, environ, start_response, self)
            return application

        def traceback(self, environ, start_response):
            text = traceback.format_exc()
            environ["wsgi.errors"].write(text)
            environ["wsgi.errors"].flush()
            title = "%s %s" % (environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
            return page(start_response, title, text, sys.exc_info())

    class Guarded:
        """An answer whose exceptions are shown as long as nothing was sent."""

        def __init__(self, result, environ, start_response, loader):
            self.result, self.environ, self.start_response, self.loader = result, environ, start_response, loader

        def __iter__(self):
            return self

        def __next__(self):
            try:
                return next(self.result)
            except StopIteration:
                raise
            except Exception:
                pieces = iter(self.loader.traceback(self.environ, self.start_response))
                self.close()
                self.result = pieces
                return next(pieces)

        def close(self):
            close = getattr(self.result, "close", None)
            if close is not None:
                close()

    def wants_page(environ):
        return environ["REQUEST_METHOD"] in ("GET", "HEAD") and "text/html" in environ.get("HTTP_ACCEPT", "")

    STYLE = ("body{font:16px/1.5 system-ui,sans-serif;margin:2em;color:#222;background:#fff}"
             "pre{background:#f4f4f4;border-left:4px solid #c33;padding:1em;overflow:auto;font-size:14px}"
             "@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}pre{background:#262626}}")

    def page(start_response, title, text, info=None):
        body = ("<!doctype html><meta charset=utf-8><title>%s</title><style>%s</style><h1>%s</h1><pre>%s</pre>"
                "<p>Shown because this server runs with --debug or --reload.</p>"
                % (html.escape(title), STYLE, html.escape(title), html.escape(text))).encode("utf-8", "replace")
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body))),
                   ("Cache-Control", "no-store"),
                   ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")]
        start_response("500 Internal Server Error", headers, info)
        return [body]
    """#
}

#endif
