// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What a name means in a part of a template.
final class TemplateScope {
  enum Kind { case function, comprehension, lambda }

  let kind: Kind
  let parent: TemplateScope?
  var slots: [String: Int] = [:]
  /// Slots of enclosing lambdas and comprehensions that a lambda's body uses.
  private(set) var captures: [Int] = []

  init(_ kind: Kind, parent: TemplateScope?) {
    self.kind = kind
    self.parent = parent
  }

  /// The slot of a local name; `nil` for one of the namespace.
  func slot(_ name: String) -> Int? {
    var passed: [TemplateScope] = []
    var scope: TemplateScope? = self
    while let here = scope {
      if let slot = here.slots[name] {
        if here.kind != .function {
          for inner in passed where !inner.captures.contains(slot) { inner.captures.append(slot) }
        }
        return slot
      }
      if here.kind == .lambda { passed.append(here) }
      scope = here.parent
    }
    return nil
  }

  /// The scope in which `:=` gives a value.
  var enclosingFunction: TemplateScope {
    var scope = self
    while scope.kind == .comprehension, let parent = scope.parent { scope = parent }
    return scope
  }
}

extension Expression {
  /// The expressions that it is made of.
  var children: [Expression] {
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
  var assignedNames: [String] {
    let own: [String] = if case .assignment(let name, _) = self { [name] } else { [] }
    return children.reduce(into: own) { $0 += $1.assignedNames }
  }

  /// Whether it calls `super()`, outside lambdas.
  var callsSuper: Bool { isSuperCall || children.contains(where: \.callsSuper) }

  /// Whether it is `super()`.
  var isSuperCall: Bool {
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
  var assignedNames: [String] {
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
}
