// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

extension SwiftWriter {
  /// Functions that every template has.
  static let functions: Set<String> = [
    "escape", "xhtml_escape", "url_escape", "json_encode", "linkify", "squeeze", "len", "str", "repr",
    "format", "int",
    "float", "bool", "abs", "round", "list", "set", "range", "enumerate", "zip", "reversed", "sorted", "min",
    "max",
    "sum", "any", "all",
  ]

  /// Names that a handler gives to templates.
  static let handlerNames: Set<String> = [
    "request", "current_user", "locale", "_", "translate", "pgettext", "static_url", "xsrf_form_html",
    "xsrf_token",
    "reverse_url", "modules", "_tt_modules",
  ]

  /// Python's methods of text, lists and dictionaries that change nothing.
  static let methods: Set<String> = [
    "capitalize", "casefold", "lower", "swapcase", "title", "upper", "isalnum", "isalpha", "isascii",
    "isdecimal",
    "isdigit", "isidentifier", "islower", "isnumeric", "isspace", "istitle", "isupper", "strip", "lstrip",
    "rstrip",
    "startswith", "endswith", "find", "rfind", "index", "rindex", "count", "removeprefix", "removesuffix",
    "center",
    "ljust", "rjust", "zfill", "expandtabs", "replace", "split", "rsplit", "splitlines", "join", "format",
    "encode",
    "copy", "get", "keys", "values", "items",
  ]

  // MARK: - Conditions

  /// An expression of Swift's `Bool`.
  func condition(_ test: Expression, _ location: TemplateLocation) throws -> String {
    switch test {
    case .unary(.not, let operand): return "!(\(try condition(operand, location)))"
    case .and(let left, let right):
      return "(\(try condition(left, location)) && \(try condition(right, location)))"
    case .or(let left, let right):
      return "(\(try condition(left, location)) || \(try condition(right, location)))"
    case .comparison(let first, let rest): return try comparison(first, rest, location)
    case .constant(.bool(let value)): return "TemplateCode.truth(\(value))"
    default: return "TemplateCode.truth(\(try expression(test, location)))"
    }
  }

  private func comparison(
    _ first: Expression, _ rest: [(sign: ComparisonOperator, right: Expression)], _ location: TemplateLocation
  ) throws -> String {
    var left = first
    var parts: [String] = []
    for (index, step) in rest.enumerated() {
      if index + 1 < rest.count, !step.right.isPlain {
        throw problem("a chain of comparisons has names in its middle in a compiled template", location)
      }
      parts.append(try comparison(step.sign, left, step.right, location))
      left = step.right
    }
    return parts.count == 1 ? parts[0] : "(\(parts.joined(separator: " && ")))"
  }

  private func comparison(
    _ sign: ComparisonOperator, _ left: Expression, _ right: Expression, _ location: TemplateLocation
  ) throws -> String {
    if case .constant(.none) = right {
      let text = "TemplateCode.isNone(\(try expression(left, location)))"
      switch sign {
      case .isSame, .equal: return text
      case .isNotSame, .unequal: return "!\(text)"
      default: break
      }
    }
    func pair(_ name: String) throws -> String {
      "TemplateCode.\(name)(\(try expression(left, location)), \(try expression(right, location)))"
    }
    switch sign {
    case .equal: return try pair("equal")
    case .unequal: return "!" + (try pair("equal"))
    case .less: return try pair("less")
    case .lessOrEqual: return try pair("lessOrEqual")
    case .greater: return try pair("greater")
    case .greaterOrEqual: return try pair("greaterOrEqual")
    case .isIn, .isNotIn:
      let text = "TemplateCode.contains(\(try elements(right, location)), \(try expression(left, location)))"
      return sign == .isIn ? text : "!" + text
    case .isSame, .isNotSame: throw problem("'is' compares with None only in a compiled template", location)
    }
  }

  /// What a loop goes through: a tuple that is written out is a list.
  func elements(_ value: Expression, _ location: TemplateLocation) throws -> String {
    if case .tuple(let elements) = value { return try expression(.list(elements), location) }
    return try expression(value, location)
  }

  // MARK: - Expressions

  func expression(_ value: Expression, _ location: TemplateLocation) throws -> String {
    switch value {
    case .constant(let literal): return try constant(literal)
    case .name(let name): return try self.name(name, location)
    case .attribute(let object, let name):
      let text = try expression(object, location)
      guard !isDynamic(object) else { return "TemplateCode.attribute(\(text), \(SwiftText.literal(name)))" }
      return "\(text).\(SwiftText.name(name))"
    case .item(let object, let key):
      return "TemplateCode.item(\(try expression(object, location)), \(try expression(key, location)))"
    case .slice(let object, let lower, let upper, let step):
      let bounds = try [lower, upper, step].map { try $0.map { try expression($0, location) } ?? "nil" }
      return "TemplateCode.slice(\(try expression(object, location)), \(bounds.joined(separator: ", ")))"
    case .call(let function, let arguments): return try call(function, arguments, location)
    case .unary(.minus, .constant(.int(let number))): return "(-\(number) as Int)"
    case .unary(.minus, .constant(.double(let number))): return "(-\(number) as Double)"
    case .unary(.not, _), .comparison: return try condition(value, location)
    case .unary(let sign, let operand):
      let name = sign == .minus ? "minus" : sign == .plus ? "plus" : "invert"
      return "TemplateCode.\(name)(\(try expression(operand, location)))"
    case .binary(let sign, let left, let right): return try binary(sign, left, right, location)
    case .and(let left, let right), .or(let left, let right):
      let name = if case .and = value { "and" } else { "or" }
      return "TemplateCode.\(name)(\(try expression(left, location)), \(try expression(right, location)))"
    case .conditional(let test, let then, let otherwise):
      return try conditional(test, then, otherwise, location)
    case .list(let elements):
      guard !elements.isEmpty else { return "([] as [TemplateValue])" }
      return "[\(try plain(elements, location).joined(separator: ", "))]"
    case .tuple(let elements):
      guard elements.count > 1 else {
        throw problem("a compiled template has tuples of two and more", location)
      }
      return "(\(try plain(elements, location).joined(separator: ", ")))"
    case .set(let elements): return "Set([\(try plain(elements, location).joined(separator: ", "))])"
    case .dictionary(let members): return try dictionary(members, location)
    case .comprehension(let kind, let element, nil, let clauses) where kind != .dictionary:
      let text = try comprehension(element, clauses[...], location)
      return kind == .set ? "Set(\(text))" : text
    case .comprehension: throw problem("a dictionary is not made by a loop in a compiled template", location)
    case .lambda(let parameters, let body): return try lambda(parameters, body, location)
    case .assignment: throw problem("':=' is not compiled; use {% set %}", location)
    case .formatted(let parts): return try formatted(parts, location)
    }
  }

  private func constant(_ literal: Literal) throws -> String {
    switch literal {
    case .none: return "TemplateValue.null"
    case .bool(let value): return "\(value)"
    case .int(let number): return "(\(number) as Int)"
    case .double(let number): return number.isFinite ? "(\(number) as Double)" : "Double.infinity"
    case .string(let text): return "(\(SwiftText.literal(text)) as String)"
    case .bytes(let bytes): return "([\(bytes.map(String.init).joined(separator: ", "))] as [UInt8])"
    }
  }

  private func plain(_ elements: [Expression.Element], _ location: TemplateLocation) throws -> [String] {
    try elements.map { element in
      guard !element.isStarred else { throw problem("'*' is not compiled", location) }
      return try expression(element.value, location)
    }
  }

  private func name(_ name: String, _ location: TemplateLocation) throws -> String {
    if local(name) != nil { return SwiftText.name(name) }
    if Self.handlerNames.contains(name) {
      guard local("handler") != nil else {
        throw problem("'\(name)' is the handler's; declare it: {# param handler: RequestHandler #}", location)
      }
      return "TemplateCode.name(\(SwiftText.literal(name)), handler)"
    }
    if Self.functions.contains(name) {
      throw problem("the function '\(name)' can only be called in a compiled template", location)
    }
    throw problem(
      "'\(name)' is no parameter and has no value here; declare it: {# param \(name): Type #}", location)
  }

  /// Whether an expression is about what only the page knows: one of the handler's names.
  private func isDynamic(_ value: Expression) -> Bool {
    switch value {
    case .name(let name): local(name) == nil && Self.handlerNames.contains(name)
    case .attribute(let object, _), .item(let object, _), .call(let object, _): isDynamic(object)
    default: false
    }
  }

  private func binary(
    _ sign: BinaryOperator, _ left: Expression, _ right: Expression, _ location: TemplateLocation
  ) throws -> String {
    if sign == .modulo, case .tuple(let elements) = right {
      let values = try plain(elements, location).map { "TemplateCode.value(\($0))" }
      return "TemplateCode.percent(\(try expression(left, location)), [\(values.joined(separator: ", "))])"
    }
    let name =
      switch sign {
      case .add: "add"
      case .subtract: "subtract"
      case .multiply: "multiply"
      case .divide: "divide"
      case .floorDivide: "floorDivide"
      case .modulo: "modulo"
      case .power: "power"
      case .shiftLeft: "shiftLeft"
      case .shiftRight: "shiftRight"
      case .bitAnd: "bitAnd"
      case .bitOr: "bitOr"
      case .bitXor: "bitXor"
      }
    return "TemplateCode.\(name)(\(try expression(left, location)), \(try expression(right, location)))"
  }

  private func conditional(
    _ test: Expression, _ then: Expression, _ otherwise: Expression, _ location: TemplateLocation
  ) throws -> String {
    let (first, second) = (try expression(then, location), try expression(otherwise, location))
    if case .name(let name) = test, canNarrow(name) {
      let swift = SwiftText.name(name)
      return "TemplateCode.choose(try TemplateCode.present(\(swift)), { \(swift) in _ = \(swift); "
        + "return try TemplateCode.assigned(\(first)) }, { try TemplateCode.assigned(\(second)) })"
    }
    return "(\(try condition(test, location)) ? \(first) : \(second))"
  }

  private func dictionary(
    _ members: [(key: Expression?, value: Expression)], _ location: TemplateLocation
  ) throws -> String {
    let texts = try members.map { member in
      guard let key = member.key else { throw problem("'**' is not compiled", location) }
      return "(TemplateCode.value(\(try expression(key, location))), "
        + "TemplateCode.value(\(try expression(member.value, location))))"
    }
    return "TemplateCode.dictionary([\(texts.joined(separator: ", "))])"
  }

  /// Adds names that a closure has.
  private func naming(_ names: [String]) -> SwiftWriter {
    var inner = self
    var scope = Scope()
    for name in names { scope.locals[name] = Local(line: nil) }
    inner.scopes.append(scope)
    return inner
  }

  private func comprehension(
    _ element: Expression, _ clauses: ArraySlice<Expression.Clause>, _ location: TemplateLocation
  ) throws -> String {
    guard let clause = clauses.first else { return try expression(element, location) }
    let (pattern, names) = try pattern(clause.target, location)
    // A closure takes one tuple apart, and says so in parentheses.
    let used = names.map { "_ = \(SwiftText.name($0)); " }.joined()
    let inner = naming(names)
    var tests: [String] = []
    for condition in clause.conditions { tests.append(try inner.condition(condition, location)) }
    let test = tests.isEmpty ? "true" : tests.joined(separator: " && ")
    let isLast = clauses.count == 1
    let result = try inner.comprehension(element, clauses.dropFirst(), location)
    let text =
      "TemplateCode.map(try TemplateCode.elements(\(try elements(clause.sequence, location))), "
      + "{ \(pattern) in \(used)return try TemplateCode.test(\(test)) }, "
      + "{ \(pattern) in \(used)return try TemplateCode.assigned(\(result)) })"
    return isLast ? text : "TemplateCode.joined(\(text))"
  }

  private func lambda(
    _ parameters: [Expression.Parameter], _ body: Expression, _ location: TemplateLocation
  ) throws -> String {
    for parameter in parameters {
      guard case .plain = parameter.kind, parameter.standard == nil else {
        throw problem("a lambda has plain parameters in a compiled template", location)
      }
    }
    let names = parameters.map(\.name)
    let inner = naming(names)
    let text = try inner.expression(body, location)
    let head = names.isEmpty ? "" : names.map(SwiftText.name).joined(separator: ", ") + " in "
    let used = names.map { "_ = \(SwiftText.name($0)); " }.joined()
    return "{ \(head)\(used)return try TemplateCode.assigned(\(text)) }"
  }

  private func formatted(
    _ parts: [Expression.FormattedPart], _ location: TemplateLocation
  ) throws -> String {
    let texts = try parts.map { part in
      switch part {
      case .text(let text): return SwiftText.literal(text)
      case .value(let value, let conversion, let specification):
        let code = conversion.map { String($0) } ?? ""
        let format = try formatted(specification, location)
        return "TemplateCode.format(\(try expression(value, location)), \"\(code)\", \(format))"
      }
    }
    return texts.isEmpty ? "\"\"" : "TemplateCode.text([\(texts.joined(separator: ", "))])"
  }
}

extension Expression {
  /// Whether it can be written twice.
  fileprivate var isPlain: Bool {
    switch self {
    case .constant, .name: true
    case .attribute(let object, _): object.isPlain
    default: false
    }
  }
}
