// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
/// Imports a module by the path of its file.
enum PythonFile {
  /// Runs the file as a module, unless that was done already.
  ///
  /// The module is named after the file, with a number behind it when another module has that name. Its directory is put
  /// before the others on `sys.path`, as `python file.py` does.
  static func load(_ path: String, _ python: borrowing Attached) throws(PythonError) -> PythonObject {
    let globals = try python.dictionary()
    let exec = try python.importModule("builtins").attribute(python, "exec")
    _ = try exec.call(python, try python.string(source), globals)
    guard let function = try globals.value(python, for: try python.interned("load")) else {
      preconditionFailure("the source defines load")
    }
    return try function.call(python, try python.string(path))
  }

  private static let source = #"""
    import importlib.machinery, importlib.util, os, re, sys

    def load(path):
        path = os.path.abspath(path)
        directory, base = os.path.split(path)
        stem = re.sub(r"\W", "_", os.path.splitext(base)[0])
        if not stem.isidentifier():
            stem = "_" + stem
        name, number = stem, 1
        while name in sys.modules:
            module = sys.modules[name]
            if os.path.realpath(getattr(module, "__file__", None) or "") == os.path.realpath(path):
                return module
            number += 1
            name = "%s_%d" % (stem, number)
        if directory not in sys.path:
            sys.path.insert(0, directory)
        loader = importlib.machinery.SourceFileLoader(name, path)
        module = importlib.util.module_from_spec(importlib.util.spec_from_file_location(name, path, loader=loader))
        sys.modules[name] = module
        try:
            loader.exec_module(module)
        except BaseException:
            sys.modules.pop(name, None)
            raise
        # It may have put another in its place.
        return sys.modules.get(name, module)
    """#
}

#endif
