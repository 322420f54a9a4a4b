# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Twisted on an event loop of asyncio's, through Twisted's own asyncio reactor: the module `gale.twisted`."""

import asyncio
import os
import socket
import sys

from twisted.internet import process
from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.main import installReactor
from twisted.internet.posixbase import PosixReactorBase
from twisted.names import cache, client, dns, error, hosts, resolve


class _Reactor(AsyncioSelectorReactor):
    """A reactor that runs for as long as its loop does."""

    def __init__(self, loop):
        super().__init__(loop)
        self._ended = loop.create_future()
        self._is_told = False
        self.startRunning(installSignalHandlers=False)

    def crash(self):
        PosixReactorBase.crash(self)
        if not self._ended.done():
            self._ended.set_result(None)
        # Whoever called `reactor.stop()` wants the program to end.
        if not self._is_told:
            self._asyncioEventloop.stop()

    async def _end(self):
        """What `reactor.stop()` does, but for the loop, which goes on."""
        if not self._ended.done():
            self._is_told = True
            if self.running and not self._stopped:
                self.stop()
            await self._ended
        # The reactor's own descriptors, by which its threads wake it; the rest was disconnected.
        for reader in list(self._internalReaders):
            self._internalReaders.discard(reader)
            self.removeReader(reader)
            reader.connectionLost(None)

    def spawnProcess(self, *arguments, **options):
        """As Twisted's, with the end of the process learnt of by a descriptor: SIGCHLD is nobody's here."""
        transport = super().spawnProcess(*arguments, **options)
        if transport.pid is not None:
            descriptor = os.pidfd_open(transport.pid)
            self._asyncioEventloop.add_reader(descriptor, self._reap, descriptor)
        return transport

    def _reap(self, descriptor):
        self._asyncioEventloop.remove_reader(descriptor)
        os.close(descriptor)
        process.reapAllProcesses()


def of(loop=None):
    """The reactor of an event loop, by default of the running one; made, and started, at the first use.

    It runs for as long as the loop does: nobody calls its `run`. It is not `twisted.internet.reactor`, see `install`.
    """
    if loop is None:
        loop = asyncio.get_running_loop()
    reactor = getattr(loop, "_twisted_reactor", None)
    if reactor is None or reactor._ended.done():
        reactor = loop._twisted_reactor = _Reactor(loop)
    return reactor


def install(loop=None):
    """The same, as `twisted.internet.reactor`: of one loop in a process, before anybody imports that."""
    reactor = of(loop)
    installed = sys.modules.get("twisted.internet.reactor")
    if installed is None:
        installReactor(reactor)
    elif installed is not reactor:
        raise RuntimeError("Twisted has another reactor already: install this one before its reactor is imported")
    return reactor


class _Names:
    """Looks names up in the hosts file and in the DNS, with Twisted."""

    def __init__(self, loop, servers, hosts_file):
        reactor = of(loop)
        self._loop = loop
        self._hosts = hosts.Resolver(hosts_file)
        self._client = client.Resolver(None if servers else "/etc/resolv.conf", servers or None, reactor=reactor)
        self._names = resolve.ResolverChain([cache.CacheResolver(reactor=reactor), self._client])

    async def look_up(self, name, families):
        """0 and the addresses; 1 for a name that has none, 2 for not known."""
        try:
            encoded = name.encode("idna")
        except UnicodeError as problem:
            return 1, f"it cannot be a name: {problem}"
        for resolver in self._hosts, self._names:
            answers = await asyncio.gather(
                *(self._addresses(resolver, encoded, family) for family in families), return_exceptions=True)
            found = [address for answer in answers if not isinstance(answer, Exception) for address in answer]
            if found:
                return 0, found
        unknown = [answer for answer in answers if isinstance(answer, Exception) and not self._is_no(answer)]
        if unknown:
            return 2, f"{type(unknown[0]).__name__}: {unknown[0]}"
        return 1, "it has no such address"

    @staticmethod
    def _is_no(problem):
        """Whether an error says that there is no such name, and not that nobody could be asked."""
        return type(problem) is error.DomainError or isinstance(
            problem, (error.AuthoritativeDomainError, error.DNSNameError))

    async def _addresses(self, resolver, name, family):
        method, kind = (resolver.lookupAddress, dns.A) if family == 4 else (resolver.lookupIPV6Address, dns.AAAA)
        for _ in range(8):
            answers, _, _ = await method(name).asFuture(self._loop)
            found = [record.payload.address for record in answers if record.type == kind]
            if found:
                number = socket.AF_INET if family == 4 else socket.AF_INET6
                return [socket.inet_ntop(number, address) for address in found]
            aliases = [record.payload.name.name for record in answers if record.type == dns.CNAME]
            if not aliases:
                return []
            name = aliases[-1]
        return []

    def close(self):
        """Ends the look at resolv.conf that recurs."""
        call = self._client._parseCall
        if call is not None and call.active():
            call.cancel()
