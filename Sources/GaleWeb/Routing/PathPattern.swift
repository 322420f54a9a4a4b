// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A compiled regular expression for request paths, like Tornado's `PathMatches`.
///
/// The spelling is that of Python's `re`: literal text, `.`, classes, `\d` `\w` `\s` and their complements, groups
/// (capturing, `(?:…)`, `(?P<name>…)`, `(?<name>…)`), `|`, `*` `+` `?` `{m,n}` and their lazy twins, `^` and `$`.
/// Backreferences, lookaround and flags are refused. The pattern is matched against the path as it came, still
/// percent-encoded, without the query.
///
/// It differs from Tornado in three ways, each of them stricter. The whole path must match, also for a pattern such as
/// `/a|/b`, where Tornado's appended `$` binds to the second alternative only. `$` never matches before a trailing line
/// feed. And `\d`, `\w` and `\s` mean ASCII, as in a Python pattern of bytes.
///
/// No path makes a match take more than a time proportional to its length, whatever the pattern.
///
/// - Note: Source: Tornado `routing.PathMatches`, `routing.URLSpec`.
public struct PathPattern: Sendable, CustomStringConvertible {
  /// The pattern as it was written.
  public let pattern: String
  /// The names of the groups in order, or none if the groups are positional.
  public let groupNames: [String]
  let program: PatternProgram
  let template: ReverseTemplate?

  /// Compiles a pattern; a trailing `$` changes nothing.
  ///
  /// - Parameter pattern: A regular expression in Python's spelling, 100 groups at most.
  /// - Throws: ``RoutingError`` with `.invalidSyntax`, `.unsupportedSyntax`, `.mixedGroups` or `.tooLarge`.
  public init(_ pattern: String) throws(RoutingError) {
    var parser = PatternParser(pattern)
    let node = try parser.parse()
    self.pattern = pattern
    groupNames = parser.groups.compactMap(\.name)
    program = try PatternCompiler.compile(node, of: pattern, groupCount: parser.groups.count)
    template = ReverseTemplate(node, groupCount: parser.groups.count)
  }

  private init(any pattern: String) {
    self.pattern = pattern
    groupNames = []
    program = .any
    template = nil
  }

  /// The pattern that every path matches, like Tornado's `AnyMatches`.
  public static let any = PathPattern(any: "(?:.|\\n)*")

  /// The number of capturing groups.
  public var groupCount: Int { program.groupCount }

  /// The pattern as it was written.
  public var description: String { pattern }

  /// Matches the whole of a path.
  ///
  /// - Parameter path: The path of a request, percent-encoded, without the query.
  /// - Returns: The ranges of the groups, or `nil` if the path does not match.
  /// - Complexity: O(*n*) for *n* bytes. No allocation for up to 8 groups, unless the pattern needs backtracking and the
  ///   path is longer than some hundred bytes.
  public func match(_ path: Span<UInt8>) -> PathCaptures? {
    var captures = PathCaptures()
    return program.match(path, &captures) ? captures : nil
  }

  /// The index of the group with this name.
  public func groupIndex(named name: String) -> Int? { groupNames.firstIndex(of: name) }

  /// Makes the path that leads to this pattern with these groups, like Tornado's `PathMatches.reverse`.
  ///
  /// Arguments are percent-encoded, but for `/`. They are not checked against their groups. Unlike Tornado this leaves
  /// out what the pattern allows to be missing (`/users/?`), and takes `nil` for an optional group, which leaves out the
  /// whole optional part.
  ///
  /// - Parameter arguments: One for each group, in order; `nil` for none only where the group is optional.
  /// - Throws: ``RoutingError`` with `.wrongArgumentCount`, or with `.tooComplex` for a pattern with nested or repeated
  ///   groups, or with anything but literal text outside them.
  /// - Complexity: O(*n*) for *n* bytes of result.
  public func reverse(_ arguments: [String?]) throws(RoutingError) -> String {
    try reverse(bytes: arguments.map { $0.map { Array($0.utf8) } })
  }

  /// Makes the path that leads to this pattern, from arguments that need not be UTF-8.
  ///
  /// - Parameter arguments: One for each group, in order; `nil` for none only where the group is optional.
  /// - Throws: ``RoutingError`` with `.wrongArgumentCount` or `.tooComplex`.
  public func reverse(bytes arguments: [[UInt8]?]) throws(RoutingError) -> String {
    guard let template else {
      throw error(.tooComplex, "cannot reverse: only literal text may stand between the groups")
    }
    guard arguments.count == groupCount else {
      let message = "cannot reverse: \(arguments.count) arguments for \(groupCount) groups"
      throw error(.wrongArgumentCount, message)
    }
    guard let path = template.fill(arguments) else {
      throw error(.wrongArgumentCount, "cannot reverse: nil for a group that is needed")
    }
    return String(decoding: path, as: UTF8.self)
  }

  private func error(_ code: RoutingError.Code, _ message: String) -> RoutingError {
    RoutingError(code: code, pattern: pattern, position: nil, message: message)
  }
}

extension PathPattern {
  /// A pattern that matches `text` and nothing else.
  static func escape(_ text: String) -> String {
    let special: Set<Character> = [".", "+", "*", "?", "(", ")", "[", "]", "{", "}", "|", "^", "$", "\\"]
    return text.map { special.contains($0) ? "\\\($0)" : String($0) }.joined()
  }
}
