// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleLoop

/// A server that says what a test tells it to say, byte for byte, right or wrong.
package final class ScriptedServer: TCPServer {
  private let script: (ScriptedConnection) async throws -> Void
  /// The heads of the requests that came, in order.
  package fileprivate(set) var heads: [String] = []
  /// How many connections came.
  package private(set) var acceptedCount = 0

  private init(on loop: IOLoop, _ script: @escaping (ScriptedConnection) async throws -> Void) {
    self.script = script
    super.init(on: loop)
  }

  #if TLS
  private init(
    tls: TLSContext, on loop: IOLoop, _ script: @escaping (ScriptedConnection) async throws -> Void
  ) {
    self.script = script
    super.init(tls: tls, on: loop)
  }

  /// One that listens at 127.0.0.1 for TLS.
  package static func listening(
    tls: TLSContext, on loop: IOLoop, _ script: @escaping (ScriptedConnection) async throws -> Void
  ) throws -> ScriptedServer {
    let server = ScriptedServer(tls: tls, on: loop, script)
    try server.listen(port: 0, address: "127.0.0.1")
    return server
  }
  #endif

  package override func handle(_ stream: IOStream, address: SocketAddress) async throws {
    acceptedCount += 1
    do {
      try await script(ScriptedConnection(stream, self))
    } catch is StreamError {
      return  // The client has gone: it is the client's side that a test looks at.
    }
  }

  /// One that listens at 127.0.0.1.
  package static func listening(
    on loop: IOLoop, _ script: @escaping (ScriptedConnection) async throws -> Void
  ) throws -> ScriptedServer {
    let server = ScriptedServer(on: loop, script)
    try server.listen(port: 0, address: "127.0.0.1")
    return server
  }

  /// `http://127.0.0.1:PORT`.
  package var base: String { "http://\(addresses[0])" }
}

/// The server's end of a connection.
package final class ScriptedConnection {
  package let stream: IOStream
  private let server: ScriptedServer

  fileprivate init(_ stream: IOStream, _ server: ScriptedServer) {
    self.stream = stream
    self.server = server
  }

  /// Takes the head of a request.
  @discardableResult
  package func head() async throws -> String {
    let head = String(decoding: try await stream.read(until: Array("\r\n\r\n".utf8)), as: UTF8.self)
    server.heads.append(head)
    return head
  }

  package func send(_ text: String) async throws { try await stream.write(Array(text.utf8)) }

  package func send(_ bytes: [UInt8]) async throws { try await stream.write(bytes) }

  /// Sends a whole answer.
  package func answer(_ body: String, status: String = "200 OK", fields: String = "") async throws {
    try await send("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
  }

  /// Waits until the client closes the connection.
  package func untilClosed() async throws { _ = try await stream.readUntilClose() }
}
