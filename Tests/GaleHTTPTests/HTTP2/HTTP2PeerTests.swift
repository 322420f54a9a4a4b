// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

/// Other people's clients.
@Suite("httpserver: HTTP/2 with curl (ASK-001)")
struct HTTP2PeerTests {
  private func run(_ server: TestServer, _ command: [String], in directory: String) async throws -> String {
    let process = try PeerProcess(command, in: directory)
    try await server.loop.wait { process.hasEnded }
    return process.text
  }

  @Test func `curl with prior knowledge`() throws {
    let directory = try TemporaryDirectory()
    try directory.write(pattern(2_000_000), to: "upload")
    try withServer(start: { _ in
      Exchange { $0.answer("\($0.version) \($0.method) \($0.body.count) \($0.host == "" ? "-" : "host")\n") }
    }) { server async throws in
      let url = "http://127.0.0.1:\(server.address.port)"
      // curl 7.88 does not use such a connection again.
      let text = try await run(
        server, ["curl", "-sS", "--max-time", "20", "--http2-prior-knowledge", "\(url)/a"],
        in: directory.path("."))
      #expect(text == "HTTP/2.0 GET 0 host\n")
      let upload = try await run(
        server,
        [
          "curl", "-sS", "--max-time", "20", "--http2-prior-knowledge", "--data-binary", "@upload",
          "\(url)/c",
        ], in: directory.path("."))
      #expect(upload == "HTTP/2.0 POST 2000000 host\n")
      let upgrade = try await run(
        server, ["curl", "-sS", "--max-time", "20", "--http2", "\(url)/a"], in: directory.path("."))
      #expect(upgrade == "HTTP/1.1 GET 0 host\n")
    }
  }

  #if TLS
  @Test(arguments: [
    ("--http2", true, "HTTP/2.0"), ("--http1.1", true, "HTTP/1.1"), ("--http2", false, "HTTP/1.1"),
  ])
  func `curl over TLS is spoken to as it asks`(_ option: String, _ isEnabled: Bool, _ version: String) throws
  {
    let zoo = try TLSZoo.shared.get()
    let tls = try zoo.server()
    try runLoop { loop in
      var configuration = HTTPServerConfiguration()
      configuration.http2.isEnabled = isEnabled
      let delegate = ClosureDelegate { _ in
        Exchange { $0.answer("\($0.version) \($0.fullURL) \($0.tls?.applicationProtocol ?? "-")") }
      }
      let server = HTTPServer(delegate, tls: tls, configuration: configuration, on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      defer {
        server.stop()
        server.closeAllConnections()
      }
      let url = "https://localhost:\(server.addresses[0].port)/x"
      let process = try PeerProcess(
        ["curl", "-sS", "--max-time", "20", option, "--cacert", zoo.path("ca.pem"), url], in: "/")
      try await loop.wait { process.hasEnded }
      #expect(process.text == "\(version) \(url) \(version == "HTTP/2.0" ? "h2" : "http/1.1")")
    }
  }
  #endif
}

#endif
