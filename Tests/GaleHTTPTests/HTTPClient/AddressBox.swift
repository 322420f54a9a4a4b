// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GaleLoop

/// Where a server on another thread listens, and when it is no longer needed.
final class AddressBox: @unchecked Sendable {
  // @unchecked Sendable: the condition guards everything.
  private let condition = NSCondition()
  private var address: SocketAddress?
  private var done = false

  func set(_ address: SocketAddress) {
    condition.withLock { self.address = address }
    condition.broadcast()
  }

  func wait() -> SocketAddress {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let address { return address }
      condition.wait()
    }
  }

  var isDone: Bool { condition.withLock { done } }

  func finish() { condition.withLock { done = true } }
}
