// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// What stands behind `for`, `except`, `set`, `import` and `from`.
extension ExpressionParser {
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

  mutating func statement() throws -> Statement {
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

  mutating func deleted() throws -> [Target] {
    var targets: [Target] = []
    repeat { targets.append(try Self.target(try postfix())) } while accept(",")
    return targets
  }

  mutating func dottedName() throws -> String {
    var name = try identifier()
    while accept(".") { name += "." + (try identifier()) }
    return name
  }

  mutating func modules() throws -> [(module: String, name: String?)] {
    var modules: [(module: String, name: String?)] = []
    repeat {
      let module = try dottedName()
      modules.append((module, acceptKeyword("as") ? try identifier() : nil))
    } while accept(",")
    return modules
  }

  mutating func fromImport() throws -> Statement {
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
