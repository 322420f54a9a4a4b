// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: passing closure as a 'sending' parameter risks causing data races
// error: 'python' cannot be captured by an escaping closure
import GalePython

func later(_ object: PythonReference, _ python: borrowing Attached) {
  #if WRONG
  Task { _ = object.object(python).isNone }
  #else
  Task { _ = try Interpreter.current?.attach { object.object($0).isNone } }
  #endif
}
