// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The methods of `list`, `tuple`, `dict` and `set`.
enum ContainerMethods {
  static func call(
    _ list: TemplateList, _ method: TemplateMethod, _ arguments: TemplateArguments
  ) throws -> TemplateValue {
    switch method {
    case .append: list.elements.append(try arguments.required(0))
    case .clear: list.elements.removeAll()
    case .copy: return .list(TemplateList(list.elements))
    case .count:
      let wanted = try arguments.required(0)
      return .int(list.elements.count { $0 == wanted })
    case .extend: list.elements += try arguments.required(0).iterated()
    case .index:
      let wanted = try arguments.required(0)
      guard let place = list.elements.firstIndex(of: wanted) else {
        throw TemplateException(.valueError, "\(wanted.representation) is not in list")
      }
      return .int(place)
    case .insert:
      let (index, count) = (try arguments.int(0), list.elements.count)
      list.elements.insert(
        try arguments.required(1), at: index < 0 ? max(0, index + count) : min(index, count))
    case .pop:
      guard !list.elements.isEmpty else { throw TemplateException(.indexError, "pop from empty list") }
      let key = arguments.value(0) ?? .int(-1)
      return list.elements.remove(at: try TemplateValue.place(key, list.elements.count, "pop"))
    case .remove:
      guard let place = list.elements.firstIndex(of: try arguments.required(0)) else {
        throw TemplateException(.valueError, "list.remove(x): x not in list")
      }
      list.elements.remove(at: place)
    case .reverse: list.elements.reverse()
    default:
      list.elements = try TemplateLibrary.sorted(
        list.elements, key: arguments["key"], isReversed: arguments["reverse"]?.isTrue ?? false)
    }
    return .null
  }

  static func call(
    _ dictionary: TemplateDictionary, _ method: TemplateMethod, _ arguments: TemplateArguments
  ) throws -> TemplateValue {
    switch method {
    case .clear: dictionary.removeAll()
    case .copy: return .dictionary(dictionary.copy())
    case .get: return dictionary[try arguments.required(0).hashed()] ?? arguments.value(1) ?? .null
    case .items:
      return .object(
        TemplateView("dict_items", zip(dictionary.keys, dictionary.values).map { .tuple([$0, $1]) }))
    case .keys: return .object(TemplateView("dict_keys", dictionary.keys))
    case .values: return .object(TemplateView("dict_values", dictionary.values))
    case .pop:
      let key = try arguments.required(0)
      if let value = dictionary.remove(key) ?? arguments.value(1) { return value }
      throw TemplateException(.keyError, arguments: [key])
    case .setdefault:
      let key = try arguments.required(0).hashed()
      if let value = dictionary[key] { return value }
      let value = arguments.value(1) ?? .null
      dictionary.set(key, value)
      return value
    default:
      if let other = arguments.value(0) { try dictionary.update(with: other) }
      for keyword in arguments.keywords { dictionary.set(.string(keyword.name), keyword.value) }
    }
    return .null
  }

  static func call(
    _ set: TemplateSet, _ method: TemplateMethod, _ arguments: TemplateArguments
  ) throws -> TemplateValue {
    func others() throws -> [TemplateSet] {
      try arguments.positional.map { try TemplateSet(hashing: try $0.iterated()) }
    }
    switch method {
    case .add: set.insert(try arguments.required(0).hashed())
    case .clear: for element in set.elements { set.remove(element) }
    case .copy: return .set(TemplateSet(set.elements))
    case .discard: set.remove(try arguments.required(0))
    case .remove:
      let value = try arguments.required(0)
      guard set.remove(value) else { throw TemplateException(.keyError, arguments: [value]) }
    case .pop:
      guard let first = set.elements.first else {
        throw TemplateException(.keyError, "pop from an empty set")
      }
      set.remove(first)
      return first
    case .update: for other in try others() { for element in other.elements { set.insert(element) } }
    case .union: return .set(TemplateSet(try others().reduce(set.elements) { $0 + $1.elements }))
    case .intersection:
      return .set(TemplateSet(try others().reduce(set.elements) { $0.filter($1.contains) }))
    case .difference:
      return .set(
        TemplateSet(try others().reduce(set.elements) { left, right in left.filter { !right.contains($0) } }))
    case .symmetricDifference:
      return try TemplateOperators.binary(.bitXor, .set(set), .set(try others().first ?? TemplateSet()))
    case .issubset: return .bool(try others().allSatisfy { set.elements.allSatisfy($0.contains) })
    case .issuperset: return .bool(try others().allSatisfy { $0.elements.allSatisfy(set.contains) })
    default: return .bool(try others().allSatisfy { !$0.elements.contains(where: set.contains) })
    }
    return .null
  }
}

/// What `items()`, `keys()` and `values()` of a dictionary are.
struct TemplateView: TemplateObject {
  let templateTypeName: String
  private let elements: [TemplateValue]

  init(_ name: String, _ elements: [TemplateValue]) {
    templateTypeName = name
    self.elements = elements
  }

  var templateText: String {
    "\(templateTypeName)(\(TemplateValue.list(TemplateList(elements)).representation))"
  }
  var templateIsTrue: Bool { !elements.isEmpty }
  func templateAttribute(_ name: String) -> TemplateValue? { nil }
  func templateElements() -> [TemplateValue]? { elements }
  func templateIsEqual(to other: any TemplateObject) -> Bool {
    guard let other = other as? TemplateView else { return false }
    return elements.count == other.elements.count && elements.allSatisfy(other.elements.contains)
  }
}
