// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython

/// An exception that Python code raised, as text that may go anywhere.
///
/// One pointer wide. Making one formats the traceback, which takes some 50 µs, and up to 1 ms for the exceptions to
/// which CPython 3.12 adds suggestions: look before a failure that is expected, as
/// ``PythonObject/attributeIfPresent(_:_:)`` does. The exception object itself is kept, so that an error which passes through Swift arrives in
/// Python again as it was.
public struct PythonError: Error, Sendable, CustomStringConvertible {
  private final class Details: Sendable {
    let typeName: String
    let message: String
    let traceback: String
    let exitStatus: Int32?
    let isKeyboardInterrupt: Bool
    let exception: PythonReference?

    init(
      typeName: String, message: String, traceback: String, exitStatus: Int32? = nil,
      isKeyboardInterrupt: Bool = false, exception: PythonReference? = nil
    ) {
      self.typeName = typeName
      self.message = message
      self.traceback = traceback
      self.exitStatus = exitStatus
      self.isKeyboardInterrupt = isKeyboardInterrupt
      self.exception = exception
    }
  }

  private let details: Details

  /// The name of the exception's class, without its module: `ValueError`.
  public var typeName: String { details.typeName }

  /// Python's `str()` of the exception.
  public var message: String { details.message }

  /// What Python would print: the traceback, causes and notes included, ending with a line feed.
  public var traceback: String { details.traceback }

  /// The status that `SystemExit` asks for, or `nil` for other exceptions.
  ///
  /// - Note: Source: CPython `handle_system_exit`: `None` is 0, an `int` is itself, anything else is 1.
  public var exitStatus: Int32? { details.exitStatus }

  /// Whether the code called `sys.exit` or the like.
  public var isSystemExit: Bool { details.exitStatus != nil }

  /// Whether this is `KeyboardInterrupt`.
  public var isKeyboardInterrupt: Bool { details.isKeyboardInterrupt }

  /// The exception object; `nil` only when CPython broke its promise to set one.
  public var exception: PythonReference? { details.exception }

  /// `ValueError: message`.
  public var description: String { message.isEmpty ? typeName : "\(typeName): \(message)" }

  /// Takes the exception that is set from this thread.
  ///
  /// - Returns: The exception, or a `SystemError` as CPython itself reports it when a function failed without one.
  @inline(never)
  @usableFromInline
  package static func fetch(_ python: borrowing Attached) -> PythonError {
    // SAFETY: the token shows the lock; the result is a new reference.
    guard let raw = unsafe cgale_error_take() else {
      let message = "error return without exception set"
      let text = "SystemError: \(message)\n"
      return PythonError(details: Details(typeName: "SystemError", message: message, traceback: text))
    }
    return PythonError(exception: unsafe PythonObject(owning: raw), python)
  }

  private init(details: Details) { self.details = details }

  /// Describes `exception`, an instance of `BaseException`.
  public init(exception: consuming PythonObject, _ python: borrowing Attached) {
    let typeName = exception.typeName(python)
    let message = Self.message(of: exception, python)
    // SAFETY: the exception is alive; the class objects live as long as the interpreter.
    let isInterrupt = unsafe PyErr_GivenExceptionMatches(exception.raw, cgale_exc_KeyboardInterrupt()) != 0
    details = Details(
      typeName: typeName, message: message,
      traceback: Self.traceback(of: exception, python) ?? "\(typeName): \(message)\n",
      exitStatus: Self.exitStatus(of: exception, python), isKeyboardInterrupt: isInterrupt,
      exception: PythonReference(exception))
  }

  /// Whether the exception is an instance of `type`, a class or a tuple of classes.
  public func matches(_ type: borrowing PythonObject, _ python: borrowing Attached) -> Bool {
    guard let exception = exception?.object(python) else { return false }
    // SAFETY: both objects are alive, and the token shows the lock.
    return unsafe PyErr_GivenExceptionMatches(exception.raw, type.raw) != 0
  }
}

#endif
