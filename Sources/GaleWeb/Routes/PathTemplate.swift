// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// A path with parameters, `/users/{id:Int}`, as the regular expression that it stands for.
struct PathTemplate {
  struct Parameter {
    let name: String
    /// What stands behind the colon.
    let type: (any PathParameter.Type)?
  }

  /// Literal text and parameters, in turn: text *n* stands before parameter *n*, the last one behind all.
  private(set) var texts: [String] = [""]
  private(set) var parameters: [Parameter] = []

  /// The types that a template can name.
  private static let types: [String: any PathParameter.Type] = [
    "String": String.self, "Int": Int.self, "UInt": UInt.self, "Double": Double.self, "Bool": Bool.self,
    "UUID": UUIDParameter.self,
  ]

  init(_ template: String) throws(RoutingError) {
    guard template.isEmpty || template.hasPrefix("/") else {
      throw Self.error(template, "a path begins with a slash")
    }
    var rest = template[...]
    while let open = rest.firstIndex(of: "{") {
      guard let close = rest[open...].firstIndex(of: "}") else {
        throw Self.error(template, "a { without a }")
      }
      try addText(rest[..<open], of: template)
      try addParameter(rest[rest.index(after: open)..<close], of: template)
      rest = rest[rest.index(after: close)...]
    }
    try addText(rest, of: template)
  }

  private mutating func addText(_ text: Substring, of template: String) throws(RoutingError) {
    guard !text.contains("}") else { throw Self.error(template, "a } without a {") }
    texts[texts.count - 1] += text
  }

  private mutating func addParameter(_ text: Substring, of template: String) throws(RoutingError) {
    var name = text
    var type: (any PathParameter.Type)?
    if text.hasSuffix("...") {
      name = text.dropLast(3)
      type = RestParameter.self
    } else if let colon = text.firstIndex(of: ":") {
      name = text[..<colon]
      let typeName = String(text[text.index(after: colon)...])
      type = Self.types[typeName]
      guard type != nil else {
        let known = Self.types.keys.sorted().joined(separator: ", ")
        throw Self.error(template, "unknown type \(typeName): a path knows \(known)")
      }
    }
    let isName = name.utf8.allSatisfy { $0 | 0x20 &- 0x61 < 26 || $0 == 0x5F || $0.isASCIIDigit }
    guard let first = name.utf8.first, !first.isASCIIDigit, isName, name.utf8.allSatisfy({ $0 < 0x80 }) else {
      throw Self.error(template, "a parameter's name is made of letters, digits and _")
    }
    guard !parameters.contains(where: { $0.name == name }) else {
      throw Self.error(template, "two parameters are called \(name)")
    }
    parameters.append(Parameter(name: String(name), type: type))
    texts.append("")
  }

  /// The literal text of a template that has no parameters.
  var literal: String? { parameters.isEmpty ? texts[0] : nil }

  /// The regular expression, and how metrics and traces show the path.
  ///
  /// - Parameter types: Those of the closure's parameters, which count where the template names none.
  func compiled(_ types: [any PathParameter.Type] = []) -> (pattern: String, shown: String) {
    var pattern = ""
    var shown = ""
    for (index, text) in texts.enumerated() {
      pattern += Self.escape(text)
      shown += text
      guard index < parameters.count else { continue }
      let parameter = parameters[index]
      let type = parameter.type ?? (index < types.count ? types[index] : String.self)
      pattern += "(?P<\(parameter.name)>\(type.pathPattern))"
      shown += "{\(parameter.name)}"
    }
    return (pattern, shown)
  }

  /// Literal text as it stands in a request, so that the pattern takes every character for itself.
  static func escape(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, ASCII.slash, 0x5F, ASCII.percent:
        result.unicodeScalars.append(Unicode.Scalar(byte))
      case 0x21...0x7E: result += "\\" + String(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.count < 2 ? "0" : "") + digits
      }
    }
    return result
  }

  private static func error(_ template: String, _ message: String) -> RoutingError {
    RoutingError(code: .invalidSyntax, pattern: template, position: nil, message: message)
  }
}
