// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
/// Why the interpreter does not run, or does not stop.
public struct InterpreterError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong.
  public struct Code: Hashable, Sendable {
    private enum Reason {
      case alreadyStarted, notRunning, virtualEnvironmentInvalid, virtualEnvironmentMismatch
      case versionMismatch, startFailed, wrongThread, stillInUse, stopFailed, unsupported
    }

    private let reason: Reason

    /// An interpreter runs, or ran, in this process; CPython cannot be started twice reliably.
    public static let alreadyStarted = Code(reason: .alreadyStarted)
    /// The interpreter was not started, or has been stopped.
    public static let notRunning = Code(reason: .notRunning)
    /// The virtual environment does not exist or is not complete.
    public static let virtualEnvironmentInvalid = Code(reason: .virtualEnvironmentInvalid)
    /// The virtual environment was made for another version of Python.
    public static let virtualEnvironmentMismatch = Code(reason: .virtualEnvironmentMismatch)
    /// The libpython that was loaded is of another version than the headers that Gale was compiled with.
    public static let versionMismatch = Code(reason: .versionMismatch)
    /// CPython refused to start.
    public static let startFailed = Code(reason: .startFailed)
    /// This Python cannot do it: interpreters have locks of their own since 3.12.
    public static let unsupported = Code(reason: .unsupported)
    /// The interpreter must be stopped by the thread that started it; a thread of a sub-interpreter attaches only there.
    public static let wrongThread = Code(reason: .wrongThread)
    /// Threads were still attached when the time for stopping was over.
    public static let stillInUse = Code(reason: .stillInUse)
    /// CPython has stopped, but reported an error, such as output that could not be flushed.
    public static let stopFailed = Code(reason: .stopFailed)
  }

  /// What went wrong.
  public let code: Code

  /// What went wrong, in words.
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package static let noThread = InterpreterError(.startFailed, "the system has no thread for an interpreter")

  package static let notRunning = InterpreterError(.notRunning, "the Python interpreter is not running")

  /// The message.
  public var description: String { message }
}

#endif
