// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A failure of the loop or of a call to the system.
public struct LoopError: Error, Hashable, CustomStringConvertible {
  /// What went wrong.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The code's name.
    public let description: String
    /// A call to the system failed; ``LoopError/systemError`` holds its number.
    public static let system = Code(description: "system")
    /// The descriptor has a handler already.
    public static let descriptorAddedTwice = Code(description: "descriptorAddedTwice")
    /// The descriptor has no handler.
    public static let descriptorUnknown = Code(description: "descriptorUnknown")
    /// The operation took longer than it was given.
    public static let timedOut = Code(description: "timedOut")
    /// The loop was stopped before the operation ended.
    public static let stopped = Code(description: "stopped")
    /// The host name does not resolve: there is no such name, or it has no such address.
    public static let resolution = Code(description: "resolution")
    /// The name servers did not say whether the host name resolves; later they may.
    public static let resolverFailure = Code(description: "resolverFailure")
    /// The argument makes no sense here.
    public static let invalidArgument = Code(description: "invalidArgument")
  }

  /// What is wrong.
  public let code: Code
  /// One line for people.
  public let message: String
  /// The system's error number (errno), 0 when the system was not asked.
  public let systemError: Int32

  /// The text that logs and messages show.
  public var description: String { message }

  package init(_ code: Code, _ message: String, systemError: Int32 = 0) {
    self.code = code
    self.message = message
    self.systemError = systemError
  }

  package init(systemError: Int32, call: String) {
    self.init(.system, "\(call): \(describeSystemError(systemError))", systemError: systemError)
  }

  /// Passes a result through, or throws what a negative one (−errno) stands for.
  package static func check(_ result: Int32, _ call: String) throws(LoopError) -> Int32 {
    guard result >= 0 else { throw LoopError(systemError: -result, call: call) }
    return result
  }
}

/// The system's text for an error number.
package func describeSystemError(_ number: Int32) -> String {
  // SAFETY: strerror returns a NUL-terminated string that stays valid until this thread's next call.
  unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
}
