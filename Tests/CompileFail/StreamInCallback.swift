// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: capture of 'stream' with non-Sendable type 'IOStream'
import Gale

func later(_ loop: IOLoop, _ stream: IOStream) {
  #if WRONG
  loop.addCallback { stream.close() }
  #else
  loop.addCallback { print("later") }
  stream.close()
  #endif
}
