// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Gives a ``JSONValue`` to types that decode themselves.
struct ValueDecoder: Decoder {
  let value: JSONValue
  let codingPath: [any CodingKey]
  let coding: ValueCoding
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  init(_ value: JSONValue, _ codingPath: [any CodingKey], _ coding: ValueCoding) {
    self.value = value
    self.codingPath = codingPath
    self.coding = coding
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let members) = value else { throw mismatch([String: JSONValue].self, "an object") }
    return KeyedDecodingContainer(KeyedValues<Key>(Members(members), self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    switch value {
    case .array(let elements): return UnkeyedValues(elements, self)
    case .null: throw missingValue([JSONValue].self)
    default:
      guard coding.isText, value.objectValue == nil else { throw mismatch([JSONValue].self, "an array") }
      return UnkeyedValues([value], self)
    }
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { SingleValue(self) }

  func decodeValue<T: Decodable>(_ type: T.Type) throws -> T {
    if let direct = type as? any DirectlyDecodable.Type {
      if let made = try direct.init(self) as? T { return made }
    } else if let special = try special(type) {
      return special
    }
    return try type.init(from: self)
  }

  private func special<T: Decodable>(_ type: T.Type) throws -> T? {
    do {
      return try coding.decodeSpecial(type, value) as? T
    } catch let error as ValueCoding.Invalid {
      throw corrupted(error.message)
    }
  }

  /// The text, or the last of several: an empty form field is one that was not filled in.
  var scalar: JSONValue {
    guard coding.isText, case .array(let elements) = value, let last = elements.last else { return value }
    return last
  }

  var isNil: Bool { value == .null || coding.isText && scalar == .string("") }

  // MARK: - Errors

  func mismatch(_ type: any Any.Type, _ wanted: String) -> DecodingError {
    if value == .null { return missingValue(type) }
    return .typeMismatch(type, context("must be \(wanted), not \(value.kind)"))
  }

  func missingValue(_ type: any Any.Type) -> DecodingError {
    .valueNotFound(type, context("must not be null"))
  }

  func corrupted(_ message: String) -> DecodingError { .dataCorrupted(context(message)) }

  private func context(_ message: String) -> DecodingError.Context {
    DecodingError.Context(codingPath: codingPath, debugDescription: message)
  }

  func decoder(for value: JSONValue, at key: any CodingKey) -> ValueDecoder {
    ValueDecoder(value, codingPath + [key], coding)
  }
}

extension JSONValue {
  /// What it is, for messages.
  fileprivate var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .int, .double: "a number"
    case .string: "text"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension String {
  /// What people type around a number does not count.
  fileprivate var withoutOuterSpaces: String {
    var rest = self[...]
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return String(rest)
  }
}

/// A type that is made of a value as it stands.
protocol DirectlyDecodable: Decodable {
  init(_ decoder: ValueDecoder) throws
}

extension JSONValue: DirectlyDecodable {
  init(_ decoder: ValueDecoder) throws { self = decoder.value }
}

extension String: DirectlyDecodable {
  init(_ decoder: ValueDecoder) throws {
    guard case .string(let text) = decoder.scalar else { throw decoder.mismatch(String.self, "text") }
    self = text
  }
}

extension Bool: DirectlyDecodable {
  init(_ decoder: ValueDecoder) throws {
    switch decoder.scalar {
    case .bool(let value): self = value
    case .string(let text) where decoder.coding.isText:
      switch text.withoutOuterSpaces.lowercased() {
      case "true", "on", "yes", "1": self = true
      case "false", "off", "no", "0", "": self = false
      default: throw decoder.corrupted("must be true or false")
      }
    default: throw decoder.mismatch(Bool.self, "true or false")
    }
  }
}

extension DirectlyDecodable where Self: FixedWidthInteger {
  init(_ decoder: ValueDecoder) throws {
    let found: Self?
    switch decoder.scalar {
    case .int(let number): found = Self(exactly: number)
    // Beyond 2^53 a Double no longer tells whole numbers apart.
    case .double(let number): found = number.magnitude <= 0x1p53 ? Self(exactly: number) : nil
    case .string(let text) where decoder.coding.isText:
      guard let number = Self(text.withoutOuterSpaces) else {
        throw decoder.corrupted("must be a whole number that fits \(Self.self)")
      }
      found = number
    default: throw decoder.mismatch(Self.self, "a whole number")
    }
    guard let found else { throw decoder.corrupted("must be a whole number that fits \(Self.self)") }
    self = found
  }
}

extension Int: DirectlyDecodable {}
extension Int8: DirectlyDecodable {}
extension Int16: DirectlyDecodable {}
extension Int32: DirectlyDecodable {}
extension Int64: DirectlyDecodable {}
extension UInt: DirectlyDecodable {}
extension UInt8: DirectlyDecodable {}
extension UInt16: DirectlyDecodable {}
extension UInt32: DirectlyDecodable {}
extension UInt64: DirectlyDecodable {}

extension DirectlyDecodable where Self: BinaryFloatingPoint & LosslessStringConvertible {
  init(_ decoder: ValueDecoder) throws {
    switch decoder.scalar {
    case .int(let number): self.init(number)
    case .double(let number): self.init(number)
    case .string(let text) where decoder.coding.isText:
      guard let number = Self(text.withoutOuterSpaces), number.isFinite else {
        throw decoder.corrupted("must be a number")
      }
      self = number
    default: throw decoder.mismatch(Self.self, "a number")
    }
  }
}

extension Double: DirectlyDecodable {}
extension Float: DirectlyDecodable {}
