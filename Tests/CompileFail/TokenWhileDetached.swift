// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: non-Sendable type 'Attached'
import GalePython

func wait(_ object: PythonReference, _ python: borrowing Attached) -> Bool {
  #if WRONG
  python.detached { object.object(python).isNone }
  #else
  object.object(python).isNone
  #endif
}
