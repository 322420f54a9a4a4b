// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: passing closure as a 'sending' parameter risks causing data races
import Gale

func use(_ lock: Lock) async throws {
  #if WRONG
  Task.detached { try await lock.withLock {} }
  #else
  try await lock.withLock {}
  #endif
}
