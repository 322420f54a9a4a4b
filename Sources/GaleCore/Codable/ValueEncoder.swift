// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A value that is being made: the containers of one place share it.
final class EncodingNode {
  enum Content {
    case none
    case value(JSONValue)
    case array([EncodingNode])
    case object([(key: String, node: EncodingNode)])
  }

  var content = Content.none

  var value: JSONValue {
    switch content {
    case .none: .object([])
    case .value(let value): value
    case .array(let nodes): .array(nodes.map(\.value))
    case .object(let members): .object(members.map { JSONMember($0.key, $0.node.value) })
    }
  }

  var count: Int { if case .array(let nodes) = content { nodes.count } else { 0 } }

  func becomeArray() { if case .array = content {} else { content = .array([]) } }

  func becomeObject() { if case .object = content {} else { content = .object([]) } }

  func append() -> EncodingNode {
    let node = EncodingNode()
    if case .array(var nodes) = content {
      content = .none  // Not held twice, so that the array grows in place.
      nodes.append(node)
      content = .array(nodes)
    }
    return node
  }

  func append(_ key: String) -> EncodingNode {
    let node = EncodingNode()
    if case .object(var members) = content {
      content = .none
      members.append((key, node))
      content = .object(members)
    }
    return node
  }
}

/// Takes what types encode themselves to.
struct ValueEncoder: Encoder {
  let node: EncodingNode
  let codingPath: [any CodingKey]
  let coding: ValueCoding
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  init(_ node: EncodingNode, _ codingPath: [any CodingKey], _ coding: ValueCoding) {
    self.node = node
    self.codingPath = codingPath
    self.coding = coding
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.becomeObject()
    return KeyedEncodingContainer(KeyedEncoding<Key>(self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.becomeArray()
    return UnkeyedEncoding(self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { SingleEncoding(self) }

  func encodeValue<T: Encodable>(_ value: T) throws {
    if let direct = value as? any DirectlyEncodable {
      guard let value = direct.directValue else {
        throw EncodingError.invalidValue(
          direct,
          EncodingError.Context(codingPath: codingPath, debugDescription: "no JSON number can hold it"))
      }
      node.content = .value(value)
    } else if let special = try coding.encodeSpecial(value) {
      node.content = .value(special)
    } else {
      try value.encode(to: self)
    }
  }

  func encoder(_ node: EncodingNode, at key: any CodingKey) -> ValueEncoder {
    ValueEncoder(node, codingPath + [key], coding)
  }
}

/// A type whose values are written as they stand.
protocol DirectlyEncodable {
  /// `nil` when JSON has no such number.
  var directValue: JSONValue? { get }
}

extension JSONValue: DirectlyEncodable {
  var directValue: JSONValue? { self }
}

extension String: DirectlyEncodable {
  var directValue: JSONValue? { .string(self) }
}

extension Bool: DirectlyEncodable {
  var directValue: JSONValue? { .bool(self) }
}

extension DirectlyEncodable where Self: FixedWidthInteger {
  var directValue: JSONValue? { Int(exactly: self).map { .int($0) } }
}

extension Int: DirectlyEncodable {}
extension Int8: DirectlyEncodable {}
extension Int16: DirectlyEncodable {}
extension Int32: DirectlyEncodable {}
extension Int64: DirectlyEncodable {}
extension UInt: DirectlyEncodable {}
extension UInt8: DirectlyEncodable {}
extension UInt16: DirectlyEncodable {}
extension UInt32: DirectlyEncodable {}
extension UInt64: DirectlyEncodable {}

extension DirectlyEncodable where Self: BinaryFloatingPoint {
  var directValue: JSONValue? { isFinite ? .double(Double(self)) : nil }
}

extension Double: DirectlyEncodable {}

extension Float: DirectlyEncodable {
  /// By its own shortest text: 0.1 stays 0.1.
  var directValue: JSONValue? { isFinite ? .double(Double(description) ?? Double(self)) : nil }
}
