// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: 'Attached' initializer is inaccessible due to 'package' protection level
import GalePython

func start(_ interpreter: Interpreter) throws {
  #if WRONG
  use(Attached(assumingLockHeld: ()))
  #else
  try interpreter.attach { python in use(python) }
  #endif
}

func use(_ python: borrowing Attached) {}
