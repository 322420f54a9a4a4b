// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// A target for conformance rigs: the handlers that they expect, over a directory full of traps.
//   conformance PORT [inline|threads]

import Gale
import GalePython
import GaleWSGI
import Glibc
import Logging

final class MainHandler: RequestHandler {
  override func get() async throws { write("ok") }
  override func post() async throws { write("ok") }
}

final class FormHandler: RequestHandler {
  override func get() async throws { write("ok") }

  override func post() async throws {
    let names = files.map { JSONValue.string($0.filename) }
    write(["args": .int(try argumentNames().count), "files": .array(names)])
  }
}

final class InjectHandler: RequestHandler {
  override func get() async throws {
    switch try pathArgument(0) {
    case "header": try setHeader("X-Echo", try queryArgument("v") ?? "")
    case "reason":
      let reason = try queryArgument("v")
      setStatus(400, reason: reason)
      throw HTTPError(400, reason: reason)
    case "cookie":
      // maxAge is an Int: text that is none cannot get into the header.
      try setCookie(
        SetCookie(
          "sid", "x", domain: try queryArgument("domain"), path: try queryArgument("path") ?? "/",
          maxAge: try queryArgument("max_age").map { text in
            guard let age = Int(text) else { throw HTTPError(400, "max_age is not a number") }
            return age
          }))
    case "redirect":
      return try redirect(to: try queryArgument("to") ?? "/")
    case "reflect":
      let value = xhtmlEscape(try queryArgument("v") ?? "")
      write("<a title=\"\(value)\">\(value)</a>")
      return
    default: throw HTTPError(404)
    }
    write("done")
  }
}

/// Sends every message back.
final class EchoHandler: WebSocketHandler {
  override var compressionOptions: WebSocketCompression? { WebSocketCompression() }

  override func onMessage(_ message: WebSocketMessage) async throws { try await writeMessage(message) }
}

/// Serves paths with a slash at their end, and sends others there.
final class SlashHandler: RequestHandler {
  override func get() async throws {
    guard !request.path.hasSuffix("/") else { return write("ok") }
    guard isLocalRedirectTarget(request.path) else { throw HTTPError(403) }
    try redirect(to: request.path + "/", permanent: true)
  }
}

@main
struct Conformance {
  static func main() {
    do {
      try serve()
    } catch {
      print("\(error)")
      exit(1)
    }
  }

  static func serve() throws {
    guard CommandLine.arguments.count > 1, let port = UInt16(CommandLine.arguments[1]) else {
      print("usage: conformance PORT [inline|threads]")
      exit(2)
    }
    LoggingSystem.bootstrap { label in
      var handler = StreamLogHandler.standardError(label: label)
      handler.logLevel = .error
      return handler
    }
    let root = try makeTree()
    let interpreter = try Interpreter.start(configuration)
    let locator = try PythonLocator("conformance_app:app")
    let reference = try interpreter.attach { python in PythonReference(try locator.resolve(python)) }
    let lane = CommandLine.arguments.contains("inline") ? WSGILane.inline : .threads(2)
    let wsgi = WSGIContainer(reference, lane: lane, multiprocess: false)
    let application = try Application(
      [
        URLSpec("/", MainHandler.self),
        URLSpec("/form", FormHandler.self),
        URLSpec("/ws", EchoHandler.self),
        URLSpec("/inject/go/(.*)", RedirectHandler.self, ["url": "/{0}"]),
        URLSpec(#"/inject/(\w+).*"#, InjectHandler.self),
        URLSpec("/environ.*", FallbackHandler.self, ["fallback": wsgi]),
        URLSpec("/static/(.*)", StaticFileHandler.self, ["path": root]),
        URLSpec(#"/+evil\.example/slash"#, SlashHandler.self),
        URLSpec(
          #"/+.*evil\.example/.*/static/(.*)"#, StaticFileHandler.self,
          ["path": root, "default_filename": "index.html"]),
      ] + URLSpec.reliability)
    let server = try application.listen(port: port, address: "127.0.0.1")
    let loop = IOLoop.current
    for signal in [SIGTERM, SIGINT] {
      try loop.addSignalHandler(signal) {
        loop.spawn {
          await server.shutdown()
          loop.stop()
        }
      }
    }
    loop.start()
  }

  /// Python with this package's applications: this file is docs/demos/conformance/Main.swift.
  static var configuration: InterpreterConfiguration {
    let directory = #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }
    var configuration = InterpreterConfiguration()
    configuration.pathAdditions = [directory + "/interop/apps"]
    return configuration
  }

  /// Lays out a directory of files with traps around it: a sibling whose name begins alike, links that
  /// lead outside, a FIFO.
  static func makeTree() throws -> String {
    var template = Array("/tmp/gale-conformance-XXXXXX".utf8CString)
    // SAFETY: the array holds the NUL-terminated template that mkdtemp fills in.
    guard let made = unsafe mkdtemp(&template) else { throw LoopError(.system, "mkdtemp failed") }
    let top = unsafe String(cString: made)
    for directory in ["static", "static/sub", "static_secret", "outside"] {
      unsafe mkdir("\(top)/\(directory)", 0o755)
    }
    for secret in ["secret.txt", "static_secret/canary.txt", "outside/canary.txt"] {
      try write("CANARY-OUTSIDE", to: "\(top)/\(secret)")
    }
    try write(String(repeating: "hello static\n", count: 10), to: "\(top)/static/hello.txt")
    try write("sub index\n", to: "\(top)/static/sub/index.html")
    unsafe symlink("\(top)/outside/canary.txt", "\(top)/static/link.txt")
    unsafe symlink("\(top)/outside", "\(top)/static/linkdir")
    unsafe mkfifo("\(top)/static/fifo", 0o644)
    return "\(top)/static"
  }

  static func write(_ text: String, to path: String) throws {
    guard let file = unsafe fopen(path, "w") else { throw LoopError(.system, "cannot write \(path)") }
    unsafe fputs(text, file)
    unsafe fclose(file)
  }
}
