// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension Expression {
  /// The expressions that it is made of.
  package var children: [Expression] {
    switch self {
    case .constant, .name: []
    case .attribute(let object, _): [object]
    case .item(let object, let key): [object, key]
    case .slice(let object, let lower, let upper, let step):
      [object] + [lower, upper, step].compactMap { $0 }
    case .call(let function, let arguments): [function] + arguments.map(\.value)
    case .unary(_, let operand), .assignment(_, let operand): [operand]
    case .binary(_, let left, let right), .and(let left, let right), .or(let left, let right): [left, right]
    case .comparison(let first, let rest): [first] + rest.map(\.right)
    case .conditional(let test, let then, let otherwise): [test, then, otherwise]
    case .list(let elements), .tuple(let elements), .set(let elements): elements.map(\.value)
    case .dictionary(let members): members.flatMap { [$0.key, $0.value].compactMap { $0 } }
    case .comprehension(_, let element, let value, let clauses):
      [element, value].compactMap { $0 } + clauses.flatMap { [$0.sequence] + $0.conditions }
    case .lambda(let parameters, _): parameters.compactMap(\.standard)
    case .formatted(let parts): parts.flatMap(\.children)
    }
  }

  /// The names to which `:=` gives values outside lambdas.
  package var assignedNames: [String] {
    let own: [String] = if case .assignment(let name, _) = self { [name] } else { [] }
    return children.reduce(into: own) { $0 += $1.assignedNames }
  }

  /// Whether it calls `super()`.
  package var callsSuper: Bool {
    if case .lambda(_, let body) = self, body.callsSuper { return true }
    return isSuperCall || children.contains(where: \.callsSuper)
  }

  /// Whether it is `super()`.
  package var isSuperCall: Bool {
    if case .call(.name("super"), let arguments) = self { arguments.isEmpty } else { false }
  }
}

extension Expression.FormattedPart {
  fileprivate var children: [Expression] {
    if case .value(let value, _, let specification) = self {
      [value] + specification.flatMap(\.children)
    } else {
      []
    }
  }
}

extension Statement {
  /// The names that it makes local.
  package var assignedNames: [String] {
    switch self {
    case .expression(let value): value.assignedNames
    case .assignment(let targets, let value): targets.flatMap(\.names) + value.assignedNames
    case .augmented(let target, _, let value): target.names + value.assignedNames
    case .delete(let targets): targets.flatMap(\.names)
    case .assertion(let test, let message): test.assignedNames + (message?.assignedNames ?? [])
    case .pass: []
    case .imports(let modules): modules.map { $0.name ?? String($0.module.prefix { $0 != "." }) }
    case .from(_, let names): names.map(\.alias)
    }
  }

  /// The expressions of the statement itself.
  package var expressions: [Expression] {
    switch self {
    case .expression(let value): [value]
    case .assignment(let targets, let value): targets.flatMap(\.expressions) + [value]
    case .augmented(let target, _, let value): target.expressions + [value]
    case .delete(let targets): targets.flatMap(\.expressions)
    case .assertion(let test, let message): [test] + [message].compactMap { $0 }
    case .pass, .imports, .from: []
    }
  }
}

extension Target {
  /// The expressions of which items and attributes get values.
  package var expressions: [Expression] {
    switch self {
    case .name: []
    case .attribute(let object, _): [object]
    case .item(let object, let key): [object, key]
    case .tuple(let targets, _): targets.flatMap(\.expressions)
    }
  }
}
