// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import Foundation
package import GaleLoop
import Synchronization

/// Certificates of every kind, made with the `openssl` command when they are first asked for.
package final class TLSZoo: Sendable {
  package let directory: String
  private let made = Mutex<Set<String>>([])

  /// The zoo of this process.
  package static let shared = Result { try TLSZoo() }

  private init() throws {
    let url = URL(fileURLWithPath: "/tmp/gale-zoo-\(getpid())-\(UInt32.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    directory = url.path
    zooDirectory.withLock { $0 = url.path }
    atexit {
      if let path = zooDirectory.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
    }
    try makeAuthority("ca")
  }

  package func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  package func path(_ name: String) -> String { "\(directory)/\(name)" }

  package func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
  }

  package func makeAuthority(_ name: String) throws {
    try once(name) {
      try openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout \(name).key -out \(name).pem -days 30 "
          + "-subj /CN=\(name) -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign"
      )
      try """
      [ca]
      default_ca = zoo
      [zoo]
      database = \(name).index
      new_certs_dir = .
      serial = \(name).serial
      default_md = sha256
      policy = names
      copy_extensions = copy
      unique_subject = no
      default_days = 30
      [names]
      commonName = supplied
      """.write(toFile: path("\(name).cnf"), atomically: true, encoding: .utf8)
      try "".write(toFile: path("\(name).index"), atomically: true, encoding: .utf8)
      let serial = String(UInt32.random(in: 0x1000_0000 ... .max), radix: 16)
      try (serial.count % 2 == 0 ? serial : "0" + serial)
        .write(toFile: path("\(name).serial"), atomically: true, encoding: .utf8)
    }
  }

  /// An identity with a certificate for `names` (as in `DNS:localhost,IP:127.0.0.1`).
  /// - Parameter validity: Its first and last moment, as in `20200101000000Z`.
  @discardableResult
  package func identity(
    _ name: String, names: String = "DNS:localhost,IP:127.0.0.1,IP:::1", authority: String = "ca",
    validity: (String, String)? = nil, key: String = "ec -pkeyopt ec_paramgen_curve:P-256"
  ) throws -> TLSIdentity {
    try once(name) {
      let extensions = names.isEmpty ? "" : " -addext subjectAltName=\(names)"
      try openssl(
        "req -new -newkey \(key) -nodes -keyout \(name).key -out \(name).csr -subj /CN=\(name)" + extensions)
      let dates = validity.map { " -startdate \($0.0) -enddate \($0.1)" } ?? ""
      try openssl(
        "ca -batch -config \(authority).cnf -cert \(authority).pem -keyfile \(authority).key -in \(name).csr "
          + "-out \(name).pem -notext" + dates)
    }
    return TLSIdentity(certificateFile: path("\(name).pem"), privateKeyFile: path("\(name).key"))
  }

  package func selfSigned(_ name: String, names: String = "DNS:localhost") throws -> TLSIdentity {
    try once(name) {
      try openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout \(name).key -out \(name).pem -days 30 "
          + "-subj /CN=\(name) -addext subjectAltName=\(names)")
    }
    return TLSIdentity(certificateFile: path("\(name).pem"), privateKeyFile: path("\(name).key"))
  }

  /// A server with the certificate for `localhost` and 127.0.0.1.
  package func server(_ change: (inout TLSConfiguration) throws -> Void = { _ in }) throws -> TLSContext {
    var configuration = TLSConfiguration.server(try identity("localhost"))
    try change(&configuration)
    return try TLSContext(configuration)
  }

  /// A client that trusts the zoo's authority.
  package func client(_ change: (inout TLSConfiguration) throws -> Void = { _ in }) throws -> TLSContext {
    var configuration = TLSConfiguration.client
    configuration.trustRoots = .file(path("ca.pem"))
    try change(&configuration)
    return try TLSContext(configuration)
  }

  private func once(_ name: String, _ body: () throws -> Void) throws {
    try made.withLock { made in
      guard !made.contains(name) else { return }
      try body()
      made.insert(name)
    }
  }

  /// Runs the `openssl` command in the zoo's directory; arguments stand between spaces.
  @discardableResult
  package func openssl(_ arguments: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw CommandFailed(description: "openssl \(arguments): \(text)")
    }
    return text
  }
}

private let zooDirectory = Mutex<String?>(nil)

/// A command that a test needs did not succeed.
package struct CommandFailed: Error, CustomStringConvertible {
  package let description: String
}

#endif
