// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython
import Glibc

/// A directory made by `python -m venv`, `virtualenv` or `uv venv`.
///
/// - Note: Source: PEP 405.
struct VirtualEnvironment: Hashable, Sendable {
  /// The directory, absolute.
  let path: String

  /// The environment's own `python`, which CPython needs to find `pyvenv.cfg`.
  let executable: String

  /// Finds the environment that `choice` means and checks that this interpreter can use it.
  ///
  /// - Returns: `nil` when none is asked for.
  /// - Throws: ``InterpreterError`` with `.virtualEnvironmentInvalid` or `.virtualEnvironmentMismatch`.
  static func find(
    _ choice: InterpreterConfiguration.VirtualEnvironmentChoice
  ) throws(InterpreterError) -> VirtualEnvironment? {
    switch choice {
    case .none: return nil
    case .path(let path): return try VirtualEnvironment(path, origin: path)
    case .automatic:
      guard let path = FileSystem.environment("VIRTUAL_ENV") else { return nil }
      return try VirtualEnvironment(path, origin: "\(path) (from VIRTUAL_ENV)")
    }
  }

  private init(_ path: String, origin: String) throws(InterpreterError) {
    guard let absolute = FileSystem.realPath(path) else {
      throw InterpreterError(.virtualEnvironmentInvalid, "there is no virtual environment at \(origin)")
    }
    guard let settings = FileSystem.contents(of: absolute + "/pyvenv.cfg") else {
      throw InterpreterError(
        .virtualEnvironmentInvalid, "\(origin) is not a virtual environment: it has no pyvenv.cfg")
    }
    guard
      let executable = ["python", "python3"].map({ "\(absolute)/bin/\($0)" }).first(
        where: FileSystem.isExecutable)
    else {
      throw InterpreterError(
        .virtualEnvironmentInvalid,
        "the virtual environment \(origin) has no working bin/python; was the Python it was made with removed?"
      )
    }
    let found = Self.version(settings: settings) ?? Self.version(libraryOf: absolute)
    if let found, found != PythonVersion.embedded {
      throw InterpreterError(
        .virtualEnvironmentMismatch,
        "the virtual environment \(origin) is for Python \(found), but this program embeds Python"
          + " \(PythonVersion.embedded); make it anew with python\(PythonVersion.embedded) -m venv")
    }
    self.path = absolute
    self.executable = executable
  }

  /// `version` (venv) or `version_info` (virtualenv, uv) in `pyvenv.cfg`.
  static func version(settings: String) -> PythonVersion? {
    for line in settings.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingSpaces() }
      guard parts.count == 2, ["version", "version_info"].contains(parts[0].lowercased()) else { continue }
      if let version = PythonVersion(parts[1]) { return version }
    }
    return nil
  }

  /// The version of `lib/pythonX.Y`.
  private static func version(libraryOf path: String) -> PythonVersion? {
    if FileSystem.exists("\(path)/lib/python\(PythonVersion.embedded)") { return .embedded }
    return FileSystem.entries(of: path + "/lib").lazy
      .filter { $0.hasPrefix("python") }
      .compactMap { PythonVersion($0.dropFirst("python".count)) }
      .first
  }
}

/// The part of Python's version that decides which extension modules fit.
struct PythonVersion: Hashable, Sendable, CustomStringConvertible {
  let major: Int
  let minor: Int

  /// The version of the libpython that is linked or loaded.
  ///
  /// `Py_GetVersion` may be called at any time, and its text never changes.
  static var embedded: PythonVersion {
    // SAFETY: a C string with static storage.
    PythonVersion(Substring(unsafe String(cString: Py_GetVersion()))) ?? .compiled
  }

  /// The version of the headers.
  static let compiled = PythonVersion(major: Int(PY_MAJOR_VERSION), minor: Int(PY_MINOR_VERSION))

  init(major: Int, minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// Reads `3.11` and whatever follows.
  init?(_ text: Substring) {
    let parts = text.split(separator: ".", maxSplits: 2)
    guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1].prefix { $0.isNumber }) else {
      return nil
    }
    self.init(major: major, minor: minor)
  }

  var description: String { "\(major).\(minor)" }
}

extension Substring {
  fileprivate func trimmingSpaces() -> Substring {
    var text = drop { $0.isWhitespace }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}

#endif
