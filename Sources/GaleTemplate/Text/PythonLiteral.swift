// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Python's `repr` of a text.
package func pythonLiteral(_ text: String) -> String {
  let quote: Unicode.Scalar =
    text.unicodeScalars.contains("'") && !text.unicodeScalars.contains("\"") ? "\"" : "'"
  var output = String.UnicodeScalarView()
  output.append(quote)
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\\": output.append(contentsOf: "\\\\".unicodeScalars)
    case quote:
      output.append("\\")
      output.append(quote)
    case "\n": output.append(contentsOf: "\\n".unicodeScalars)
    case "\r": output.append(contentsOf: "\\r".unicodeScalars)
    case "\t": output.append(contentsOf: "\\t".unicodeScalars)
    default:
      if scalar.isPythonPrintable {
        output.append(scalar)
      } else {
        output.append(contentsOf: escape(scalar.value).unicodeScalars)
      }
    }
  }
  output.append(quote)
  return String(output)
}

/// Python's `repr` of bytes.
package func pythonLiteral(_ bytes: [UInt8]) -> String {
  let quote = bytes.contains(0x27) && !bytes.contains(0x22) ? "\"" : "'"
  var output = "b" + quote
  for byte in bytes {
    switch byte {
    case 0x5C: output += "\\\\"
    case 0x27 where quote == "'": output += "\\'"
    case 0x0A: output += "\\n"
    case 0x0D: output += "\\r"
    case 0x09: output += "\\t"
    case 0x20..<0x7F: output.unicodeScalars.append(Unicode.Scalar(byte))
    default: output += "\\x" + hexadecimal(UInt32(byte), 2)
    }
  }
  return output + quote
}

private func escape(_ value: UInt32) -> String {
  if value < 0x100 { return "\\x" + hexadecimal(value, 2) }
  return value < 0x10000 ? "\\u" + hexadecimal(value, 4) : "\\U" + hexadecimal(value, 8)
}

private func hexadecimal(_ value: UInt32, _ count: Int) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
}

extension Unicode.Scalar {
  /// Python's `str.isprintable`.
  fileprivate var isPythonPrintable: Bool {
    guard value >= 0x7F else { return value >= 0x20 }
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
      .spaceSeparator:
      return false
    default: return true
    }
  }
}
