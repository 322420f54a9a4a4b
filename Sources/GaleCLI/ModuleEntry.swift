// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GalePython
import GaleServe

/// What `import gale._gale` calls, where this program was linked as an extension module (`make dist`).
///
/// The command line then runs inside of the `python` that imported it, and hosts applications in that interpreter. Programs
/// of Python's get event loops and servers from it, too.
///
/// - Returns: A new reference to the module, or null with an exception set.
@c(PyInit__gale)
public func makeExtensionModule() -> UnsafeMutableRawPointer? {
  unsafe LentInterpreter.makeModule {
    GaleCommand.start($0)
  } prepare: { python in
    try EmbeddedModule.install(python)
  }
}
#endif
