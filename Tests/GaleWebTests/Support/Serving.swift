// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWeb
import Synchronization

/// A server on a loop of its own, for one test.
final class TestServer {
  let application: Application
  let server: HTTPServer
  let loop: IOLoop

  init(_ application: Application, _ server: HTTPServer, _ loop: IOLoop) {
    self.application = application
    self.server = server
    self.loop = loop
  }

  /// A connection to the server.
  func connect() async throws -> Client {
    Client(try await IOStream.connect(to: server.addresses[0], on: loop))
  }

  /// Sends one request on a connection of its own and takes the answer.
  func fetch(
    _ method: String = "GET", _ target: String, _ headers: [String] = [], body: [UInt8] = []
  ) async throws -> Response {
    let client = try await connect()
    defer { client.close() }
    try await client.send(method, target, headers, body: body)
    return try await client.response(isHead: method == "HEAD")
  }

  /// Waits until `condition` holds.
  func wait(upTo limit: Duration = .seconds(20), until condition: () -> Bool) async throws {
    let deadline = loop.time + limit
    while !condition() {
      guard loop.time < deadline else { throw TestFailure("it did not happen within \(limit)") }
      try await loop.sleep(for: .milliseconds(2))
    }
  }

  /// Waits until everybody who has something to do has done it, as far as the server is concerned.
  func settle() async throws {
    for _ in 0..<10 { await loop.moment() }
    try await loop.sleep(for: .milliseconds(20))
  }
}

/// Serves `routes` on a fresh loop of the calling thread while `body` runs.
func serving<Result>(
  _ routes: [URLSpec], settings: Application.Settings = .quiet,
  configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
  _ body: @escaping (TestServer) async throws -> Result
) throws -> Result {
  try serving(try Application(routes, settings: settings), configuration: configuration, body)
}

/// Serves `application` on a fresh loop of the calling thread while `body` runs.
func serving<Result>(
  _ application: Application, configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
  _ body: @escaping (TestServer) async throws -> Result
) throws -> Result {
  let loop = try IOLoop()
  defer { loop.close() }
  return try loop.runSync(timeout: .seconds(120)) {
    let server = try application.listen(
      port: 0, address: "127.0.0.1", configuration: configuration, on: loop)
    defer {
      server.closeAllConnections()
      server.stop()
    }
    return try await body(TestServer(application, server, loop))
  }
}

extension Application.Settings {
  /// No access log.
  static var quiet: Self {
    var settings = Self()
    settings.logFunction = { _ in }
    return settings
  }
}

/// Something that a test cannot go on without.
struct TestFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// What happened, in order.
final class Journal: Sendable {
  private let lines = Mutex<[String]>([])

  func note(_ line: String) { lines.withLock { $0.append(line) } }

  var entries: [String] { lines.withLock { $0 } }

  func count(of line: String) -> Int { entries.count { $0 == line } }

  func contains(_ line: String) -> Bool { entries.contains(line) }
}

/// A number that several tasks change.
final class Counter: Sendable {
  private let number = Mutex<Int>(0)

  var value: Int { number.withLock { $0 } }

  func add(_ count: Int = 1) { number.withLock { $0 += count } }
}
