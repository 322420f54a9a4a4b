// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension TemplateValue {
  /// Makes a value of anything that can be encoded.
  ///
  /// What has named members becomes a dictionary whose members are attributes, too: `{{ post.title }}`.
  /// - Throws: What the type's `encode(to:)` throws.
  public init(encoding value: some Encodable) throws { self = try TemplateEncoder.encoded(value, []) }
}

/// Where an encoder puts its value.
private final class TemplateSlot {
  var value = TemplateValue.null
}

private struct TemplateEncoder: Encoder {
  let slot: TemplateSlot
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  static func encoded(_ value: some Encodable, _ path: [any CodingKey]) throws -> TemplateValue {
    if let value = value as? any TemplateConvertible { return value.templateValue }
    let slot = TemplateSlot()
    try value.encode(to: TemplateEncoder(slot: slot, codingPath: path))
    return slot.value
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    let dictionary = TemplateDictionary(isRecord: true)
    slot.value = .dictionary(dictionary)
    return KeyedEncodingContainer(TemplateKeyedContainer(dictionary: dictionary, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    let list = TemplateList()
    slot.value = .list(list)
    return TemplateUnkeyedContainer(list: list, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    TemplateSingleContainer(slot: slot, codingPath: codingPath)
  }
}

private struct TemplateKeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let dictionary: TemplateDictionary
  let codingPath: [any CodingKey]

  mutating func encodeNil(forKey key: Key) { dictionary[key.stringValue] = .null }

  mutating func encode(_ value: some Encodable, forKey key: Key) throws {
    dictionary[key.stringValue] = try TemplateEncoder.encoded(value, codingPath + [key])
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    let nested = TemplateDictionary(isRecord: true)
    dictionary[key.stringValue] = .dictionary(nested)
    return KeyedEncodingContainer(
      TemplateKeyedContainer<Nested>(dictionary: nested, codingPath: codingPath + [key]))
  }

  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    let list = TemplateList()
    dictionary[key.stringValue] = .list(list)
    return TemplateUnkeyedContainer(list: list, codingPath: codingPath + [key])
  }

  mutating func superEncoder() -> any Encoder { inherited("super", codingPath) }

  mutating func superEncoder(forKey key: Key) -> any Encoder {
    inherited(key.stringValue, codingPath + [key])
  }

  /// What a class encodes of its parent: members beside its own.
  private func inherited(_ name: String, _ path: [any CodingKey]) -> any Encoder {
    let nested = TemplateDictionary(isRecord: true)
    dictionary[name] = .dictionary(nested)
    return TemplateInheritedEncoder(dictionary: nested, codingPath: path)
  }
}

/// Encodes into a dictionary that is there already.
private struct TemplateInheritedEncoder: Encoder {
  let dictionary: TemplateDictionary
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(TemplateKeyedContainer(dictionary: dictionary, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    let list = TemplateList()
    dictionary["elements"] = .list(list)
    return TemplateUnkeyedContainer(list: list, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    TemplateSingleContainer(slot: TemplateSlot(), codingPath: codingPath)
  }
}

private struct TemplateUnkeyedContainer: UnkeyedEncodingContainer {
  let list: TemplateList
  let codingPath: [any CodingKey]
  var count: Int { list.elements.count }

  mutating func encodeNil() { list.elements.append(.null) }

  mutating func encode(_ value: some Encodable) throws {
    list.elements.append(try TemplateEncoder.encoded(value, codingPath))
  }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<
    Nested
  > {
    let nested = TemplateDictionary(isRecord: true)
    list.elements.append(.dictionary(nested))
    return KeyedEncodingContainer(TemplateKeyedContainer<Nested>(dictionary: nested, codingPath: codingPath))
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    let nested = TemplateList()
    list.elements.append(.list(nested))
    return TemplateUnkeyedContainer(list: nested, codingPath: codingPath)
  }

  mutating func superEncoder() -> any Encoder {
    let nested = TemplateDictionary(isRecord: true)
    list.elements.append(.dictionary(nested))
    return TemplateInheritedEncoder(dictionary: nested, codingPath: codingPath)
  }
}

private struct TemplateSingleContainer: SingleValueEncodingContainer {
  let slot: TemplateSlot
  let codingPath: [any CodingKey]

  mutating func encodeNil() { slot.value = .null }

  mutating func encode(_ value: some Encodable) throws {
    slot.value = try TemplateEncoder.encoded(value, codingPath)
  }
}
