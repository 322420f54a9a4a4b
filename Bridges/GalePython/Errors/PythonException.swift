// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython

/// An exception that Swift code raises in Python: throw it from a function that Python calls.
public struct PythonException: Error, Hashable, Sendable, CustomStringConvertible {
  /// One of Python's exception classes.
  public struct Kind: Hashable, Sendable {
    private enum Name: String {
      case assertion = "AssertionError"
      case attribute = "AttributeError"
      case brokenPipe = "BrokenPipeError"
      case connectionReset = "ConnectionResetError"
      case endOfFile = "EOFError"
      case importing = "ImportError"
      case operatingSystem = "OSError"
      case runtime = "RuntimeError"
      case timeout = "TimeoutError"
      case type = "TypeError"
      case value = "ValueError"
    }

    private let name: Name

    private init(_ name: Name) { self.name = name }

    /// `AssertionError`: the app broke a rule of the protocol (what `wsgiref.validate` raises).
    public static let assertionError = Kind(.assertion)
    /// `AttributeError`.
    public static let attributeError = Kind(.attribute)
    /// `BrokenPipeError`: the peer does not read any more.
    public static let brokenPipeError = Kind(.brokenPipe)
    /// `ConnectionResetError`: the peer went away in the middle.
    public static let connectionResetError = Kind(.connectionReset)
    /// `EOFError`.
    public static let eofError = Kind(.endOfFile)
    /// `ImportError`.
    public static let importError = Kind(.importing)
    /// `OSError`.
    public static let osError = Kind(.operatingSystem)
    /// `RuntimeError`: what any other Swift error becomes.
    public static let runtimeError = Kind(.runtime)
    /// `TimeoutError`.
    public static let timeoutError = Kind(.timeout)
    /// `TypeError`.
    public static let typeError = Kind(.type)
    /// `ValueError`.
    public static let valueError = Kind(.value)

    /// The name of the class.
    public var className: String { name.rawValue }

    /// The class; borrowed from the interpreter, which keeps it for ever.
    var classObject: PythonPointer {
      switch name {
      case .assertion: unsafe cgale_exc_AssertionError()
      case .attribute: unsafe cgale_exc_AttributeError()
      case .brokenPipe: unsafe cgale_exc_BrokenPipeError()
      case .connectionReset: unsafe cgale_exc_ConnectionResetError()
      case .endOfFile: unsafe cgale_exc_EOFError()
      case .importing: unsafe cgale_exc_ImportError()
      case .operatingSystem: unsafe cgale_exc_OSError()
      case .runtime: unsafe cgale_exc_RuntimeError()
      case .timeout: unsafe cgale_exc_TimeoutError()
      case .type: unsafe cgale_exc_TypeError()
      case .value: unsafe cgale_exc_ValueError()
      }
    }
  }

  /// The class of the exception.
  public let kind: Kind

  /// The exception's only argument.
  public let message: String

  /// Describes an exception; throwing it is what raises it.
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// `ValueError: message`.
  public var description: String { "\(kind.className): \(message)" }
}

extension Attached {
  /// Sets the exception that `error` stands for, so that returning null to CPython raises it.
  ///
  /// A ``PythonError`` is the exception that it came from, a ``PythonException`` the one it describes; any other
  /// error becomes a `RuntimeError` with its description.
  @inline(never)
  @usableFromInline
  package borrowing func raise(_ error: some Error) {
    switch error as any Error {
    case let error as PythonError:
      guard let exception = error.exception else {
        set(.runtimeError, error.description)
        return
      }
      // SAFETY: the token shows the lock; the reference is handed over.
      unsafe cgale_error_restore(exception.object(self).take())
    case let error as PythonException: set(error.kind, error.message)
    default: set(.runtimeError, "\(error)")
    }
  }

  private borrowing func set(_ kind: PythonException.Kind, _ message: String) {
    do throws(PythonError) {
      let message = try string(message)
      // SAFETY: both objects are alive, and the token shows the lock.
      unsafe PyErr_SetObject(kind.classObject, message.raw)
    } catch {
      // Making the message failed for want of memory; that is the exception then.
      raise(error)
    }
  }

  /// Hands the exception that is set, if any, to `sys.unraisablehook`, which prints it by default.
  ///
  /// For exceptions that nobody can be told about, as in a finaliser.
  ///
  /// - Parameter place: What was being done; becomes the hook's `object`.
  @usableFromInline
  package borrowing func reportUnraisableError(in place: borrowing PythonObject) {
    // SAFETY: the token shows the lock, and `place` is alive.
    if unsafe PyErr_Occurred() != nil { unsafe PyErr_WriteUnraisable(place.raw) }
  }

  /// Hands `error` to `sys.unraisablehook`.
  package borrowing func reportUnraisable(_ error: some Error, in place: borrowing PythonObject) {
    raise(error)
    reportUnraisableError(in: place)
  }
}

#endif
