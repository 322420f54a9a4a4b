// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// A compiled regular expression for host names, like Tornado's `HostMatches`.
///
/// It is matched against the host name without the port, in lower case; so a pattern with upper-case letters matches
/// nothing. The rules are those of ``PathPattern``: the whole name must match, so `example\.com|example\.org` does not
/// match `example.com.evil.example`, as it does in Tornado.
///
/// - Note: Source: Tornado `routing.HostMatches`, `web.Application.add_handlers`.
public struct HostPattern: Sendable, CustomStringConvertible {
  /// The pattern as it was written.
  public let pattern: String
  private let program: PatternProgram

  /// Compiles a pattern; a trailing `$` changes nothing.
  ///
  /// - Parameter pattern: A regular expression in Python's spelling; its groups are not handed to anybody.
  /// - Throws: ``RoutingError`` with `.invalidSyntax`, `.unsupportedSyntax`, `.mixedGroups` or `.tooLarge`.
  public init(_ pattern: String) throws(RoutingError) {
    let compiled = try PathPattern(pattern)
    self.pattern = pattern
    program = compiled.program
  }

  /// The pattern as it was written.
  public var description: String { pattern }

  /// Whether the whole of a host name matches.
  ///
  /// - Parameter host: A host name without port; upper-case letters are taken for their lower-case ones.
  /// - Complexity: O(*n*) for *n* bytes; allocates only for a name with upper-case letters.
  public func matches(_ host: Span<UInt8>) -> Bool {
    var captures = PathCaptures()
    for index in host.indices where host[index].asciiLowercased != host[index] {
      return program.match(lowercased(host).span, &captures)
    }
    return program.match(host, &captures)
  }

  private func lowercased(_ host: Span<UInt8>) -> [UInt8] {
    host.indices.map { host[$0].asciiLowercased }
  }
}
