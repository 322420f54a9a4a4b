// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

/// `[a, *b]`, `(a, b)`, `{a, b}`.
final class SequenceEvaluator: Evaluator {
  enum Kind { case list, tuple, set }
  let kind: Kind
  let elements: [(value: Evaluator, isStarred: Bool)]

  init(_ kind: Kind, _ elements: [(value: Evaluator, isStarred: Bool)]) {
    self.kind = kind
    self.elements = elements
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    var values: [TemplateValue] = []
    values.reserveCapacity(elements.count)
    for element in elements {
      let value = try element.value.value(frame)
      if element.isStarred { values += try value.iterated() } else { values.append(value) }
    }
    switch kind {
    case .list: return .list(TemplateList(values))
    case .tuple: return .tuple(values)
    case .set: return .set(try TemplateSet(hashing: values))
    }
  }
}

/// `{key: value, **more}`.
final class DictionaryEvaluator: Evaluator {
  let members: [(key: Evaluator?, value: Evaluator)]
  init(_ members: [(key: Evaluator?, value: Evaluator)]) { self.members = members }

  override func value(_ frame: Frame) throws -> TemplateValue {
    let dictionary = TemplateDictionary()
    for member in members {
      if let key = member.key {
        dictionary.set(try key.value(frame).hashed(), try member.value.value(frame))
      } else {
        try dictionary.update(with: try member.value.value(frame))
      }
    }
    return .dictionary(dictionary)
  }
}

/// A list, set or dictionary made by loops; so is a generator, which is run to its end at once.
final class ComprehensionEvaluator: Evaluator {
  struct Clause {
    let target: Assigner
    let sequence: Evaluator
    let conditions: [Evaluator]
  }

  let kind: ComprehensionKind
  let element: Evaluator
  let member: Evaluator?
  let clauses: [Clause]

  init(_ kind: ComprehensionKind, _ element: Evaluator, _ member: Evaluator?, _ clauses: [Clause]) {
    self.kind = kind
    self.element = element
    self.member = member
    self.clauses = clauses
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    var values: [TemplateValue] = []
    let dictionary = TemplateDictionary()
    try run(0, frame) {
      let value = try element.value(frame)
      if let member {
        dictionary.set(try value.hashed(), try member.value(frame))
      } else {
        values.append(value)
      }
    }
    switch kind {
    case .list: return .list(TemplateList(values))
    case .set: return .set(try TemplateSet(hashing: values))
    case .dictionary: return .dictionary(dictionary)
    case .generator: return .object(TemplateIterator("generator", values))
    }
  }

  private func run(_ index: Int, _ frame: Frame, _ body: () throws -> Void) throws {
    guard index < clauses.count else { return try body() }
    let clause = clauses[index]
    for value in try clause.sequence.value(frame).iterated() {
      try frame.countRound()
      try clause.target.assign(value, frame)
      if try clause.conditions.allSatisfy({ try $0.truth(frame) }) { try run(index + 1, frame, body) }
    }
  }
}

/// What goes through its values once, such as a generator, `zip` and `map`.
final class TemplateIterator: TemplateObject {
  private var values: ArraySlice<TemplateValue>
  let templateTypeName: String

  init(_ name: String, _ values: [TemplateValue]) {
    templateTypeName = name
    self.values = values[...]
  }

  func next() -> TemplateValue? { values.popFirst() }

  func templateElements() -> [TemplateValue]? {
    defer { values = [] }
    return Array(values)
  }

  func templateAttribute(_ name: String) -> TemplateValue? { nil }
}
