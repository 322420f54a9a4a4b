// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: cannot be consumed
import GalePython

final class Keeper {
  #if WRONG
  let python: Attached
  init(_ python: borrowing Attached) { self.python = python }
  #else
  let none: PythonReference
  init(_ python: borrowing Attached) { none = PythonReference(python.none) }
  #endif
}
