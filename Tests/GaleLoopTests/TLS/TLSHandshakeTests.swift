// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import GaleCore
import TestSupport
import Testing

@testable import GaleLoop

@Suite("tls: handshake")
struct TLSHandshakeTests {
  let zoo: TLSZoo

  init() throws { zoo = try TLSZoo.shared.get() }

  @Test(arguments: PollerKind.allCases, [TLSVersion.tls12, .tls13])
  func `both ends know what they agreed on`(_ poller: PollerKind, _ version: TLSVersion) throws {
    let client = try zoo.client {
      $0.maximumVersion = version
      $0.applicationProtocols = ["x", "http/1.1"]
    }
    let server = try zoo.server { $0.applicationProtocols = ["h2", "http/1.1"] }
    try runLoop(poller) { loop async throws in
      let outcome = try await shakeHands(on: loop, client: client, server: server)
      let (near, far) = (try #require(outcome.client), try #require(outcome.server))
      for stream in [near, far] {
        #expect(stream.version == version)
        #expect(stream.applicationProtocol == "http/1.1")
        #expect(stream.cipherSuite?.hasPrefix("TLS_") == true)
        #expect(stream.serverName == "localhost")
        #expect(!stream.isResumed)
      }
      let certificate = try #require(near.peerCertificate)
      #expect(certificate.subject == "CN=localhost")
      #expect(certificate.issuer == "CN=ca")
      #expect(certificate.dnsNames == ["localhost"])
      #expect(certificate.ipAddresses == ["127.0.0.1", "::1"])
      #expect(certificate.der.count > 200)
      #expect(certificate.notAfter - certificate.notBefore == 30 * 86400)
      #expect(far.peerCertificate == nil)
      outcome.close()
    }
  }

  // MARK: - The server's certificate

  /// What a client says of a server's certificate.
  static let certificates: [(String, String, TLSError.Code?)] = [
    ("good", "localhost", nil),
    ("good", "127.0.0.1", nil),
    ("good", "::1", nil),
    ("good", "[::1]", nil),
    ("good", "localhost.", nil),
    ("good", "LOCALHOST", nil),
    ("good", "127.0.0.2", .wrongHost),
    ("good", "example.org", .wrongHost),
    ("expired", "localhost", .certificateExpired),
    ("future", "localhost", .certificateNotYetValid),
    ("selfSigned", "localhost", .selfSigned),
    ("stranger", "localhost", .unknownAuthority),
    ("nameless", "nameless", .wrongHost),
    // RFC 9525, section 6.3: the whole first label, and that alone.
    ("wildcard", "www.zoo.test", nil),
    ("wildcard", "zoo.test", .wrongHost),
    ("wildcard", "a.www.zoo.test", .wrongHost),
    ("partial", "www.zoo.test", .wrongHost),
    ("manyStars", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.zoo.test", .wrongHost),
    ("second", "www.a.zoo.test", .wrongHost),
  ]

  private func identity(_ kind: String) throws -> TLSIdentity {
    switch kind {
    case "good": return try zoo.identity("localhost")
    case "expired": return try zoo.identity(kind, validity: ("20200101000000Z", "20200201000000Z"))
    case "future": return try zoo.identity(kind, validity: ("20900101000000Z", "20910101000000Z"))
    case "selfSigned": return try zoo.selfSigned(kind)
    case "stranger":
      try zoo.makeAuthority("otherCA")
      return try zoo.identity(kind, authority: "otherCA")
    case "nameless": return try zoo.identity(kind, names: "")
    case "wildcard": return try zoo.identity(kind, names: "DNS:*.zoo.test")
    case "partial": return try zoo.identity(kind, names: "DNS:w*.zoo.test")
    case "manyStars": return try zoo.identity(kind, names: "DNS:a*a*a*a*a*a*a*a*a*a*.zoo.test")
    default: return try zoo.identity(kind, names: "DNS:www.*.zoo.test")
    }
  }

  @Test(arguments: certificates)
  func `a client checks the certificate and its name`(_ row: (String, String, TLSError.Code?)) throws {
    let server = try TLSContext(.server(identity(row.0)))
    let client = try zoo.client()
    try runLoop { loop async throws in
      let outcome = try await shakeHands(on: loop, client: client, server: server, name: row.1)
      #expect(outcome.clientCode == row.2, "\(String(describing: outcome.clientError))")
      #expect(outcome.isComplete == (row.2 == nil))
      if row.2 != nil {
        #expect([.rejectedByPeer, .closedDuringHandshake].contains(outcome.serverCode))
        #expect(outcome.clientError.map { "\($0)" }?.contains("certificate verify failed") == true)
      }
      outcome.close()
    }
  }

  @Test func `the system's store does not know the zoo`() throws {
    let (client, server) = (try TLSContext(.client), try zoo.server())
    try runLoop { loop async throws in
      let outcome = try await shakeHands(on: loop, client: client, server: server)
      #expect(outcome.clientCode == .unknownAuthority)
      #expect("\(outcome.serverError.map { "\($0)" } ?? "")".contains("does not know the authority"))
    }
  }

  @Test func `a client that is told to takes any certificate or any name`() throws {
    let server = try TLSContext(.server(zoo.selfSigned("selfSigned")))
    let good = try zoo.server()
    let any = try zoo.client { $0.verification = .none }
    let anyName = try zoo.client { $0.checksHostname = false }
    try runLoop { loop async throws in
      for (client, server, isWell) in [(any, server, true), (anyName, good, true), (anyName, server, false)] {
        let outcome = try await shakeHands(on: loop, client: client, server: server, name: "elsewhere.test")
        #expect(outcome.isComplete == isWell)
        outcome.close()
      }
      #expect(try await shakeHands(on: loop, client: any, server: server, name: nil).isComplete)
      #expect(
        try await shakeHands(on: loop, client: try zoo.client(), server: good, name: nil).clientCode
          == .invalidState)
      for name in ["", "a b", "ä.test", "a\0b"] {
        #expect(
          try await shakeHands(on: loop, client: try zoo.client(), server: good, name: name).clientCode
            == .invalidState)
      }
    }
  }

  // MARK: - The client's certificate

  @Test(arguments: [TLSVersion.tls12, .tls13])
  func `a server asks for a certificate and checks it`(_ version: TLSVersion) throws {
    try zoo.makeAuthority("otherCA")
    let alice = try zoo.identity("alice", names: "email:alice@zoo.test,URI:spiffe://zoo/alice")
    let eve = try zoo.identity("eve", authority: "otherCA")
    let roots = TLSConfiguration.TrustRoots.file(zoo.path("ca.pem"))
    func server(_ verification: TLSConfiguration.Verification) throws -> TLSContext {
      try zoo.server {
        $0.verification = verification
        $0.trustRoots = roots
      }
    }
    func client(_ identity: TLSIdentity?) throws -> TLSContext {
      try zoo.client {
        $0.identity = identity
        $0.maximumVersion = version
      }
    }
    try runLoop { loop async throws in
      let known = try await shakeHands(on: loop, client: client(alice), server: server(.required))
      #expect(known.server?.peerCertificate?.subject == "CN=alice")
      #expect(known.server?.peerCertificate?.emailAddresses == ["alice@zoo.test"])
      #expect(known.server?.peerCertificate?.uris == ["spiffe://zoo/alice"])
      known.close()
      let unknown = try await shakeHands(on: loop, client: client(eve), server: server(.required))
      #expect(unknown.serverCode == .unknownAuthority)
      #expect(unknown.clientCode == .rejectedByPeer)
      let missing = try await shakeHands(on: loop, client: client(nil), server: server(.required))
      #expect(missing.serverCode == .certificateRequired)
      // TLS 1.2 has no word for it but a general one.
      #expect(missing.clientCode == (version == .tls13 ? .certificateRequired : .noSharedCipher))
      let optional = try await shakeHands(on: loop, client: client(nil), server: server(.optional))
      #expect(optional.isComplete)
      #expect(optional.server?.peerCertificate == nil)
      optional.close()
      let wrong = try await shakeHands(on: loop, client: client(eve), server: server(.optional))
      #expect(wrong.serverCode == .unknownAuthority)
    }
  }

  // MARK: - Parameters

  @Test func `ends without a common version, cipher or protocol say so`() throws {
    let old = try zoo.client { $0.maximumVersion = .tls12 }
    let new = try zoo.server { $0.minimumVersion = .tls13 }
    let chacha = try zoo.server {
      $0.maximumVersion = .tls12
      $0.ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305"
    }
    let gcm = try zoo.client { $0.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256" }
    let h2 = try zoo.client { $0.applicationProtocols = ["h2"] }
    let h1 = try zoo.server { $0.applicationProtocols = ["http/1.1"] }
    try runLoop { loop async throws in
      let versions = try await shakeHands(on: loop, client: old, server: new)
      #expect(versions.serverCode == .protocolVersion)
      #expect(versions.clientCode == .protocolVersion)
      let ciphers = try await shakeHands(on: loop, client: gcm, server: chacha)
      #expect(ciphers.serverCode == .noSharedCipher)
      #expect(ciphers.clientCode == .noSharedCipher)
      let protocols = try await shakeHands(on: loop, client: h2, server: h1)
      #expect(protocols.serverCode == .noApplicationProtocol)
      #expect(protocols.clientCode == .noApplicationProtocol)
      let silent = try await shakeHands(on: loop, client: try zoo.client(), server: h1)
      #expect(silent.isComplete)
      #expect(silent.server?.applicationProtocol == nil)
      silent.close()
    }
  }

  @Test func `a server has an identity for each name`() throws {
    let server = try zoo.server {
      $0.identities = [
        "a.zoo.test": try zoo.identity("a", names: "DNS:a.zoo.test"),
        "*.ZOO.test": try zoo.identity("wildcard", names: "DNS:*.zoo.test"),
      ]
    }
    let client = try zoo.client { $0.checksHostname = false }
    try runLoop { loop async throws in
      for (name, subject) in [
        ("a.zoo.test", "CN=a"), ("A.zoo.test", "CN=a"), ("b.zoo.test", "CN=wildcard"),
        ("a.b.zoo.test", "CN=localhost"), ("zoo.test", "CN=localhost"), ("127.0.0.1", "CN=localhost"),
      ] {
        let outcome = try await shakeHands(on: loop, client: client, server: server, name: name)
        #expect(outcome.client?.peerCertificate?.subject == subject, "\(name)")
        outcome.close()
      }
    }
  }

  // MARK: - Sessions

  @Test(arguments: [TLSVersion.tls12, .tls13])
  func `sessions are resumed, by the same name only`(_ version: TLSVersion) throws {
    let client = try zoo.client {
      $0.maximumVersion = version
      $0.checksHostname = false
    }
    let server = try zoo.server {
      $0.identities = ["a.zoo.test": try zoo.identity("a", names: "DNS:a.zoo.test")]
    }
    let forgetful = try zoo.server { $0.resumesSessions = false }
    try runLoop { loop async throws in
      let socket = try bindSockets(port: 0, address: "127.0.0.1")[0]
      func connect(_ name: String, _ context: TLSContext) async throws -> HandshakeOutcome {
        let streams = try await Transport.accept(socket, on: loop)
        let outcome = try await shakeHands(on: loop, streams, client: client, server: context, name: name)
        outcome.close()
        return outcome
      }
      func isResumed(_ name: String, _ context: TLSContext) async throws -> Bool {
        let streams = try await Transport.accept(socket, on: loop)
        let outcome = try await shakeHands(on: loop, streams, client: client, server: context, name: name)
        let (near, far) = (try #require(outcome.client), try #require(outcome.server))
        defer { outcome.close() }
        #expect(near.isResumed == far.isResumed)
        #expect(near.peerCertificate?.subject == (name == "a.zoo.test" ? "CN=a" : "CN=localhost"))
        return near.isResumed
      }
      #expect(try await !isResumed("localhost", server))
      #expect(try await isResumed("localhost", server))
      #expect(try await isResumed("localhost", server))
      #expect(try await !isResumed("a.zoo.test", server))
      #expect(try await isResumed("a.zoo.test", server))
      // A session of one name is worth nothing at another, whatever a client tries.
      let key = SessionKey(host: "a.zoo.test", address: socket.address)
      if let session = client.sessions.take(for: key) {
        let other = SessionKey(host: "localhost", address: socket.address)
        while client.sessions.take(for: other)?.isReusable == false {}
        client.sessions.store(session, for: other)
        #expect(try await !isResumed("localhost", server))
      } else {
        Issue.record("no session was kept")
      }
      // A renewed certificate leaves the sessions good.
      try server.reload()
      #expect(try await isResumed("localhost", server))
      #expect(try await !isResumed("localhost", forgetful))
      #expect(try await !isResumed("localhost", forgetful))
    }
  }

  @Test func `the cache of sessions is bounded`() throws {
    let (client, server) = (try zoo.client { $0.maximumVersion = .tls12 }, try zoo.server())
    try runLoop { loop async throws in
      let outcome = try await shakeHands(on: loop, client: client, server: server)
      let key = try #require(outcome.client?.sessionKey)
      let session = try #require(client.sessions.take(for: key))
      outcome.close()
      for index in 0..<300 { client.sessions.store(session, for: SessionKey(host: "\(index)", address: nil)) }
      let held = (0..<300).filter {
        client.sessions.take(for: SessionKey(host: "\($0)", address: nil)) != nil
      }
      #expect(held == Array(44..<300))
    }
  }
}

#endif
