// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import GaleCore
import TestSupport
import Testing

@testable import GaleLoop

/// Peers that are not ours.
@Suite("tls: openssl as the peer")
struct TLSPeerTests {
  let zoo: TLSZoo

  init() throws { zoo = try TLSZoo.shared.get() }

  /// Has our client greet `openssl s_server` with these options; gives the stream, or the error.
  private func connect(
    to options: String, _ client: TLSContext, on loop: IOLoop, name: String = "localhost"
  ) async throws -> Result<TLSStream, any Error> {
    let command = "openssl s_server -accept 127.0.0.1:0 -cert localhost.pem -key localhost.key " + options
    let peer = try PeerProcess(command.split(separator: " ").map(String.init), in: zoo.directory)
    let prefix = "ACCEPT 127.0.0.1:"
    var port: UInt16?
    try await loop.wait {
      let line = peer.text.split(separator: "\n").first { $0.hasPrefix(prefix) }
      port = line.flatMap { UInt16($0.dropFirst(prefix.count)) }
      return port != nil
    }
    defer { withExtendedLifetime(peer) {} }
    let stream = try await IOStream.connect(to: SocketAddress(host: "127.0.0.1", port: port ?? 0), on: loop)
    do {
      let stream = try await stream.startTLS(client, serverName: name)
      _ = peer.text
      return .success(stream)
    } catch {
      return .failure(error)
    }
  }

  private func code<T>(_ result: Result<T, any Error>) -> TLSError.Code? {
    if case .failure(let error) = result { (error as? TLSError)?.code } else { nil }
  }

  @Test func `a client talks to openssl's server, but not with old versions`() throws {
    try zoo.identity("localhost")
    let client = try zoo.client { $0.applicationProtocols = ["http/1.1"] }
    try runLoop { loop async throws in
      for (version, expected) in [("-tls1_3", TLSVersion.tls13), ("-tls1_2", .tls12)] {
        let stream = try await connect(to: "-www -alpn h2,http/1.1 \(version)", client, on: loop).get()
        #expect(stream.version == expected)
        #expect(stream.applicationProtocol == "http/1.1")
        stream.close()
      }
      for version in ["-tls1_1", "-tls1"] {
        let result = try await connect(to: "-www \(version) -cipher DEFAULT@SECLEVEL=0", client, on: loop)
        #expect(code(result) == .protocolVersion)
      }
      let weak = try await connect(to: "-www -tls1_2 -cipher AES128-SHA@SECLEVEL=0", client, on: loop)
      #expect(code(weak) == .noSharedCipher)
      let other = try await connect(to: "-www", client, on: loop, name: "example.org")
      #expect(code(other) == .wrongHost)
    }
  }

  private final class Greeter: TCPServer {
    override func handle(_ stream: IOStream, address: SocketAddress) async throws {
      let stream = try #require(stream as? TLSStream)
      try await stream.write(Array("hello \(stream.isResumed)\n".utf8))
      if stream.serverName == "stay.test" { _ = try await stream.readUntilClose() }
    }
  }

  /// What `openssl s_client` with these options says.
  private func greet(_ greeter: Greeter, _ options: String) async throws -> String {
    let (zoo, port) = (zoo, greeter.addresses[0].port)
    return try await greeter.loop.runInExecutor {
      (try? zoo.openssl("s_client -connect 127.0.0.1:\(port) -CAfile ca.pem -ign_eof \(options)")) ?? "failed"
    }
  }

  @Test func `openssl's client is served, but not with old versions, nor a second handshake`() throws {
    try runLoop { loop async throws in
      let greeter = Greeter(
        tls: try zoo.server { $0.applicationProtocols = ["http/1.1"] }, on: loop)
      try greeter.listen(port: 0, address: "127.0.0.1")
      for version in ["-tls1_3", "-tls1_2"] {
        let text = try await greet(
          greeter, "\(version) -alpn h2,http/1.1 -servername localhost -sess_out session")
        #expect(text.contains("Verify return code: 0 (ok)"))
        #expect(text.contains("ALPN protocol: http/1.1"))
        #expect(text.contains("hello false"))
        #expect(text.contains("Secure Renegotiation IS") && text.contains("Compression: NONE"))
        #expect(!text.contains("Early data was accepted"))
        // The session in the file is good for another connection.
        let again = try await greet(greeter, "\(version) -servername localhost -sess_in session")
        #expect(again.contains("Reused, TLSv1."))
        #expect(again.contains("hello true"))
      }
      for version in ["-tls1_1", "-tls1"] {
        let text = try await greet(greeter, "\(version) -cipher DEFAULT@SECLEVEL=0")
        #expect(text == "failed")
      }
      #expect(try await greet(greeter, "-tls1_2 -cipher AES128-GCM-SHA256") == "failed")
      // R asks for a second handshake, which costs a server much more than its client.
      let address = greeter.addresses[0]
      let asking = try PeerProcess(
        [
          "sh", "-c",
          "(sleep 0.5; echo R; sleep 20) | openssl s_client -connect \(address) -tls1_2 -servername stay.test",
        ],
        in: zoo.directory)
      try await loop.wait { asking.text.contains("no renegotiation") }
      #expect(asking.text.contains("RENEGOTIATING"))
      greeter.stop()
    }
  }
}

#endif
