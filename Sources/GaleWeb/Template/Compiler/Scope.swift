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
