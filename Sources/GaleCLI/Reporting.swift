// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleCore
import GaleServe

/// Runs `body`; what is in its way is said in one line, and the command ends with a status of its own.
func reporting(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let error as ServeError {
    // What Python said comes first, for those who want to know where; the reason is the last line.
    if let traceback = error.traceback {
      printToStandardError(traceback.hasSuffix("\n") ? traceback : traceback + "\n")
    }
    printToStandardError("gale: \(error.message)\n")
    throw ExitCode(error.code.exitStatus)
  }
}
