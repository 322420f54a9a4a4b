// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Why a stream cannot go on.
public struct StreamError: Error, Hashable, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Hashable, Sendable {
    let name: String
    /// The stream is closed: Tornado's `StreamClosedError`.
    ///
    /// ``StreamError/systemError`` is 0 for a clean close.
    public static let closed = Code(name: "closed")
    /// What was to be read did not come within the limit: Tornado's `UnsatisfiableReadError`.
    public static let limitExceeded = Code(name: "limitExceeded")
    /// A buffer is full: Tornado's `StreamBufferFullError`.
    public static let bufferFull = Code(name: "bufferFull")
    /// Another read is waiting.
    public static let alreadyReading = Code(name: "alreadyReading")
  }

  /// What is wrong.
  public let code: Code
  /// The system's error number that closed the stream, or 0.
  public let systemError: Int32
  /// The text that logs and messages show.
  public let description: String

  package init(_ code: Code, _ description: String, systemError: Int32 = 0) {
    self.code = code
    self.description = description
    self.systemError = systemError
  }

  package static func closed(_ systemError: Int32 = 0) -> StreamError {
    let reason =
      systemError == 0 ? "Stream is closed" : "Stream is closed: \(describeSystemError(systemError))"
    return StreamError(.closed, reason, systemError: systemError)
  }
}
