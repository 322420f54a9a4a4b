// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Parameters in the form of RFC 2231 (and RFC 8187, once 5987): `name*=UTF-8''caf%C3%A9`, and values in
/// numbered pieces: `name*0="a"; name*1*=%20b`.
struct ExtendedParameters {
  private struct Piece {
    let number: Int
    let isEncoded: Bool
    let value: [UInt8]
  }

  /// Names in the order of their first piece.
  private var names: [String] = []
  private var pieces: [String: [Piece]] = [:]

  /// Takes the parameter when its name has this form.
  ///
  /// - Returns: Whether it was taken.
  mutating func take(name: String, value: [UInt8]) -> Bool {
    guard let star = name.utf8.firstIndex(of: 0x2A), star != name.utf8.startIndex else { return false }
    var suffix = name[star...].dropFirst()
    var isEncoded = true
    var number = 0
    if !suffix.isEmpty {
      isEncoded = suffix.hasSuffix("*")
      if isEncoded { suffix = suffix.dropLast() }
      // Three digits are more pieces than anybody sends.
      guard suffix.utf8.allSatisfy(\.isASCIIDigit), suffix.utf8.count <= 3, let value = Int(suffix) else {
        return false
      }
      number = value
    }
    let plainName = String(name[..<star])
    if pieces[plainName] == nil { names.append(plainName) }
    pieces[plainName, default: []].append(Piece(number: number, isEncoded: isEncoded, value: value))
    return true
  }

  /// Appends what the pieces make, in the order of the names.
  func append(to parameters: inout [HeaderParameters.Parameter]) {
    for name in names {
      guard let pieces = pieces[name] else { continue }
      parameters.append(HeaderParameters.Parameter(name: name, value: Self.text(of: pieces)))
    }
  }

  private static func text(of pieces: [Piece]) -> String {
    let ordered = pieces.sorted { $0.number < $1.number }
    var bytes: [UInt8] = []
    for piece in ordered {
      bytes.append(
        contentsOf: piece.isEncoded ? urlUnescapeBytes(piece.value.span, plus: false) : piece.value)
    }
    return ordered.contains(where: \.isEncoded) ? decode(bytes) : String(validatingOrLatin1: bytes)
  }

  /// Reads `charset'language'text`; without its two quotes it is all text.
  private static func decode(_ bytes: [UInt8]) -> String {
    guard let first = bytes.firstIndex(of: 0x27),
      let second = bytes[(first + 1)...].firstIndex(of: 0x27)
    else { return String(validatingOrLatin1: bytes) }
    let charset = String(validatingOrLatin1: bytes[..<first].map(\.asciiLowercased))
    let text = bytes[(second + 1)...]
    switch charset {
    case "utf-8", "utf8", "us-ascii": return String(decoding: text, as: UTF8.self)
    case "iso-8859-1", "latin-1", "latin1":
      var utf8: [UInt8] = []
      for byte in text { utf8.append(utf8Of: Unicode.Scalar(byte)) }
      return String(decoding: utf8, as: UTF8.self)
    default: return String(validatingOrLatin1: text)
    }
  }
}
