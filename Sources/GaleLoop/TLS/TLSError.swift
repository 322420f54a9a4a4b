// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

/// Why TLS cannot be set up, or a connection cannot go on: Python's `ssl.SSLError` with its cause in words.
public struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The code's name.
    public let description: String

    // Setting up.

    /// A file cannot be read, or holds no certificate or key.
    public static let invalidFile = Code(description: "invalidFile")
    /// The private key is not the certificate's.
    public static let mismatchedPair = Code(description: "mismatchedPair")
    /// The private key is encrypted, and the password is missing or wrong.
    public static let wrongPassword = Code(description: "wrongPassword")
    /// A setting that OpenSSL does not take.
    public static let invalidConfiguration = Code(description: "invalidConfiguration")
    /// The stream is in use, or was sent bytes before TLS began.
    public static let invalidState = Code(description: "invalidState")

    // The peer's certificate.

    /// The certificate's time is over.
    public static let certificateExpired = Code(description: "certificateExpired")
    /// The certificate's time has not come.
    public static let certificateNotYetValid = Code(description: "certificateNotYetValid")
    /// The certificate is for other names.
    public static let wrongHost = Code(description: "wrongHost")
    /// The certificate vouches for itself.
    public static let selfSigned = Code(description: "selfSigned")
    /// Nobody that is trusted has signed the certificate.
    public static let unknownAuthority = Code(description: "unknownAuthority")
    /// The certificate is invalid for another reason.
    public static let invalidCertificate = Code(description: "invalidCertificate")
    /// The peer had to show a certificate, and has shown none.
    public static let certificateRequired = Code(description: "certificateRequired")

    // What the peer says of us, or how it speaks.

    /// The peer does not accept our certificate.
    public static let rejectedByPeer = Code(description: "rejectedByPeer")
    /// The ends share no version of the protocol.
    public static let protocolVersion = Code(description: "protocolVersion")
    /// The ends share no cipher.
    public static let noSharedCipher = Code(description: "noSharedCipher")
    /// The ends share no application protocol (ALPN).
    public static let noApplicationProtocol = Code(description: "noApplicationProtocol")
    /// The peer speaks plain HTTP.
    public static let plainHTTP = Code(description: "plainHTTP")
    /// The peer does not speak TLS.
    public static let notTLS = Code(description: "notTLS")
    /// The peer went away before the handshake was complete.
    public static let closedDuringHandshake = Code(description: "closedDuringHandshake")
    /// The handshake took too long.
    public static let timedOut = Code(description: "timedOut")
    /// The connection ended without the peer saying so: somebody may have cut it (RFC 8446, section 6.1).
    public static let truncated = Code(description: "truncated")
    /// The peer broke the protocol, or OpenSSL failed in another way.
    public static let protocolViolation = Code(description: "protocolViolation")
    /// A call to the system failed.
    public static let system = Code(description: "system")
  }

  /// What is wrong.
  public let code: Code
  /// One line for people: the cause.
  public let message: String
  /// What OpenSSL says; empty when it was not the one that failed.
  public let opensslText: String
  /// The system's error number, or 0.
  public let systemError: Int32

  package init(_ code: Code, _ message: String, opensslText: String = "", systemError: Int32 = 0) {
    self.code = code
    self.message = message
    self.opensslText = opensslText
    self.systemError = systemError
  }

  /// The text that logs and messages show.
  public var description: String { opensslText.isEmpty ? message : "\(message) (\(opensslText))" }
}

#endif
