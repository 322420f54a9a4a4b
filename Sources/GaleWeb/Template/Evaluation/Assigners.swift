// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A compiled target of an assignment.
class Assigner {
  func assign(_ value: TemplateValue, _ frame: Frame) throws {}
  func delete(_ frame: Frame) throws {}
}

final class NameAssigner: Assigner {
  let slot: Int
  let name: String

  init(_ slot: Int, _ name: String) {
    self.slot = slot
    self.name = name
  }

  override func assign(_ value: TemplateValue, _ frame: Frame) { frame[slot] = value }

  override func delete(_ frame: Frame) throws {
    guard frame[slot] != nil else {
      throw TemplateException(unbound: name)
    }
    frame[slot] = nil
  }
}

final class ItemAssigner: Assigner {
  let object: Evaluator
  let key: Evaluator

  init(_ object: Evaluator, _ key: Evaluator) {
    self.object = object
    self.key = key
  }

  override func assign(_ value: TemplateValue, _ frame: Frame) throws {
    try object.value(frame).set(try key.value(frame), value)
  }

  override func delete(_ frame: Frame) throws { try object.value(frame).remove(try key.value(frame)) }
}

final class AttributeAssigner: Assigner {
  let object: Evaluator
  let name: String

  init(_ object: Evaluator, _ name: String) {
    self.object = object
    self.name = name
  }

  /// Only what was an object in Swift has attributes that can change; what the application has is its own.
  override func assign(_ value: TemplateValue, _ frame: Frame) throws {
    let object = try object.value(frame)
    guard case .dictionary(let dictionary) = object, dictionary.isRecord else { throw refused(object) }
    dictionary[name] = value
  }

  override func delete(_ frame: Frame) throws { throw refused(try object.value(frame)) }

  private func refused(_ object: TemplateValue) -> TemplateException {
    TemplateException(
      .attributeError, "'\(object.typeName)' object has no attribute '\(name)' that can be set")
  }
}

final class TupleAssigner: Assigner {
  let targets: [Assigner]
  let starred: Int?

  init(_ targets: [Assigner], starred: Int?) {
    self.targets = targets
    self.starred = starred
  }

  override func assign(_ value: TemplateValue, _ frame: Frame) throws {
    guard let values = try value.elements() else {
      throw TemplateException(.typeError, "cannot unpack non-iterable \(value.typeName) object")
    }
    guard let starred else {
      guard values.count >= targets.count else {
        throw TemplateException(
          .valueError, "not enough values to unpack (expected \(targets.count), got \(values.count))")
      }
      guard values.count == targets.count else {
        throw TemplateException(.valueError, "too many values to unpack (expected \(targets.count))")
      }
      for (target, value) in zip(targets, values) { try target.assign(value, frame) }
      return
    }
    let least = targets.count - 1
    guard values.count >= least else {
      throw TemplateException(
        .valueError, "not enough values to unpack (expected at least \(least), got \(values.count))")
    }
    let middle = values.count - least
    for (index, target) in targets.enumerated() {
      if index == starred {
        try target.assign(.list(TemplateList(Array(values[index..<index + middle]))), frame)
      } else {
        try target.assign(values[index < starred ? index : index - 1 + middle], frame)
      }
    }
  }

  override func delete(_ frame: Frame) throws { for target in targets { try target.delete(frame) } }
}
