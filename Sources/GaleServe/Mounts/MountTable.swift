// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What appears where; the most exact place wins.
struct MountTable<Target> {
  private let entries: [(point: MountPoint, target: Target)]
  private let hasHosts: Bool

  init(_ entries: [(point: MountPoint, target: Target)]) {
    // Sorting is stable: of equals, the first wins.
    self.entries = entries.sorted { $0.point.precedes($1.point) }
    hasHosts = entries.contains { $0.point.host != nil }
  }

  /// What a request is for, and how many bytes of its path belong to the place.
  /// - Parameters:
  ///   - path: As it was sent.
  ///   - host: In lower case and without a port; only asked for when some place has one.
  func find(_ path: Span<UInt8>, host: () -> String) -> (target: Target, prefixCount: Int)? {
    let host = hasHosts ? host() : ""
    for entry in entries where entry.point.takes(host) {
      if let count = entry.point.prefixCount(of: path) { return (entry.target, count) }
    }
    return nil
  }
}

extension MountTable: Sendable where Target: Sendable {}
