// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWeb

// The macros of Swift Testing cannot take a span apart: these take arrays.

extension PathPattern {
  func match(bytes path: [UInt8]) -> PathCaptures? { match(path.span) }
}

extension HostPattern {
  func matches(bytes host: [UInt8]) -> Bool { matches(host.span) }
}

extension PathCaptures {
  func decoded(_ index: Int, in path: [UInt8]) -> [UInt8]? { decoded(index, in: path.span) }
}

extension RouteTable {
  func firstMatch(bytes path: [UInt8], startingAt start: Int = 0) -> Match? {
    firstMatch(path.span, startingAt: start)
  }
}
