# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""What runs on the loop of the demo beside the native handlers: libraries for asyncio, and servers of Twisted's.

Every coroutine here takes the port of the native server and returns a text.
"""

import asyncio
import os
import threading

import aiohttp
import psycopg
import websockets
from twisted.conch import avatar, recvline
from twisted.conch.insults import insults
from twisted.conch.ssh import factory, keys, session
from twisted.cred import checkers, portal
from twisted.internet import defer
from twisted.web import client, resource, server
from zope.interface import implementer

DATABASE_URL = os.environ.get("DATABASE_URL", "")


# aiohttp's client


async def fetch_by_aiohttp(port):
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/guests/native") as answer:
        return await answer.text()


async def many_by_aiohttp(port):
    async with aiohttp.ClientSession() as http:

        async def fetch():
            async with http.get(f"http://127.0.0.1:{port}/guests/native") as answer:
                return await answer.text()

        answers = await asyncio.gather(*(fetch() for _ in range(200)))
    return f"{answers.count('native')} of {len(answers)}"


# websockets


async def echo_by_websockets(port):
    async def echo(connection):
        async for message in connection:
            await connection.send(message)

    async with websockets.serve(echo, "127.0.0.1", 0) as echoing:
        return await _exchange(f"ws://127.0.0.1:{echoing.sockets[0].getsockname()[1]}/")


async def native_websocket(port):
    return await _exchange(f"ws://127.0.0.1:{port}/guests/ws")


async def _exchange(url):
    sent = ["hello", "ä" * 1000, "x" * 200_000]
    async with websockets.connect(url) as connection:
        for message in sent:
            await connection.send(message)
        received = [await connection.recv() for _ in sent]
    return f"{sum(one == other for one, other in zip(sent, received))} of {len(sent)}"


# psycopg 3


async def database(port):
    async with await psycopg.AsyncConnection.connect(DATABASE_URL) as connection:
        await connection.execute("create temporary table tea (name text, grams int)")
        async with connection.cursor() as cursor:
            async with cursor.copy("copy tea (name, grams) from stdin") as copy:
                for number in range(5000):
                    await copy.write_row((f"tea {number}", number))
            await cursor.executemany("insert into tea values (%s, %s)", [("green", 1), ("black", 2)])
            await cursor.execute("select count(*), sum(grams) from tea where grams = any(%s)", ([1, 2],))
            count, grams = await cursor.fetchone()
            names = [name async for (name,) in cursor.stream("select name from tea order by grams desc limit 2")]
    return f"{count} {grams} {names}"


async def notifications(port):
    listening = await psycopg.AsyncConnection.connect(DATABASE_URL, autocommit=True)
    async with listening, await psycopg.AsyncConnection.connect(DATABASE_URL, autocommit=True) as sending:
        await listening.execute("listen tea")

        async def send():
            for number in range(3):
                await sending.execute("select pg_notify('tea', %s)", (str(number),))

        task, payloads = asyncio.create_task(send()), []
        async for notice in listening.notifies():
            payloads.append(notice.payload)
            if len(payloads) == 3:
                break
        await task
    return " ".join(payloads)


async def cancelled_query(port):
    async with await psycopg.AsyncConnection.connect(DATABASE_URL, autocommit=True) as connection:
        try:
            await asyncio.wait_for(connection.execute("select pg_sleep(600)"), 0.05)
        except asyncio.TimeoutError:
            pass
        answer = await connection.execute("select 'usable'")
        return (await answer.fetchone())[0]


# asyncio's own


async def child_process(port):
    process = await asyncio.create_subprocess_exec("cat", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate(b"x" * 300_000)
    return f"{len(output)} {process.returncode}"


async def threads(port):
    names = {thread.name for thread in threading.enumerate()}
    return " ".join(sorted(names))


# Twisted


class Page(resource.Resource):
    isLeaf = True

    def __init__(self, reactor):
        super().__init__()
        self._reactor = reactor

    def render_GET(self, request):
        def finish():
            request.write(b"Twisted says hello to " + request.args.get(b"name", [b"nobody"])[0])
            request.finish()

        self._reactor.callLater(0.001, finish)
        return server.NOT_DONE_YET


@defer.inlineCallbacks
def fetch_by_agent(reactor, url):
    answer = yield client.Agent(reactor).request(b"GET", url.encode())
    body = yield client.readBody(answer)
    return f"{answer.code} {body.decode()}"


class Shell(recvline.HistoricRecvLine):
    """Answers each line, until `exit`."""

    def lineReceived(self, line):
        if line == b"exit":
            return self.terminal.loseConnection()
        self.terminal.write(b"you said " + line)
        self.terminal.nextLine()


@implementer(session.ISession)
class Guest(avatar.ConchUser):
    def __init__(self, name):
        super().__init__()
        self.name = name.decode()
        self.channelLookup[b"session"] = session.SSHSession

    def getPty(self, terminal, window_size, modes):
        pass

    def openShell(self, protocol):
        shell = insults.ServerProtocol(Shell)
        shell.makeConnection(protocol)
        protocol.makeConnection(session.wrapProtocol(shell))

    def execCommand(self, protocol, command):
        protocol.write(f"{self.name} ran {command.decode()}\n".encode())
        protocol.session.conn.sendRequest(protocol.session, b"exit-status", b"\0\0\0\0")
        protocol.loseConnection()

    def windowChanged(self, size):
        pass

    def eofReceived(self):
        pass

    def closed(self):
        pass


@implementer(portal.IRealm)
class Realm:
    def requestAvatar(self, name, mind, *interfaces):
        return interfaces[0], Guest(name), lambda: None


def start(reactor):
    """Starts a web server and an SSH server; their ports, as a text."""
    page = reactor.listenTCP(0, server.Site(Page(reactor)), interface="127.0.0.1")
    shell = factory.SSHFactory()
    shell.portal = portal.Portal(Realm(), [checkers.InMemoryUsernamePasswordDatabaseDontUse(ada=b"lovelace")])
    key = keys.Key(_new_key())
    shell.publicKeys, shell.privateKeys = {b"ssh-ed25519": key.public()}, {b"ssh-ed25519": key}
    login = reactor.listenTCP(0, shell, interface="127.0.0.1")
    return f"{page.getHost().port} {login.getHost().port}"


def _new_key():
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate()
