// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Adds arguments to a URL, whether it has a query or not: Tornado's `url_concat`.
///
/// The query that is there is written anew, blank values kept; the fragment stays behind it.
///
/// - Complexity: O(*n*).
public func urlConcat(_ url: String, _ arguments: [(String, String)]) -> String {
  let bytes = url.utf8.span
  let fragment = bytes.firstIndex(of: 0x23, in: 0..<bytes.count) ?? bytes.count
  let question = bytes.firstIndex(of: ASCII.questionMark, in: 0..<fragment) ?? fragment
  var output = bytes.bytes(in: 0..<question)
  var separator = ASCII.questionMark
  let query = bytes.extracting(min(question &+ 1, fragment)..<fragment)
  // The URL is the caller's own: no limit.
  let existing = (try? parseQueryString(query, limit: .max)) ?? []
  for argument in existing {
    appendArgument(argument.name.span, argument.value.span, separator: &separator, to: &output)
  }
  for (name, value) in arguments {
    appendArgument(name.utf8.span, value.utf8.span, separator: &separator, to: &output)
  }
  output.append(contentsOf: bytes.bytes(in: fragment..<bytes.count))
  return String(decoding: output, as: UTF8.self)
}

private func appendArgument(
  _ name: Span<UInt8>, _ value: Span<UInt8>, separator: inout UInt8, to output: inout [UInt8]
) {
  output.append(separator)
  separator = ASCII.ampersand
  appendFormEscaped(name, to: &output)
  output.append(ASCII.equals)
  appendFormEscaped(value, to: &output)
}
