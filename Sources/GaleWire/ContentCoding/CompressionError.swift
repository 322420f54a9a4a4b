// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Why compressed bytes could not be taken apart.
public struct CompressionError: Error, Hashable, CustomStringConvertible {
  /// What kind of error it is.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The name of the code.
    public let description: String

    /// The bytes are not of the format, or a checksum is wrong.
    public static let corrupt = Code(description: "corrupt")
    /// The bytes end before the format's end.
    public static let truncated = Code(description: "truncated")
    /// More comes out than the caller allows: a compression bomb, perhaps.
    public static let limitExceeded = Code(description: "limitExceeded")
    /// Something follows the end of the compressed bytes.
    public static let trailingData = Code(description: "trailingData")
  }

  /// What kind of error it is.
  public let code: Code
  /// What is wrong, in words.
  public let message: String

  /// Creates an error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The code and the message.
  public var description: String { "\(code): \(message)" }
}
