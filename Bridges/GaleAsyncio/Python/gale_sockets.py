# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""The transport of stream sockets. What it does with each message is native, in `StreamSocket.swift`."""

import socket
import warnings
import weakref
from asyncio import base_events, constants, protocols, transports, trsock
from asyncio.log import logger


# From Python 3.13 on a server knows its connections, before only how many there are.
_SERVERS_KNOW = base_events.Server._attach.__code__.co_argcount > 1


class SocketTransport(transports._FlowControlMixin):
    """A connected TCP or Unix socket, as asyncio's own transport of such.

    `write` and `is_closing` are the socket's own; the socket calls the protocol by itself, and the methods from `_read_end` to
    `_write_failed`.
    """

    # The socket finds the first two by their places.
    __slots__ = ("_protocol", "_context", "__dict__", "__weakref__")

    _start_tls_compatible = True
    _sendfile_compatible = constants._SendfileMode.TRY_NATIVE
    _sock = None

    def __init__(self, loop, sock, protocol, waiter=None, extra=None, server=None):
        super().__init__(extra, loop)
        self._extra["socket"] = trsock.TransportSocket(sock)
        for key, find in ("sockname", sock.getsockname), ("peername", sock.getpeername):
            if key == "sockname" or key not in self._extra:
                try:
                    self._extra[key] = find()
                except OSError:
                    self._extra[key] = None
        self._sock_fd = sock.fileno()
        # None of it leads back here but by a weak reference.
        self._socket = loop._core.socket(weakref.ref(self), self._sock_fd)
        self.write, self.is_closing = self._socket.write, self._socket.is_closing
        self._sock = sock
        self._server = server
        self._eof = self._paused = self._closing = False
        # When a call of connection_lost was scheduled, 1; and one more for each write since then.
        self._conn_lost = 0
        self._empty_waiter = None
        self._protocol_connected = False
        self.set_protocol(protocol)
        if server is not None:
            server._attach(self) if _SERVERS_KNOW else server._attach()
        loop._transports[self._sock_fd] = self
        base_events._set_nodelay(sock)
        loop.call_soon(protocol.connection_made, self)
        # Nothing is read before that was called.
        loop.call_soon(self._begin)
        if waiter is not None:
            loop.call_soon(_tell, waiter)

    def __repr__(self):
        info = [self.__class__.__name__]
        if self._sock is None:
            info.append("closed")
        elif self._closing:
            info.append("closing")
        info.append(f"fd={self._sock_fd}")
        if self._loop is not None and not self._loop.is_closed():
            size = self.get_write_buffer_size()
            info.append(f"read={'polling' if self.is_reading() else 'idle'}")
            info.append(f"write=<{'polling' if size else 'idle'}, bufsize={size}>")
        return f"<{' '.join(info)}>"

    def __del__(self, _warn=warnings.warn):
        if self._sock is not None:
            _warn(f"unclosed transport {self!r}", ResourceWarning, source=self)
            self._socket.close()
            self._sock.close()

    # The protocol

    def set_protocol(self, protocol):
        self._protocol = protocol
        self._protocol_connected = True
        self._socket.buffered(isinstance(protocol, protocols.BufferedProtocol))

    def get_protocol(self):
        return self._protocol

    def _begin(self):
        if self._conn_lost:
            return
        # From now on somebody has to end it: what nobody else refers to is the loop's.
        self._loop._sockets.add(self)
        self._context = contextvars.copy_context()
        if self.is_reading():
            self._socket.read(True)

    # Reading

    def is_reading(self):
        return not self._paused and not self._closing

    def pause_reading(self):
        if not self.is_reading():
            return
        self._paused = True
        self._socket.read(False)
        if self._loop.get_debug():
            logger.debug("%r pauses reading", self)

    def resume_reading(self):
        if self._closing or not self._paused:
            return
        self._paused = False
        self._socket.read(True)
        if self._loop.get_debug():
            logger.debug("%r resumes reading", self)

    def _read_end(self):
        """The peer will send nothing more."""
        if self._loop.get_debug():
            logger.debug("%r received EOF", self)
        try:
            keep_open = self._protocol.eof_received()
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._fatal_error(error, "Fatal error: protocol.eof_received() call failed.")
            return
        if keep_open:
            self._socket.read(False)
        else:
            self.close()

    # Writing

    def write(self, data):
        """Sends data, or keeps it until it can be sent."""
        self._socket.write(data)

    def _note_writable(self):
        """Whether `write` has to be told something about this transport before it takes anything."""
        self._socket.block(self._eof or self._empty_waiter is not None or self._conn_lost > 0)

    def _write_refused(self, data):
        if self._eof:
            raise RuntimeError("Cannot call write() after write_eof()")
        if self._empty_waiter is not None:
            raise RuntimeError("unable to write; sendfile is in progress")
        if data:
            if self._conn_lost >= constants.LOG_THRESHOLD_FOR_CONNLOST_WRITES:
                logger.warning("socket.send() raised exception.")
            self._conn_lost += 1

    def _write_drained(self):
        """All that waited was sent."""
        if self._empty_waiter is not None and not self._empty_waiter.done():
            self._empty_waiter.set_result(None)
        if self._closing:
            self._call_connection_lost(None)
        elif self._eof:
            self._sock.shutdown(socket.SHUT_WR)

    def _write_failed(self, error):
        self._socket.clear()
        self._fatal_error(error, "Fatal write error on socket transport")
        if self._empty_waiter is not None and not self._empty_waiter.done():
            self._empty_waiter.set_exception(error)

    def get_write_buffer_size(self):
        return self._socket.pending()

    def can_write_eof(self):
        return True

    def write_eof(self):
        if self._closing or self._eof:
            return
        self._eof = True
        self._note_writable()
        if not self._socket.pending():
            self._sock.shutdown(socket.SHUT_WR)

    def _make_empty_waiter(self):
        if self._empty_waiter is not None:
            raise RuntimeError("Empty waiter is already set")
        self._empty_waiter = self._loop.create_future()
        self._note_writable()
        if not self._socket.pending():
            self._empty_waiter.set_result(None)
        return self._empty_waiter

    def _reset_empty_waiter(self):
        self._empty_waiter = None
        self._note_writable()

    # The end

    def is_closing(self):
        return self._closing

    def close(self):
        if self._closing:
            return
        self._begin_to_close()
        if not self._socket.pending():
            self._lose(None)

    def _begin_to_close(self):
        self._closing = True
        self._socket.begin_to_close()

    def abort(self):
        self._force_close(None)

    def _fatal_error(self, error, message="Fatal error on transport"):
        if isinstance(error, OSError):
            if self._loop.get_debug():
                logger.debug("%r: %s", self, message, exc_info=error)
        else:
            self._loop.call_exception_handler(
                {"message": message, "exception": error, "transport": self, "protocol": self._protocol})
        self._force_close(error)

    def _force_close(self, error):
        if self._conn_lost:
            return
        self._socket.clear()
        if not self._closing:
            self._begin_to_close()
        self._lose(error)

    def _lose(self, error):
        self._conn_lost += 1
        self._note_writable()
        self._loop.call_soon(self._call_connection_lost, error)

    def _call_connection_lost(self, error):
        try:
            if self._protocol_connected:
                self._protocol.connection_lost(error)
        finally:
            loop, server = self._loop, self._server
            self._socket.close()
            loop._sockets.discard(self)
            self._sock.close()
            self._sock = self._protocol = self._loop = self._server = None
            if server is not None:
                server._detach(self) if _SERVERS_KNOW else server._detach()
            if self._empty_waiter is not None and not self._empty_waiter.done():
                self._empty_waiter.set_exception(ConnectionError("Connection is closed by peer"))


def _tell(waiter):
    """Has who waits for a connection go on."""
    if not waiter.done():
        waiter.set_result(None)
