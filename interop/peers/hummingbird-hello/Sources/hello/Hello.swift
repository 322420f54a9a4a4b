// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import Logging
import Mustache
import NIOCore

struct Message: ResponseEncodable {
  let message: String
}

struct TextForm: Decodable {
  let text: String
}

struct Item: Sendable {
  let id: Int
  let name: String
  let price: Int

  static let all = (0..<50).map { Item(id: $0, name: "Nut & <bolt> \($0)", price: $0 * 7) }
  /// What swift-mustache finds its way in quickest: dictionaries.
  static let rows: [String: [[String: any Sendable]]] = [
    "items": all.map { ["id": $0.id, "name": $0.name, "price": $0.price] }
  ]
}

/// The page with a table of swift-mustache.
enum Table {
  static let source = """
    <!doctype html><html lang="en"><head><title>Stock</title></head><body><h1>Stock</h1><table>
    {{#items}}<tr><td>{{id}}</td><td>{{name}}</td><td>{{price}}</td></tr>{{/items}}
    </table></body></html>
    """

  /// Prints the time of a page, without a server: processor time, the best of rounds.
  static func measure() throws {
    let template = try MustacheTemplate(string: source)
    for (name, data) in [("dictionaries", Item.rows as Any), ("structures", ["items": Item.all] as Any)] {
      var best = Double.infinity
      for _ in 0..<10 {
        let start = clock()
        for _ in 0..<200 { precondition(template.render(data).utf8.count > 1000) }
        best = min(best, Double(clock() - start) / Double(CLOCKS_PER_SEC) * 5000)
      }
      print("swift-mustache of \(name) \(best)")
    }
  }
}

/// Hummingbird, every path of the native group. usage: hummingbird PORT | --templates
@main
struct Hello {
  static func main() async throws {
    if CommandLine.arguments.contains("--templates") { return try Table.measure() }
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
    for number in 0..<1000 {
      router.get("/k\(number)/items/{id}") { _, context in
        try "\(number):\(context.parameters.require("id"))"
      }
    }
    let table = try MustacheTemplate(string: Table.source)
    router.get("/table") { _, _ in
      Response(
        status: .ok, headers: [.contentType: "text/html"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: table.render(Item.rows))))
    }
    router.post("/form") { request, context in
      let form = try await URLEncodedFormDecoder().decode(TextForm.self, from: request, context: context)
      return "\(form.text.utf8.count)"
    }
    router.post("/upload") { request, _ in
      var count = 0
      for try await chunk in request.body { count += chunk.readableBytes }
      return "\(count)"
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
