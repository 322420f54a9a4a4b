# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""asyncio on Gale's event loop: the part of the bridge that Python classes have to be written in.

What asyncio's own selector loop does with callbacks, futures, transports and servers stays asyncio's. This module replaces
what that loop stands on: its selector, its wake-up, its clock and its signals are those of a `core`, one of which
the function `_make_core` makes for a loop of Gale.

A loop runs in one of two ways.

* As a guest: Gale's loop runs, and calls `_run_batch` in each turn that has something to do for Python. Nobody may
  call `run_forever`, since it runs already.
* As the host: Python calls `run_forever`, and each wait for events is a run of Gale's loop, so that what is native goes on.
"""

import asyncio
import contextvars
import heapq
import os
import selectors
import signal
import socket
import sys
import threading
import types
import weakref
from asyncio import base_events, coroutines, events, format_helpers, sslproto
from collections.abc import Mapping

__all__ = ("EventLoop", "EventLoopPolicy", "SwiftError", "context_variable", "install", "new_event_loop", "run")


_MISSING = object()


class SwiftError(RuntimeError):
    """An error of Swift code that a coroutine awaited; its text is the error's description."""


class Selector(selectors.BaseSelector):
    """What asyncio asks for readiness: the descriptors of one of Gale's loops."""

    def __init__(self, core):
        self._core = core
        self._keys = {}
        self._map = _KeyMap(self._keys)

    def _number(self, file):
        try:
            return _descriptor(file)
        except ValueError:
            # Closed meanwhile: it is known by itself.
            for key in self._keys.values():
                if key.fileobj is file:
                    return key.fd
            raise

    def register(self, fileobj, wanted, data=None):
        if not wanted or wanted & ~(selectors.EVENT_READ | selectors.EVENT_WRITE):
            raise ValueError(f"Invalid events: {wanted!r}")
        descriptor = self._number(fileobj)
        if descriptor in self._keys:
            raise KeyError(f"{fileobj!r} (FD {descriptor}) is already registered")
        self._core.watch(descriptor, wanted)
        key = self._keys[descriptor] = selectors.SelectorKey(fileobj, descriptor, wanted, data)
        return key

    def unregister(self, fileobj):
        key = self._keys.pop(self.get_key(fileobj).fd)
        self._core.unwatch(key.fd)
        return key

    def modify(self, fileobj, wanted, data=None):
        key = self.get_key(fileobj)
        if wanted != key.events:
            self._core.watch(key.fd, wanted)
        key = self._keys[key.fd] = key._replace(events=wanted, data=data)
        return key

    def select(self, timeout=None):
        return self.found(self._core.wait(-1.0 if timeout is None else timeout))

    def found(self, ready):
        """The keys of descriptors that are ready."""
        found = []
        for descriptor, mask in ready:
            key = self._keys.get(descriptor)
            if key is not None and mask & key.events:
                found.append((key, mask & key.events))
        return found

    def get_key(self, fileobj):
        if self._map is None:
            raise RuntimeError("Selector is closed")
        try:
            return self._keys[self._number(fileobj)]
        except KeyError:
            raise KeyError(f"{fileobj!r} is not registered") from None

    def get_map(self):
        return self._map

    def close(self):
        self._keys.clear()
        self._map = None
        self._core.close()


class _KeyMap(Mapping):
    """The selector's keys by what they were registered as."""

    def __init__(self, keys):
        self._keys = keys

    def __len__(self):
        return len(self._keys)

    def __iter__(self):
        return iter(self._keys)

    def __getitem__(self, file):
        return self._keys[_descriptor(file)]


class NestedSelector(selectors.EpollSelector):
    """asyncio's own selector, whose one descriptor Gale's loop watches: for finding out what is whose fault."""

    def __init__(self, core):
        super().__init__()
        self._core = core
        core.watch(self.fileno(), selectors.EVENT_READ)

    def select(self, timeout=None):
        self._core.wait(-1.0 if timeout is None else timeout)
        return super().select(0)

    def close(self):
        if self._core is not None:
            self._core.unwatch(self.fileno())
            super().close()
            self._core.close()
            self._core = None


def _descriptor(file):
    try:
        number = file if isinstance(file, int) else int(file.fileno())
    except (AttributeError, TypeError, ValueError):
        raise ValueError(f"Invalid file object: {file!r}") from None
    if number < 0:
        raise ValueError(f"Invalid file descriptor: {number}")
    return number


class EventLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop on one of Gale's.

    Its callbacks are asyncio's own handles, which native code makes and runs, but in debug mode; so are connections'
    sockets read and written.
    `EventLoop()` takes the loop of the calling thread if that one has no asyncio yet and does not run, and one of its
    own otherwise. With `nested`, or `GALE_ASYNCIO_NESTED=1` in the environment, descriptors are watched by asyncio's own
    selector inside of Gale's, and its own transports use them: slower, and for comparisons.
    """

    def __init__(self, core=None, *, nested=None):
        self._core = core = _make_core(None) if core is None else core
        self._is_guest = False
        # The transports that were begun and are not over: the loop's to keep.
        self._sockets = set()
        self._old_hooks = None
        self._old_wakeup = None
        self._root = None
        if sys.version_info < (3, 12):
            _prefer_pidfd()
        if nested is None:
            nested = os.environ.get("GALE_ASYNCIO_NESTED", "") not in ("", "0")
        self._is_nested = nested
        super().__init__((NestedSelector if nested else Selector)(core))
        core.attach(weakref.ref(self))
        core.set_awake(False)
        self._choose_calls()

    # Callbacks

    def _choose_calls(self):
        """Makes what is called most native, where no subclass has its own, and no debug mode looks at each call."""
        own, plain = type(self), not self._debug and not self._closed
        for name, native, is_wanted in (
            ("call_soon", self._core.call_soon, own._call_soon is EventLoop._call_soon),
            ("_run_once", self._core.run_once, not self._is_nested),
            ("create_future", self._core.create_future, True),
            ("get_debug", self._core.get_debug, True),
        ):
            if plain and is_wanted and getattr(own, name) is getattr(EventLoop, name):
                self.__dict__[name] = native
            else:
                self.__dict__.pop(name, None)

    def set_debug(self, enabled):
        super().set_debug(enabled)
        self._core.debug(enabled)
        if hasattr(self, "_is_nested"):  # Not before the loop is made.
            self._choose_calls()

    def _call_soon(self, callback, args, context):
        handle = super()._call_soon(callback, args, context)
        if handle._source_traceback:
            del handle._source_traceback[-1]
        self._core.wake()
        return handle

    def _add_callback(self, handle):
        super()._add_callback(handle)
        self._core.wake()

    def call_at(self, when, callback, *args, context=None):
        timer = super().call_at(when, callback, *args, context=context)
        if timer._source_traceback:
            del timer._source_traceback[-1]
        if self._scheduled[0] is timer:
            self._core.wake()
        return timer

    def _socket_failed(self, error):
        """What a connection's last call raised, which the transport leaves to the loop."""
        self.call_exception_handler({"message": "Exception in a callback of a transport", "exception": error})

    def _callback_failed(self, handle, error):
        """What a handle does with an exception of its callback."""
        callback = format_helpers._format_callback_source(handle._callback, handle._args)
        context = {"message": f"Exception in callback {callback}", "exception": error, "handle": handle}
        if handle._source_traceback:
            context["source_traceback"] = handle._source_traceback
        self.call_exception_handler(context)

    def _write_to_self(self):
        # Whatever is added for the loop wakes it already, from whichever thread.
        pass

    def time(self):
        return self._core.time()

    # As a guest

    def _begin_guest(self):
        self._check_closed()
        self._check_running()
        self._is_guest = True
        self._thread_id = threading.get_ident()
        self._set_coroutine_origin_tracking(self._debug)
        self._old_hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(firstiter=self._asyncgen_firstiter_hook, finalizer=self._asyncgen_finalizer_hook)
        self._begin_wakeups()
        self._core.set_awake(False)
        self._core.wake()

    def _begin_root(self):
        """Has a task that lasts as long as the loop, for libraries that look for one."""
        if self._root is None:
            self._root = self.create_task(_last(self), name="gale")
            self._root._log_destroy_pending = False
            self._root.add_done_callback(base_events._run_until_complete_cb)

    def _end_guest(self):
        self._root = None
        self._is_guest = False
        self._thread_id = None
        self._stopping = False
        self._set_coroutine_origin_tracking(False)
        sys.set_asyncgen_hooks(*self._old_hooks)
        self._end_wakeups()

    def _run_batch(self):
        """Runs what is ready: one iteration of asyncio's loop, which does not wait.

        The loop counts as running meanwhile, and only then: other code on this thread, as an application without
        asyncio, must not believe that it runs inside of a coroutine.
        """
        self._core.set_awake(True)
        events._set_running_loop(self)
        try:
            self._run_once()
        finally:
            events._set_running_loop(None)
            self._core.set_awake(False)
            if self._ready:
                self._core.wake()
            elif self._scheduled:
                self._core.arm(self._scheduled[0]._when)

    def run_in_executor(self, executor, func, *args):
        future = super().run_in_executor(executor, func, *args)
        # A clock that jumps while nothing happens has to know that something does.
        self._core.count_work(1)
        future.add_done_callback(self._work_done)
        return future

    def _work_done(self, future):
        self._core.count_work(-1)

    def stop(self):
        if not self._is_guest:
            self._core.wake()
            return super().stop()
        self._core.stopped()

    def is_running(self):
        return self._thread_id is not None

    # As the host

    def run_forever(self):
        if self._is_guest:
            raise RuntimeError(
                "This event loop runs already, as a guest of Gale's: await, or create a task, instead of running it"
            )
        self._check_closed()
        self._check_running()
        self._core.check_free()
        self._begin_wakeups()
        self._core.set_awake(False)
        try:
            super().run_forever()
        finally:
            self._end_wakeups()

    def _run_once(self):
        # For the debug mode, and a nested selector; otherwise the core's `run_once` does it, which calls the next three.
        if not self._is_guest:
            # Until the wait is over somebody has to wake it.
            self._core.set_awake(False)
        super()._run_once()

    def _drop_cancelled(self):
        """Forgets timers that were cancelled: the first ones, and if there are many all of them."""
        scheduled = self._scheduled
        if self._timer_cancelled_count > max(50, len(scheduled) // 2):
            for timer in scheduled:
                timer._scheduled = not timer._cancelled
            scheduled[:] = [timer for timer in scheduled if timer._scheduled]
            heapq.heapify(scheduled)
            self._timer_cancelled_count = 0
        while scheduled and scheduled[0]._cancelled:
            self._timer_cancelled_count -= 1
            heapq.heappop(scheduled)._scheduled = False

    def _take_events(self, found):
        self._process_events(self._selector.found(found))

    def _take_timers(self):
        """Makes the timers ready that are due."""
        scheduled, end = self._scheduled, self.time() + self._clock_resolution
        while scheduled and scheduled[0]._when < end:
            timer = heapq.heappop(scheduled)
            timer._scheduled = False
            if timer._cancelled:
                self._timer_cancelled_count -= 1
            else:
                self._ready.append(timer)

    def close(self):
        if self._is_guest:
            raise RuntimeError("Cannot close a running event loop")
        super().close()
        self._sockets.clear()
        self._choose_calls()

    # Connections

    def _make_socket_transport(self, sock, protocol, waiter=None, *, extra=None, server=None):
        if self._is_nested or not issubclass(type(sock), socket.socket):  # Nothing else is sure to be a descriptor's.
            return super()._make_socket_transport(sock, protocol, waiter, extra=extra, server=server)
        return SocketTransport(self, sock, protocol, waiter, extra, server)

    def _make_ssl_transport(self, rawsock, protocol, sslcontext, waiter=None, *, server_side=False,
                            server_hostname=None, extra=None, server=None, **options):
        tls = sslproto.SSLProtocol(self, protocol, sslcontext, waiter, server_side, server_hostname, **options)
        self._make_socket_transport(rawsock, tls, extra=extra, server=server)
        return tls._app_transport

    # Signals

    def _begin_wakeups(self):
        """Has Python's own signal handlers wake the loop, as they would interrupt the wait of asyncio's."""
        try:
            self._old_wakeup = signal.set_wakeup_fd(self._csock.fileno(), warn_on_full_buffer=False)
        except ValueError:  # Not Python's main thread, which alone gets signals.
            self._old_wakeup = None

    def _end_wakeups(self):
        if self._old_wakeup is not None:
            try:
                signal.set_wakeup_fd(self._old_wakeup)
            except (ValueError, OSError):
                signal.set_wakeup_fd(-1)
            self._old_wakeup = None

    def _process_self_data(self, data):
        # Reading the bytes was all that they were for: Python runs its own handlers by itself.
        pass

    def add_signal_handler(self, sig, callback, *args):
        if coroutines.iscoroutine(callback) or coroutines.iscoroutinefunction(callback):
            raise TypeError("coroutines cannot be used with add_signal_handler()")
        self._check_signal(sig)
        self._check_closed()
        handle = events.Handle(callback, args, self, None)
        try:
            self._core.watch_signal(sig)
        except OSError:
            raise RuntimeError(f"sig {sig} cannot be caught") from None
        self._signal_handlers[sig] = handle

    def remove_signal_handler(self, sig):
        self._check_signal(sig)
        if self._signal_handlers.pop(sig, None) is None:
            return False
        self._core.unwatch_signal(sig)
        if sig == signal.SIGINT and threading.current_thread() is threading.main_thread():
            signal.signal(sig, signal.default_int_handler)
        return True


def _prefer_pidfd():
    """Has asyncio learn of the end of child processes by descriptors, as it does by itself from Python 3.12 on."""
    policy = asyncio.get_event_loop_policy()
    if getattr(policy, "_watcher", _MISSING) is None and hasattr(os, "pidfd_open"):
        policy.set_child_watcher(_ChildWatcher())


class _ChildWatcher(asyncio.AbstractChildWatcher if sys.version_info < (3, 12) else object):
    """Waits for child processes on whichever loop starts them, without a thread."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def is_active(self):
        return True

    def attach_loop(self, loop):
        pass

    def close(self):
        pass

    def add_child_handler(self, pid, callback, *args):
        loop = asyncio.get_running_loop()
        descriptor = os.pidfd_open(pid)
        loop._add_reader(descriptor, self._ended, loop, pid, descriptor, callback, args)

    def remove_child_handler(self, pid):
        # asyncio asks for it only when it gives up a loop; then the descriptor goes with the process.
        return True

    def _ended(self, loop, pid, descriptor, callback, args):
        loop._remove_reader(descriptor)
        os.close(descriptor)
        try:
            _, status = os.waitpid(pid, 0)
            code = os.waitstatus_to_exitcode(status)
        except ChildProcessError:
            # Somebody else waited for it: its status is lost.
            code = 255
        callback(pid, code, *args)


class EventLoopPolicy(asyncio.DefaultEventLoopPolicy):
    """Makes loops of Gale's for whoever asks asyncio for one."""

    def new_event_loop(self):
        return EventLoop()


def new_event_loop():
    """A new loop: for `asyncio.Runner(loop_factory=gale.new_event_loop)`."""
    return EventLoop()


def install():
    """Has asyncio make its loops here, as with `uvloop.install()`."""
    asyncio.set_event_loop_policy(EventLoopPolicy())


def run(main, *, debug=None):
    """Runs a coroutine to its end on a new loop, like `asyncio.run`."""
    if sys.version_info >= (3, 11):
        with asyncio.Runner(debug=debug, loop_factory=new_event_loop) as runner:
            return runner.run(main)
    policy = asyncio.get_event_loop_policy()
    install()
    try:
        return asyncio.run(main, debug=debug)
    finally:
        asyncio.set_event_loop_policy(policy)


# What crosses the border between tasks of Swift and of asyncio

_variables = {}


def context_variable(name):
    """The context variable that carries a task-local value of Swift's, by the name under which Swift declared it."""
    try:
        return _variables[name]
    except KeyError:
        variable = _variables[name] = contextvars.ContextVar(name, default=None)
        return variable


def _start(loop, awaitable, values):
    """Makes a future of an awaitable; a coroutine runs as a task, in a context that has `values`."""
    if not values:
        return _ensure_future(awaitable, loop)
    context = contextvars.copy_context()
    for name, value in values:
        context.run(context_variable(name).set, value)
    return context.run(_ensure_future, awaitable, loop)


def _ensure_future(awaitable, loop):
    # A Deferred of Twisted's can be awaited in coroutines of Twisted's only; it knows how to become a future.
    convert = getattr(awaitable, "asFuture", None)
    return asyncio.ensure_future(awaitable, loop=loop) if convert is None else convert(loop)


async def _last(loop):
    """Ends with a guest's loop, as what `run_until_complete` runs ends with others.

    Libraries look for that task to hang on to it what shall last as long: anyio the threads that it keeps, which would
    end with each request otherwise.
    """
    await loop.create_future()


def _shut_down(loop):
    """A coroutine that cancels what still runs, and waits for it."""

    async def shut_down():
        this = asyncio.current_task()
        reactor = getattr(loop, "_twisted_reactor", None)
        if reactor is not None:
            await reactor._end()
        root = getattr(loop, "_root", None)
        tasks = [task for task in asyncio.all_tasks(loop) if task is not this and task is not root]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if root is not None:
            _release_root(loop)
            root.cancel()
            await asyncio.gather(root, return_exceptions=True)
        await loop.shutdown_asyncgens()
        await loop.shutdown_default_executor()

    return shut_down()


class _Host:
    """What one of Gale's loops asks of the asyncio loop, whosever, that it is the guest of."""

    def __init__(self, loop):
        self._loop = loop
        self._handle = None
        # A turn is no part of whichever task caused it.
        self._context = contextvars.copy_context()

    def watch(self, descriptor, callback):
        self._context.run(self._loop.add_reader, descriptor, callback)

    def unwatch(self, descriptor):
        self._loop.remove_reader(descriptor)

    def call(self, delay, callback):
        """Calls once after a number of seconds, or with `None` not at all, in place of what was asked for last."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if delay is None:
            return
        if delay <= 0:
            self._handle = self._loop.call_soon(callback, context=self._context)
        else:
            self._handle = self._loop.call_later(delay, callback, context=self._context)


def _start_trio(function, soon, done):
    """Starts a run of Trio's as a guest, and returns what cancels it.

    `done` gets the outcome; that of a run which was cancelled is `asyncio.CancelledError`, which Swift knows.
    """
    import trio

    scope, token = trio.CancelScope(), None

    async def main():
        nonlocal token
        token = trio.lowlevel.current_trio_token()
        with scope:
            return await function()
        raise asyncio.CancelledError

    def cancel():
        if token is None:
            scope.cancel()
        else:
            try:
                token.run_sync_soon(scope.cancel)
            except trio.RunFinishedError:
                pass

    trio.lowlevel.start_guest_run(
        main,
        run_sync_soon_threadsafe=soon,
        done_callback=done,
        host_uses_signal_set_wakeup_fd=threading.current_thread() is threading.main_thread(),
    )
    return cancel


def _release_root(loop):
    """Has the end of the loop's own task stop nothing."""
    root = getattr(loop, "_root", None)
    if root is not None:
        root.remove_done_callback(base_events._run_until_complete_cb)


def _abandon(loop):
    """Cancels what still runs on a guest whose host will be closed at once, and gives it some turns to end in."""
    _release_root(loop)
    reactor = getattr(loop, "_twisted_reactor", None)
    if reactor is not None:
        loop.create_task(reactor._end())
        loop._run_batch()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    for _ in range(100):
        if not loop._ready:
            break
        loop._run_batch()
    left = asyncio.all_tasks(loop)
    if left:
        loop.call_exception_handler({"message": f"{len(left)} tasks did not end before the loop was closed"})


# The package of the wheel has one of its own.
_package_getattr = globals().get("__getattr__")


def __getattr__(name):
    """`gale.twisted`, which imports Twisted: when somebody asks for it."""
    if name != "twisted":
        if _package_getattr is not None:
            return _package_getattr(name)
        raise AttributeError(f"module 'gale' has no attribute {name!r}")
    module = sys.modules["gale.twisted"] = types.ModuleType("gale.twisted")
    try:
        exec(compile(_twisted_text, "<gale.twisted>", "exec"), module.__dict__)
    except BaseException:
        del sys.modules["gale.twisted"]
        raise
    globals()["twisted"] = module
    return module
