// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

extension TemplateValue {
  /// Python's `str(…)`.
  public var text: String {
    switch self {
    case .string(let text): text
    case .object(let object): object.templateText
    default: representation
    }
  }

  /// Python's `repr(…)`.
  public var representation: String {
    var output = ""
    appendRepresentation(to: &output, depth: 0)
    return output
  }

  /// How deep lists may lie in each other; beyond that, `...` stands for the rest, also of one that holds itself.
  private static let depthLimit = 64

  private func appendRepresentation(to output: inout String, depth: Int) {
    guard depth < Self.depthLimit else { return output += "..." }
    switch self {
    case .null: output += "None"
    case .bool(let value): output += value ? "True" : "False"
    case .int(let number): output += String(number)
    case .double(let number): output += pythonText(number)
    case .string(let text): output += pythonLiteral(text)
    case .bytes(let bytes): output += pythonLiteral(bytes)
    case .list(let list): Self.append(list.elements, "[", "]", to: &output, depth)
    case .tuple(let elements):
      Self.append(elements, "(", elements.count == 1 ? ",)" : ")", to: &output, depth)
    case .set(let set):
      if set.count == 0 { output += "set()" } else { Self.append(set.elements, "{", "}", to: &output, depth) }
    case .dictionary(let dictionary):
      output += "{"
      for (index, key) in dictionary.keys.enumerated() {
        if index > 0 { output += ", " }
        key.appendRepresentation(to: &output, depth: depth + 1)
        output += ": "
        dictionary.values[index].appendRepresentation(to: &output, depth: depth + 1)
      }
      output += "}"
    case .function(let function):
      output += function.kind == nil ? "<function \(function.name)>" : "<class '\(function.name)'>"
    case .object(let object): output += object.templateRepresentation
    }
  }

  private static func append(
    _ elements: [TemplateValue], _ open: String, _ close: String, to output: inout String, _ depth: Int
  ) {
    output += open
    for (index, element) in elements.enumerated() {
      if index > 0 { output += ", " }
      element.appendRepresentation(to: &output, depth: depth + 1)
    }
    output += close
  }
}

/// Python's `repr` of a float: the shortest text that reads back the same, with an exponent from 1e16 and below
/// 1e-4.
func pythonText(_ number: Double) -> String {
  guard number.isFinite else { return number.isNaN ? "nan" : number < 0 ? "-inf" : "inf" }
  let magnitude = number.magnitude
  guard magnitude != 0, magnitude < 1e-4 || magnitude >= 1e15 else { return number.description }
  let (digits, exponent) = shortestDigits(magnitude.description)
  let sign = number < 0 ? "-" : ""
  guard exponent < -4 || exponent >= 16 else {
    // Here, below 1e16, the point comes behind the digits or among them.
    let whole = digits.prefix(exponent + 1)
    let fraction = digits.dropFirst(exponent + 1)
    let zeros = String(repeating: "0", count: max(0, exponent + 1 - whole.count))
    return sign + String(decoding: whole, as: UTF8.self) + zeros + "."
      + (fraction.isEmpty ? "0" : String(decoding: fraction, as: UTF8.self))
  }
  let rest = digits.count > 1 ? "." + String(decoding: digits.dropFirst(), as: UTF8.self) : ""
  let power = String(exponent.magnitude)
  return sign + String(decoding: digits.prefix(1), as: UTF8.self) + rest
    + (exponent < 0 ? "e-" : "e+") + (power.utf8.count < 2 ? "0" : "") + power
}

/// The digits of a number, without zeros at its ends, and the power of ten of the first one.
private func shortestDigits(_ text: String) -> (digits: [UInt8], exponent: Int) {
  let parts = text.split(separator: "e")
  var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
  var digits: [UInt8] = []
  var pointSeen = false
  for byte in parts[0].utf8 {
    if byte == UInt8(ascii: ".") {
      pointSeen = true
    } else {
      digits.append(byte)
      if !pointSeen { exponent += 1 }
    }
  }
  exponent -= 1
  while digits.count > 1, digits[0] == UInt8(ascii: "0") {
    digits.removeFirst()
    exponent -= 1
  }
  while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
  return (digits, exponent)
}
