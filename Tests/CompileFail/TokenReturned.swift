// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: conformance of 'Attached' to 'Sendable' is unavailable
import GalePython

func run(_ interpreter: Interpreter) throws {
  #if WRONG
  let python = try interpreter.attach { python in python }
  use(python)
  #else
  try interpreter.attach { python in use(python) }
  #endif
}

func use(_ python: borrowing Attached) {}
