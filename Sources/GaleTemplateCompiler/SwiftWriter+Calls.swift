// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

extension SwiftWriter {
  /// A call.
  func call(
    _ function: Expression, _ arguments: [Expression.Argument], _ location: TemplateLocation
  ) throws -> String {
    switch function {
    case .name(let name) where local(name) != nil:
      return "\(SwiftText.name(name))(\(try list(arguments, isBare: true, location)))"
    case .name(let name) where Self.functions.contains(name):
      return
        "TemplateCode.\(name == "escape" ? "xhtml_escape" : name)(\(try list(sorted(arguments), location)))"
    case .attribute(let object, let name) where !isRooted(object):
      let text = try expression(object, location)
      guard Self.methods.contains(name) else {
        return "\(text).\(SwiftText.name(name))(\(try list(arguments, isBare: true, location)))"
      }
      return "TemplateCode.methods(\(text)).\(SwiftText.name(name))(\(try list(arguments, location)))"
    default: break
    }
    guard isRooted(function) else {
      // The error of an unknown name is that of the name.
      let text = try expression(function, location)
      return "(\(text))(\(try list(arguments, isBare: true, location)))"
    }
    return try dynamic(function, arguments, location)
  }

  /// The function of `{% apply %}` or `{% autoescape %}` with its argument.
  func applied(_ function: Expression, _ argument: String, _ location: TemplateLocation) throws
    -> String
  {
    switch function {
    case .name("json_encode") where local("json_encode") == nil:
      throw problem("json_encode gets bytes here, as in Tornado, and refuses them", location)
    case .name(let name) where local(name) == nil && Self.functions.contains(name):
      return "TemplateCode.\(name == "escape" ? "xhtml_escape" : name)(\(argument))"
    case .lambda: return "(\(try expression(function, location)) as (String) throws -> String)(\(argument))"
    default: return "\(try expression(function, location))(\(argument))"
    }
  }

  /// Whether an expression begins with one of the handler's names.
  private func isRooted(_ value: Expression) -> Bool {
    switch value {
    case .name(let name): local(name) == nil && Self.handlerNames.contains(name)
    case .attribute(let object, _), .item(let object, _), .call(let object, _): isRooted(object)
    default: false
    }
  }

  /// In the order of Swift's parameters.
  private func sorted(_ arguments: [Expression.Argument]) -> [Expression.Argument] {
    let order = [
      "key", "reverse", "plus", "shorten", "extra_params", "require_protocol", "permitted_protocols",
    ]
    func rank(_ argument: Expression.Argument) -> Int {
      guard case .keyword(let name) = argument.kind else { return -1 }
      return order.firstIndex(of: name) ?? order.count
    }
    return arguments.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
      .map(\.element)
  }

  private func list(
    _ arguments: [Expression.Argument], isBare: Bool = false, _ location: TemplateLocation
  ) throws -> String {
    try arguments.map { argument in
      // A function of the application may want another kind of number: a literal takes its type.
      var text = try expression(argument.value, location)
      if isBare, case .constant(let literal) = argument.value {
        switch literal {
        case .int(let number): text = String(number)
        case .double(let number) where number.isFinite: text = String(number)
        case .none: text = "nil"
        default: break
        }
      }
      switch argument.kind {
      case .positional: return text
      case .keyword(let name): return "\(name): \(text)"
      case .starred, .doubleStarred: throw problem("'*' is not compiled", location)
      }
    }.joined(separator: ", ")
  }

  /// A call of what only the page knows.
  private func dynamic(
    _ function: Expression, _ arguments: [Expression.Argument], _ location: TemplateLocation
  ) throws -> String {
    var values: [String] = []
    var names: [String] = []
    for argument in arguments {
      let text = "TemplateCode.value(\(try expression(argument.value, location)))"
      switch argument.kind {
      case .positional: values.append(text)
      case .keyword(let name): names.append("(\(SwiftText.literal(name)), \(text))")
      case .starred, .doubleStarred: throw problem("'*' is not compiled", location)
      }
    }
    return "TemplateCode.call(\(try expression(function, location)), [\(values.joined(separator: ", "))], "
      + "[\(names.joined(separator: ", "))])"
  }
}
