// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: passing closure as a 'sending' parameter risks causing data races
import Gale

func copy(_ stream: IOStream) async throws {
  #if WRONG
  Task.detached { try await stream.read(count: 1, partial: true) }
  #else
  let bytes = try await stream.read(count: 1, partial: true)
  Task.detached { print(bytes) }
  #endif
}
