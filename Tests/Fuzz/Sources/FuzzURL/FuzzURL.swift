// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import GaleCore
import GaleWire

/// What holds for every input: escapes are undone as the plainest code does it, and undo what was escaped;
/// a query string is cut at each `&` and at each piece's first `=`, and never into more arguments than allowed.
///
/// The first byte says what `+` means and how many arguments are allowed. The rest is the text.
@c(LLVMFuzzerTestOneInput)
public func fuzzURL(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard let input = unsafe FuzzInput(start, count) else { return 0 }
  let plus = input.flags & 1 != 0
  let expected = unescaped(input.bytes[...], plus: plus)
  check(urlUnescapeBytes(input.bytes.span, plus: plus) == expected, "unescaped otherwise than \(expected)")

  let text = String(decoding: input.bytes, as: UTF8.self)
  let escaped = urlEscape(text, plus: plus)
  let isSafe = escaped.utf8.allSatisfy { byte in
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
      || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "-._~%+/".utf8.contains(byte)
  }
  check(isSafe, "\(escaped) is not safe in a URL")
  check(urlUnescape(escaped, plus: plus).utf8.elementsEqual(text.utf8), "\(escaped) is another text")

  checkQuery(input.bytes, limit: Int(input.flags >> 4), keepsBlankValues: input.flags & 2 != 0)
  return 0
}

private func checkQuery(_ query: [UInt8], limit: Int, keepsBlankValues: Bool) {
  let pieces =
    query.isEmpty ? [] : query.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
  let taken = try? parseQueryString(query.span, keepingBlankValues: keepsBlankValues, limit: limit)
  check((taken == nil) == (pieces.count > limit), "\(pieces.count) arguments, limit \(limit)")
  guard let all = try? parseQueryString(query.span, keepingBlankValues: keepsBlankValues, limit: pieces.count)
  else { fatalError("refused within the limit") }
  check(taken == nil || taken == all, "the limit changes the arguments")

  let expected = pieces.filter { !$0.isEmpty }.map { piece in
    let equals = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
    return QueryArgument(
      name: unescaped(piece[..<equals], plus: true),
      value: unescaped(piece[equals...].dropFirst(), plus: true))
  }
  check(all == (keepsBlankValues ? expected : expected.filter { !$0.value.isEmpty }), "not \(expected)")

  // What is joined again is the same.
  var joined: [UInt8] = []
  for argument in all {
    if !joined.isEmpty { joined.append(UInt8(ascii: "&")) }
    appendFormEscaped(argument.name.span, to: &joined)
    joined.append(UInt8(ascii: "="))
    appendFormEscaped(argument.value.span, to: &joined)
  }
  check((try? parseQueryString(joined.span, limit: pieces.count)) == all, "joined again: \(joined)")
}

/// What `urlUnescapeBytes` shall do, without a thought of speed.
private func unescaped(_ source: ArraySlice<UInt8>, plus: Bool) -> [UInt8] {
  var output: [UInt8] = []
  var rest = source
  while let byte = rest.popFirst() {
    let digits = rest.prefix(2)
    let isEscape =
      byte == UInt8(ascii: "%") && digits.count == 2
      && digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }
    if isEscape, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) {
      output.append(value)
      rest = rest.dropFirst(2)
    } else {
      output.append(plus && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
    }
  }
  return output
}
