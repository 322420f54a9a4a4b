// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// The value of a `Content-Type` field: `type/subtype; parameters` (RFC 9110, section 8.3.1).
public struct MediaType: Sendable, Hashable {
  /// `type/subtype` in lower case.
  public let essence: String

  /// The parameters, names in lower case.
  public let parameters: [HeaderParameters.Parameter]

  /// Reads a field value.
  ///
  /// - Returns: `nil` unless it begins with two tokens and a slash between them.
  /// - Complexity: O(*n*).
  public init?(parsing field: String) {
    self.init(parsing: HeaderParameters(parsing: field))
  }

  /// Makes a media type of a field value that was already read.
  package init?(parsing header: HeaderParameters) {
    let value = header.value.utf8.span
    let token = ByteSet.token
    guard let slash = value.firstIndex(of: ASCII.slash, in: 0..<value.count), slash > 0,
      slash &+ 1 < value.count, value.isMade(of: token, range: 0..<slash),
      value.isMade(of: token, range: slash &+ 1..<value.count)
    else { return nil }
    essence = header.value.lowercased()
    parameters = header.parameters
  }

  /// The value of the last parameter called `name` (in lower case), if it has one.
  public subscript(name: String) -> String? {
    parameters.last { $0.name == name }?.value
  }

  /// The `charset` parameter in lower case.
  public var charset: String? { self["charset"]?.lowercased() }
}
