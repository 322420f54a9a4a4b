// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import Logging
import Synchronization

/// Lets a test kit have Gale's own records, also of loggers that were made before it came.
package enum LogTap {
  private static let isActive = Atomic(false)
  private static let factory = Mutex<Factory?>(nil)

  /// An object, since a closure in a generic box is wrapped anew each time that it is looked at: after some thousand
  /// records, calling it took more stack than there is.
  private final class Factory: Sendable {
    let make: @Sendable (String) -> any LogHandler
    init(_ make: @escaping @Sendable (String) -> any LogHandler) { self.make = make }
  }

  /// Gives what Gale logs from now on to the handlers that `factory` makes, by label.
  package static func activate(_ factory: @escaping @Sendable (_ label: String) -> any LogHandler) {
    let made = Factory(factory)
    LogTap.factory.withLock { $0 = made }
    isActive.store(true, ordering: .releasing)
  }

  /// `logger`, or the one that takes its place.
  @inline(__always)
  package static func tap(_ logger: Logger) -> Logger {
    isActive.load(ordering: .acquiring) ? replacement(logger) : logger
  }

  private static func replacement(_ logger: Logger) -> Logger {
    guard let factory = factory.withLock({ $0 }) else { return logger }
    return Logger(label: logger.label) { factory.make($0) }
  }
}
