// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GaleTesting
import GaleWire
import TestSupport

@testable import GaleHTTP

/// A server on its loop, for one test.
final class TestServer {
  let loop: IOLoop
  let server: HTTPServer

  init(_ loop: IOLoop, _ server: HTTPServer) {
    self.loop = loop
    self.server = server
  }

  var context: HTTPServerContext { server.context }
  var address: SocketAddress { server.addresses[0] }

  /// The connections on which HTTP/1 is spoken.
  var connections: [HTTP1ServerConnection] {
    context.connections.compactMap { $0.connection as? HTTP1ServerConnection }
  }

  func connect() async throws -> RawClient { try await RawClient.connect(to: address, on: loop) }

  /// Sends `text` on a connection of its own, and takes all that comes until the server closes.
  func exchange(_ text: String) async throws -> String {
    let client = try await connect()
    defer { client.close() }
    try await client.send(text)
    return try await client.rest()
  }
}

/// Runs `body` with a server that gives each request to what `start` returns.
///
/// At the end the server's connections are cut; none may be left behind.
func withServer<Result>(
  _ configuration: HTTPServerConfiguration = HTTPServerConfiguration(), _ poller: PollerKind = .epoll,
  reports: Reports? = nil,
  start: @escaping (HTTPServerRequest) -> any HTTPMessageDelegate = { _ in Exchange.echo() },
  _ body: @escaping (TestServer) async throws -> Result
) throws -> Result {
  try runLoop(poller, reports: reports) { loop in
    let server = HTTPServer(ClosureDelegate(start), configuration: configuration, on: loop)
    try server.listen(port: 0, address: "127.0.0.1")
    let context = server.context
    defer {
      server.stop()
      server.closeAllConnections()
      precondition(context.connectionCount == 0, "connections are left behind")
      precondition(context.connections.isEmpty, "connections are left behind")
    }
    return try await body(TestServer(loop, server))
  }
}

/// As `withServer`, on a loop whose clock jumps when nothing happens.
func withManualClock<Result>(
  _ configuration: HTTPServerConfiguration, _ poller: PollerKind = .epoll,
  start: @escaping (HTTPServerRequest) -> any HTTPMessageDelegate = { _ in Exchange.echo() },
  _ body: @escaping (TestServer) async throws -> Result
) throws -> Result {
  try withServer(configuration, poller, start: start) { server in
    ManualClock(on: server.loop)
    return try await body(server)
  }
}

/// Gives requests to a closure, on one loop.
final class ClosureDelegate: HTTPServerConnectionDelegate {
  private let start: LoopConfined<(HTTPServerRequest) -> any HTTPMessageDelegate>

  init(_ start: @escaping (HTTPServerRequest) -> any HTTPMessageDelegate) { self.start = LoopConfined(start) }

  func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate { start.value(request) }
}

/// One request, answered by closures.
///
/// Like a handler it keeps its request.
final class Exchange: HTTPMessageDelegate {
  var bodyDelivery = HTTPBodyDelivery.buffered
  var request: HTTPServerRequest?
  var events: [String] = []
  var chunks: [[UInt8]] = []
  var whenFinished: (HTTPServerRequest) -> Void
  var whenData: (HTTPServerRequest) -> Void = { _ in }
  var whenClosed: (HTTPServerRequest) -> Void = { _ in }

  init(_ request: HTTPServerRequest? = nil, _ whenFinished: @escaping (HTTPServerRequest) -> Void = { _ in })
  {
    self.request = request
    self.whenFinished = whenFinished
  }

  func dataReceived(_ chunk: [UInt8], _ request: HTTPServerRequest) {
    events.append("data")
    chunks.append(chunk)
    whenData(request)
  }

  func finish(_ request: HTTPServerRequest) {
    events.append("finish")
    self.request = request
    whenFinished(request)
  }

  func connectionClosed(_ request: HTTPServerRequest) {
    events.append("closed")
    whenClosed(request)
  }

  /// Answers with the method, the target and the body's text.
  static func echo() -> Exchange {
    Exchange { request in
      request.answer("\(request.method) \(request.uri) \(String(decoding: request.body, as: UTF8.self))")
    }
  }
}

extension HTTPServerRequest {
  /// Sends a whole answer of known length.
  func answer(_ text: String, status: Int = 200, _ fields: [(String, String)] = []) {
    do {
      var headers = try HTTPHeaders(fields)
      headers.append("Content-Length", decimal: text.utf8.count)
      try writeHeaders(status, headers)
      try write(Array(text.utf8))
      try finish()
    } catch {
      preconditionFailure("\(error)")
    }
  }
}

/// A request as a browser would send it.
func get(_ path: String, _ fields: String = "") -> String {
  "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
}

func post(_ path: String, _ body: String, _ fields: String = "") -> String {
  "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}

func chunked(_ path: String, _ chunks: String, _ fields: String = "") -> String {
  "POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\(fields)\r\n\(chunks)"
}
