// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GaleCore

/// Bodies that are forms: `application/x-www-form-urlencoded`, and the text fields of `multipart/form-data`.
///
/// `name=Ada&age=36&tags=a&tags=b&address[city]=London`: repeated names, or names that end in `[]`, make an array, names in
/// brackets an object within the object. An empty field is `nil` for an optional, and an array of which nothing was sent
/// is empty. Dates are read as ISO 8601.
public struct FormFormat: ContentFormat {
  private static let depthLimit = 16
  private static let coding = ValueCoding(
    isText: true,
    decodeSpecial: { type, value in
      guard type == Date.self else { return nil }
      return try FoundationForms.date(from: value.lastText, .iso8601)
    },
    encodeSpecial: { value in
      if let date = value as? Date { return FoundationForms.value(of: date, .iso8601) }
      if let data = value as? Data { return FoundationForms.value(of: data, .base64) }
      return nil
    })

  /// Creates the format.
  public init() {}

  /// Both types of forms.
  public var mediaTypes: [String] { ["application/x-www-form-urlencoded", "multipart/form-data"] }

  /// Writes an object, URL-encoded.
  /// - Throws: `EncodingError` for what is no object.
  public func encode<T: Encodable>(_ value: T) throws -> [UInt8] {
    guard case .object(let members) = try JSONValue(encoding: value, coding: Self.coding) else {
      throw EncodingError.invalidValue(
        value,
        EncodingError.Context(codingPath: [], debugDescription: "a form holds the members of an object"))
    }
    var pairs: [String] = []
    for member in members { Self.append(member.value, urlEscape(member.key), to: &pairs) }
    return Array(pairs.joined(separator: "&").utf8)
  }

  private static func append(_ value: JSONValue, _ name: String, to pairs: inout [String]) {
    switch value {
    case .null: break
    case .bool(let value): pairs.append("\(name)=\(value)")
    case .int(let number): pairs.append("\(name)=\(number)")
    case .double(let number): pairs.append("\(name)=\(number)")
    case .string(let text): pairs.append("\(name)=\(urlEscape(text))")
    case .array(let elements): for element in elements { append(element, name, to: &pairs) }
    case .object(let members):
      for member in members { append(member.value, "\(name)%5B\(urlEscape(member.key))%5D", to: &pairs) }
    }
  }

  /// Reads a URL-encoded form.
  public func decode<T: Decodable>(_ type: T.Type, from body: [UInt8]) throws -> T {
    do {
      return try decode(type, arguments: try parseQueryString(body.span))
    } catch let error as QueryStringError {
      throw BodyError(.malformed, field: nil, "\(error)")
    }
  }

  /// Reads the arguments of a form or a query.
  func decode<T: Decodable>(_ type: T.Type, arguments: [QueryArgument]) throws -> T {
    let root = FormNode()
    for argument in arguments {
      guard let name = String(validating: argument.name, as: UTF8.self) else {
        throw BodyError(.malformed, field: nil, "the name of a field is not UTF-8")
      }
      guard let value = String(validating: argument.value, as: UTF8.self) else {
        throw BodyError(.malformed, field: name, "is not UTF-8")
      }
      try root.insert(value, at: Self.path(of: name), name)
    }
    return try root.value.decode(as: type, coding: Self.coding)
  }

  /// `a[b][c]` is a, b, c; `a[]` is a; what is not written so is one name.
  private static func path(of name: String) throws -> [Substring] {
    guard let open = name.firstIndex(of: "["), open != name.startIndex, name.hasSuffix("]") else {
      return [name[...]]
    }
    let inner = name[name.index(after: open)...].dropLast()
    var keys = inner.split(separator: "][", omittingEmptySubsequences: false)
    guard keys.allSatisfy({ !$0.contains("[") && !$0.contains("]") }) else { return [name[...]] }
    guard keys.count <= depthLimit else { throw BodyError(.malformed, field: name, "is nested too deep") }
    if keys.last == "" { keys.removeLast() }
    return [name[..<open]] + keys
  }
}

/// A place in a form: texts, or places below it.
private final class FormNode {
  private var texts: [String] = []
  private var order: [String] = []
  private var children: [String: FormNode] = [:]

  func insert(_ text: String, at path: [Substring], _ name: String) throws {
    var node = self
    for key in path { node = try node.child(String(key), name) }
    guard node.children.isEmpty else { throw BodyError(.invalid, field: name, "is a value and has fields") }
    node.texts.append(text)
  }

  private func child(_ key: String, _ name: String) throws -> FormNode {
    guard texts.isEmpty else { throw BodyError(.invalid, field: name, "is a value and has fields") }
    if let child = children[key] { return child }
    let child = FormNode()
    children[key] = child
    order.append(key)
    return child
  }

  var value: JSONValue {
    if texts.count == 1 { return .string(texts[0]) }
    if !texts.isEmpty { return .array(texts.map { .string($0) }) }
    return .object(order.map { JSONMember($0, children[$0]?.value ?? .null) })
  }
}

extension JSONValue {
  /// The last of several texts.
  fileprivate var lastText: JSONValue {
    if case .array(let elements) = self, let last = elements.last { last } else { self }
  }
}
