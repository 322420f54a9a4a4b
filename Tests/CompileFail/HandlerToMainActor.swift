// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: sending 'handler' risks causing data races
import Gale

@MainActor func show(_ handler: RequestHandler) {}
@MainActor func show(_ path: String) {}

func report(_ handler: RequestHandler) async {
  #if WRONG
  await show(handler)
  #else
  await show(handler.request.path)
  #endif
}
