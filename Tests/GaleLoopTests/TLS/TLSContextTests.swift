// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import GaleCore
import TestSupport
import Testing

@testable import GaleLoop

@Suite("tls: contexts and their files")
struct TLSContextTests {
  let zoo: TLSZoo
  let directory: TemporaryDirectory

  init() throws {
    zoo = try TLSZoo.shared.get()
    directory = try TemporaryDirectory()
  }

  private func bytes(_ name: String) throws -> [UInt8] { try TLSIdentity.Source.file(zoo.path(name)).load() }

  private func error(_ certificate: String, _ key: String?, password: String? = nil) -> TLSError? {
    tlsError {
      _ = try TLSContext(.server(certificateFile: certificate, privateKeyFile: key, password: password))
    }
  }

  @Test func `an error names the file and what is wrong with it`() throws {
    try zoo.identity("localhost")
    try zoo.identity("a", names: "DNS:a.zoo.test")
    let (certificate, key) = (zoo.path("localhost.pem"), zoo.path("localhost.key"))
    #expect(error(certificate, key) == nil)
    try directory.write(bytes("localhost.pem") + bytes("localhost.key"), to: "both.pem")
    #expect(error(directory.path("both.pem"), nil) == nil)

    try directory.write([], to: "empty")
    try directory.write(try bytes("localhost.pem").dropLast(200), to: "cut.pem")
    try directory.write(try bytes("localhost.key").dropLast(60), to: "cut.key")
    try directory.write(bytes("localhost.pem") + (try bytes("ca.pem").dropLast(100)), to: "cutChain.pem")
    let rows: [(String, String, TLSError.Code, String)] = [
      ("/nonexistent.pem", key, .invalidFile, "/nonexistent.pem: No such file"),
      (certificate, "/nonexistent.key", .invalidFile, "/nonexistent.key: No such file"),
      (directory.path, key, .invalidFile, "Is a directory"),
      (directory.path("empty"), key, .invalidFile, "empty holds no certificate"),
      (certificate, directory.path("empty"), .invalidFile, "empty holds no private key"),
      (directory.path("cut.pem"), key, .invalidFile, "cut.pem holds a damaged certificate"),
      (directory.path("cutChain.pem"), key, .invalidFile, "cutChain.pem holds a damaged certificate"),
      (certificate, directory.path("cut.key"), .invalidFile, "cut.key holds no private key"),
      (key, certificate, .invalidFile, "localhost.key holds no certificate"),
      (certificate, zoo.path("a.key"), .mismatchedPair, "a.key does not belong to the certificate"),
    ]
    for (certificate, key, code, text) in rows {
      let error = error(certificate, key)
      #expect(error?.code == code, "\(certificate), \(key)")
      #expect(error?.message.contains(text) == true, "\(String(describing: error))")
    }
  }

  @Test func `an encrypted key wants its password`() throws {
    try zoo.identity("localhost")
    try zoo.openssl("pkcs8 -topk8 -in localhost.key -out encrypted.key -passout pass:secret")
    let (certificate, key) = (zoo.path("localhost.pem"), zoo.path("encrypted.key"))
    #expect(error(certificate, key, password: "secret") == nil)
    #expect(error(certificate, key)?.code == .wrongPassword)
    #expect(error(certificate, key)?.message.contains("encrypted.key") == true)
    #expect(error(certificate, key, password: "wrong")?.code == .wrongPassword)
  }

  @Test func `what OpenSSL does not know is refused`() throws {
    let client = TLSConfiguration.client
    func code(_ change: (inout TLSConfiguration) -> Void) -> TLSError.Code? {
      var configuration = client
      change(&configuration)
      return tlsError { _ = try TLSContext(configuration) }?.code
    }
    #expect(code { $0.ciphers = "NONSENSE" } == .invalidConfiguration)
    #expect(code { $0.cipherSuites = "NONSENSE" } == .invalidConfiguration)
    #expect(code { $0.applicationProtocols = [""] } == .invalidConfiguration)
    #expect(code { ($0.minimumVersion, $0.maximumVersion) = (.tls13, .tls12) } == .invalidConfiguration)
    #expect(code { $0.trustRoots = .file("/nonexistent") } == .invalidFile)
    #expect(code { $0.keyLogFile = "/nonexistent/log" } == .invalidFile)
    #expect(code { $0.role = .server } == .invalidConfiguration)
    #expect(code { $0.cipherSuites = "TLS_AES_128_GCM_SHA256" } == nil)
  }

  @Test func `a reload is for new connections, and a bad one changes nothing`() throws {
    let first = try zoo.identity("localhost")
    try zoo.identity("renewed")
    try directory.write(bytes("localhost.pem"), to: "site.pem")
    try directory.write(bytes("localhost.key"), to: "site.key")
    let server = try TLSContext(
      .server(certificateFile: directory.path("site.pem"), privateKeyFile: directory.path("site.key")))
    let client = try zoo.client { $0.resumesSessions = false }
    _ = first
    try runLoop { loop async throws in
      func subject() async throws -> String? {
        let outcome = try await shakeHands(on: loop, client: client, server: server)
        defer { outcome.close() }
        return outcome.client?.peerCertificate?.subject
      }
      let open = try await shakeHands(on: loop, client: client, server: server)
      try directory.write(try bytes("renewed.pem").dropLast(99), to: "site.pem")
      #expect(tlsError { try server.reload() }?.code == .invalidFile)
      #expect(try await subject() == "CN=localhost")
      try directory.write(try bytes("renewed.pem"), to: "site.pem")
      #expect(tlsError { try server.reload() }?.code == .mismatchedPair)
      #expect(try await subject() == "CN=localhost")
      try directory.write(bytes("renewed.key"), to: "site.key")
      try server.reload()
      #expect(try await subject() == "CN=renewed")
      // Who was connected before has not noticed.
      try await open.client?.write("still here\n")
      #expect(try await open.server?.text(until: "\n") == "still here\n")
      open.close()
    }
  }

  @Test func `secrets are logged for those who debug`() throws {
    let path = directory.path("keys")
    let (client, server) = (try zoo.client { $0.keyLogFile = path }, try zoo.server())
    try runLoop { loop async throws in
      try await shakeHands(on: loop, client: client, server: server).close()
    }
    let log = String(decoding: try TLSIdentity.Source.file(path).load(), as: UTF8.self)
    #expect(log.contains("CLIENT_TRAFFIC_SECRET_0 "))
    #expect(log.split(separator: "\n").count >= 4)
  }
}

#endif
