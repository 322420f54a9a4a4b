// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// What loops and assignments give values to.
extension ExpressionParser {
  /// The loops of a comprehension; their conditions are without `… if … else …`.
  mutating func clauses() throws -> [Expression.Clause] {
    var clauses: [Expression.Clause] = []
    while acceptKeyword("for") {
      let target = try loopTarget()
      let sequence = try disjunction()
      var conditions: [Expression] = []
      while acceptKeyword("if") { conditions.append(try disjunction()) }
      clauses.append(.init(target: target, sequence: sequence, conditions: conditions))
      guard clauses.count <= 20 else { throw SyntaxProblem("too many nested loops") }
    }
    return clauses
  }

  /// `target in`.
  mutating func loopTarget() throws -> Target {
    let target = try targetList { $0.isKeyword("in") }
    guard acceptKeyword("in") else { throw unexpected("expected 'in'") }
    return target
  }

  mutating func targetList(_ isEnd: (Self) -> Bool) throws -> Target {
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

  static func target(_ expression: Expression) throws -> Target {
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
}
