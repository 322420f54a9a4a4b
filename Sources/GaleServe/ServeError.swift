// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Why `gale serve` does not serve, for whoever started it.
package struct ServeError: Error, Sendable, CustomStringConvertible {
  /// What kind of reason it is.
  package struct Code: Hashable, Sendable {
    private enum Kind { case setting, file, system, application }
    private let kind: Kind

    /// A setting's value cannot be used, or there is no such setting.
    package static let setting = Code(kind: .setting)
    /// The configuration file cannot be read, or is not what it should be.
    package static let file = Code(kind: .file)
    /// The system refuses: a port, a user, a directory.
    package static let system = Code(kind: .system)
    /// An application cannot be loaded.
    package static let application = Code(kind: .application)

    /// The status to exit with: 2 for what must be written differently, 1 for what must be mended elsewhere.
    package var exitStatus: Int32 { self == .setting || self == .file ? 2 : 1 }
  }

  package let code: Code
  /// One line.
  package let message: String
  /// What Python said, if it was asked.
  package let traceback: String?

  package init(_ code: Code, _ message: String, traceback: String? = nil) {
    self.code = code
    self.message = message
    self.traceback = traceback
  }

  package var description: String { message }
}
