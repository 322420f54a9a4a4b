// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The members of an object; many of them are found by a table.
struct Members {
  private let members: [JSONMember]
  private let table: [String: Int]

  init(_ members: [JSONMember]) {
    self.members = members
    var table: [String: Int] = [:]
    if members.count > 8 {
      for (index, member) in members.enumerated() { table[member.key] = index }
    }
    self.table = table
  }

  var keys: [String] { members.map(\.key) }

  subscript(key: String) -> JSONValue? {
    if members.count > 8 { return table[key].map { members[$0].value } }
    return members.last { $0.key == key }?.value
  }
}

struct KeyedValues<Key: CodingKey>: KeyedDecodingContainerProtocol {
  private let members: Members
  private let decoder: ValueDecoder

  init(_ members: Members, _ decoder: ValueDecoder) {
    self.members = members
    self.decoder = decoder
  }

  var codingPath: [any CodingKey] { decoder.codingPath }
  var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }

  func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

  private func child(_ key: any CodingKey) throws -> ValueDecoder {
    guard let value = members[key.stringValue] else {
      throw DecodingError.keyNotFound(
        key, DecodingError.Context(codingPath: codingPath, debugDescription: "is missing"))
    }
    return decoder.decoder(for: value, at: key)
  }

  func decodeNil(forKey key: Key) throws -> Bool { try child(key).isNil }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    if decoder.coding.isText, !contains(key), type is any ExpressibleByArrayLiteral.Type {
      // Of a form's boxes of which none is ticked nothing is sent.
      return try decoder.decoder(for: .array([]), at: key).decodeValue(type)
    }
    return try child(key).decodeValue(type)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try child(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try child(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { try child(FoundKey.super) }

  func superDecoder(forKey key: Key) throws -> any Decoder { try child(key) }
}

struct UnkeyedValues: UnkeyedDecodingContainer {
  private let elements: [JSONValue]
  private let decoder: ValueDecoder
  private(set) var currentIndex = 0

  init(_ elements: [JSONValue], _ decoder: ValueDecoder) {
    self.elements = elements
    self.decoder = decoder
  }

  var codingPath: [any CodingKey] { decoder.codingPath }
  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex >= elements.count }

  private func present() throws -> ValueDecoder {
    let key = FoundKey(intValue: currentIndex)
    guard !isAtEnd else {
      throw DecodingError.valueNotFound(
        JSONValue.self,
        DecodingError.Context(codingPath: codingPath + [key], debugDescription: "is missing"))
    }
    return decoder.decoder(for: elements[currentIndex], at: key)
  }

  mutating func decodeNil() throws -> Bool {
    guard try present().value == .null else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    let made = try present().decodeValue(type)
    currentIndex += 1
    return made
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) throws -> KeyedDecodingContainer<NestedKey> {
    let made = try present().container(keyedBy: type)
    currentIndex += 1
    return made
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    let made = try present().unkeyedContainer()
    currentIndex += 1
    return made
  }

  mutating func superDecoder() throws -> any Decoder {
    let made = try present()
    currentIndex += 1
    return made
  }
}

struct SingleValue: SingleValueDecodingContainer {
  private let decoder: ValueDecoder

  init(_ decoder: ValueDecoder) { self.decoder = decoder }

  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { decoder.isNil }

  func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.decodeValue(type) }
}
