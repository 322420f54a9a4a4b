// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// An ordered list of patterns with something to be found by each, where the first match wins.
///
/// The cost of a lookup hardly grows with the number of routes: see `RouteIndex`.
///
/// ```swift
/// var start = 0
/// while let match = table.firstMatch(path, startingAt: start) {
///   if let delegate = accept(match.target, match.captures) { return delegate }
///   start = match.index + 1
/// }
/// ```
///
/// - Note: Source: Tornado `routing.RuleRouter.find_handler`.
package struct RouteTable<Target> {
  /// A route that matched.
  package struct Match {
    /// The place of the route in the table.
    package let index: Int
    /// What stands at `index`.
    package let target: Target
    /// The groups of the pattern.
    package let captures: PathCaptures
  }

  /// The routes in order.
  package private(set) var routes: [(pattern: PathPattern, target: Target)]
  private var index: RouteIndex

  /// Makes a table of these routes.
  ///
  /// - Complexity: O(*n*) for *n* bytes of patterns.
  package init(_ routes: [(pattern: PathPattern, target: Target)] = []) {
    self.routes = routes
    index = RouteIndex(routes.map(\.pattern.program))
  }

  /// Puts routes in at `position`, which is the end unless told otherwise.
  ///
  /// - Complexity: That of making the table anew: add many at once.
  package mutating func insert(_ more: [(pattern: PathPattern, target: Target)], at position: Int? = nil) {
    routes.insert(contentsOf: more, at: position ?? routes.count)
    index = RouteIndex(routes.map(\.pattern.program))
  }

  /// The first route in order, from `start` on, whose pattern matches the whole of `path`.
  ///
  /// - Parameters:
  ///   - path: The path of a request, percent-encoded, without the query.
  ///   - start: The index of the first route to be looked at; pass the last match's index plus 1 to go on.
  /// - Returns: `nil` if none matches.
  /// - Complexity: O(*n*) for *n* bytes of path, and one match for each candidate that the index cannot decide about.
  package func firstMatch(_ path: Span<UInt8>, startingAt start: Int = 0) -> Match? {
    var captures = PathCaptures()
    guard let found = index.firstMatch(path, startingAt: start, &captures) else { return nil }
    return Match(index: found, target: routes[found].target, captures: captures)
  }
}

extension RouteTable: Sendable where Target: Sendable {}
extension RouteTable.Match: Sendable where Target: Sendable {}
