// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: is not concurrency-safe
import Gale

final class PageHandler: RequestHandler {
  #if WRONG
  static var last: PageHandler?
  override func prepare() async throws { Self.last = self }
  #else
  private var last: String?
  override func prepare() async throws { last = request.path }
  #endif
}
