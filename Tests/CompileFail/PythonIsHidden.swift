// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: cannot find 'Py_IsInitialized' in scope
import GalePython
#if !WRONG
import CPython
#endif

func isRunning() -> Bool { Py_IsInitialized() != 0 }
