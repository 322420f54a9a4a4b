// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: cannot be captured by an escaping closure
import GalePython

func later(_ object: PythonReference, _ python: borrowing Attached) -> () throws -> Bool {
  #if WRONG
  { try object.object(python).isTrue(python) }
  #else
  { try Interpreter.current?.attach { try object.object($0).isTrue($0) } ?? false }
  #endif
}
