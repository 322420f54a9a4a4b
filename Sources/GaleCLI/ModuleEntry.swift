// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GalePython

/// What `import gale._gale` calls, where this program was linked as an extension module (`make dist`): the command line
/// then runs inside of the `python` that imported it, and hosts applications in that interpreter.
///
/// - Returns: A new reference to the module, or null with an exception set.
@c(PyInit__gale)
public func makeExtensionModule() -> UnsafeMutableRawPointer? {
  unsafe LentInterpreter.makeModule { GaleCommand.start($0) }
}
#endif
