// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: capture of 'self' with non-Sendable type 'PageHandler'
import Gale

final class PageHandler: RequestHandler {
  override func get() async throws {
    #if WRONG
    try await IOLoop.current.runInExecutor { self.write("Hello") }
    #else
    write(try await IOLoop.current.runInExecutor { "Hello" })
    #endif
  }
}
