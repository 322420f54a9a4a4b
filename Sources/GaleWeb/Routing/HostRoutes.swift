// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The routes of one host pattern.
final class HostRoutes: Sendable {
  let host: HostPattern?
  let table: RouteTable<RouteEntry>

  init(host: HostPattern?, _ routes: [RouteEntry]) {
    self.host = host
    table = RouteTable(routes.map { (pattern: $0.pattern, target: $0) })
  }

  /// The path of a route that is named in a router that one of these leads to.
  func findURL(_ name: String, _ arguments: [String]) throws -> String? {
    for route in table.routes {
      if let url = try route.target.nested?.findURL(name, arguments) { return url }
      guard case .delegate(let router as any ReversibleRouter) = route.target.target else { continue }
      if let url = try router.findURL(name, arguments) { return url }
    }
    return nil
  }
}
