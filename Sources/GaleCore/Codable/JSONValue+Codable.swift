// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
  /// Reads this value as a `T`.
  ///
  /// Numbers must fit: `3` and `3.0` are read as `Int`, `3.5` and `300` as an `Int8` are not.
  /// - Throws: `DecodingError`, whose coding path names the member at fault; what the type's initializer throws.
  public func decode<T: Decodable>(as type: T.Type = T.self) throws -> T {
    try decode(as: type, coding: .plain)
  }

  /// Makes the value that `value` encodes itself to.
  /// - Throws: `EncodingError` for what JSON cannot hold, as `NaN`; what the type's `encode(to:)` throws.
  public init<T: Encodable>(encoding value: T) throws {
    self = try JSONValue(encoding: value, coding: .plain)
  }

  package func decode<T: Decodable>(as type: T.Type, coding: ValueCoding) throws -> T {
    try ValueDecoder(self, [], coding).decodeValue(type)
  }

  package init<T: Encodable>(encoding value: T, coding: ValueCoding) throws {
    let node = EncodingNode()
    try ValueEncoder(node, [], coding).encodeValue(value)
    self = node.value
  }
}

extension JSONValue: Codable {
  /// Takes whatever stands there.
  public init(from decoder: any Decoder) throws {
    if let decoder = decoder as? ValueDecoder {
      self = decoder.value
      return
    }
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .int(value)
    } else if let value = try? container.decode(Double.self) {
      self = .double(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      let members = try container.decode([String: JSONValue].self)
      self = .object(members.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value) })
    }
  }

  /// Encodes what it holds.
  public func encode(to encoder: any Encoder) throws {
    if let encoder = encoder as? ValueEncoder {
      encoder.node.content = .value(self)
      return
    }
    switch self {
    case .array(let elements):
      var container = encoder.unkeyedContainer()
      for element in elements { try container.encode(element) }
    case .object(let members):
      var container = encoder.container(keyedBy: FoundKey.self)
      for member in members { try container.encode(member.value, forKey: FoundKey(stringValue: member.key)) }
    default:
      var container = encoder.singleValueContainer()
      switch self {
      case .bool(let value): try container.encode(value)
      case .int(let value): try container.encode(value)
      case .double(let value): try container.encode(value)
      case .string(let value): try container.encode(value)
      default: try container.encodeNil()
      }
    }
  }
}
