// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The backslashes of Python's strings.
enum StringEscapes {
  static func decode(_ body: [UInt8], isBytes: Bool) throws -> [UInt8] {
    guard body.contains(0x5C) else { return body }
    var output: [UInt8] = []
    var at = 0
    while at < body.count {
      guard body[at] == 0x5C, at + 1 < body.count else {
        output.append(body[at])
        at += 1
        continue
      }
      let code = body[at + 1]
      at += 2
      switch code {
      case 0x0A: break
      case 0x5C, 0x27, 0x22: output.append(code)
      case UInt8(ascii: "n"): output.append(0x0A)
      case UInt8(ascii: "r"): output.append(0x0D)
      case UInt8(ascii: "t"): output.append(0x09)
      case UInt8(ascii: "a"): output.append(0x07)
      case UInt8(ascii: "b"): output.append(0x08)
      case UInt8(ascii: "f"): output.append(0x0C)
      case UInt8(ascii: "v"): output.append(0x0B)
      case UInt8(ascii: "x"): try append(hexadecimal(body, &at, 2), isBytes, to: &output)
      case UInt8(ascii: "u") where !isBytes: try append(hexadecimal(body, &at, 4), false, to: &output)
      case UInt8(ascii: "U") where !isBytes: try append(hexadecimal(body, &at, 8), false, to: &output)
      case UInt8(ascii: "0")...UInt8(ascii: "7"):
        var value = UInt32(code - 0x30)
        var count = 1
        while count < 3, at < body.count, (0x30...0x30 + 7).contains(body[at]) {
          value = value * 8 + UInt32(body[at] - 0x30)
          at += 1
          count += 1
        }
        try append(value, isBytes, to: &output)
      default: output += [0x5C, code]
      }
    }
    return output
  }

  private static func hexadecimal(_ body: [UInt8], _ at: inout Int, _ count: Int) throws -> UInt32 {
    guard at + count <= body.count else { throw SyntaxProblem("truncated escape in a string") }
    var value: UInt32 = 0
    for byte in body[at..<at + count] {
      guard let digit = byte.hexadecimalValue, value < 0x1000_0000 else {
        throw SyntaxProblem("truncated escape in a string")
      }
      value = value << 4 | UInt32(digit)
    }
    at += count
    return value
  }

  private static func append(_ value: UInt32, _ isBytes: Bool, to output: inout [UInt8]) throws {
    if isBytes { return output.append(UInt8(truncatingIfNeeded: value)) }
    guard let scalar = Unicode.Scalar(value) else { throw SyntaxProblem("illegal Unicode character") }
    output += Array(String(scalar).utf8)
  }
}
