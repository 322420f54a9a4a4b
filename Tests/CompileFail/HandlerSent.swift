// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: passing closure as a 'sending' parameter risks causing data races
import Gale

final class PageHandler: RequestHandler {
  override func get() async throws {
    let path = request.path
    #if WRONG
    Task.detached { self.write(path) }
    #else
    Task.detached { print(path) }
    #endif
  }
}
