// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension TemplateValue {
  /// What a loop goes through.
  /// - Throws: `TypeError` for what cannot be gone through.
  func iterated() throws -> [TemplateValue] {
    guard let elements = try elements() else {
      throw TemplateException(.typeError, "'\(typeName)' object is not iterable")
    }
    return elements
  }

  /// The value as a key or member of a set.
  /// - Throws: `TypeError` for what can change.
  func hashed() throws -> TemplateValue {
    guard isHashable else { throw TemplateException(.typeError, "unhashable type: '\(typeName)'") }
    return self
  }

  /// What may be written without being turned into text: `str` and `bytes`, as in Tornado's `utf8`; `None`
  /// is nothing.
  func checkedOutput() throws -> TemplateValue {
    switch self {
    case .string, .bytes: return self
    default:
      throw TemplateException(.typeError, "Expected bytes, unicode, or None; got <class '\(typeName)'>")
    }
  }

  /// Calls it.
  func called(_ arguments: TemplateArguments) throws -> TemplateValue {
    switch self {
    case .function(let function): return try function.call(arguments)
    case .object(let object): return try object.templateCall(arguments)
    default: throw TemplateException(.typeError, "'\(typeName)' object is not callable")
    }
  }

  // MARK: - Attributes

  /// `value.name`.
  func attribute(_ name: String) throws -> TemplateValue {
    if let value = try attributeIfThere(name) { return value }
    throw TemplateException(.attributeError, "'\(typeName)' object has no attribute '\(name)'")
  }

  func attributeIfThere(_ name: String) throws -> TemplateValue? {
    switch self {
    case .object(let object):
      if let value = try object.templateAttribute(name) { return value }
    case .dictionary(let dictionary):
      if dictionary.isRecord, let value = dictionary[name] { return value }
      // Swift's structures become dictionaries: what has no method of that name may be a member.
      if let method = bound(name) { return method }
      if let value = dictionary[name] { return value }
    case .function(let function):
      if let value = function.attributes[name] { return value }
      if name == "__name__" { return .string(function.name) }
    default:
      if let method = bound(name) { return method }
    }
    guard name == "__class__" else { return nil }
    return TemplateLibrary.type(of: self)
  }

  private func bound(_ name: String) -> TemplateValue? {
    guard let method = TemplateMethod(rawValue: name), has(method) else { return nil }
    return .function(name) { try self.call(method, $0) }
  }

  // MARK: - Items

  /// `value[key]`.
  func item(_ key: TemplateValue) throws -> TemplateValue {
    switch self {
    case .list(let list): return try Self.element(list.elements, key, "list")
    case .tuple(let elements): return try Self.element(elements, key, "tuple")
    case .dictionary(let dictionary):
      guard let value = dictionary[try key.hashed()] else {
        throw TemplateException(.keyError, arguments: [key])
      }
      return value
    case .string(let text):
      let scalars = Array(text.unicodeScalars)
      return .string(String(scalars[try Self.place(key, scalars.count, "string")]))
    case .bytes(let bytes): return .int(Int(bytes[try Self.place(key, bytes.count, "bytes")]))
    case .object(let object):
      if let value = try object.templateItem(key) { return value }
    default: break
    }
    throw TemplateException(.typeError, "'\(typeName)' object is not subscriptable")
  }

  private static func element(_ elements: [TemplateValue], _ key: TemplateValue, _ name: String) throws
    -> TemplateValue
  {
    elements[try place(key, elements.count, name)]
  }

  static func place(_ key: TemplateValue, _ count: Int, _ name: String) throws -> Int {
    guard let index = key.intValue else {
      throw TemplateException(.typeError, "\(name) indices must be integers or slices, not \(key.typeName)")
    }
    let place = index < 0 ? index + count : index
    guard place >= 0, place < count else {
      throw TemplateException(.indexError, "\(name) index out of range")
    }
    return place
  }

  /// `value[key] = …`.
  func set(_ key: TemplateValue, _ value: TemplateValue) throws {
    switch self {
    case .list(let list):
      list.elements[try Self.place(key, list.elements.count, "list assignment")] = value
    case .dictionary(let dictionary): dictionary.set(try key.hashed(), value)
    default:
      throw TemplateException(.typeError, "'\(typeName)' object does not support item assignment")
    }
  }

  /// `del value[key]`.
  func remove(_ key: TemplateValue) throws {
    switch self {
    case .list(let list):
      list.elements.remove(at: try Self.place(key, list.elements.count, "list assignment"))
    case .dictionary(let dictionary):
      guard dictionary.remove(key) != nil else { throw TemplateException(.keyError, arguments: [key]) }
    default:
      throw TemplateException(.typeError, "'\(typeName)' object doesn't support item deletion")
    }
  }

  // MARK: - Slices

  /// `value[lower:upper:step]`.
  func sliced(_ lower: Int?, _ upper: Int?, _ step: Int?) throws -> TemplateValue {
    func places(_ count: Int) throws -> [Int] { try Self.places(count, lower, upper, step ?? 1) }
    switch self {
    case .list(let list):
      return .list(TemplateList(try places(list.elements.count).map { list.elements[$0] }))
    case .tuple(let elements): return .tuple(try places(elements.count).map { elements[$0] })
    case .bytes(let bytes): return .bytes(try places(bytes.count).map { bytes[$0] })
    case .string(let text):
      let scalars = Array(text.unicodeScalars)
      return .string(String(String.UnicodeScalarView(try places(scalars.count).map { scalars[$0] })))
    case .object(let object):
      guard let elements = try object.templateElements(), !(object is TemplateIterator) else { break }
      return .list(TemplateList(try places(elements.count).map { elements[$0] }))
    default: break
    }
    throw TemplateException(.typeError, "'\(typeName)' object is not subscriptable")
  }

  static func places(_ count: Int, _ lower: Int?, _ upper: Int?, _ step: Int) throws -> [Int] {
    guard step != 0 else { throw TemplateException(.valueError, "slice step cannot be zero") }
    func clamp(_ bound: Int) -> Int {
      let place = bound < 0 ? bound &+ count : bound
      return step > 0 ? min(max(place, 0), count) : min(max(place, -1), count - 1)
    }
    let start = lower.map(clamp) ?? (step > 0 ? 0 : count - 1)
    let end = upper.map(clamp) ?? (step > 0 ? count : -1)
    // A step longer than the whole takes one element; `stride` must not overflow.
    let pace = max(min(step, count + 1), -(count + 1))
    return Array(stride(from: start, to: end, by: pace))
  }

  // MARK: - Membership and length

  /// `value in self`.
  func contains(_ value: TemplateValue) throws -> Bool {
    switch self {
    case .dictionary(let dictionary): return dictionary[value] != nil
    case .set(let set): return set.contains(value)
    case .string(let text):
      guard case .string(let part) = value else {
        throw TemplateException(
          .typeError, "'in <string>' requires string as left operand, not \(value.typeName)")
      }
      return TextSearch(text).first(part) != nil
    case .bytes(let bytes):
      if let number = value.intValue { return bytes.contains { Int($0) == number } }
      guard case .bytes(let part) = value else { break }
      return TextSearch.first(part, in: bytes[...]) != nil
    default: break
    }
    guard let elements = try elements() else {
      throw TemplateException(.typeError, "argument of type '\(typeName)' is not iterable")
    }
    return elements.contains(value)
  }

  /// `len(value)`.
  func length() throws -> Int {
    switch self {
    case .list(let list): return list.elements.count
    case .tuple(let elements): return elements.count
    case .dictionary(let dictionary): return dictionary.count
    case .set(let set): return set.count
    case .string(let text): return text.unicodeScalars.count
    case .bytes(let bytes): return bytes.count
    case .object(let object) where !(object is TemplateIterator):
      if let range = object as? TemplateRange { return range.count }
      if let elements = try object.templateElements() { return elements.count }
    default: break
    }
    throw TemplateException(.typeError, "object of type '\(typeName)' has no len()")
  }
}

extension TemplateSet {
  convenience init(hashing elements: [TemplateValue]) throws {
    self.init(try elements.map { try $0.hashed() })
  }
}

extension TemplateDictionary {
  /// `dict.update`.
  func update(with value: TemplateValue) throws {
    if case .dictionary(let other) = value {
      for (key, value) in zip(other.keys, other.values) { set(key, value) }
      return
    }
    for pair in try value.iterated() {
      let parts = try pair.iterated()
      guard parts.count == 2 else {
        throw TemplateException(
          .valueError, "dictionary update sequence element has length \(parts.count); 2 is required")
      }
      set(try parts[0].hashed(), parts[1])
    }
  }
}

/// `range(…)`.
struct TemplateRange: TemplateObject {
  let start: Int
  let end: Int
  let step: Int

  static let countLimit = 100_000_000

  init(_ start: Int, _ end: Int, _ step: Int) throws {
    guard step != 0 else { throw TemplateException(.valueError, "range() arg 3 must not be zero") }
    (self.start, self.end, self.step) = (start, end, step)
    let (distance, overflows) = end.subtractingReportingOverflow(start)
    guard !overflows, distance.magnitude / step.magnitude < Self.countLimit else {
      throw TemplateException(.overflowError, "the range is too long")
    }
  }

  var count: Int {
    let distance = end - start
    guard distance != 0, (distance > 0) == (step > 0) else { return 0 }
    return Int((distance.magnitude - 1) / step.magnitude) + 1
  }

  subscript(index: Int) -> Int { start + index * step }

  var templateTypeName: String { "range" }
  var templateText: String { step == 1 ? "range(\(start), \(end))" : "range(\(start), \(end), \(step))" }
  var templateIsTrue: Bool { count > 0 }
  func templateAttribute(_ name: String) -> TemplateValue? {
    ["start": .int(start), "stop": .int(end), "step": .int(step)][name]
  }
  func templateElements() -> [TemplateValue]? { (0..<count).map { .int(self[$0]) } }
  func templateItem(_ key: TemplateValue) throws -> TemplateValue? {
    .int(self[try TemplateValue.place(key, count, "range object")])
  }
  func templateIsEqual(to other: any TemplateObject) -> Bool {
    guard let other = other as? TemplateRange, count == other.count else { return false }
    return count == 0 || start == other.start && (count == 1 || step == other.step)
  }
}
