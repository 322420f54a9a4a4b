// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// How Swift types and ``JSONValue`` become each other, beyond what the types say themselves.
package final class ValueCoding: Sendable {
  /// Makes a value of a type that has a form of its own here; `nil` for all other types.
  package let decodeSpecial: @Sendable (any Decodable.Type, JSONValue) throws -> (any Decodable)?
  /// The form of a value whose type has one of its own here; `nil` for all others.
  package let encodeSpecial: @Sendable (any Encodable) throws -> JSONValue?
  /// Whether all values are text, as in a form: numbers and booleans are read from it, an empty text stands for `nil`,
  /// the last of several texts counts where one is wanted, and one makes an array where several are.
  package let isText: Bool

  /// Makes rules.
  package init(
    isText: Bool = false,
    decodeSpecial: @escaping @Sendable (any Decodable.Type, JSONValue) throws -> (any Decodable)? = { _, _ in
      nil
    },
    encodeSpecial: @escaping @Sendable (any Encodable) throws -> JSONValue? = { _ in nil }
  ) {
    self.isText = isText
    self.decodeSpecial = decodeSpecial
    self.encodeSpecial = encodeSpecial
  }

  /// What the types say themselves.
  package static let plain = ValueCoding()

  /// Why a special form cannot be read; the decoder adds where it is.
  package struct Invalid: Error {
    package let message: String
    package init(_ message: String) { self.message = message }
  }
}

/// A key that was found, not declared.
struct FoundKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  init(intValue: Int) {
    stringValue = "\(intValue)"
    self.intValue = intValue
  }

  static let `super` = FoundKey(stringValue: "super")
}
