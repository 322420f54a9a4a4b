// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GalePython

/// A configuration file of gunicorn: a Python program, of which the variables count.
enum GunicornConfigFile {
  /// Where gunicorn looks when it is told nothing.
  static let standardPath = "gunicorn.conf.py"

  /// Runs the file.
  static func read(_ path: String) throws(ServeError) -> [String: GunicornValue] {
    do {
      let interpreter = try Interpreter.current ?? PythonStart.interpreter(ServeConfiguration())
      let text = try interpreter.attach { python in try run(path, python) }
      guard case .object(let members) = try jsonDecode(text) else { return [:] }
      var values: [String: GunicornValue] = [:]
      for member in members { values[member.key] = GunicornValue(member.value) }
      return values
    } catch let error as ServeError {
      throw error
    } catch let error as PythonError {
      throw ServeError(.file, "cannot evaluate \(path): \(error)", traceback: error.traceback)
    } catch {
      throw ServeError(.file, "cannot evaluate \(path): \(error)")
    }
  }

  private static func run(_ path: String, _ python: borrowing Attached) throws(PythonError) -> String {
    let globals = try python.dictionary()
    let exec = try python.importModule("builtins").attribute(python, "exec")
    _ = try exec.call(python, try python.string(source), globals)
    guard let function = try globals.value(python, for: try python.interned("run")) else { return "{}" }
    return try function.call(python, try python.string(path)).string(python)
  }

  private static let source = """
    import json, os

    def plain(value):
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, int):
            return int(value)
        if isinstance(value, float):
            return float(value) if value - value == 0 else {"other": "float"}
        if isinstance(value, os.PathLike):
            return os.fspath(value)
        if isinstance(value, (list, tuple, set, frozenset)):
            return [plain(item) for item in value]
        if callable(value):
            return {"function": getattr(value, "__name__", type(value).__name__)}
        return {"other": type(value).__name__}

    def run(path):
        variables = {"__name__": "__config__", "__file__": path, "__doc__": None, "__package__": None}
        with open(path, "rb") as file:
            exec(compile(file.read(), path, "exec"), variables)
        return json.dumps({name: plain(value) for name, value in variables.items() if not name.startswith("__")})
    """
}
