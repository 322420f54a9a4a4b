// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire

/// A way through a proxy to a server.
struct ProxyTunnel {
  private let stream: IOStream
  private let url: HTTPClientURL
  private let limits: HTTPLimits

  init(_ stream: IOStream, to url: HTTPClientURL, limits: HTTPLimits) {
    self.stream = stream
    self.url = url
    self.limits = limits
  }

  /// Asks with CONNECT (RFC 9110, section 9.3.6); with 2xx the stream leads to the server.
  func ask(_ authorization: String?) async throws -> ResponseHead {
    var request = "CONNECT \(url.hostAndPort) HTTP/1.1\r\nHost: \(url.hostAndPort)\r\n"
    request += "User-Agent: Gale/\(galeVersion)\r\n"
    if let authorization { request += "Proxy-Authorization: \(authorization)\r\n" }
    try await stream.write(Array((request + "\r\n").utf8))
    for _ in 0..<16 {
      var reader = ResponseHeadReader(limits: limits)
      do {
        let bytes = try await stream.read(until: Array("\r\n\r\n".utf8), limit: limits.head)
        guard try reader.read(bytes.span) == bytes.count else { break }
        let head = try reader.take(bytes.span)
        if !head.isInterim { return head }
      } catch let error as HTTPInputError {
        throw HTTPClientError(.proxyFailed, "The proxy's answer: \(error.message)", underlyingError: error)
      } catch let error as StreamError {
        throw HTTPClientError(
          .proxyFailed, "The proxy ends the connection: \(error)", underlyingError: error)
      }
    }
    throw HTTPClientError(.proxyFailed, "The proxy's answer is malformed")
  }

  /// Asks a SOCKS 5 proxy for a connection to the server, by its name.
  static func socks(_ stream: IOStream, _ proxy: HTTPProxy, to url: HTTPClientURL) async throws {
    let credentials = proxy.credentials
    do {
      try await stream.write(SOCKS5.greeting(hasPassword: credentials != nil))
      let method = try SOCKS5.method(await stream.read(count: 2), hasPassword: credentials != nil)
      if method == .password, let credentials {
        try await stream.write(SOCKS5.login(credentials.username, credentials.password))
        try SOCKS5.checkLogin(await stream.read(count: 2))
      }
      let address = (try? SocketAddress(host: url.host, port: url.port))?.hostBytes
      try await stream.write(SOCKS5.connect(url.host, address: address, port: url.port))
      let rest = try SOCKS5.checkReply(await stream.read(count: 5))
      _ = try await stream.read(count: rest)
    } catch let error as SOCKS5.Refusal {
      throw HTTPClientError(.proxyFailed, "SOCKS: \(error)", underlyingError: error)
    } catch let error as StreamError {
      throw HTTPClientError(
        .proxyFailed, "SOCKS: the proxy ends the connection: \(error)", underlyingError: error)
    }
  }
}
