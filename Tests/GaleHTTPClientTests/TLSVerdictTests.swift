// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import Foundation
import GaleHTTP
import GaleLoop
import TestSupport
import Testing

/// What both engines say of servers of every kind, and why.
@Suite("httpclient: verdicts on TLS servers") struct TLSVerdictTests {
  /// A server, a client, and what the one must find about the other.
  struct Verdict: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// `nil` when all is well.
    let cause: TLSError.Code?
    let server: @Sendable (TLSZoo) throws -> TLSContext
    let request: @Sendable (TLSZoo, inout HTTPRequest) throws -> Void

    init(
      _ name: String, _ cause: TLSError.Code?,
      server: @escaping @Sendable (TLSZoo) throws -> TLSContext = { try $0.server() },
      request: @escaping @Sendable (TLSZoo, inout HTTPRequest) throws -> Void = {
        $1.authoritiesFile = $0.path("ca.pem")
      }
    ) {
      testDescription = name
      self.cause = cause
      self.server = server
      self.request = request
    }
  }

  static let verdicts: [Verdict] = [
    Verdict("good", nil),
    Verdict(
      "good, from a PEM text", nil,
      request: { zoo, request in
        request.tls = try zoo.client { $0.trustRoots = .pem(try zoo.bytes("ca.pem")) }
      }),
    Verdict("good, TLS 1.2 only", nil, server: { try $0.server { $0.maximumVersion = .tls12 } }),
    Verdict(
      "expired", .certificateExpired,
      server: { zoo in
        try zoo.server {
          $0.identity = try zoo.identity("old", validity: ("20200101000000Z", "20210101000000Z"))
        }
      }),
    Verdict(
      "not valid yet", .certificateNotYetValid,
      server: { zoo in
        try zoo.server {
          $0.identity = try zoo.identity("young", validity: ("20400101000000Z", "20410101000000Z"))
        }
      }),
    Verdict(
      "for another name", .wrongHost,
      server: { zoo in try zoo.server { $0.identity = try zoo.identity("other", names: "DNS:other.test") } }),
    Verdict(
      "signed by itself", .selfSigned,
      server: { zoo in try zoo.server { $0.identity = try zoo.selfSigned("itself") } }),
    Verdict(
      "signed by itself, and believed", nil,
      server: { zoo in try zoo.server { $0.identity = try zoo.selfSigned("itself") } },
      request: { $1.authoritiesFile = $0.path("itself.pem") }),
    Verdict(
      "signed by an unknown authority", .unknownAuthority,
      server: { zoo in
        try zoo.makeAuthority("stranger")
        return try zoo.server { $0.identity = try zoo.identity("strange", authority: "stranger") }
      }),
    Verdict("not in the system's store", .unknownAuthority, request: { _, _ in }),
    Verdict(
      "anything goes without validation", nil,
      server: { zoo in
        try zoo.server {
          $0.identity = try zoo.identity(
            "worst", names: "DNS:other.test", validity: ("20200101000000Z", "20210101000000Z"))
        }
      },
      request: { $1.validatesCertificate = false }),
    Verdict(
      "a certificate is required, and missing", .certificateRequired, server: { try demanding($0) }),
    Verdict("a certificate is required, and given", nil, server: { try demanding($0) }) { zoo, request in
      try zoo.identity("me", names: "DNS:me")
      request.authoritiesFile = zoo.path("ca.pem")
      request.certificateFile = zoo.path("me.pem")
      request.privateKeyFile = zoo.path("me.key")
    },
    Verdict("a certificate is required, and given as texts", nil, server: { try demanding($0) }) {
      zoo, request in
      try zoo.identity("me", names: "DNS:me")
      request.tls = try zoo.client {
        $0.identity = TLSIdentity(
          certificatePEM: try zoo.bytes("me.pem"), privateKeyPEM: try zoo.bytes("me.key"))
      }
    },
    Verdict("a certificate is required, and of a stranger", .rejectedByPeer, server: { try demanding($0) }) {
      zoo, request in
      try zoo.makeAuthority("stranger")
      try zoo.identity("nobody", names: "DNS:nobody", authority: "stranger")
      request.authoritiesFile = zoo.path("ca.pem")
      request.certificateFile = zoo.path("nobody.pem")
      request.privateKeyFile = zoo.path("nobody.key")
    },
    Verdict(
      "an old version of the protocol", .protocolVersion,
      server: { try $0.server { $0.maximumVersion = .tls12 } }
    ) { zoo, request in
      request.tls = try zoo.client { $0.minimumVersion = .tls13 }
    },
    Verdict("no cipher in common", .noSharedCipher, server: { try $0.server { $0.maximumVersion = .tls12 } })
    {
      zoo, request in
      // The server's key is of another kind.
      request.tls = try zoo.client {
        $0.maximumVersion = .tls12
        $0.ciphers = "ECDHE-RSA-AES128-GCM-SHA256"
      }
    },
  ]

  private static func demanding(_ zoo: TLSZoo) throws -> TLSContext {
    try zoo.server {
      $0.verification = .required
      $0.trustRoots = .file(zoo.path("ca.pem"))
    }
  }

  @Test(arguments: Engine.allCases, verdicts)
  func `both engines come to the same verdict`(_ engine: Engine, _ row: Verdict) throws {
    let zoo = try TLSZoo.shared.get()
    let reports = Reports()  // The server's side says why a handshake failed, too.
    try withClient(engine, reports: reports) { client, loop in
      let server = try ScriptedServer.listening(tls: row.server(zoo), on: loop) { connection in
        try await connection.head()
        try await connection.answer("secret")
      }
      defer { server.stop() }
      var request = HTTPRequest("https://localhost:\(server.addresses[0].port)/")
      request.allowsIPv6 = false
      try row.request(zoo, &request)
      let sent = request
      guard let cause = row.cause else {
        let response = try await client.fetch(sent)
        #expect(response.text == "secret")
        #expect(response.timeInfo.appConnect > response.timeInfo.connect)
        return
      }
      let error = await failure { try await client.fetch(sent) }
      #expect(error?.code == .tlsFailed)
      let underlying = error?.underlyingError as? TLSError
      #expect(underlying?.code == cause, "\(error.map(\.description) ?? "no error")")
      #expect(error?.status == 599)
      #expect(server.heads.isEmpty || cause == .certificateRequired || cause == .rejectedByPeer)
    }
  }

  @Test(arguments: Engine.allCases)
  func `a server that speaks plain HTTP, or nothing that is known, is no TLS server`(_ engine: Engine) throws
  {
    for (says, cause) in [("HTTP/1.1 400 Bad\r\n\r\n", TLSError.Code.notTLS), ("", .closedDuringHandshake)] {
      try withClient(engine) { client, loop in
        let server = try ScriptedServer.listening(on: loop) { connection in
          _ = try await connection.stream.read(count: 5)
          try await connection.send(says)
        }
        defer { server.stop() }
        let error = await failure {
          try await client.fetch(server.base.replacingOccurrences(of: "http:", with: "https:"))
        }
        #expect(error?.code == .tlsFailed)
        #expect(
          (error?.underlyingError as? TLSError)?.code == cause, "\(error.map(\.description) ?? "no error")")
      }
    }
  }

  @Test(arguments: Engine.allCases)
  func `a silent TLS server is given up in the handshake`(_ engine: Engine) throws {
    try withClient(engine) { client, loop in
      let server = try ScriptedServer.listening(on: loop) { try await $0.untilClosed() }
      defer { server.stop() }
      var request = HTTPRequest(server.base.replacingOccurrences(of: "http:", with: "https:"))
      request.tlsTimeout = .milliseconds(100)
      let first = request
      #expect(await failure { try await client.fetch(first) }?.code == .tlsTimedOut)
      request.tlsTimeout = nil
      request.connectTimeout = .milliseconds(100)
      let second = request
      let code = await failure { try await client.fetch(second) }?.code
      #expect(code == .tlsTimedOut || code == .connectTimedOut)
    }
  }

  @Test(arguments: Engine.allCases)
  func `a file that is missing or holds no certificate is named`(_ engine: Engine) throws {
    let zoo = try TLSZoo.shared.get()
    try zoo.write(Array("nothing".utf8), to: "empty.pem")
    try withClient(engine, reports: Reports()) { client, loop in
      let server = try ScriptedServer.listening(tls: zoo.server(), on: loop) { try await $0.untilClosed() }
      defer { server.stop() }
      for path in [zoo.path("missing.pem"), zoo.path("empty.pem")] {
        var request = HTTPRequest("https://localhost:\(server.addresses[0].port)/")
        request.allowsIPv6 = false
        request.authoritiesFile = path
        let sent = request
        let error = await failure { try await client.fetch(sent) }
        #expect((error?.underlyingError as? TLSError)?.code == .invalidFile)
        #expect(error?.description.contains(path) == true, "\(error.map(\.description) ?? "no error")")
      }
    }
  }

  @Test(arguments: Engine.allCases)
  func `credentials of one request are not those of the next`(_ engine: Engine) throws {
    // GHSA-pw6j-qg29-8w7f: a client certificate stayed with the handle.
    let zoo = try TLSZoo.shared.get()
    try zoo.identity("me", names: "DNS:me")
    try withClient(engine, reports: Reports()) { client, loop in
      let server = try ScriptedServer.listening(tls: TLSVerdictTests.demanding(zoo), on: loop) { connection in
        while true {
          try await connection.head()
          try await connection.answer("secret")
        }
      }
      defer { server.stop() }
      var request = HTTPRequest("https://localhost:\(server.addresses[0].port)/")
      request.allowsIPv6 = false
      request.authoritiesFile = zoo.path("ca.pem")
      let without = request
      request.certificateFile = zoo.path("me.pem")
      request.privateKeyFile = zoo.path("me.key")
      #expect(try await client.fetch(request).text == "secret")
      let error = await failure { try await client.fetch(without) }
      #expect((error?.underlyingError as? TLSError)?.code == .certificateRequired)
    }
  }
}

#endif
