// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import TestSupport

@testable import GaleHTTP

/// A client and where it sends its requests, for one test.
struct ClientBench {
  let loop: IOLoop
  let client: AsyncHTTPClient
  /// The server's URL, without a path.
  let base: String
  let address: SocketAddress

  var engine: SimpleHTTPClient {
    guard let engine = client.engine as? SimpleHTTPClient else { preconditionFailure("another engine") }
    return engine
  }

  func fetch(_ path: String) async throws -> HTTPResponse { try await client.fetch(base + path) }

  func fetch(
    _ path: String, method: String = "GET", headers: [(String, String)] = [], body: HTTPRequestBody? = nil,
    raisesErrors: Bool = true, _ change: (inout HTTPRequest) -> Void = { _ in }
  ) async throws -> HTTPResponse {
    var request = HTTPRequest(base + path, method: method, headers: try HTTPHeaders(headers), body: body)
    change(&request)
    return try await client.fetch(request, raisesErrors: raisesErrors)
  }

  /// What a fetch fails with.
  func failure(_ path: String = "/", _ change: (inout HTTPRequest) -> Void = { _ in }) async
    -> HTTPClientError?
  {
    await clientError { _ = try await fetch(path, change) }
  }
}

/// The client's error that `body` throws.
func clientError(_ body: () async throws -> Void) async -> HTTPClientError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? HTTPClientError
  }
}

/// Whether a fetch ends because it was cancelled.
func isCancelled(_ fetch: Future<HTTPResponse>) async -> Bool {
  do {
    _ = try await fetch.get()
    return false
  } catch {
    return error is CancellationError
  }
}

/// Runs `body` with a client of a server that gives each request to what `start` returns.
///
/// At the end nothing may be left of the client.
func withClient(
  _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(),
  server: HTTPServerConfiguration = HTTPServerConfiguration(), poller: PollerKind = .epoll,
  start: @escaping (HTTPServerRequest) -> any HTTPMessageDelegate = { _ in Exchange.describe() },
  _ body: @escaping (ClientBench, TestServer) async throws -> Void
) throws {
  try withServer(server, poller, start: start) { server in
    let client = AsyncHTTPClient(configuration, on: server.loop)
    let bench = ClientBench(
      loop: server.loop, client: client, base: "http://127.0.0.1:\(server.address.port)",
      address: server.address)
    defer {
      client.close()
      precondition(bench.engine.idleConnectionCount == 0, "connections are kept by a closed client")
    }
    try await body(bench, server)
    guard bench.engine.busyConnectionCount == 0, client.load == (0, 0) else { throw LeftBehind() }
  }
}

/// A client still holds something after its requests.
struct LeftBehind: Error {}

/// A server that speaks as it is told, byte for byte.
final class ScriptedServer: TCPServer {
  private let script: (IOStream, Int) async throws -> Void
  /// Connections that there ever were.
  private(set) var accepted = 0

  init(on loop: IOLoop, _ script: @escaping (IOStream, Int) async throws -> Void) {
    self.script = script
    super.init(on: loop)
  }

  override func handle(_ stream: IOStream, address: SocketAddress) async throws {
    accepted += 1
    defer { stream.close() }
    do {
      try await script(stream, accepted)
    } catch is StreamError {
      return  // The client is gone.
    }
  }
}

extension IOStream {
  /// The next request's head.
  func readHead() async throws -> String {
    String(decoding: try await read(until: Array("\r\n\r\n".utf8)), as: UTF8.self)
  }

  func send(_ text: String) async throws { try await write(Array(text.utf8)) }

  /// Waits until the peer closes.
  func awaitClose() async { _ = try? await readUntilClose() }
}

/// Runs `body` with a client of a server that runs `script` with each connection and its number, from 1.
func withScript(
  _ script: @escaping (IOStream, Int) async throws -> Void,
  _ body: @escaping (ClientBench, ScriptedServer) async throws -> Void
) throws {
  try withScript(HTTPClientConfiguration(), script, body)
}

/// The same with a client that is not the usual one.
func withScript(
  _ configuration: HTTPClientConfiguration,
  _ script: @escaping (IOStream, Int) async throws -> Void,
  _ body: @escaping (ClientBench, ScriptedServer) async throws -> Void
) throws {
  try runLoop { loop in
    let server = ScriptedServer(on: loop, script)
    try server.listen(port: 0, address: "127.0.0.1")
    defer { server.stop() }
    let client = AsyncHTTPClient(configuration, on: loop)
    defer { client.close() }
    let address = server.addresses[0]
    let bench = ClientBench(
      loop: loop, client: client, base: "http://127.0.0.1:\(address.port)", address: address)
    try await body(bench, server)
    guard bench.engine.busyConnectionCount == 0, client.load == (0, 0) else { throw LeftBehind() }
  }
}

extension Exchange {
  /// Answers with the request as it came: its line, its fields, its body.
  static func describe() -> Exchange {
    Exchange { request in
      var text = "\(request.method) \(request.uri)\n"
      for (name, value) in request.headers { text += "\(name): \(value)\n" }
      request.answer(text + "\n" + String(decoding: request.body, as: UTF8.self))
    }
  }
}

extension HTTPResponse {
  /// The lines of what ``Exchange/describe()`` answers.
  var lines: [Substring] { text.split(separator: "\n") }

  /// The value of a field of the request, as the server got it.
  func sent(_ name: String) -> String? {
    lines.first { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
  }
}

extension HTTPServerRequest {
  /// Sends an answer with these bytes.
  func answer(bytes: [UInt8], status: Int = 200, _ fields: [(String, String)] = []) {
    do {
      var headers = try HTTPHeaders(fields)
      headers.append("Content-Length", decimal: bytes.count)
      try writeHeaders(status, headers)
      try write(bytes)
      try finish()
    } catch {
      preconditionFailure("\(error)")
    }
  }
}
