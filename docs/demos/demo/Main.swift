// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// What `make demo` starts: native handlers, a Flask app and a Django project in one process.
//   demo [PORT]

import ChatRoom
import Gale
import GalePython
import GaleWSGI
import Glibc
import Logging

/// Figures about the running process, for the index page.
final class StatusHandler: RequestHandler {
  override func get() async throws {
    let context = request.connection.context
    let mounts: [JSONValue] = [
      ["path": "/", "kind": "native", "title": "Gale", "detail": "Swift handlers on the event loop"],
      ["path": "/chat/", "kind": "native", "title": "Chat", "detail": "WebSockets, on the event loop"],
      [
        "path": "/flask/", "kind": "WSGI", "title": "Photo wall",
        "detail": "A Flask app, on threads of its own",
      ],
      [
        "path": "/django/", "kind": "WSGI", "title": "Library",
        "detail": "A Django project with its admin, on SQLite",
      ],
    ]
    let uptime = Double(System.monotonicNanoseconds - Demo.started) / 1e9
    try setHeader("Cache-Control", "no-store")
    write([
      "version": .string(galeVersion), "uptime_seconds": .double(uptime),
      "requests": .int(context.requestCount),
      "connections": .int(context.connectionCount), "rss_bytes": .int(System.residentByteCount),
      "python": .string(Interpreter.version), "mounts": .array(mounts),
      "lanes": [["name": "flask", "threads": 4], ["name": "django", "threads": 4]],
    ])
  }
}

/// A body that comes in pieces, each as soon as it is written.
final class StreamHandler: RequestHandler {
  override func get() async throws {
    try setHeader("Content-Type", "text/plain; charset=UTF-8")
    for line in 1...10 {
      write("line \(line) of 10, written while other requests are served\n")
      try await flush()
      try await loop.sleep(for: .milliseconds(150))
    }
  }
}

@main
struct Demo {
  static let started = System.monotonicNanoseconds
  static let log = Logger(label: "gale.demo")

  static func main() {
    _ = started
    LoggingSystem.bootstrap { PrettyLogHandler(label: $0) }
    do {
      try serve(port: UInt16(CommandLine.arguments.dropFirst().first ?? "8888") ?? 8888)
    } catch let error as PythonLocatorError {
      stop(error.description)
    } catch {
      stop("\(error)")
    }
  }

  static func stop(_ message: String) -> Never {
    printToStandardError("demo: \(message)\n")
    exit(1)
  }

  static func serve(port: UInt16) throws {
    let sockets = try bindSockets(port: port, address: "127.0.0.1")
    let interpreter = try startPython()
    log.info("Preparing the Flask app and the Django project (the first time it makes a database)")
    let flask = try container(interpreter, "flask_demo:app")
    let django = try container(interpreter, "django_demo.wsgi:application")
    let pages = directory + "/docs/demos/demo/static"
    let application = try Application([
      URLSpec("/()", StaticFileHandler.self, ["path": pages, "default_filename": "index.html"]),
      URLSpec("/api/status", StatusHandler.self),
      URLSpec("/stream", StreamHandler.self),
      URLSpec(
        "/chat/()", StaticFileHandler.self,
        ["path": directory + "/docs/demos/websocketchat/static", "default_filename": "index.html"]),
      URLSpec("/chat", RedirectHandler.self, ["url": "/chat/"]),
      URLSpec("/chat/socket", ChatHandler.self),
      URLSpec("/static/(.*)", StaticFileHandler.self, ["path": pages]),
      .mount("/flask", flask),
      .mount("/django", django),
    ])
    let server = HTTPServer(application)
    try server.addSockets(sockets)
    log.info("Open http://127.0.0.1:\(server.addresses.first?.port ?? port)/ (Ctrl-C ends the demo)")
    try run(server)
  }

  /// Where the package lies: this file is docs/demos/demo/Main.swift.
  static var directory: String {
    #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }
  }

  static func startPython() throws -> Interpreter {
    var configuration = InterpreterConfiguration()
    configuration.arguments = ["demo"]
    configuration.pathAdditions = [directory + "/interop/apps"]
    return try Interpreter.start(configuration)
  }

  static func container(_ interpreter: Interpreter, _ name: String) throws -> WSGIContainer {
    let locator = try PythonLocator(name)
    let reference = try interpreter.attach { python in PythonReference(try locator.resolve(python)) }
    return WSGIContainer(reference, lane: .threads(4), multiprocess: false)
  }

  static func run(_ server: HTTPServer) throws {
    let loop = IOLoop.current
    for signal in [SIGTERM, SIGINT] {
      try loop.addSignalHandler(signal) {
        loop.spawn {
          await server.shutdown(grace: .seconds(5))
          loop.stop()
        }
      }
    }
    loop.start()
    log.info("Ended")
    exit(0)
  }
}
