// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The names that a page is made with: Tornado's keyword arguments of `render` and `generate`.
///
/// ```swift
/// try template.generate(["title": "Home", "visits": count, "user": user])
/// ```
public struct TemplateNamespace: ExpressibleByDictionaryLiteral {
  private var values: [String: TemplateValue] = [:]
  /// Asked for a name that has no value here, at its first use in a page.
  public var fallback: ((String) throws -> TemplateValue?)?

  /// Makes an empty namespace.
  public init() {}

  /// Makes a namespace; a name that is given twice has the last value.
  public init(dictionaryLiteral elements: (String, (any TemplateConvertible)?)...) {
    values.reserveCapacity(elements.count)
    for (name, value) in elements { values[name] = TemplateValue(value) }
  }

  /// Makes a namespace of the values of `names`.
  public init(_ names: [String: any TemplateConvertible]) { values = names.mapValues(\.templateValue) }

  /// The value of a name, the fallback's not included.
  public subscript(name: String) -> (any TemplateConvertible)? {
    get { values[name] }
    set { values[name] = newValue?.templateValue }
  }

  /// The names, the fallback's not included.
  public var names: [String] { values.keys.sorted() }

  /// Adds the names of `other`, which win.
  public mutating func merge(_ other: TemplateNamespace) {
    values.merge(other.values) { $1 }
    if let fallback = other.fallback { self.fallback = fallback }
  }

  func value(_ name: String) throws -> TemplateValue? { try values[name] ?? fallback?(name) }
}
