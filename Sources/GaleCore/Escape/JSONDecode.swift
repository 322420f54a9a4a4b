// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not JSON, and where.
public struct JSONError: Error, Hashable, CustomStringConvertible {
  /// A kind of mistake.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// What to tell a person.
    public let description: String

    /// The text stops before the value is complete.
    public static let unexpectedEnd = Code(description: "unexpected end")
    /// A byte that the grammar does not allow there.
    public static let unexpectedByte = Code(description: "unexpected byte")
    /// More follows behind the value.
    public static let trailingData = Code(description: "data behind the value")
    /// A control character in a string, which JSON wants escaped.
    public static let controlCharacter = Code(description: "control character in a string")
    /// A backslash with something behind it that JSON does not know, or half of a surrogate pair.
    public static let invalidEscape = Code(description: "invalid escape")
    /// A string that is not UTF-8.
    public static let invalidUTF8 = Code(description: "invalid UTF-8")
    /// A number too large for a Double, or of more than 4,096 characters.
    public static let numberOutOfRange = Code(description: "number out of range")
    /// More arrays and objects in each other than allowed.
    public static let tooDeep = Code(description: "nested too deep")
  }

  /// The kind of mistake.
  public let code: Code

  /// Where it is: an offset in bytes from the start.
  public let byteOffset: Int

  /// What to tell a person.
  public var description: String { "invalid JSON at byte \(byteOffset): \(code)" }
}

/// Reads JSON from text: Tornado's `json_decode`.
///
/// - Parameters:
///   - text: One JSON value with optional white space around it.
///   - depthLimit: The most arrays and objects in each other.
/// - Throws: ``JSONError`` with the place of the first mistake.
/// - Complexity: O(*n*).
public func jsonDecode(_ text: String, depthLimit: Int = 512) throws(JSONError) -> JSONValue {
  try jsonDecode(Array(text.utf8), depthLimit: depthLimit)
}

/// Reads JSON from bytes: Tornado's `json_decode`.
///
/// Strict as RFC 8259 is (no `NaN`, no comments, no trailing comma), except that a byte order mark is
/// skipped. Whole numbers beyond 64 bits become a `double`; repeated keys are all kept. Only UTF-8 is read:
/// Python also detects UTF-16 and UTF-32, which RFC 8259 no longer allows between systems.
///
/// - Parameters:
///   - bytes: One JSON value with optional white space around it.
///   - depthLimit: The most arrays and objects in each other; 512 take some 100 KB of the stack.
/// - Throws: ``JSONError`` with the place of the first mistake.
/// - Complexity: O(*n*).
public func jsonDecode(_ bytes: [UInt8], depthLimit: Int = 512) throws(JSONError) -> JSONValue {
  var parser = JSONParser(bytes: bytes, depthLimit: depthLimit)
  return try parser.parseDocument()
}
