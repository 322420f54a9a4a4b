// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: missing argument for parameter #1 in call
import GalePython

func isTrue(_ object: borrowing PythonObject, _ python: borrowing Attached) throws -> Bool {
  #if WRONG
  try object.isTrue()
  #else
  try object.isTrue(python)
  #endif
}
