// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Gale
import GaleAsyncio
import GalePython
import Glibc

/// Libraries written for asyncio and for Twisted, on the thread of the native handlers: interop/apps/guests.py.
struct Guests: Sendable {
  /// Of Twisted's web server, and of its SSH server.
  let webPort, shellPort: Int
  /// Of the demo itself.
  let port: UInt16

  /// Starts Twisted's servers, each on a free port.
  init(on loop: IOLoop, beside port: UInt16) throws {
    self.port = port
    let asyncio = try AsyncIOLoop.of(loop)
    let twisted = try TwistedReactor.install(on: asyncio)
    let ports = try asyncio.withPython { python in
      let start = try python.importModule("guests").attribute(python, "start")
      return try start.call(python, twisted.reactor.object(python)).string(python)
    }.split(separator: " ").compactMap { Int($0) }
    guard ports.count == 2 else { throw DemoError(message: "Twisted's servers do not start") }
    (webPort, shellPort) = (ports[0], ports[1])
  }

  var routes: [URLSpec] {
    [
      URLSpec("/guests", RedirectHandler.self, ["url": "/guests/"]),
      URLSpec("/guests/", GuestsHandler.self, ["guests": self]),
      URLSpec("/guests/native", NativeHandler.self), URLSpec("/guests/ws", EchoHandler.self),
      URLSpec("/guests/agent", AgentHandler.self, ["guests": self]),
      URLSpec("/guests/python/([a-z_]+)", PythonHandler.self, ["guests": self]),
    ]
  }

  /// Ends what runs in Python.
  func close(on loop: IOLoop) async throws { try await AsyncIOLoop.of(loop).close() }

  /// What guests.py can be asked for without a database, and with one, which DATABASE_URL names.
  static let functions: Set<String> = [
    "fetch_by_aiohttp", "many_by_aiohttp", "echo_by_websockets", "native_websocket", "child_process",
    "threads",
  ]
  static let queries: Set<String> = ["database", "notifications", "cancelled_query"]
  // SAFETY: the environment is not changed while it is read.
  static let hasDatabase = unsafe getenv("DATABASE_URL") != nil
}

/// A handler that needs the guests.
class GuestHandler: RequestHandler {
  private var given: Guests?

  override func initialize(_ arguments: HandlerArguments) throws { given = arguments["guests"] as? Guests }

  var guests: Guests {
    get throws {
      guard let given else { throw HTTPError(500, "no guests") }
      return given
    }
  }
}

/// The page about them.
final class GuestsHandler: GuestHandler {
  override func get() async throws {
    let guests = try guests
    try render(
      "guests.html",
      [
        "web": guests.webPort, "shell": guests.shellPort, "database": Guests.hasDatabase,
      ])
  }
}

/// A native answer, which the guests fetch too.
final class NativeHandler: RequestHandler {
  override func get() async throws { write("native") }
}

/// Sends every message back.
final class EchoHandler: WebSocketHandler {
  override func onMessage(_ message: WebSocketMessage) async throws { try await writeMessage(message) }
}

/// `/guests/python/NAME` is what the coroutine function NAME of guests.py returns.
final class PythonHandler: GuestHandler {
  override func get() async throws {
    guard let name = try pathArgument(0) else { throw HTTPError(404) }
    if Guests.queries.contains(name) {
      guard Guests.hasDatabase else { throw HTTPError(503, "DATABASE_URL names no PostgreSQL") }
    } else if !Guests.functions.contains(name) {
      throw HTTPError(404)
    }
    let port = String(try guests.port)
    let text = try await AsyncIOLoop.of(loop).run { python in
      let function = try python.importModule("guests").attribute(python, name)
      return try function.call(python, try python.string(port))
    } _: { python, result in
      try result.string(python)
    }
    try setHeader("Content-Type", "text/plain; charset=UTF-8")
    write(text)
  }
}

/// A page of Twisted's web server, or of this one, by Twisted's client, whose Deferred is awaited here.
final class AgentHandler: GuestHandler {
  override func get() async throws {
    let guests = try guests
    let url =
      try argument("native", default: "") == ""
      ? "http://127.0.0.1:\(guests.webPort)/?name=\(urlEscape(try argument("name", default: "Gale")))"
      : "http://127.0.0.1:\(guests.port)/guests/native"
    let twisted = try TwistedReactor(on: AsyncIOLoop.of(loop))
    let text = try await AsyncIOLoop.of(loop).run { python in
      let fetch = try python.importModule("guests").attribute(python, "fetch_by_agent")
      return try fetch.call(python, twisted.reactor.object(python), try python.string(url))
    } _: { python, result in
      try result.string(python)
    }
    try setHeader("Content-Type", "text/plain; charset=UTF-8")
    write(text)
  }
}
