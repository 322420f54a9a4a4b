// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: passing closure as a 'sending' parameter risks causing data races
import Gale

func route() -> URLSpec {
  .get("/") { handler in
    let path = handler.request.path
    #if WRONG
    Task.detached { handler.write(path) }
    #else
    Task.detached { print(path) }
    #endif
    return "done"
  }
}
