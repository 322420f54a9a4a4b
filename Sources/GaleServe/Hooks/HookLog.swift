// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GalePython
import Logging

/// Where hooks log: what is behind `server.log` and `worker.log`.
final class HookLog {
  private let log = Logger(label: "gale.hooks")

  static func makeType(_ python: borrowing Attached) throws(PythonError) -> PythonType<HookLog> {
    // SAFETY: the function takes the payload that the type is declared with.
    try unsafe PythonType(
      python, name: "gale.HookLog", doc: "The server's log.", methods: [PythonMethod("write", unary: write)])
  }

  /// Takes `INFO text`.
  private static let write: PythonUnaryFunction = { instance, argument in
    unsafe Callback.none { (python) throws in
      guard let argument = unsafe argument else { return }
      let record = try unsafe PythonObject(borrowing: argument).string(python)
      let parts = record.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
      let text = parts.count == 2 ? parts[1] : ""
      unsafe PythonType<HookLog>.withPayload(of: instance) { $0.write(parts.first ?? "", text) }
    }
  }

  private func write(_ level: Substring, _ text: Substring) {
    let known: Logger.Level =
      switch level {
      case "DEBUG": .debug
      case "INFO": .info
      case "WARNING": .warning
      case "CRITICAL": .critical
      default: .error
      }
    log.log(level: known, "\(text)")
  }
}
