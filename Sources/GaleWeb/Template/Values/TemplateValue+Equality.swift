// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension TemplateValue: Hashable {
  /// Python's `==`: numbers by value, whatever their type, containers by what is in them.
  public static func == (left: TemplateValue, right: TemplateValue) -> Bool {
    switch (left, right) {
    case (.string(let left), .string(let right)): return sameText(left, right)
    case (.int(let left), .int(let right)): return left == right
    case (.null, .null): return true
    case (.bytes(let left), .bytes(let right)): return left == right
    case (.list(let left), .list(let right)): return left === right || left.elements == right.elements
    case (.tuple(let left), .tuple(let right)): return left == right
    case (.dictionary(let left), .dictionary(let right)):
      return left === right || left.hasSameMembers(as: right)
    case (.set(let left), .set(let right)):
      return left.count == right.count && left.elements.allSatisfy(right.contains)
    case (.function(let left), .function(let right)):
      return left === right || left.kind != nil && left.kind == right.kind
    case (.object(let left), .object(let right)): return left.templateIsEqual(to: right)
    default:
      if let left = left.intValue, let right = right.intValue { return left == right }
      if let left = left.doubleValue, let right = right.doubleValue { return left == right }
      return false
    }
  }

  /// Feeds what equal values have in common.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .bool(let value): hasher.combine(value ? 1 : 0)
    case .int(let number): hasher.combine(number)
    case .double(let number):
      if let whole = Int(exactly: number) { hasher.combine(whole) } else { hasher.combine(number) }
    case .string(let text): hasher.combine(text)
    case .bytes(let bytes): hasher.combine(bytes)
    case .tuple(let elements): hasher.combine(elements)
    case .list(let list): hasher.combine(list.elements.count)
    case .dictionary(let dictionary): hasher.combine(dictionary.count)
    case .set(let set): hasher.combine(set.count)
    case .function(let function): hasher.combine(function.name)
    case .object(let object): hasher.combine(object.templateTypeName)
    }
  }

  /// Whether it may be a key or a member of a set.
  var isHashable: Bool {
    switch self {
    case .list, .dictionary, .set: false
    case .tuple(let elements): elements.allSatisfy(\.isHashable)
    default: true
    }
  }

  /// Python's `is`.
  func isIdentical(to other: TemplateValue) -> Bool {
    switch (self, other) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.int(let left), .int(let right)): left == right
    case (.string(let left), .string(let right)): sameText(left, right)
    case (.list(let left), .list(let right)): left === right
    case (.dictionary(let left), .dictionary(let right)): left === right
    case (.set(let left), .set(let right)): left === right
    case (.function(let left), .function(let right)):
      left === right || left.kind != nil && left.kind == right.kind
    case (.object(let left), .object(let right)): left.templateIsEqual(to: right)
    default: false
    }
  }

  /// Which of two comes first.
  /// - Returns: A negative number, zero or a positive one; `nil` for what has no order, such as NaN.
  /// - Throws: `TypeError` for what cannot be compared.
  func order(_ other: TemplateValue, _ sign: String) throws -> Int? {
    switch (self, other) {
    case (.int(let left), .int(let right)): return left < right ? -1 : left > right ? 1 : 0
    case (.string(let left), .string(let right)): return textOrder(left, right)
    case (.bytes(let left), .bytes(let right)):
      return left == right ? 0 : left.lexicographicallyPrecedes(right) ? -1 : 1
    case (.list(let left), .list(let right)): return try order(left.elements, right.elements, sign)
    case (.tuple(let left), .tuple(let right)): return try order(left, right, sign)
    case (.object(let left), .object(let right)):
      if let result = try left.templateOrder(right) { return result }
    default:
      if let left = intValue, let right = other.intValue { return left < right ? -1 : left > right ? 1 : 0 }
      if let left = doubleValue, let right = other.doubleValue {
        return left < right ? -1 : left > right ? 1 : left == right ? 0 : nil
      }
    }
    throw TemplateException(
      .typeError,
      "'\(sign)' not supported between instances of '\(typeName)' and '\(other.typeName)'")
  }

  private func order(_ left: [TemplateValue], _ right: [TemplateValue], _ sign: String) throws -> Int? {
    for (first, second) in zip(left, right) where first != second { return try first.order(second, sign) }
    return left.count - right.count
  }
}

/// Whether both are the same scalars: Swift's own `==` takes é for e with an accent.
@inline(__always)
func sameText(_ left: String, _ right: String) -> Bool {
  left == right && left.utf8.count == right.utf8.count
}

/// The order of the scalars, which is that of the UTF-8.
func textOrder(_ left: String, _ right: String) -> Int {
  sameText(left, right) ? 0 : left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
}
