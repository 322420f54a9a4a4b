// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: conformance of 'PythonObject' to 'Sendable' is unavailable
import GalePython

func load(_ interpreter: Interpreter) throws {
  #if WRONG
  _ = try interpreter.attach { python in try python.importModule("os") }
  #else
  _ = try interpreter.attach { python in PythonReference(try python.importModule("os")) }
  #endif
}
