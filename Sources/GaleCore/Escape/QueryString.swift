// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// One `name=value` of a query string or a form, as bytes.
public struct QueryArgument: Sendable, Hashable {
  /// The name, unescaped.
  public var name: [UInt8]

  /// The value, unescaped.
  public var value: [UInt8]

  /// Makes an argument of unescaped bytes.
  public init(name: [UInt8], value: [UInt8]) {
    self.name = name
    self.value = value
  }

  /// Makes an argument of text.
  public init(_ name: String, _ value: String) {
    self.init(name: Array(name.utf8), value: Array(value.utf8))
  }
}

/// Why a query string was not taken.
public struct QueryStringError: Error, Hashable, CustomStringConvertible {
  /// The most arguments that were allowed.
  public let limit: Int

  /// What to tell a person.
  public var description: String { "more than \(limit) arguments" }
}

/// Splits a query string or a URL-encoded form into its arguments, in their order: Tornado's
/// `parse_qs_bytes`.
///
/// Only `&` separates. `+` is a space, `%XX` a byte; names and values stay bytes, so nothing is lost when
/// they are not UTF-8.
///
/// - Parameters:
///   - query: What stands behind the `?`, or a form's body.
///   - keepingBlankValues: Whether arguments without or with an empty value count. Tornado's requests keep
///     them; its `parse_qs_bytes` alone does not.
///   - limit: The most arguments, where an empty one (`&&`) counts, too.
/// - Throws: ``QueryStringError`` before anything is allocated when there are more than `limit`.
/// - Complexity: O(*n*).
public func parseQueryString(
  _ query: Span<UInt8>, keepingBlankValues: Bool = true, limit: Int = 1000
) throws(QueryStringError) -> [QueryArgument] {
  guard !query.isEmpty else { return [] }
  let count = countArguments(query)
  guard count <= limit else { throw QueryStringError(limit: limit) }
  var arguments: [QueryArgument] = []
  arguments.reserveCapacity(count)
  var start = 0
  while start < query.count {
    let end = query.firstIndex(of: ASCII.ampersand, in: start..<query.count) ?? query.count
    appendArgument(query, start..<end, keepingBlankValues: keepingBlankValues, to: &arguments)
    start = end &+ 1
  }
  return arguments
}

/// Splits a query string into its arguments, like ``parseQueryString(_:keepingBlankValues:limit:)`` of bytes.
///
/// - Throws: ``QueryStringError`` when there are more than `limit` arguments.
public func parseQueryString(
  _ query: String, keepingBlankValues: Bool = true, limit: Int = 1000
) throws(QueryStringError) -> [QueryArgument] {
  try parseQueryString(query.utf8.span, keepingBlankValues: keepingBlankValues, limit: limit)
}

private func countArguments(_ query: Span<UInt8>) -> Int {
  var count = 1
  for index in query.indices where query[index] == ASCII.ampersand { count &+= 1 }
  return count
}

private func appendArgument(
  _ query: Span<UInt8>, _ range: Range<Int>, keepingBlankValues: Bool, to arguments: inout [QueryArgument]
) {
  guard !range.isEmpty else { return }
  let equals = query.firstIndex(of: ASCII.equals, in: range) ?? range.upperBound
  let valueRange = min(equals &+ 1, range.upperBound)..<range.upperBound
  guard keepingBlankValues || !valueRange.isEmpty else { return }
  arguments.append(
    QueryArgument(
      name: urlUnescapeBytes(query.extracting(range.lowerBound..<equals)),
      value: urlUnescapeBytes(query.extracting(valueRange))))
}
