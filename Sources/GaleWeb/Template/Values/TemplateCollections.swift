// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A list of the template language; a reference, as in Python.
public final class TemplateList {
  /// What is in it.
  public var elements: [TemplateValue]

  /// Makes a list of `elements`.
  public init(_ elements: [TemplateValue] = []) { self.elements = elements }
}

/// A dictionary of the template language: ordered, and a reference, as in Python.
///
/// - Complexity: Finding a key is O(1); up to eight members are compared one after the other, which is
///   quicker than to compute a hash.
public final class TemplateDictionary {
  /// The keys in their order.
  public private(set) var keys: [TemplateValue] = []
  /// The values, each at the place of its key.
  public private(set) var values: [TemplateValue] = []
  private var places: [TemplateValue: Int] = [:]
  /// Whether members come before methods in `value.name`: so for what was an object in Swift.
  let isRecord: Bool

  private static let smallCount = 8

  /// Makes an empty dictionary.
  public convenience init() { self.init(isRecord: false) }

  init(isRecord: Bool) { self.isRecord = isRecord }

  /// How many members it has.
  public var count: Int { keys.count }

  /// The value of a key.
  public subscript(key: String) -> TemplateValue? {
    get {
      guard keys.count <= Self.smallCount else { return places[.string(key)].map { values[$0] } }
      return smallPlace(of: key).map { values[$0] }
    }
    set { if let newValue { set(.string(key), newValue) } else { _ = remove(.string(key)) } }
  }

  /// The value of a key.
  public subscript(key: TemplateValue) -> TemplateValue? {
    if case .string(let text) = key { return self[text] }
    return place(of: key).map { values[$0] }
  }

  /// Where the value of a key is, until a member changes.
  func address(of key: String) -> ValueAddress? {
    let place: Int
    if keys.count > Self.smallCount {
      guard let found = places[.string(key)] else { return nil }
      place = found
    } else {
      guard let found = smallPlace(of: key) else { return nil }
      place = found
    }
    // SAFETY: the values stay where they are until one is added, changed or removed.
    return unsafe values.withUnsafeBufferPointer { values in
      guard let start = values.baseAddress else { return nil }
      return unsafe ValueAddress(start + place)
    }
  }

  private func smallPlace(of key: String) -> Int? {
    for index in keys.indices {
      if case .string(let text) = keys[index], sameText(text, key) { return index }
    }
    return nil
  }

  private func place(of key: TemplateValue) -> Int? {
    if keys.count > Self.smallCount { return places[key] }
    return keys.firstIndex(of: key)
  }

  /// Gives `key` a value; a new key comes last.
  public func set(_ key: TemplateValue, _ value: TemplateValue) {
    if let place = place(of: key) {
      values[place] = value
      return
    }
    keys.append(key)
    values.append(value)
    if keys.count == Self.smallCount + 1 {
      index()
    } else if keys.count > Self.smallCount {
      places[key] = keys.count - 1
    }
  }

  /// Removes a member.
  /// - Returns: The value it had.
  public func remove(_ key: TemplateValue) -> TemplateValue? {
    guard let place = place(of: key) else { return nil }
    keys.remove(at: place)
    index()
    return values.remove(at: place)
  }

  func removeAll() {
    keys.removeAll()
    values.removeAll()
    places.removeAll()
  }

  private func index() {
    places.removeAll()
    guard keys.count > Self.smallCount else { return }
    for (place, key) in keys.enumerated() { places[key] = place }
  }

  func hasSameMembers(as other: TemplateDictionary) -> Bool {
    guard count == other.count else { return false }
    for (key, value) in zip(keys, values) {
      guard let found = other[key], found == value else { return false }
    }
    return true
  }

  func copy() -> TemplateDictionary {
    let copy = TemplateDictionary(isRecord: isRecord)
    copy.keys = keys
    copy.values = values
    copy.places = places
    return copy
  }
}

/// A set of the template language; its members stay in the order in which they were added.
public final class TemplateSet {
  private let members = TemplateDictionary()

  /// Makes a set of `elements`.
  public init(_ elements: [TemplateValue] = []) { for element in elements { insert(element) } }

  /// The members.
  public var elements: [TemplateValue] { members.keys }

  /// How many there are.
  public var count: Int { members.count }

  /// Whether `value` is a member.
  public func contains(_ value: TemplateValue) -> Bool { members[value] != nil }

  /// Adds a member.
  public func insert(_ value: TemplateValue) { if members[value] == nil { members.set(value, .null) } }

  /// Removes a member.
  /// - Returns: Whether it was one.
  @discardableResult
  public func remove(_ value: TemplateValue) -> Bool { members.remove(value) != nil }
}
