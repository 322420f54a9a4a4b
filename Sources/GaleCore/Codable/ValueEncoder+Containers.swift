// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

struct KeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
  private let encoder: ValueEncoder

  init(_ encoder: ValueEncoder) { self.encoder = encoder }

  var codingPath: [any CodingKey] { encoder.codingPath }

  private func child(_ key: any CodingKey) -> ValueEncoder {
    encoder.encoder(encoder.node.append(key.stringValue), at: key)
  }

  mutating func encodeNil(forKey key: Key) throws { child(key).node.content = .value(.null) }

  mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try child(key).encodeValue(value) }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    child(key).container(keyedBy: keyType)
  }

  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    child(key).unkeyedContainer()
  }

  mutating func superEncoder() -> any Encoder { child(FoundKey.super) }

  mutating func superEncoder(forKey key: Key) -> any Encoder { child(key) }
}

struct UnkeyedEncoding: UnkeyedEncodingContainer {
  private let encoder: ValueEncoder

  init(_ encoder: ValueEncoder) { self.encoder = encoder }

  var codingPath: [any CodingKey] { encoder.codingPath }
  var count: Int { encoder.node.count }

  private func child() -> ValueEncoder {
    let key = FoundKey(intValue: count)
    return encoder.encoder(encoder.node.append(), at: key)
  }

  mutating func encodeNil() throws { child().node.content = .value(.null) }

  mutating func encode<T: Encodable>(_ value: T) throws { try child().encodeValue(value) }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type
  ) -> KeyedEncodingContainer<NestedKey> {
    child().container(keyedBy: keyType)
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { child().unkeyedContainer() }

  mutating func superEncoder() -> any Encoder { child() }
}

struct SingleEncoding: SingleValueEncodingContainer {
  private let encoder: ValueEncoder

  init(_ encoder: ValueEncoder) { self.encoder = encoder }

  var codingPath: [any CodingKey] { encoder.codingPath }

  mutating func encodeNil() throws { encoder.node.content = .value(.null) }

  mutating func encode<T: Encodable>(_ value: T) throws { try encoder.encodeValue(value) }
}
