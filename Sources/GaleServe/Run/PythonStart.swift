// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GalePython

/// Starts Python as the settings say.
enum PythonStart {
  static func interpreter(_ configuration: ServeConfiguration) throws(ServeError) -> Interpreter {
    try configuration.python.applyEnvironment()
    var settings = InterpreterConfiguration()
    if let path = configuration.python.virtualEnvironment { settings.virtualEnvironment = .path(path) }
    settings.arguments = ["gale"]
    settings.pathAdditions = [WorkingDirectory.current] + configuration.python.paths
    do throws(InterpreterError) {
      return try Interpreter.start(settings)
    } catch {
      throw ServeError(.application, error.message)
    }
  }
}
