// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: cannot find 'gale_get_thread_loop' in scope
import GaleLoop
#if !WRONG
import CSystem
#endif

func hasLoop() -> Bool { gale_get_thread_loop() != nil }
