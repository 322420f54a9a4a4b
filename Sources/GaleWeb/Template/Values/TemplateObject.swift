// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A value of the application that templates can look into.
///
/// Only ``templateAttribute(_:)`` is needed. What a template can reach is what this returns, and nothing
/// else: there is no reflection.
///
/// ```swift
/// extension User: TemplateObject {
///   func templateAttribute(_ name: String) -> TemplateValue? {
///     switch name {
///     case "name": .string(self.name)
///     case "is_admin": .bool(isAdmin)
///     default: nil
///     }
///   }
/// }
/// ```
public protocol TemplateObject: TemplateConvertible {
  /// The value of `object.name`; `nil` is an `AttributeError`.
  func templateAttribute(_ name: String) throws -> TemplateValue?
  /// What `{{ object }}` writes; the type's name in angle brackets unless implemented.
  var templateText: String { get }
  /// What `repr(object)` is; as ``templateText`` unless implemented.
  var templateRepresentation: String { get }
  /// Whether `{% if object %}` holds; `true` unless implemented.
  var templateIsTrue: Bool { get }
  /// What `{% for x in object %}` goes through; `nil`, unless implemented, for what has no elements.
  func templateElements() throws -> [TemplateValue]?
  /// The value of `object[key]`; `nil`, unless implemented, is an error.
  func templateItem(_ key: TemplateValue) throws -> TemplateValue?
  /// The value of `object(…)`; a `TypeError` unless implemented.
  func templateCall(_ arguments: TemplateArguments) throws -> TemplateValue
  /// What `type(object).__name__` is; the Swift type's name unless implemented.
  var templateTypeName: String { get }
  /// Whether it equals another one; classes compare by identity unless implemented.
  func templateIsEqual(to other: any TemplateObject) -> Bool
  /// Which comes first: negative, zero, positive; `nil`, unless implemented, for no order.
  func templateOrder(_ other: any TemplateObject) throws -> Int?
  /// The value of `object sign other`, or of `other sign object` with `isSwapped`; `nil`, unless implemented,
  /// for what cannot be computed.
  func templateOperate(_ sign: String, _ other: TemplateValue, isSwapped: Bool) throws -> TemplateValue?
}

extension TemplateObject {
  /// The type's name in angle brackets.
  public var templateText: String { "<\(templateTypeName) object>" }
  /// As ``templateText``.
  public var templateRepresentation: String { templateText }
  /// `true`.
  public var templateIsTrue: Bool { true }
  /// `nil`.
  public func templateElements() throws -> [TemplateValue]? { nil }
  /// `nil`.
  public func templateItem(_ key: TemplateValue) throws -> TemplateValue? { nil }
  /// Throws `TypeError`.
  public func templateCall(_ arguments: TemplateArguments) throws -> TemplateValue {
    throw TemplateException(.typeError, "'\(templateTypeName)' object is not callable")
  }
  /// The Swift type's name.
  public var templateTypeName: String { String(describing: type(of: self)) }
  /// Whether both are the same object of a class.
  public func templateIsEqual(to other: any TemplateObject) -> Bool {
    guard type(of: self) is AnyObject.Type, type(of: other) is AnyObject.Type else { return false }
    return self as AnyObject === other as AnyObject
  }
  /// `nil`.
  public func templateOrder(_ other: any TemplateObject) throws -> Int? { nil }
  /// `nil`.
  public func templateOperate(
    _ sign: String, _ other: TemplateValue, isSwapped: Bool
  ) throws -> TemplateValue? { nil }

  /// The object as a value.
  public var templateValue: TemplateValue { .object(self) }
}
