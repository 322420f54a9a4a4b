// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

/// Looks for text in text, scalar by scalar as Python does.
struct TextSearch {
  let bytes: [UInt8]

  init(_ text: String) { bytes = Array(text.utf8) }

  /// The byte at which `part` first stands.
  func first(_ part: String) -> Int? { Self.first(Array(part.utf8), in: bytes[...]) }

  /// The byte at which `part` first stands in `bytes`.
  ///
  /// - Complexity: O(*n*·*m*) at worst.
  static func first(_ part: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    guard let lead = part.first else { return bytes.startIndex }
    guard part.count <= bytes.count else { return nil }
    for index in bytes.startIndex...(bytes.endIndex - part.count)
    where bytes[index] == lead && bytes[index..<index + part.count].elementsEqual(part) { return index }
    return nil
  }

  /// The byte at which `part` last stands in `bytes`.
  static func last(_ part: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    guard part.count <= bytes.count else { return nil }
    var index = bytes.endIndex - part.count
    while index >= bytes.startIndex {
      if bytes[index..<index + part.count].elementsEqual(part) { return index }
      index -= 1
    }
    return nil
  }

  /// The pieces between the places where `separator`, which is not empty, stands.
  static func split(_ text: String, _ separator: String, limit: Int, fromEnd: Bool = false) -> [String] {
    let (bytes, mark) = (Array(text.utf8), Array(separator.utf8))
    var pieces: [String] = []
    var rest = bytes[...]
    while limit < 0 || pieces.count < limit {
      guard let found = fromEnd ? last(mark, in: rest) : first(mark, in: rest) else { break }
      let piece = fromEnd ? rest[(found + mark.count)...] : rest[..<found]
      pieces.append(String(decoding: piece, as: UTF8.self))
      rest = fromEnd ? rest[..<found] : rest[(found + mark.count)...]
    }
    pieces.append(String(decoding: rest, as: UTF8.self))
    return fromEnd ? pieces.reversed() : pieces
  }

  /// The words between runs of white space.
  static func words(_ text: String, limit: Int, fromEnd: Bool = false) -> [String] {
    var scalars = Array(text.unicodeScalars)
    if fromEnd { scalars.reverse() }
    var words: [String] = []
    var at = 0
    while true {
      while at < scalars.count, scalars[at].isPythonSpace { at += 1 }
      guard at < scalars.count else { break }
      var end = at
      if limit >= 0, words.count == limit {
        end = scalars.count
      } else {
        while end < scalars.count, !scalars[end].isPythonSpace { end += 1 }
      }
      let word = fromEnd ? Array(scalars[at..<end].reversed()) : Array(scalars[at..<end])
      words.append(String(String.UnicodeScalarView(word)))
      at = limit >= 0 && words.count > limit ? scalars.count : end
    }
    return fromEnd ? words.reversed() : words
  }
}
