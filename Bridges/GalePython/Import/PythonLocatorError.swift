// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
/// Why an app was not found.
public struct PythonLocatorError: Error, Sendable, CustomStringConvertible {
  /// What went wrong.
  public struct Code: Hashable, Sendable {
    private enum Reason {
      case malformed, fileNotFound, moduleNotFound, importFailed, attributeMissing, attributeFailed,
        factoryFailed, notCallable, extensionRefused
    }

    private let reason: Reason

    /// The text is not a locator.
    public static let malformed = Code(reason: .malformed)
    /// The module, or a package that it is in, does not exist.
    public static let moduleNotFound = Code(reason: .moduleNotFound)
    /// There is nothing at the path.
    public static let fileNotFound = Code(reason: .fileNotFound)
    /// The module exists and raised while it was imported, perhaps because something *it* imports does not exist.
    public static let importFailed = Code(reason: .importFailed)
    /// The module or an object on the path has no such attribute.
    public static let attributeMissing = Code(reason: .attributeMissing)
    /// Looking an attribute up raised something other than `AttributeError`.
    public static let attributeFailed = Code(reason: .attributeFailed)
    /// The factory raised.
    public static let factoryFailed = Code(reason: .factoryFailed)
    /// An extension module cannot be imported into an interpreter beside the process's first one.
    public static let extensionRefused = Code(reason: .extensionRefused)
    /// What was found, or the factory, cannot be called.
    public static let notCallable = Code(reason: .notCallable)
  }

  /// What went wrong.
  public let code: Code

  /// One line that names what is missing or failed.
  public let message: String

  /// What Python raised, if it did.
  public let underlyingError: PythonError?

  package init(_ code: Code, _ message: String, _ underlyingError: PythonError? = nil) {
    self.code = code
    self.message = message
    self.underlyingError = underlyingError
  }

  /// The message, followed by Python's traceback if there is one.
  public var description: String {
    guard let traceback = underlyingError?.traceback else { return message }
    return "\(message)\n\(traceback)"
  }
}

#endif
