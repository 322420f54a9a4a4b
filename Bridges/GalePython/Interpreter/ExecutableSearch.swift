// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython

/// Finds the `python` that belongs to the libpython in this process.
///
/// CPython itself would look for `python3` on `PATH`, which may be a different one.
enum ExecutableSearch {
  /// The path of the interpreter, or `nil` when none is installed beside the library.
  static func find() -> String? {
    candidates().first(where: FileSystem.isExecutable)
  }

  private static func candidates() -> [String] {
    let name = "python\(PythonVersion.embedded)"
    var found: [String] = []
    if let home = FileSystem.environment("PYTHONHOME") {
      found.append("\(home.prefix { $0 != ":" })/bin/\(name)")
    }
    if !CGALE_PYTHON_EXECUTABLE.isEmpty { found.append(CGALE_PYTHON_EXECUTABLE) }
    found += besideLibrary(name)
    found += ["/usr/bin/\(name)", "/usr/local/bin/\(name)"]
    let path = FileSystem.environment("PATH") ?? ""
    return found + path.split(separator: ":").map { "\($0)/\(name)" }
  }

  /// `bin/` in each directory above the file that libpython was loaded from; nothing when it is linked statically.
  private static func besideLibrary(_ name: String) -> [String] {
    guard let library = libraryPath() else { return [] }
    var directories = library.split(separator: "/")
    var found: [String] = []
    while let _ = directories.popLast() {
      found.append("/" + (directories + ["bin", Substring(name)]).joined(separator: "/"))
    }
    return found
  }

  /// The file that libpython was mapped from. (`dladdr` would say so too, but is a GNU extension, which Swift's Glibc
  /// module leaves out.)
  private static func libraryPath() -> String? {
    let maps = FileSystem.contents(of: "/proc/self/maps") ?? ""
    let line = maps.split(separator: "\n").first { $0.contains("/libpython\(PythonVersion.embedded)") }
    return line?.firstIndex(of: "/").flatMap { start in
      line.flatMap { FileSystem.realPath(String($0[start...])) }
    }
  }
}

#endif
