// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GaleLoop
import TestSupport

/// Proxies of several kinds, on loopback, that note what they are asked.
final class TestProxy: TCPServer {
  enum Kind: String, CaseIterable, Sendable {
    /// Requests with an absolute target (RFC 9112, section 3.2.2), and CONNECT.
    case http
    /// RFC 1928.
    case socks5
  }

  private let kind: Kind
  /// `user:password`, where the proxy wants some.
  private let credentials: String?
  private let isDigest: Bool
  /// What it was asked: the request lines, or `SOCKS HOST:PORT`.
  private(set) var asked: [String] = []
  /// The heads that came over HTTP.
  private(set) var heads: [String] = []

  init(_ kind: Kind, credentials: String? = nil, isDigest: Bool = false, on loop: IOLoop) throws {
    self.kind = kind
    self.credentials = credentials
    self.isDigest = isDigest
    super.init(on: loop)
    try listen(port: 0, address: "127.0.0.1")
  }

  var port: UInt16 { addresses[0].port }

  override func handle(_ stream: IOStream, address: SocketAddress) async throws {
    switch kind {
    case .http: while try await serveHTTP(stream) {}
    case .socks5: try await serveSOCKS(stream)
    }
  }

  // MARK: - HTTP

  /// Serves one request.
  /// - Returns: Whether another may follow.
  private func serveHTTP(_ client: IOStream) async throws -> Bool {
    let bytes = try await client.read(until: Array("\r\n\r\n".utf8))
    let head = String(decoding: bytes, as: UTF8.self)
    let line = head.prefix { $0 != "\r\n" }
    asked.append(String(line))
    heads.append(head)
    let words = line.split(separator: " ")
    guard words.count == 3 else { return false }
    guard isAllowed(head) else {
      let challenge =
        isDigest ? "Digest realm=\"p\", nonce=\"n1\", qop=\"auth\", algorithm=MD5" : "Basic realm=\"p\""
      try await client.write(
        Array("HTTP/1.1 407 No\r\nProxy-Authenticate: \(challenge)\r\nContent-Length: 0\r\n\r\n".utf8))
      return true
    }
    if words[0] == "CONNECT" {
      let server = try await connect(String(words[1]))
      try await client.write(Array("HTTP/1.1 200 Connected\r\n\r\n".utf8))
      try await relay(client, server)
      return false
    }
    // http://HOST:PORT/PATH; only GET without a body is asked for in the tests.
    let target = words[1].dropFirst("http://".count)
    let host = target.prefix { $0 != "/" }
    let server = try await connect(String(host))
    let fields = head.split(separator: "\r\n").dropFirst()
      .filter { !$0.lowercased().hasPrefix("proxy-") && !$0.lowercased().hasPrefix("connection:") }
    let forwarded =
      "\(words[0]) \(target.dropFirst(host.count)) HTTP/1.1\r\n"
      + fields.map { "\($0)\r\n" }.joined() + "Connection: close\r\n\r\n"
    let answer = try await RawClient(server).request(forwarded)
    server.close()
    try await client.write(
      Array("HTTP/1.1 \(answer.status) OK\r\nContent-Length: \(answer.body.count)\r\n\r\n".utf8) + answer.body
    )
    return true
  }

  private func isAllowed(_ head: String) -> Bool {
    guard let credentials else { return true }
    let field = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("proxy-authorization:") }
    guard let value = field?.split(separator: ":", maxSplits: 1).last?.drop(while: { $0 == " " }) else {
      return false
    }
    if isDigest {
      let user = credentials.prefix { $0 != ":" }
      return value.hasPrefix("Digest ") && value.contains("username=\"\(user)\"")
        && value.contains("nonce=\"n1\"")
    }
    return value == "Basic \(Data(credentials.utf8).base64EncodedString())"
  }

  // MARK: - SOCKS

  private func serveSOCKS(_ client: IOStream) async throws {
    let greeting = try await client.read(count: 2)
    guard greeting[0] == 5 else { return }
    let methods = try await client.read(count: Int(greeting[1]))
    let wanted: UInt8 = credentials == nil ? 0 : 2
    guard methods.contains(wanted) else {
      try await client.write([5, 0xFF])
      return
    }
    try await client.write([5, wanted])
    if let credentials {
      // RFC 1929.
      let user = try await counted(client, after: 1)
      let password = try await counted(client, after: 0)
      let isRight = "\(user):\(password)" == credentials
      try await client.write([1, isRight ? 0 : 1])
      guard isRight else { return }
    }
    let request = try await client.read(count: 4)
    let host: String
    switch request[3] {
    case 1: host = try await client.read(count: 4).map(String.init).joined(separator: ".")
    case 3: host = try await counted(client, after: 0)
    default: return
    }
    let port = try await client.read(count: 2)
    let target = "\(host):\(Int(port[0]) << 8 | Int(port[1]))"
    asked.append("SOCKS \(target)")
    let server = try await connect(target)
    try await client.write([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    try await relay(client, server)
  }

  /// A text behind its length.
  private func counted(_ stream: IOStream, after skipped: Int) async throws -> String {
    let count = try await stream.read(count: skipped + 1)[skipped]
    return String(decoding: try await stream.read(count: Int(count)), as: UTF8.self)
  }

  // MARK: - Both

  private func connect(_ target: String) async throws -> IOStream {
    let parts = target.split(separator: ":")
    let host = parts[0] == "localhost" || parts[0].hasSuffix(".test") ? "127.0.0.1" : String(parts[0])
    return try await IOStream.connect(to: SocketAddress(host: host, port: UInt16(parts[1]) ?? 0), on: loop)
  }

  private func relay(_ client: IOStream, _ server: IOStream) async throws {
    loop.spawn {
      do {
        while true { try await client.write(server.read(count: 65536, partial: true)) }
      } catch is StreamError {
        client.close()
      }
    }
    defer { server.close() }
    do {
      while true { try await server.write(client.read(count: 65536, partial: true)) }
    } catch is StreamError {
      return
    }
  }
}
