// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython
import Glibc

/// Translates an ``InterpreterConfiguration`` for CPython.
struct Startup {
  private let configuration: InterpreterConfiguration
  private let environment: VirtualEnvironment?
  private let executable: String?

  /// Looks at the file system; starts nothing.
  ///
  /// - Throws: ``InterpreterError`` about the virtual environment or the library's version.
  init(_ configuration: InterpreterConfiguration) throws(InterpreterError) {
    guard PythonVersion.embedded == PythonVersion.compiled else {
      throw InterpreterError(
        .versionMismatch,
        "compiled for Python \(PythonVersion.compiled), but the libpython that was loaded is \(PythonVersion.embedded)"
      )
    }
    self.configuration = configuration
    environment = try VirtualEnvironment.find(configuration.virtualEnvironment)
    executable = environment?.executable ?? configuration.executable ?? ExecutableSearch.find()
  }

  /// Starts CPython; this thread holds the lock afterwards.
  ///
  /// - Returns: The module `gale`.
  /// - Throws: ``InterpreterError`` with `.startFailed`.
  func initialise() throws(InterpreterError) -> HostModule {
    var config = unsafe PyConfig()
    // SAFETY: `config` stays in place until it is cleared; `sigaction` only fills what it is given.
    unsafe PyConfig_InitPythonConfig(&config)
    defer { unsafe PyConfig_Clear(&config) }
    unsafe config.install_signal_handlers = 0
    unsafe config.parse_argv = 0
    // The C streams belong to the host.
    unsafe config.configure_c_stdio = 0
    try unsafe fill(&config)
    var interrupt = sigaction()
    unsafe sigaction(SIGINT, nil, &interrupt)
    try unsafe Self.check(Py_InitializeFromConfig(&config))
    // As `python` does: what cannot be written is an `OSError`, not the end of the process.
    for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
    return try settle(interrupt: interrupt)
  }

  /// Does what needs a running interpreter.
  ///
  /// - Parameter interrupt: What the host did about SIGINT before.
  private func settle(interrupt: sigaction) throws(InterpreterError) -> HostModule {
    // SAFETY: the interpreter has just started on this thread, which holds the lock.
    let python = unsafe Attached(assumingLockHeld: ())
    let prefix: String
    let module: HostModule
    do throws(PythonError) {
      // The first import of `signal` installs a handler for SIGINT whatever the configuration says. It comes now, so
      // that the host's action can be put back.
      _ = try python.importModule("signal")
      var interrupt = interrupt
      unsafe sigaction(SIGINT, &interrupt, nil)
      prefix = try fillPath(python)
      module = try HostModule(python)
    } catch {
      throw InterpreterError(.startFailed, "Python started but could not be set up: \(error.traceback)")
    }
    if let environment, prefix != environment.path {
      throw InterpreterError(
        .virtualEnvironmentInvalid,
        "Python did not accept the virtual environment \(environment.path): its prefix is \(prefix)")
    }
    return module
  }

  /// Sets the strings, which CPython copies and decodes as it does those of its own command line.
  private func fill(_ config: UnsafeMutablePointer<PyConfig>) throws(InterpreterError) {
    // SAFETY: each field belongs to `config`, which CPython initialised; the arguments live until the call is over.
    if let executable {
      // With both set CPython neither searches PATH nor guesses; it looks for pyvenv.cfg beside this file.
      try unsafe Self.check(PyConfig_SetBytesString(config, &config.pointee.program_name, executable))
      try unsafe Self.check(PyConfig_SetBytesString(config, &config.pointee.executable, executable))
    }
    let arguments = unsafe configuration.arguments.map { unsafe strdup($0) }
    defer { unsafe arguments.forEach { unsafe free($0) } }
    try unsafe Self.check(PyConfig_SetBytesArgv(config, arguments.count, arguments))
  }

  /// Fills the front of `sys.path`.
  ///
  /// - Returns: `sys.prefix`, which is the virtual environment if there is one.
  private func fillPath(_ python: borrowing Attached) throws(PythonError) -> String {
    let sys = try python.importModule("sys")
    try Self.add(configuration.pathAdditions, to: sys, python)
    return try sys.attribute(python, "prefix").string(python)
  }

  /// Puts `entries` in front of `sys.path`.
  static func add(
    _ entries: [String], to sys: borrowing PythonObject, _ python: borrowing Attached
  ) throws(PythonError) {
    let path = try sys.attribute(python, "path")
    let insert = try python.interned("insert")
    for (index, entry) in entries.enumerated() {
      _ = try path.callMethod(python, insert, try python.int(index), try python.string(entry))
    }
  }

  private static func check(_ status: PyStatus) throws(InterpreterError) {
    guard unsafe PyStatus_Exception(status) != 0 else { return }
    let reason =
      unsafe status.err_msg.map { unsafe String(cString: $0) } ?? "exit status \(unsafe status.exitcode)"
    let place = unsafe status.func.map { "\(unsafe String(cString: $0)): " } ?? ""
    throw InterpreterError(.startFailed, "Python did not start: \(place)\(reason)")
  }
}

#endif
