// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// Names, constants, and what stands in brackets.
extension ExpressionParser {
  mutating func atom() throws -> Expression {
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
        return .constant(.none)
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

  mutating func parenthesized() throws -> Expression {
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
  var isTupleComma: Bool {
    if at >= 2, case .sign(",") = tokens[at - 2] { true } else { false }
  }

  mutating func bracketed() throws -> Expression {
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

  mutating func braced() throws -> Expression {
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

  mutating func dictionary(
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
}
