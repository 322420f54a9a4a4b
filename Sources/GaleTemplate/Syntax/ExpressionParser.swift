// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Reads Python's expressions and the few statements that templates may hold.
package struct ExpressionParser {
  let tokens: [Token]
  var at = 0
  private var depth: Int
  /// How many links the chains have that lead to where the parser is: each makes the expression deeper.
  private var links = 0
  /// How deep expressions may lie in each other, so that a template cannot exhaust the stack.
  static let depthLimit = 80
  /// How long `a + b + …`, `a.b.c…` and the like may be, all that lie in each other taken together.
  private static let linkLimit = 400

  package init(_ text: String, depth: Int = 0) throws {
    guard depth < Self.depthLimit else { throw SyntaxProblem("too many nested expressions") }
    tokens = try ExpressionLexer.tokens(of: text, depth: depth)
    self.depth = depth
  }

  static let keywords: Set<String> = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
    "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
  ]

  // MARK: - Tokens

  func isSign(_ sign: String) -> Bool {
    if case .sign(let found) = tokens[at] { return found == sign }
    return false
  }

  func isKeyword(_ word: String, _ offset: Int = 0) -> Bool {
    guard at + offset < tokens.count, case .name(let found) = tokens[at + offset] else { return false }
    return found == word
  }

  var isAtEnd: Bool { if case .end = tokens[at] { true } else { false } }

  mutating func accept(_ sign: String) -> Bool {
    guard isSign(sign) else { return false }
    at += 1
    return true
  }

  mutating func acceptKeyword(_ word: String) -> Bool {
    guard isKeyword(word) else { return false }
    at += 1
    return true
  }

  mutating func expect(_ sign: String) throws {
    guard accept(sign) else { throw unexpected("expected '\(sign)'") }
  }

  func unexpected(_ wanted: String? = nil) -> SyntaxProblem {
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

  mutating func identifier() throws -> String {
    guard case .name(let name) = tokens[at], !Self.keywords.contains(name) else {
      throw unexpected("expected a name")
    }
    at += 1
    return name
  }

  mutating func nested<Result>(_ body: (inout Self) throws -> Result) throws -> Result {
    depth += 1
    let outerLinks = links
    defer {
      depth -= 1
      links = outerLinks
    }
    guard depth < Self.depthLimit else { throw SyntaxProblem("too many nested expressions") }
    return try body(&self)
  }

  /// Notes that an expression gets another one around it.
  private mutating func link() throws {
    links += 1
    guard links < Self.linkLimit else { throw SyntaxProblem("too long an expression") }
  }

  // MARK: - Expressions

  /// One expression and nothing behind it; several with commas are a tuple.
  package mutating func wholeExpression() throws -> Expression {
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

  mutating func expressions() throws -> Expression {
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

  mutating func element() throws -> Expression.Element {
    if accept("*") { return .init(value: try binary(1), isStarred: true) }
    return .init(value: try namedExpression(), isStarred: false)
  }

  mutating func namedExpression() throws -> Expression {
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

  mutating func disjunction() throws -> Expression {
    var left = try conjunction()
    while acceptKeyword("or") {
      try link()
      left = .or(left, try conjunction())
    }
    return left
  }

  mutating func conjunction() throws -> Expression {
    var left = try negation()
    while acceptKeyword("and") {
      try link()
      left = .and(left, try negation())
    }
    return left
  }

  mutating func negation() throws -> Expression {
    guard acceptKeyword("not") else { return try comparison() }
    return try nested { .unary(.not, try $0.negation()) }
  }

  mutating func comparison() throws -> Expression {
    let left = try binary(1)
    var rest: [(sign: ComparisonOperator, right: Expression)] = []
    while let sign = comparisonSign() { rest.append((sign, try binary(1))) }
    return rest.isEmpty ? left : .comparison(left, rest)
  }

  mutating func comparisonSign() -> ComparisonOperator? {
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

  mutating func binary(_ least: Int) throws -> Expression {
    var left = try unary()
    while case .sign(let text) = tokens[at], let sign = BinaryOperator(rawValue: text),
      sign != .power, sign.precedence >= least
    {
      at += 1
      try link()
      left = .binary(sign, left, try binary(sign.precedence + 1))
    }
    return left
  }

  mutating func unary() throws -> Expression {
    for (text, sign) in [("-", UnaryOperator.minus), ("+", .plus), ("~", .invert)] where accept(text) {
      return try nested { .unary(sign, try $0.unary()) }
    }
    let base = try postfix()
    guard accept("**") else { return base }
    return try nested { .binary(.power, base, try $0.unary()) }
  }

  mutating func postfix() throws -> Expression {
    var value = try atom()
    while true {
      if accept(".") {
        value = .attribute(value, try identifier())
      } else if accept("(") {
        value = .call(value, try nested { try $0.arguments() })
      } else if accept("[") {
        value = try nested { try $0.subscripted(value) }
      } else {
        return value
      }
      try link()
    }
  }

  mutating func subscripted(_ value: Expression) throws -> Expression {
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

  mutating func arguments() throws -> [Expression.Argument] {
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

  mutating func lambda() throws -> Expression {
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
}
