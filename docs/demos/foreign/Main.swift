// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// Native handlers, and libraries written for asyncio and for Twisted, on one thread with one event loop:
//   foreign [PORT [DIRECTORY]]
// guests.py, in that directory, by default beside this file, has the Python half. It needs aiohttp, websockets, psycopg 3 and Twisted; DATABASE_URL names a
// PostgreSQL, for /python/database.

import Gale
import GaleAsyncio
import GalePython
import Glibc
import Logging

/// A native answer, which the guests fetch too.
final class NativeHandler: RequestHandler {
  override func get() async throws { write("native") }
}

/// Sends every message back.
final class EchoHandler: WebSocketHandler {
  override func onMessage(_ message: WebSocketMessage) async throws { try await writeMessage(message) }
}

/// `/python/NAME` is what the coroutine function NAME of guests.py returns.
final class PythonHandler: RequestHandler {
  override func get() async throws {
    guard let name = try pathArgument(0), Site.guests.contains(name) else { throw HTTPError(404) }
    let port = try argument("port", default: "")
    let text = try await AsyncIOLoop.of(loop).run { python in
      let function = try python.importModule("guests").attribute(python, name)
      return try function.call(python, try python.string(port))
    } _: { python, result in
      try result.string(python)
    }
    write(text)
  }
}

/// A page by Twisted's HTTP client, whose Deferred is awaited here.
final class AgentHandler: RequestHandler {
  override func get() async throws {
    let twisted = try TwistedReactor(on: AsyncIOLoop.of(loop))
    let url = try argument("url")
    let text = try await twisted.asyncio.run { python in
      let fetch = try python.importModule("guests").attribute(python, "fetch_by_agent")
      return try fetch.call(python, twisted.reactor.object(python), try python.string(url))
    } _: { python, result in
      try result.string(python)
    }
    write(text)
  }
}

enum Site {
  static let guests: Set<String> = [
    "fetch_by_aiohttp", "many_by_aiohttp", "echo_by_websockets", "native_websocket", "database",
    "notifications", "cancelled_query", "child_process", "threads",
  ]

  /// Serves until SIGTERM or SIGINT.
  static func serve(port: UInt16, directory: String) throws {
    var configuration = InterpreterConfiguration()
    configuration.pathAdditions = [directory]
    let interpreter = try Interpreter.start(configuration)
    try serve(on: IOLoop.current, port: port)
    // What holds on to Python is gone by now.
    try interpreter.stop()
  }

  private static func serve(on loop: IOLoop, port: UInt16) throws {
    let asyncio = try AsyncIOLoop.of(loop)
    let twisted = try TwistedReactor.install(on: asyncio)
    let ports = try asyncio.withPython { python in
      let start = try python.importModule("guests").attribute(python, "start")
      return try start.call(python, twisted.reactor.object(python)).string(python)
    }
    let application = try Application([
      URLSpec("/native", NativeHandler.self), URLSpec("/ws", EchoHandler.self),
      URLSpec("/python/([a-z_]+)", PythonHandler.self), URLSpec("/agent", AgentHandler.self),
    ])
    let server = try application.listen(port: port, address: "127.0.0.1")
    for signal in [SIGINT, SIGTERM] {
      try loop.addSignalHandler(signal) {
        loop.spawn {
          await server.shutdown(grace: .seconds(5))
          await asyncio.close()
          loop.stop()
        }
      }
    }
    Logger(label: "gale.foreign").info("http://127.0.0.1:\(port)/native, and Twisted's \(ports)")
    loop.start()
    loop.close()
  }
}

@main
struct Foreign {
  static func main() {
    LoggingSystem.bootstrap { PrettyLogHandler(label: $0) }
    do {
      try start(Array(CommandLine.arguments.dropFirst()))
    } catch {
      printToStandardError("foreign: \((error as? PythonError)?.traceback ?? "\(error)")\n")
      exit(1)
    }
  }

  /// Not `main` itself, whose closures would belong to the main actor.
  nonisolated static func start(_ arguments: [String]) throws {
    let port = arguments.first.flatMap { UInt16($0) } ?? 8888
    try Site.serve(port: port, directory: arguments.count > 1 ? arguments[1] : "docs/demos/foreign")
  }
}
