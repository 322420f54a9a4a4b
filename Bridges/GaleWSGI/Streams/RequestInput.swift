// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GalePython

/// Where a body comes from that is not in memory.
protocol BodySource: AnyObject {
  /// The next piece; `nil` at the body's end.
  func take(_ python: borrowing Attached) throws(PythonException) -> [UInt8]?
}

/// What is behind `wsgi.input`: a request's body, all of it or as it comes.
final class RequestInput {
  /// What is there and was not read yet: `bytes[position...]`.
  private var bytes: [UInt8]
  private var position = 0
  /// Where more comes from.
  private var source: (any BodySource)?

  init(_ bytes: [UInt8], source: (any BodySource)? = nil) {
    self.bytes = bytes
    self.source = source
  }

  /// A body without bytes: what requests without one share.
  static func empty() -> RequestInput { RequestInput([]) }

  private var available: Int { bytes.count - position }

  /// Waits for more.
  ///
  /// Returns `false` at the body's end.
  private func fill(_ python: borrowing Attached) throws(PythonException) -> Bool {
    guard let source else { return false }
    guard let more = try source.take(python) else {
      self.source = nil
      return false
    }
    if available == 0 {
      bytes = more
    } else {
      bytes.removeFirst(position)
      bytes += more
    }
    position = 0
    return true
  }

  private func take(_ python: borrowing Attached, _ count: Int) throws -> PythonObject {
    let range = position..<position + count
    position += count
    let bytes = bytes
    let result = try python.bytes(bytes.span.extracting(range))
    if position == bytes.count {
      self.bytes = []
      position = 0
    }
    return result
  }

  /// `read(size)`: fewer bytes than `size` only at the end.
  func read(_ python: borrowing Attached, _ size: Int) throws -> PythonObject {
    while size < 0 || available < size {
      guard try fill(python) else { break }
    }
    return try take(python, size < 0 ? available : min(size, available))
  }

  /// `readline(size)`: up to and with the next line feed.
  func readLine(_ python: borrowing Attached, _ size: Int) throws -> PythonObject {
    var searched = 0
    while true {
      let limit = size < 0 ? available : min(size, available)
      while searched < limit {
        searched += 1
        if bytes[position + searched - 1] == ASCII.lineFeed { return try take(python, searched) }
      }
      if size >= 0, available >= size { return try take(python, size) }
      guard try fill(python) else { return try take(python, available) }
    }
  }

  /// `readlines(hint)`: lines until they hold `hint` bytes together.
  func readLines(_ python: borrowing Attached, _ hint: Int) throws -> PythonObject {
    let lines = try python.list()
    var total = 0
    while hint <= 0 || total < hint {
      let line = try readLine(python, -1)
      let count = try line.count(python)
      if count == 0 { break }
      total += count
      try lines.append(python, line)
    }
    return lines
  }
}

// MARK: - The type

extension RequestInput {
  /// `wsgi.input`'s type.
  static func makeType(_ python: borrowing Attached) throws(PythonError) -> PythonType<RequestInput> {
    // SAFETY: the functions take the payload that the type is declared with.
    try unsafe PythonType(
      python, name: "gale.Input", doc: "The body of a request.",
      methods: [
        PythonMethod("read", fast: read), PythonMethod("readline", fast: readLine),
        PythonMethod("readlines", fast: readLines), PythonMethod("readable", noArguments: yes),
        PythonMethod("close", noArguments: nothing),
      ],
      iterator: Callback.receiver, next: next)
  }

  private static let read: PythonFastFunction = { instance, arguments, count in
    unsafe Callback.object { (python) throws in
      let size = try unsafe size(python, arguments, count)
      return try unsafe PythonType<RequestInput>.withPayload(of: instance) { try $0.read(python, size) }
    }
  }

  private static let readLine: PythonFastFunction = { instance, arguments, count in
    unsafe Callback.object { (python) throws in
      let size = try unsafe size(python, arguments, count)
      return try unsafe PythonType<RequestInput>.withPayload(of: instance) { try $0.readLine(python, size) }
    }
  }

  private static let readLines: PythonFastFunction = { instance, arguments, count in
    unsafe Callback.object { (python) throws in
      let size = try unsafe size(python, arguments, count)
      return try unsafe PythonType<RequestInput>.withPayload(of: instance) { try $0.readLines(python, size) }
    }
  }

  private static let next: PythonReceiverFunction = { instance in
    unsafe Callback.next { (python) throws in
      let line = try unsafe PythonType<RequestInput>.withPayload(of: instance) { try $0.readLine(python, -1) }
      guard try line.count(python) > 0 else { return nil }
      return line
    }
  }

  private static let yes: PythonUnaryFunction = { _, _ in
    unsafe Callback.object { (python) throws(PythonError) in python.bool(true) }
  }

  private static let nothing: PythonUnaryFunction = { _, _ in
    unsafe Callback.none { (_) throws(PythonError) in }
  }

  /// The one optional argument of all methods; `None` is as good as none.
  private static func size(
    _ python: borrowing Attached, _ arguments: UnsafePointer<PythonPointer?>?, _ count: Int
  ) throws -> Int {
    guard count <= 1 else { throw PythonException(.typeError, "expected at most one argument") }
    guard count == 1, let argument = unsafe arguments?[0] else { return -1 }
    let size = unsafe PythonObject(borrowing: argument)
    return size.isNone ? -1 : try size.int(python)
  }
}

#endif
