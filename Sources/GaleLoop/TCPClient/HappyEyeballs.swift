// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Which address of a host is tried when, without doing it: RFC 8305, "Happy Eyeballs" version 2.
///
/// Families take turns, the preferred one first (section 4). Another attempt begins when one has failed, or has had
/// no answer for a while (section 5); those that began go on side by side, and the first that connects wins.
/// Tornado tries two lines, one for each family, one after another; so a host whose first addresses of both
/// families swallow everything is never reached at its second one.
struct HappyEyeballs {
  /// What to do next.
  enum Step: Equatable {
    /// Try the address at this place of ``order``.
    case start(Int)
    /// Wait for an attempt to end.
    case wait
    /// Every attempt has failed.
    case giveUp
  }

  /// The addresses in the order of trying.
  let order: [SocketAddress]
  private var begun = 0
  private var failed = 0

  /// Whether there are addresses that were not tried yet.
  var hasMore: Bool { begun < order.count }

  init(_ addresses: [SocketAddress]) {
    var seen: Set<SocketAddress> = []
    let unique = addresses.filter { seen.insert($0).inserted }
    let preferred = unique.filter { $0.family == unique.first?.family }
    let others = unique.filter { $0.family != unique.first?.family }
    var order: [SocketAddress] = []
    for index in 0..<max(preferred.count, others.count) {
      if index < preferred.count { order.append(preferred[index]) }
      if index < others.count { order.append(others[index]) }
    }
    self.order = order
  }

  /// The race begins, or the newest attempt has been without an answer for long enough.
  mutating func next() -> Step {
    guard hasMore else { return failed == order.count ? .giveUp : .wait }
    begun += 1
    return .start(begun - 1)
  }

  /// An attempt has failed.
  mutating func attemptFailed() -> Step {
    failed += 1
    return next()
  }
}
