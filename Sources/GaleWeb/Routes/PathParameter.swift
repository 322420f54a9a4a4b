// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A type that a part of a path can be read as, and written from.
///
/// What does not convert does not match: the next route is tried, and in the end the answer is 404.
///
/// ```swift
/// enum Color: String, PathParameter { case red, green }
/// .get("/paint/{color}") { (_, color: Color) in "It is \(color)" }
/// ```
public protocol PathParameter: Sendable {
  /// Reads the part, percent-decoded; `nil` when it is no such value.
  init?(pathParameter: String)
  /// The part, before percent-encoding.
  var pathParameter: String { get }
  /// A regular expression without groups for the part as it is sent; one segment unless defined otherwise.
  static var pathPattern: String { get }
}

extension PathParameter {
  /// Anything but a slash, at least one character.
  public static var pathPattern: String { "[^/]+" }
}

extension PathParameter where Self: LosslessStringConvertible {
  /// Reads the part as the type reads text.
  public init?(pathParameter: String) { self.init(pathParameter) }
  /// The value's text.
  public var pathParameter: String { description }
}

extension PathParameter where Self: RawRepresentable, RawValue: PathParameter {
  /// Reads the part as a raw value.
  public init?(pathParameter: String) {
    guard let value = RawValue(pathParameter: pathParameter) else { return nil }
    self.init(rawValue: value)
  }
  /// The raw value's text.
  public var pathParameter: String { rawValue.pathParameter }
}

extension String: PathParameter {}
extension Double: PathParameter {}
extension Bool: PathParameter {}

extension PathParameter where Self: FixedWidthInteger {
  /// Digits, behind a minus for signed types.
  public static var pathPattern: String { Self.isSigned ? "-?[0-9]+" : "[0-9]+" }
}

extension Int: PathParameter {}
extension Int64: PathParameter {}
extension Int32: PathParameter {}
extension UInt: PathParameter {}
extension UInt64: PathParameter {}
extension UInt32: PathParameter {}

/// A UUID in a path, in lower case: `{id:UUID}`.
struct UUIDParameter: PathParameter {
  let pathParameter: String

  init?(pathParameter: String) { self.pathParameter = pathParameter }

  static let pathPattern =
    "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
}

/// The rest of a path, slashes and all: `{rest...}`.
struct RestParameter: PathParameter {
  let pathParameter: String

  init?(pathParameter: String) { self.pathParameter = pathParameter }

  static let pathPattern = ".*"
}
