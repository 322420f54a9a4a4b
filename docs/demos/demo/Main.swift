// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// What `make demo` starts: native handlers, applications in Flask, Django, FastAPI and Starlette, and libraries for asyncio
// and Twisted, in one process, with a login.
//   demo [PORT]

import ChatRoom
import Gale
import GaleASGI
import GaleAuth
import GalePython
import GaleWSGI
import Glibc
import Logging

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

  nonisolated static func serve(port: UInt16) throws {
    let sockets = try bindSockets(port: port, address: "127.0.0.1")
    let interpreter = try startPython()
    log.info("Preparing the apps in Python (the first time they make a database)")
    let flask = try container(interpreter, "flask_demo:app")
    let django = try container(interpreter, "django_demo.wsgi:application")
    let weather = ASGIContainer(try load(interpreter, "fastapi_demo:app"))
    let clock = ASGIContainer(try load(interpreter, "starlette_demo:app"))
    let asynchronousDjango = ASGIContainer(try load(interpreter, "django_demo.asgi:application"))
    let coroutines = [weather, clock, asynchronousDjango]
    let guests = try Guests(on: IOLoop.current, beside: sockets[0].address.port)
    try IOLoop.current.runSync { for application in coroutines { try await application.startUp() } }
    let signIn = try SignIn(container(interpreter, "login_provider:app", threads: 2), near: port)
    let login = signIn.login
    let pages = directory + "/docs/demos/demo/static"
    var settings = Application.Settings()
    settings.templatePath = directory + "/docs/demos/demo/templates"
    let application = try Application(
      login.routes + guests.routes + [
        URLSpec("/()", StaticFileHandler.self, ["path": pages, "default_filename": "index.html"]),
        URLSpec("/api/status", StatusHandler.self).through(login.optional),
        URLSpec("/stream", StreamHandler.self),
        URLSpec("/members", MembersHandler.self).through(login.required),
        URLSpec(
          "/chat/()", StaticFileHandler.self,
          ["path": directory + "/docs/demos/websocketchat/static", "default_filename": "index.html"]),
        URLSpec("/chat", RedirectHandler.self, ["url": "/chat/"]),
        URLSpec("/chat/socket", ChatHandler.self),
        URLSpec("/static/(.*)", StaticFileHandler.self, ["path": pages]),
        .mount("/flask", flask),
        .mount("/flask-members", try signIn.wall(around: flask)),
        .mount("/django", django),
        .mount("/django-asgi", asynchronousDjango),
        .mount("/fastapi", weather),
        .mount("/starlette", clock),
      ], settings: settings)
    let server = HTTPServer(application)
    try server.addSockets(sockets)
    log.info("Open http://127.0.0.1:\(server.addresses.first?.port ?? port)/ (Ctrl-C ends the demo)")
    log.info(
      "Twisted's web server is on port \(guests.webPort), its SSH server on port \(guests.shellPort)")
    try run(server) {
      for application in coroutines { await application.shutDown(grace: .seconds(2)) }
      await signIn.shutdown()
      try? await guests.close(on: IOLoop.current)
    }
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

  static func load(_ interpreter: Interpreter, _ name: String) throws -> PythonReference {
    let locator = try PythonLocator(name)
    return try interpreter.attach { python in PythonReference(try locator.resolve(python)) }
  }

  static func container(
    _ interpreter: Interpreter, _ name: String, threads: Int = 4
  ) throws -> WSGIContainer {
    WSGIContainer(try load(interpreter, name), lane: .threads(threads), multiprocess: false)
  }

  /// Serves until a signal comes, and then ends what the server needs.
  nonisolated static func run(_ server: HTTPServer, _ end: @escaping () async -> Void) throws {
    let loop = IOLoop.current
    for signal in [SIGTERM, SIGINT] {
      try loop.addSignalHandler(signal) {
        loop.spawn {
          await server.shutdown(grace: .seconds(5))
          await end()
          loop.stop()
        }
      }
    }
    loop.start()
    log.info("Ended")
    exit(0)
  }
}
