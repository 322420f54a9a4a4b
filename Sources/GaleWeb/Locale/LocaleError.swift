// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Why translations cannot be loaded.
public struct LocaleError: Error, Hashable, CustomStringConvertible {
  /// What kind of error it is.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The name of the code.
    public let description: String

    /// A directory or file cannot be read.
    public static let unreadable = Code(description: "unreadable")
    /// A file is not in the encoding that it should be in.
    public static let encoding = Code(description: "encoding")
    /// A file is no message catalogue, or a damaged one.
    public static let catalogue = Code(description: "catalogue")
  }

  /// What kind of error it is.
  public let code: Code
  /// What is wrong, in words.
  public let message: String

  /// The code and the message.
  public var description: String { "\(code): \(message)" }

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
