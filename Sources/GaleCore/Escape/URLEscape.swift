// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Makes `text` safe as a part of a URL: Tornado's `url_escape`.
///
/// Everything but letters, digits and `-._~` becomes `%XX` of its UTF-8.
///
/// - Parameters:
///   - text: The name, value or path to escape.
///   - plus: Whether a space becomes `+`, as in query strings. Without, it becomes `%20` and `/` stays, as
///     in paths.
/// - Complexity: O(*n*), at most two allocations.
public func urlEscape(_ text: String, plus: Bool = true) -> String {
  let source = text.utf8.span
  let safe = plus ? ByteSet.unreserved : pathCharacters
  guard !source.isMade(of: safe, range: 0..<source.count) else { return text }
  let escaped = [UInt8](capacity: source.count &* 3) { output in
    appendURLEscaped(source, safe: safe, plus: plus, to: &output)
  }
  return String(decoding: escaped, as: UTF8.self)
}

/// Appends `bytes` to `output`, everything but letters, digits and `-._~` as `%XX` and a space as `+`.
package func appendFormEscaped(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
  let safe = ByteSet.unreserved
  for index in bytes.indices {
    let byte = bytes[index]
    if safe.contains(byte) {
      output.append(byte)
    } else if byte == ASCII.space {
      output.append(ASCII.plus)
    } else {
      output.append(ASCII.percent)
      output.append(hexDigit(byte &>> 4))
      output.append(hexDigit(byte & 0x0F))
    }
  }
}

private let pathCharacters = ByteSet.unreserved.union(ByteSet(characters: "/"))

private func appendURLEscaped(
  _ source: Span<UInt8>, safe: ByteSet, plus: Bool, to output: inout OutputSpan<UInt8>
) {
  for index in source.indices {
    let byte = source[index]
    if safe.contains(byte) {
      output.append(byte)
    } else if plus, byte == ASCII.space {
      output.append(ASCII.plus)
    } else {
      output.append(ASCII.percent)
      output.append(hexDigit(byte &>> 4))
      output.append(hexDigit(byte & 0x0F))
    }
  }
}

/// The upper-case digit of a number below 16.
private func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 &+ value : 0x37 &+ value }
