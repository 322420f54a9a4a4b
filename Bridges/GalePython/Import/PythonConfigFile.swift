// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import GaleCore

extension OptionParser {
  /// Sets options from a config file that is a Python program, like Tornado's `parse_config_file`.
  ///
  /// It is run, so it can do all that Python can: compute, import, read other files. Its variables are options; names
  /// that are no options are ignored. Use `parseConfigFile(_:final:)` for a file that only assigns values:
  /// nothing in that is executed.
  /// - Parameters:
  ///   - path: The file, which finds its absolute path in `__file__`.
  ///   - python: The interpreter.
  ///   - final: Whether to call the parse callbacks; pass `false` to all but the last parse method.
  /// - Throws: ``PythonError`` when the file cannot be read or raises an exception; `OptionError` with `.wrongType`, also for
  ///   an option that is neither a number, a text, a time, nor a list of these, or `.invalidValue`; what an `onChange` or a
  ///   parse callback throws.
  public func parsePythonConfigFile(
    _ path: String, _ python: borrowing Attached, final: Bool = true
  ) throws {
    let result = try PythonConfigFile.run(path, python)
    for (name, type) in result.others where contains(name) {
      throw OptionError(.wrongType, "Option \(name) is a \(type) in \(path), which no option is")
    }
    try set(ConfigFile.parse(Array(result.text.utf8), path: path), final: final)
  }
}

/// What a config file in Python assigns, said in the language of config files that assign values only.
enum PythonConfigFile {
  static func run(_ path: String, _ python: borrowing Attached) throws(PythonError)
    -> (text: String, others: [(name: String, type: String)])
  {
    let globals = try python.dictionary()
    let builtins = try python.importModule("builtins")
    _ = try builtins.attribute(python, "exec").call(python, try python.string(source), globals)
    guard let function = try globals.value(python, for: try python.string("run")) else { return ("", []) }
    let result = try function.call(python, try python.string(path))
    let text = try result.tupleItem(python, at: 0).string(python)
    let others = try result.tupleItem(python, at: 1).string(python)
    return (
      text,
      others.split(separator: "\n").map { line in
        let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
        return (parts[0], parts.last ?? "")
      }
    )
  }

  private static let source = """
    import os
    from datetime import datetime, timedelta

    def literal(value):
        if value is None or isinstance(value, (bool, str)):
            return ascii(value)
        if isinstance(value, int):
            return str(int(value))
        if isinstance(value, float):
            return repr(float(value)) if value - value == 0 else None
        if isinstance(value, datetime) and value.tzinfo is None:
            return "datetime(%d, %d, %d, %d, %d, %d, %d)" % (
                value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond)
        if isinstance(value, timedelta):
            return "timedelta(days=%d, seconds=%d, microseconds=%d)" % (value.days, value.seconds, value.microseconds)
        if isinstance(value, (list, tuple)):
            items = [literal(item) for item in value]
            return None if None in items else "[" + ", ".join(items) + "]"
        return None

    def run(path):
        variables = {"__file__": os.path.abspath(path), "__name__": "__config__"}
        with open(path, "rb") as file:
            exec(compile(file.read(), variables["__file__"], "exec"), variables)
        lines, others = [], []
        for name, value in variables.items():
            if name.startswith("__") or not name.isascii():
                continue
            text = literal(value)
            if text is None:
                others.append(name + " " + type(value).__name__)
            else:
                lines.append(name + " = " + text)
        return "\\n".join(lines) + "\\n", "\\n".join(others)
    """
}

#endif
