// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

public import GaleWeb

/// Why somebody could not be signed in, or a token was not taken: Tornado's `AuthError`.
///
/// As an error of a handler it is answered with ``status``.
public struct AuthError: StatusError, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The code's name.
    public let description: String
    let status: Int

    /// The program's own fault: something that is needed is not configured.
    public static let invalidConfiguration = Code(description: "invalidConfiguration", status: 500)
    /// The browser came back with something that does not belong to a login that it has begun, or has ended already.
    public static let invalidCallback = Code(description: "invalidCallback", status: 400)
    /// The answer is of another provider than the one that was asked (RFC 9207).
    public static let wrongIssuer = Code(description: "wrongIssuer", status: 400)
    /// The provider said no; ``AuthError/error`` is its word for it.
    public static let refused = Code(description: "refused", status: 403)
    /// A token is not valid: its signature, its time, or whom it is for.
    public static let invalidToken = Code(description: "invalidToken", status: 401)
    /// A token does not allow this.
    public static let insufficientScope = Code(description: "insufficientScope", status: 403)
    /// The provider does not answer, or not now.
    public static let providerUnavailable = Code(description: "providerUnavailable", status: 503)
    /// What the provider answered cannot be used.
    public static let invalidResponse = Code(description: "invalidResponse", status: 502)
  }

  /// What is wrong.
  public let code: Code
  /// One line for the log: never for the user.
  public let message: String
  /// The provider's `error`, cut to 512 bytes (RFC 6749, sections 4.1.2.1 and 5.2).
  public let error: String?
  /// The provider's `error_description`, cut to 512 bytes: text from outside.
  public let errorDescription: String?
  /// What failed below.
  public let underlyingError: (any Error)?

  init(
    _ code: Code, _ message: String, error: String? = nil, errorDescription: String? = nil,
    underlyingError: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.error = error.map(AuthError.cut)
    self.errorDescription = errorDescription.map(AuthError.cut)
    self.underlyingError = underlyingError
  }

  /// An answer with an `error` in it.
  init(refusal error: String, _ description: String?, by whom: String) {
    self.init(.refused, "\(whom) refused", error: error, errorDescription: description)
  }

  /// The answer's status.
  public var status: Int { code.status }

  /// For the log.
  public var logMessage: String? { description }

  /// All of it in one line.
  public var description: String {
    var text = "\(code): \(message)"
    if let error { text += ": \(error)" }
    if let errorDescription { text += " (\(errorDescription))" }
    return text
  }

  private static func cut(_ text: String) -> String {
    text.utf8.count <= 512 ? text : String(decoding: text.utf8.prefix(509), as: UTF8.self) + "…"
  }
}

#endif
