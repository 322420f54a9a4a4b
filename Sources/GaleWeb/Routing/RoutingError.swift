// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a pattern or with the arguments to reverse one.
///
/// Only the programmer can cause it: no path or host name that a peer sends makes the routing engine throw.
///
/// - Note: Source: Tornado `routing.PathMatches` (`re.error`, the assertions, and the `ValueError` of `reverse`).
public struct RoutingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of error.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    enum Kind: String {
      case invalidSyntax, unsupportedSyntax, mixedGroups, tooLarge, wrongArgumentCount, wrongArgument,
        tooComplex
    }
    let kind: Kind

    /// The pattern is not a regular expression in Python's spelling either.
    public static let invalidSyntax = Code(kind: .invalidSyntax)
    /// Python would accept the pattern; this engine does not know the construct.
    public static let unsupportedSyntax = Code(kind: .unsupportedSyntax)
    /// Some groups have names and some have not.
    public static let mixedGroups = Code(kind: .mixedGroups)
    /// The pattern is too long once its repetitions are written out, or nested too deeply.
    public static let tooLarge = Code(kind: .tooLarge)
    /// `reverse` got more or fewer arguments than the pattern has groups, or `nil` for a group that is not optional.
    public static let wrongArgumentCount = Code(kind: .wrongArgumentCount)
    /// `reverse` got an argument that its group does not match.
    public static let wrongArgument = Code(kind: .wrongArgument)
    /// The pattern leaves open what stands between its groups, so it cannot be reversed.
    public static let tooComplex = Code(kind: .tooComplex)

    /// The name of the static member.
    public var description: String { kind.rawValue }
  }

  /// The kind of error.
  public let code: Code
  /// The pattern as the caller wrote it.
  public let pattern: String
  /// Where in `pattern` the error is, counted in Unicode scalars as Python does, or `nil` when it is the whole.
  public let position: Int?
  /// What is wrong and, where one is known, what to write instead.
  public let message: String

  /// All of it in one line.
  public var description: String {
    let place = position.map { " at position \($0)" } ?? ""
    return "\(message)\(place) of pattern \"\(pattern)\""
  }
}
