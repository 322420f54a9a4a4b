// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

/// A version of the protocol that can be asked for.
///
/// Older ones are broken and are not offered (RFC 8996).
public enum TLSVersion: Int, Sendable, Hashable, Comparable {
  /// TLS 1.2 (RFC 5246).
  case tls12 = 0x0303
  /// TLS 1.3 (RFC 8446).
  case tls13 = 0x0304

  /// Whether `left` is the older one.
  public static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }
}

/// How TLS is to be spoken: the counterpart of Tornado's `ssl_options`.
///
/// Safe as it is: TLS 1.2 and later, forward-secret authenticated ciphers, no compression, no
/// renegotiation, no early data. Clients check the server's certificate and name.
///
/// ```swift
/// let server = try TLSContext(.server(certificateFile: "site.pem", privateKeyFile: "site.key"))
/// let client = try TLSContext(.client)
/// ```
public struct TLSConfiguration: Sendable {
  /// Which end of a connection.
  public enum Role: Sendable, Hashable { case client, server }

  /// Whom to believe.
  public enum TrustRoots: Sendable, Hashable {
    /// The system's store (`/etc/ssl/certs`, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name).
    case system
    /// The certificates in a PEM file: Tornado's `ca_certs`.
    case file(String)
    /// Certificates in PEM form.
    case pem([UInt8])
    /// Nobody.
    case none
  }

  /// What is asked of the peer's certificate: Tornado's `cert_reqs`.
  public enum Verification: Sendable, Hashable {
    /// Nothing. A client then speaks to whoever answers.
    case none
    /// The peer may have none; one that it has must be valid.
    case optional
    /// The peer must have a valid one.
    case required
  }

  /// Which end it is for.
  public var role: Role
  /// Who we are: required of servers; for clients what they show when they are asked.
  public var identity: TLSIdentity?
  /// Further identities of a server, by the name that the client asks for (SNI, RFC 6066, section 3).
  ///
  /// A name is exact (`www.example.org`) or has `*` as its whole first label. ``identity`` is for
  /// names that are not here.
  public var identities: [String: TLSIdentity] = [:]
  /// Whom to believe about the peer.
  public var trustRoots: TrustRoots
  /// What is asked of the peer's certificate.
  public var verification: Verification
  /// Whether a client checks that the certificate is for the name that it asked for.
  public var checksHostname = true
  /// The oldest version that is spoken.
  public var minimumVersion = TLSVersion.tls12
  /// The newest version that is spoken; `nil` for the newest that there is.
  public var maximumVersion: TLSVersion?
  /// The ciphers of TLS 1.2, in OpenSSL's notation: Tornado's `ciphers`.
  public var ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20"
  /// The cipher suites of TLS 1.3, in OpenSSL's notation; `nil` for all, which are safe.
  public var cipherSuites: String?
  /// The protocols that may be agreed on (ALPN, RFC 7301), the best first.
  ///
  /// A server that shares none with a client that asks ends the handshake. Empty: none is agreed on.
  public var applicationProtocols: [String] = []
  /// Whether later connections may resume a session (RFC 8446, section 2.2), which saves the
  /// certificates and half of the computation.
  public var resumesSessions = true
  /// How long a handshake may take.
  public var handshakeTimeout = Duration.seconds(10)
  /// Where the secrets of connections are appended, for Wireshark.
  ///
  /// Who can read this file can read the connections: for debugging only.
  public var keyLogFile: String?
  /// Whether the kernel does the encryption of what is sent, where it can: files then go out by sendfile.
  public var usesKernelTLS = true

  private init(role: Role, trustRoots: TrustRoots, verification: Verification) {
    self.role = role
    self.trustRoots = trustRoots
    self.verification = verification
  }

  /// A client that believes the system's store and checks names.
  public static let client = TLSConfiguration(role: .client, trustRoots: .system, verification: .required)

  /// A server with an identity that asks clients for no certificate.
  public static func server(_ identity: TLSIdentity) -> TLSConfiguration {
    var configuration = TLSConfiguration(role: .server, trustRoots: .none, verification: .none)
    configuration.identity = identity
    return configuration
  }

  /// A server with the certificate and the key in two PEM files: Tornado's `certfile` and `keyfile`.
  /// - Parameters:
  ///   - certificateFile: The certificate, then those that lead to a root.
  ///   - privateKeyFile: `nil` when the key is in the certificate's file too.
  public static func server(
    certificateFile: String, privateKeyFile: String? = nil, password: String? = nil
  ) -> TLSConfiguration {
    server(TLSIdentity(certificateFile: certificateFile, privateKeyFile: privateKeyFile, password: password))
  }
}

/// A certificate with its private key: who an end of a connection is.
public struct TLSIdentity: Sendable, Hashable {
  package enum Source: Hashable, Sendable {
    case file(String)
    case pem([UInt8])
  }

  package let certificates: Source
  package let privateKey: Source
  package let password: String?

  /// What PEM files hold; they are read when a context is made and when it is reloaded.
  /// - Parameters:
  ///   - certificateFile: The certificate, then those that lead to a root.
  ///   - privateKeyFile: `nil` when the key is in the certificate's file too.
  ///   - password: For a key that is encrypted.
  public init(certificateFile: String, privateKeyFile: String? = nil, password: String? = nil) {
    certificates = .file(certificateFile)
    privateKey = .file(privateKeyFile ?? certificateFile)
    self.password = password
  }

  /// What PEM texts hold.
  public init(certificatePEM: [UInt8], privateKeyPEM: [UInt8], password: String? = nil) {
    certificates = .pem(certificatePEM)
    privateKey = .pem(privateKeyPEM)
    self.password = password
  }
}

#endif
