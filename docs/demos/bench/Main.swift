// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// The target of `make bench`: small answers, so that what is measured is the server.
//   bench-target --templates
//   bench-target --login-cookie
//   bench-target --tokens ISSUER CLIENT NONCE TOKEN...
//   bench-target PORT [--wsgi inline|threads] [--app hello|flask|django|MODULE] [--app-dir DIRECTORY] [--tls FILE] [--login]
//     [--threads COUNT] [--native PATH]

import Gale
import GalePython
import GaleWSGI
import Glibc
import Logging

final class HelloHandler: RequestHandler {
  override func get() async throws {
    try setHeader("Content-Type", "text/plain")
    write("Hello, world")
  }
}

final class JSONHandler: RequestHandler {
  override func get() async throws {
    try setHeader("Content-Type", "application/json")
    write("{\"message\":\"Hello, world\"}")
  }
}

final class ParameterHandler: RequestHandler {
  private var prefix = ""

  override func initialize(_ arguments: HandlerArguments) throws {
    prefix = arguments["prefix"] as? String ?? ""
  }

  override func get() async throws {
    try setHeader("Content-Type", "text/plain")
    write(prefix + (try pathArgument(0) ?? ""))
  }
}

final class EchoHandler: RequestHandler {
  override func post() async throws {
    try setHeader("Content-Type", "application/octet-stream")
    write(request.body)
  }
}

/// Answers a form with the length of its field `text`.
final class FormHandler: RequestHandler {
  override func post() async throws {
    try setHeader("Content-Type", "text/plain")
    write("\(try bodyArgument("text", strip: false)?.utf8.count ?? 0)")
  }
}

/// Answers a body of any size, piece by piece, with how long it was.
final class UploadHandler: RequestHandler {
  private var count = 0

  override class var streamsRequestBody: Bool { true }

  override func dataReceived(_ chunk: [UInt8]) async throws { count += chunk.count }

  override func post() async throws {
    try setHeader("Content-Type", "text/plain")
    write("\(count)")
  }
}

final class MessageHandler: WebSocketHandler {
  override func onMessage(_ message: WebSocketMessage) async throws { try await writeMessage(message) }
}

@main
struct Bench {
  static func main() {
    do {
      try serve()
    } catch {
      print("\(error)")
      exit(1)
    }
  }

  nonisolated static func serve() throws {
    if CommandLine.arguments.contains("--templates") { return try TemplateBench.run() }
    if CommandLine.arguments.contains("--login-cookie") { return print(try LoginBench.cookie()) }
    if CommandLine.arguments.dropFirst().first == "--tokens" {
      return try LoginBench.tokens(Array(CommandLine.arguments.dropFirst(2)))
    }
    guard CommandLine.arguments.count > 1, let port = UInt16(CommandLine.arguments[1]) else {
      print(
        """
        usage: bench-target PORT [--wsgi inline|threads] [--app hello|flask|django|MODULE] [--app-dir DIRECTORY] \
        [--tls FILE] [--login] [--threads COUNT] [--native PATH]
        """
      )
      exit(2)
    }
    LoggingSystem.bootstrap { label in
      var handler = StreamLogHandler.standardError(label: label)
      handler.logLevel = .error
      return handler
    }
    let server = try makeServer()
    try server.listen(port: port, address: "127.0.0.1", backlog: 4096)
    let loop = IOLoop.current
    for signal in [SIGTERM, SIGINT] {
      try loop.addSignalHandler(signal) {
        loop.spawn {
          await server.shutdown(grace: .seconds(2))
          loop.stop()
        }
      }
    }
    loop.start()
  }

  /// With `--tls FILE`, which holds a certificate and its key, a server of HTTPS.
  static func makeServer() throws -> HTTPServer {
    #if TLS
    if let file = option("--tls") {
      return HTTPServer(try delegate(), tls: try TLSContext(.server(certificateFile: file)))
    }
    #endif
    var configuration = HTTPServerConfiguration()
    configuration.limits.body = 1 << 30
    return HTTPServer(try delegate(), configuration: configuration)
  }

  /// The value behind an option.
  static func option(_ name: String) -> String? {
    let arguments = CommandLine.arguments
    guard let at = arguments.firstIndex(of: name), at + 1 < arguments.count else { return nil }
    return arguments[at + 1]
  }

  static func delegate() throws -> any HTTPServerConnectionDelegate {
    let target = try application()
    return CommandLine.arguments.contains("--login") ? try LoginBench.wall(around: target) : target
  }

  static func application() throws -> any HTTPServerConnectionDelegate {
    guard let lane = option("--wsgi") else { return try Application(try routes()) }
    let modules = ["hello": "wsgi_hello", "flask": "flask_page", "django": "django_page"]
    let app = option("--app") ?? "hello"
    var configuration = InterpreterConfiguration()
    configuration.pathAdditions = [option("--app-dir") ?? "."]
    let interpreter = try Interpreter.start(configuration)
    let locator = try PythonLocator((modules[app] ?? app) + ":application")
    let reference = try interpreter.attach { python in PythonReference(try locator.resolve(python)) }
    let threads = option("--threads").flatMap { Int($0) } ?? 1
    let container = WSGIContainer(
      reference, lane: lane == "threads" ? .threads(threads) : .inline, multiprocess: false)
    guard let path = option("--native") else { return container }
    return try Application([
      URLSpec(path, HelloHandler.self), URLSpec(".*", FallbackHandler.self, ["fallback": container]),
    ])
  }

  static func routes() throws -> [URLSpec] {
    var routes = [
      URLSpec("/", HelloHandler.self),
      URLSpec("/json", JSONHandler.self),
      URLSpec("/user/([^/]+)", ParameterHandler.self),
      URLSpec("/echo", EchoHandler.self),
      URLSpec("/form", FormHandler.self),
      URLSpec("/upload", UploadHandler.self),
      URLSpec("/table", TableHandler.self),
      URLSpec("/ws", MessageHandler.self),
    ]
    // SAFETY: the environment is not changed while it is read.
    if let directory = unsafe getenv("BENCH_STATIC").map({ unsafe String(cString: $0) }) {
      routes.append(URLSpec("/static/(.*)", StaticFileHandler.self, ["path": directory]))
    }
    let template = try Template(
      """
      <!doctype html><html lang="en"><head><title>Stock</title></head><body><h1>Stock</h1><table>
      {% for item in items %}<tr><td>{{ item["id"] }}</td><td>{{ item["name"] }}</td><td>{{ item["price"] }}</td></tr>
      {% end %}</table></body></html>
      """, name: "table.html")
    routes.append(URLSpec("/table-runtime", RunTimeTableHandler.self, ["template": template]))
    for n in 0..<64 {
      routes.append(URLSpec("/r\(n)/items/([^/]+)", ParameterHandler.self, ["prefix": "\(n):"]))
    }
    for n in 0..<1000 {
      routes.append(URLSpec("/k\(n)/items/([^/]+)", ParameterHandler.self, ["prefix": "\(n):"]))
    }
    return routes
  }
}
