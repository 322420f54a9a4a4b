// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import Logging
import NIOCore

struct Message: ResponseEncodable {
  let message: String
}

/// Hummingbird, every path of the native group. usage: hummingbird PORT
@main
struct Hello {
  static func main() async throws {
    guard CommandLine.arguments.count == 2, let port = Int(CommandLine.arguments[1]) else {
      fatalError("usage: hummingbird PORT")
    }
    NIOSingletons.groupLoopCountSuggestion = 1  // one core, one event loop
    let router = Router()
    router.get("/") { _, _ in "Hello, world" }
    router.get("/json") { _, _ in Message(message: "Hello, world") }
    router.get("/user/{id}") { _, context in try context.parameters.require("id") }
    for number in 0..<64 {
      router.get("/r\(number)/items/{id}") { _, context in
        try "\(number):\(context.parameters.require("id"))"
      }
    }
    router.post("/echo") { request, _ in
      let body = try await request.body.collect(upTo: 1 << 20)
      return Response(status: .ok, body: ResponseBody(byteBuffer: body))
    }
    // Last, so that the routes above do without it.
    router.add(middleware: FileMiddleware(files(), urlBasePath: "/static"))

    var logger = Logger(label: "hello")
    logger.logLevel = .error
    let application = Application(
      router: router,
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port), backlog: 4096),
      logger: logger
    )
    try await application.runService()
  }

  static func files() -> String {
    ProcessInfo.processInfo.environment["BENCH_STATIC"] ?? "."
  }
}
