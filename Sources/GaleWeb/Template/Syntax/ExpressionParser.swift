// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Reads Python's expressions and the few statements that templates may hold.
struct ExpressionParser {
  private let tokens: [Token]
  private var at = 0
  private var depth: Int
  /// How deep expressions may lie in each other, so that a template cannot exhaust the stack.
  private static let depthLimit = 80

  init(_ text: String, depth: Int = 0) throws {
    guard depth < Self.depthLimit else { throw SyntaxProblem("too many nested expressions") }
    tokens = try ExpressionLexer.tokens(of: text, depth: depth)
    self.depth = depth
  }

  static let keywords: Set<String> = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
    "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
  ]

  // MARK: - Tokens

  private func isSign(_ sign: String) -> Bool {
    if case .sign(let found) = tokens[at] { return found == sign }
    return false
  }

  private func isKeyword(_ word: String, _ offset: Int = 0) -> Bool {
    guard at + offset < tokens.count, case .name(let found) = tokens[at + offset] else { return false }
    return found == word
  }

  private var isAtEnd: Bool { if case .end = tokens[at] { true } else { false } }

  private mutating func accept(_ sign: String) -> Bool {
    guard isSign(sign) else { return false }
    at += 1
    return true
  }

  private mutating func acceptKeyword(_ word: String) -> Bool {
    guard isKeyword(word) else { return false }
    at += 1
    return true
  }

  private mutating func expect(_ sign: String) throws {
    guard accept(sign) else { throw unexpected("expected '\(sign)'") }
  }

  private func unexpected(_ wanted: String? = nil) -> SyntaxProblem {
    let found =
      switch tokens[at] {
      case .end: "the end"
      case .name(let name): "'\(name)'"
      case .sign(let sign): "'\(sign)'"
      case .constant(let value): value.representation
      case .formatted: "an f-string"
      }
    return SyntaxProblem("invalid syntax: \(wanted.map { "\($0), not " } ?? "unexpected ")\(found)")
  }

  mutating func expectEnd() throws {
    guard isAtEnd else { throw unexpected() }
  }

  private mutating func identifier() throws -> String {
    guard case .name(let name) = tokens[at], !Self.keywords.contains(name) else {
      throw unexpected("expected a name")
    }
    at += 1
    return name
  }

  private mutating func nested<Result>(_ body: (inout Self) throws -> Result) throws -> Result {
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.depthLimit else { throw SyntaxProblem("too many nested expressions") }
    return try body(&self)
  }

  // MARK: - Expressions

  /// One expression and nothing behind it; several with commas are a tuple.
  mutating func wholeExpression() throws -> Expression {
    let expression = try expressions()
    try expectEnd()
    return expression
  }

  /// A condition, in which `:=` may stand without parentheses.
  mutating func wholeCondition() throws -> Expression {
    let expression = try namedExpression()
    try expectEnd()
    return expression
  }

  private mutating func expressions() throws -> Expression {
    let first = try element()
    guard isSign(",") else {
      guard !first.isStarred else { throw SyntaxProblem("can't use starred expression here") }
      return first.value
    }
    var elements = [first]
    while accept(",") {
      if endsList { break }
      elements.append(try element())
    }
    return .tuple(elements)
  }

  private var endsList: Bool {
    switch tokens[at] {
    case .end: true
    case .sign(let sign): [")", "]", "}", "=", ":", ";"].contains(sign)
    case .name(let name): name == "for" || name == "in"
    default: false
    }
  }

  private mutating func element() throws -> Expression.Element {
    if accept("*") { return .init(value: try binary(1), isStarred: true) }
    return .init(value: try namedExpression(), isStarred: false)
  }

  private mutating func namedExpression() throws -> Expression {
    if case .name(let name) = tokens[at], at + 1 < tokens.count, case .sign(":=") = tokens[at + 1] {
      let name = Self.keywords.contains(name) ? nil : name
      guard let name else { throw unexpected() }
      at += 2
      return .assignment(name, try expression())
    }
    return try expression()
  }

  mutating func expression() throws -> Expression {
    try nested { parser in
      if parser.isKeyword("lambda") { return try parser.lambda() }
      let value = try parser.disjunction()
      guard parser.acceptKeyword("if") else { return value }
      let test = try parser.disjunction()
      guard parser.acceptKeyword("else") else { throw parser.unexpected("expected 'else'") }
      return .conditional(test: test, then: value, otherwise: try parser.expression())
    }
  }

  private mutating func disjunction() throws -> Expression {
    var left = try conjunction()
    while acceptKeyword("or") { left = .or(left, try conjunction()) }
    return left
  }

  private mutating func conjunction() throws -> Expression {
    var left = try negation()
    while acceptKeyword("and") { left = .and(left, try negation()) }
    return left
  }

  private mutating func negation() throws -> Expression {
    guard acceptKeyword("not") else { return try comparison() }
    return try nested { .unary(.not, try $0.negation()) }
  }

  private mutating func comparison() throws -> Expression {
    let left = try binary(1)
    var rest: [(sign: ComparisonOperator, right: Expression)] = []
    while let sign = comparisonSign() { rest.append((sign, try binary(1))) }
    return rest.isEmpty ? left : .comparison(left, rest)
  }

  private mutating func comparisonSign() -> ComparisonOperator? {
    switch tokens[at] {
    case .sign(let text):
      guard let sign = ComparisonOperator(rawValue: text) else { return nil }
      at += 1
      return sign
    case .name("in"):
      at += 1
      return .isIn
    case .name("not") where isKeyword("in", 1):
      at += 2
      return .isNotIn
    case .name("is"):
      at += 1
      return acceptKeyword("not") ? .isNotSame : .isSame
    default: return nil
    }
  }

  private mutating func binary(_ least: Int) throws -> Expression {
    var left = try unary()
    while case .sign(let text) = tokens[at], let sign = BinaryOperator(rawValue: text),
      sign != .power, sign.precedence >= least
    {
      at += 1
      left = .binary(sign, left, try binary(sign.precedence + 1))
    }
    return left
  }

  private mutating func unary() throws -> Expression {
    for (text, sign) in [("-", UnaryOperator.minus), ("+", .plus), ("~", .invert)] where accept(text) {
      return try nested { .unary(sign, try $0.unary()) }
    }
    let base = try postfix()
    guard accept("**") else { return base }
    return try nested { .binary(.power, base, try $0.unary()) }
  }

  private mutating func postfix() throws -> Expression {
    var value = try atom()
    while true {
      if accept(".") {
        guard case .name(let name) = tokens[at], !Self.keywords.contains(name) else {
          throw unexpected("expected a name")
        }
        at += 1
        value = .attribute(value, name)
      } else if accept("(") {
        value = .call(value, try nested { try $0.arguments() })
      } else if accept("[") {
        value = try nested { try $0.subscripted(value) }
      } else {
        return value
      }
    }
  }

  private mutating func subscripted(_ value: Expression) throws -> Expression {
    var parts: [Expression?] = []
    var isSlice = false
    if !isSign(":") {
      let first = try expressions()
      if accept("]") { return .item(value, first) }
      parts.append(first)
    } else {
      parts.append(nil)
    }
    while parts.count < 3, accept(":") {
      isSlice = true
      parts.append(isSign(":") || isSign("]") ? nil : try expression())
    }
    try expect("]")
    guard isSlice else { throw unexpected() }
    return .slice(value, parts[0], parts[1], parts.count > 2 ? parts[2] : nil)
  }

  private mutating func arguments() throws -> [Expression.Argument] {
    var arguments: [Expression.Argument] = []
    var hasKeyword = false
    while !accept(")") {
      if accept("**") {
        arguments.append(.init(kind: .doubleStarred, value: try expression()))
        hasKeyword = true
      } else if accept("*") {
        arguments.append(.init(kind: .starred, value: try expression()))
      } else if case .name(let name) = tokens[at], case .sign("=") = tokens[at + 1] {
        guard !Self.keywords.contains(name) else { throw unexpected() }
        at += 2
        arguments.append(.init(kind: .keyword(name), value: try expression()))
        hasKeyword = true
      } else {
        let value = try namedExpression()
        if isKeyword("for") {
          guard arguments.isEmpty else { throw SyntaxProblem("Generator expression must be parenthesized") }
          arguments.append(
            .init(kind: .positional, value: .comprehension(.generator, value, value: nil, try clauses())))
          try expect(")")
          return arguments
        }
        guard !hasKeyword else { throw SyntaxProblem("positional argument follows keyword argument") }
        arguments.append(.init(kind: .positional, value: value))
      }
      guard isSign(")") || accept(",") else { throw unexpected("expected ',' or ')'") }
    }
    return arguments
  }

  private mutating func lambda() throws -> Expression {
    at += 1
    var parameters: [Expression.Parameter] = []
    while !accept(":") {
      let kind: Expression.Parameter.Kind = accept("**") ? .doubleStarred : accept("*") ? .starred : .plain
      let name = try identifier()
      var standard: Expression?
      if case .plain = kind, accept("=") { standard = try expression() }
      guard !parameters.contains(where: { $0.name == name }) else {
        throw SyntaxProblem("duplicate argument '\(name)' in function definition")
      }
      parameters.append(.init(kind: kind, name: name, standard: standard))
      guard isSign(":") || accept(",") else { throw unexpected("expected ',' or ':'") }
    }
    return .lambda(parameters, try expression())
  }

  // MARK: - Atoms

  private mutating func atom() throws -> Expression {
    let token = tokens[at]
    switch token {
    case .constant(let value):
      at += 1
      return .constant(value)
    case .formatted(let parts):
      at += 1
      return .formatted(parts)
    case .name(let name):
      switch name {
      case "None":
        at += 1
        return .constant(.null)
      case "True":
        at += 1
        return .constant(.bool(true))
      case "False":
        at += 1
        return .constant(.bool(false))
      default: return .name(try identifier())
      }
    case .sign("("): return try nested { try $0.parenthesized() }
    case .sign("["): return try nested { try $0.bracketed() }
    case .sign("{"): return try nested { try $0.braced() }
    default: throw unexpected()
    }
  }

  private mutating func parenthesized() throws -> Expression {
    at += 1
    if accept(")") { return .tuple([]) }
    let first = try element()
    if !first.isStarred, isKeyword("for") {
      let clauses = try clauses()
      try expect(")")
      return .comprehension(.generator, first.value, value: nil, clauses)
    }
    if !first.isStarred, accept(")") { return first.value }
    var elements = [first]
    while accept(",") {
      if isSign(")") { break }
      elements.append(try element())
    }
    try expect(")")
    guard elements.count > 1 || isTupleComma else { throw SyntaxProblem("can't use starred expression here") }
    return .tuple(elements)
  }

  /// Whether the parenthesis just closed had a comma before it.
  private var isTupleComma: Bool {
    if at >= 2, case .sign(",") = tokens[at - 2] { true } else { false }
  }

  private mutating func bracketed() throws -> Expression {
    at += 1
    if accept("]") { return .list([]) }
    let first = try element()
    if !first.isStarred, isKeyword("for") {
      let clauses = try clauses()
      try expect("]")
      return .comprehension(.list, first.value, value: nil, clauses)
    }
    var elements = [first]
    while accept(",") {
      if isSign("]") { break }
      elements.append(try element())
    }
    try expect("]")
    return .list(elements)
  }

  private mutating func braced() throws -> Expression {
    at += 1
    if accept("}") { return .dictionary([]) }
    if isSign("**") { return try dictionary([]) }
    let first = try element()
    if !first.isStarred, accept(":") {
      let value = try expression()
      if isKeyword("for") {
        let clauses = try clauses()
        try expect("}")
        return .comprehension(.dictionary, first.value, value: value, clauses)
      }
      return try dictionary([(first.value, value)])
    }
    if !first.isStarred, isKeyword("for") {
      let clauses = try clauses()
      try expect("}")
      return .comprehension(.set, first.value, value: nil, clauses)
    }
    var elements = [first]
    while accept(",") {
      if isSign("}") { break }
      elements.append(try element())
    }
    try expect("}")
    return .set(elements)
  }

  private mutating func dictionary(
    _ first: [(key: Expression?, value: Expression)]
  ) throws -> Expression {
    var members = first
    var isComma = first.isEmpty || accept(",")
    while isComma, !isSign("}") {
      if accept("**") {
        members.append((nil, try binary(1)))
      } else {
        let key = try expression()
        try expect(":")
        members.append((key, try expression()))
      }
      isComma = accept(",")
    }
    try expect("}")
    return .dictionary(members)
  }

  private mutating func clauses() throws -> [Expression.Clause] {
    var clauses: [Expression.Clause] = []
    while acceptKeyword("for") {
      let target = try loopTarget()
      let sequence = try disjunction()
      var conditions: [Expression] = []
      while acceptKeyword("if") { conditions.append(try condition()) }
      clauses.append(.init(target: target, sequence: sequence, conditions: conditions))
    }
    return clauses
  }

  /// A condition of a comprehension, without `… if … else …`.
  private mutating func condition() throws -> Expression { try disjunction() }

  /// `target in`.
  private mutating func loopTarget() throws -> Target {
    let target = try targetList { $0.isKeyword("in") }
    guard acceptKeyword("in") else { throw unexpected("expected 'in'") }
    return target
  }

  private mutating func targetList(_ isEnd: (Self) -> Bool) throws -> Target {
    var targets: [Target] = []
    var starred: Int?
    var isTuple = false
    while true {
      if accept("*") {
        guard starred == nil else { throw SyntaxProblem("multiple starred expressions in assignment") }
        starred = targets.count
      }
      targets.append(try Self.target(try postfix()))
      guard accept(",") else { break }
      isTuple = true
      if isEnd(self) { break }
    }
    guard isTuple || starred != nil else { return targets[0] }
    guard isTuple else { throw SyntaxProblem("starred assignment target must be in a list or tuple") }
    return .tuple(targets, starred: starred)
  }

  private static func target(_ expression: Expression) throws -> Target {
    switch expression {
    case .name(let name): return .name(name)
    case .attribute(let object, let name): return .attribute(object, name)
    case .item(let object, let key): return .item(object, key)
    case .tuple(let elements), .list(let elements):
      let starred = elements.indices.filter { elements[$0].isStarred }
      guard starred.count < 2 else { throw SyntaxProblem("multiple starred expressions in assignment") }
      return .tuple(try elements.map { try target($0.value) }, starred: starred.first)
    default: throw SyntaxProblem("cannot assign to expression here")
    }
  }

  // MARK: - Statements

  /// What stands behind `for`.
  mutating func loopHead() throws -> (target: Target, sequence: Expression) {
    let target = try loopTarget()
    let sequence = try expressions()
    try expectEnd()
    return (target, sequence)
  }

  /// What stands behind `except`: the exceptions, if any are named, and a name for the one caught.
  mutating func handlerHead() throws -> (types: Expression?, name: String?) {
    guard !isAtEnd else { return (nil, nil) }
    let types = try expression()
    let name = acceptKeyword("as") ? try identifier() : nil
    try expectEnd()
    return (types, name)
  }

  /// Statements with semicolons between them.
  mutating func statements() throws -> [Statement] {
    var statements: [Statement] = []
    repeat {
      if isAtEnd, !statements.isEmpty { break }
      statements.append(try statement())
    } while accept(";")
    try expectEnd()
    return statements
  }

  private mutating func statement() throws -> Statement {
    if acceptKeyword("pass") { return .pass }
    if acceptKeyword("import") { return .imports(try modules()) }
    if acceptKeyword("from") { return try fromImport() }
    if acceptKeyword("del") { return .delete(try deleted()) }
    if acceptKeyword("assert") {
      let test = try expression()
      return .assertion(test, accept(",") ? try expression() : nil)
    }
    let first = try expressions()
    if case .sign(let text) = tokens[at], text.hasSuffix("="),
      let sign = BinaryOperator(rawValue: String(text.dropLast()))
    {
      at += 1
      let target = try Self.target(first)
      if case .tuple = target { throw SyntaxProblem("illegal target for augmented assignment") }
      return .augmented(target, sign, try expressions())
    }
    var targets: [Target] = []
    var value = first
    while accept("=") {
      targets.append(try Self.target(value))
      value = try expressions()
    }
    return targets.isEmpty ? .expression(value) : .assignment(targets, value)
  }

  private mutating func deleted() throws -> [Target] {
    var targets: [Target] = []
    repeat { targets.append(try Self.target(try postfix())) } while accept(",")
    return targets
  }

  private mutating func dottedName() throws -> String {
    var name = try identifier()
    while accept(".") { name += "." + (try identifier()) }
    return name
  }

  private mutating func modules() throws -> [(module: String, name: String?)] {
    var modules: [(module: String, name: String?)] = []
    repeat {
      let module = try dottedName()
      modules.append((module, acceptKeyword("as") ? try identifier() : nil))
    } while accept(",")
    return modules
  }

  private mutating func fromImport() throws -> Statement {
    let module = try dottedName()
    guard acceptKeyword("import") else { throw unexpected("expected 'import'") }
    let isParenthesized = accept("(")
    var names: [(name: String, alias: String)] = []
    repeat {
      if isParenthesized, isSign(")") { break }
      let name = try identifier()
      names.append((name, acceptKeyword("as") ? try identifier() : name))
    } while accept(",")
    if isParenthesized { try expect(")") }
    return .from(module: module, names)
  }
}
