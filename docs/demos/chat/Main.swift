// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// A chat by long polling, like Tornado's demo:
//   chat [--port 8888] [--files docs/demos/chat]

import ArgumentParser
import Gale
import Logging

/// A message, and what templates see of it.
struct Message: TemplateObject {
  let id: Int
  let body: String

  func templateAttribute(_ name: String) -> TemplateValue? {
    switch name {
    case "id": .int(id)
    case "body": .string(body)
    default: nil
    }
  }
}

/// The messages of this process.
final class MessageBuffer: @unchecked Sendable {
  // @unchecked Sendable: used on one loop only, that which all handlers are on.

  /// How many messages are kept.
  static let capacity = 200

  private(set) var messages: [Message] = []
  private let arrival = Condition()
  private var lastID = 0

  func add(_ body: String) -> Message {
    lastID += 1
    let message = Message(id: lastID, body: body)
    messages.append(message)
    if messages.count > Self.capacity { messages.removeFirst() }
    arrival.notifyAll()
    return message
  }

  /// The messages behind `cursor`, as soon as there are any.
  ///
  /// When the client goes away its task is cancelled, and with it the wait.
  func messages(after cursor: Int) async throws -> [Message] {
    while true {
      let fresh = messages.filter { $0.id > cursor }
      if !fresh.isEmpty { return fresh }
      _ = try await arrival.wait()
    }
  }
}

/// What the handlers of the chat have in common.
class ChatHandler: RequestHandler {
  private var found: MessageBuffer?

  override func initialize(_ arguments: HandlerArguments) throws {
    found = arguments["buffer"] as? MessageBuffer
  }

  var buffer: MessageBuffer {
    get throws {
      guard let found else { throw HTTPError(500, "no buffer") }
      return found
    }
  }

  func html(of message: Message) throws -> String {
    String(decoding: try renderString("message.html", ["message": message]), as: UTF8.self)
  }

  func json(_ message: Message) throws -> JSONValue {
    ["id": .int(message.id), "body": .string(message.body), "html": .string(try html(of: message))]
  }
}

final class MainHandler: ChatHandler {
  override func get() async throws {
    try render(
      "index.html", ["messages": TemplateValue.list(TemplateList(try buffer.messages.map(\.templateValue)))])
  }
}

final class NewMessageHandler: ChatHandler {
  override func post() async throws {
    let body = try argument("body")
    let next = try argument("next", default: "")
    guard next.isEmpty || isLocalRedirectTarget(next) else { throw HTTPError(400, "next leads elsewhere") }
    guard !body.isEmpty else { throw HTTPError(400, "An empty message") }
    let message = try buffer.add(body)
    if next.isEmpty { write(try json(message)) } else { try redirect(to: next) }
  }
}

final class UpdatesHandler: ChatHandler {
  override func post() async throws {
    guard let cursor = Int(try argument("cursor", default: "0")) else { throw HTTPError(400, "A bad cursor") }
    let messages = try await buffer.messages(after: cursor)
    write(["messages": .array(try messages.map { try json($0) })])
  }
}

@main
struct Chat: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "chat", abstract: "A chat by long polling.")

  @Option(help: "Where to listen; 0 for any free port.")
  var port: UInt16 = 8888

  @Option(help: "Where the chat's templates and static files are.")
  var files = "docs/demos/chat"

  @Option(help: "The key of signed cookies; a fresh one unless given.")
  var cookieSecret: String?

  @Flag(help: "Show errors in pages, and read templates again for each request.")
  var debug = false

  func run() throws {
    LoggingSystem.bootstrap { PrettyLogHandler(label: $0) }
    var settings = Application.Settings()
    settings.templatePath = files + "/templates"
    settings.staticPath = files + "/static"
    settings.xsrfCookies = true
    settings.cookieSecret = CookieSecret(cookieSecret ?? Chat.randomSecret())
    settings.debug = debug
    let arguments: HandlerArguments = ["buffer": MessageBuffer()]
    let application = try Application(
      [
        URLSpec("/", MainHandler.self, arguments),
        URLSpec("/a/message/new", NewMessageHandler.self, arguments),
        URLSpec("/a/message/updates", UpdatesHandler.self, arguments),
      ], settings: settings)
    let loop = IOLoop.current
    let server = try application.listen(port: port)
    for address in server.addresses { Logger(label: "gale.chat").info("listening on \(address)") }
    for signal in [2, 15] as [Int32] { try loop.addSignalHandler(signal) { loop.stop() } }
    loop.start()
  }

  private static func randomSecret() -> String {
    var random = SystemRandomNumberGenerator()
    return (0..<4).map { _ in String(random.next() as UInt64, radix: 36) }.joined()
  }
}
