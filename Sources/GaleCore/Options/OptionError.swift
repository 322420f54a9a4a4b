// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Why options cannot be read or set: Tornado's `options.Error`.
public struct OptionError: Error, Hashable, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The code's name.
    public let description: String
    /// No option has this name.
    public static let unrecognized = Code(description: "unrecognized")
    /// The option stands without a value and is no flag.
    public static let missingValue = Code(description: "missingValue")
    /// The text is no value of the option's type.
    public static let invalidValue = Code(description: "invalidValue")
    /// The value is of another type than the option.
    public static let wrongType = Code(description: "wrongType")
    /// The file cannot be read.
    public static let unreadable = Code(description: "unreadable")
    /// The file is not written in the language of config files.
    public static let syntax = Code(description: "syntax")
  }

  /// What is wrong.
  public let code: Code
  /// The text that logs and messages show.
  public let description: String

  /// Makes an error; for types of your own that read their ``OptionValue`` from text.
  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }

  static func invalid(_ text: String, _ expected: String) -> OptionError {
    OptionError(.invalidValue, "\(text.debugDescription) is not \(expected)")
  }

  /// The same, for the option that it is about.
  func about(_ name: String) -> OptionError { OptionError(code, "Option '\(name)': \(description)") }
}
