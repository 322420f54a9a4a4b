// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GaleCore
import GalePython
import Logging

/// What is behind `wsgi.errors`: each line becomes a record of the log `gale.wsgi`.
final class ErrorStream {
  private var line = ""
  /// A line that does not end is cut at this many bytes.
  private static let limit = 64 * 1024

  /// Takes text in; logs the lines that are complete.
  func write(_ text: String) {
    line += text
    while let end = line.firstIndex(where: \.isNewline) {
      let complete = String(line[..<end])
      line = String(line[line.index(after: end)...])
      WSGILog.errors(complete)
    }
    if line.utf8.count > Self.limit { flush() }
  }

  /// Logs what there is of a line.
  func flush() {
    guard !line.isEmpty else { return }
    let text = line
    line = ""
    WSGILog.errors(text)
  }

  /// `wsgi.errors`' type.
  static func makeType(_ python: borrowing Attached) throws(PythonError) -> PythonType<ErrorStream> {
    // SAFETY: the functions take the payload that the type is declared with.
    try unsafe PythonType(
      python, name: "gale.Errors", doc: "The log, as a text file.",
      methods: [
        PythonMethod("write", unary: write), PythonMethod("writelines", unary: writeLines),
        PythonMethod("flush", noArguments: flush), PythonMethod("isatty", noArguments: isTerminal),
      ])
  }

  private static func text(_ python: borrowing Attached, _ object: borrowing PythonObject) throws -> String {
    guard object.isString else {
      throw PythonException(.typeError, "write() needs a str, not \(object.typeName(python))")
    }
    return try object.description(python)
  }

  private static let write: PythonUnaryFunction = { instance, argument in
    unsafe Callback.object { (python) throws in
      guard let argument = unsafe argument else { return python.none }
      let string = unsafe PythonObject(borrowing: argument)
      let text = try text(python, string)
      unsafe PythonType<ErrorStream>.withPayload(of: instance) { $0.write(text) }
      return try python.int(try string.count(python))
    }
  }

  private static let writeLines: PythonUnaryFunction = { instance, argument in
    unsafe Callback.none { (python) throws in
      guard let argument = unsafe argument else { return }
      let stream = unsafe PythonType<ErrorStream>.withPayload(of: instance) { $0 }
      let iterator = try unsafe PythonObject(borrowing: argument).iterator(python)
      while let item = try iterator.next(python) { stream.write(try text(python, item)) }
    }
  }

  private static let flush: PythonUnaryFunction = { instance, _ in
    unsafe Callback.none { (_) throws(PythonError) in
      unsafe PythonType<ErrorStream>.withPayload(of: instance) { $0.flush() }
    }
  }

  private static let isTerminal: PythonUnaryFunction = { _, _ in
    unsafe Callback.object { (python) throws(PythonError) in python.bool(false) }
  }
}

/// Where applications and their failures are logged.
enum WSGILog {
  static var logger: Logger { LogTap.tap(own) }
  private static let own = Logger(label: "gale.wsgi")

  /// A line of `wsgi.errors`.
  static func errors(_ line: String) { logger.error("\(escape(line, limit: 64 * 1024))") }

  /// Text of several lines without control characters, so that it cannot pass for another record; cut at `limit`.
  static func escape(_ text: String, limit: Int) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if scalar.value >= 0x20 && scalar.value != 0x7F && !(0x80...0x9F).contains(scalar.value)
        || scalar == "\n"
      {
        result.unicodeScalars.append(scalar)
      } else {
        result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      }
      if result.utf8.count > limit { return result + "…" }
    }
    return result
  }
}

#endif
