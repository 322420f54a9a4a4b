// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GalePython
import GaleWire
import Logging

/// Runs an application on one thread and gives what it returns to exchanges.
@safe
final class WSGIRunner {
  let types: WSGITypes
  let builder: EnvironBuilder
  private let application: PythonObject
  private let closeName: PythonObject
  /// Of the process that serves.
  private let generation: Int

  init(
    _ python: borrowing Attached, _ application: PythonReference, _ types: WSGITypes,
    _ template: EnvironTemplate
  ) throws(PythonError) {
    generation = ForkGuard.generation
    self.types = types
    builder = try EnvironBuilder(python, types, template)
    self.application = application.object(python)
    closeName = try python.interned("close")
  }

  /// Calls the application and answers.
  ///
  /// - Returns: `false` when ``resume(_:_:)`` has to go on.
  func run(_ python: borrowing Attached, _ call: WSGICall, _ environ: consuming PythonObject) -> Bool {
    builder.earlyHints.attach(call.exchange)
    do throws(PythonError) {
      let result = try application.call(python, environ, call.startResponse.object(python))
      ForkGuard.check(generation)
      if result.isExactList || result.isExactTuple {
        sendPieces(python, call.exchange, result)
        return true
      }
      return try begin(python, call, result)
    } catch {
      ForkGuard.check(generation, error)
      fail(python, call.exchange, error)
      return finish(python, call)
    }
  }

  /// Goes on with an answer that paused.
  func resume(_ python: borrowing Attached, _ call: WSGICall) -> Bool {
    builder.earlyHints.attach(call.exchange)
    do throws(PythonError) {
      return try iterate(python, call)
    } catch {
      ForkGuard.check(generation, error)
      fail(python, call.exchange, error)
      return finish(python, call)
    }
  }

  /// Ends an answer because of an exception.
  ///
  /// Of one that was interrupted the log has told already, with the place where that was.
  private func fail(_ python: borrowing Attached, _ exchange: WSGIExchange, _ error: PythonError) {
    if let timeout = types.requestTimeout?.object(python), error.matches(timeout, python) {
      exchange.timeOut()
    } else {
      exchange.fail(Self.describe(error))
    }
  }

  // MARK: - Lists

  /// Sends a list or tuple, whose length is known before anything goes out.
  private func sendPieces(
    _ python: borrowing Attached, _ exchange: WSGIExchange, _ pieces: borrowing PythonObject
  ) {
    guard exchange.isStarted else { return exchange.fail("The application did not call start_response()") }
    let count = unsafe pieces.isExactList ? pieces.uncheckedListCount : pieces.uncheckedTupleCount
    var total = 0
    for index in 0..<count {
      let piece = Self.piece(pieces, index)
      guard piece.isBytes else { return exchange.fail(Self.notBytes(python, piece)) }
      total += unsafe piece.withUnsafeBytes { $0.count }
    }
    if !exchange.isHeadSent { exchange.sendHead(bodyCount: total) }
    for index in 0..<count {
      unsafe Self.piece(pieces, index).withUnsafeBytes { unsafe exchange.send($0) }
    }
    exchange.end()
  }

  @inline(__always)
  private static func piece(_ pieces: borrowing PythonObject, _ index: Int) -> PythonObject {
    // SAFETY: the index is below the count, and nothing of Python's runs between the look at that and this.
    if pieces.isExactList { return unsafe PythonObject(borrowing: pieces.uncheckedListItem(index)) }
    return unsafe PythonObject(borrowing: pieces.uncheckedTupleItem(index))
  }

  // MARK: - Other iterables

  private func begin(
    _ python: borrowing Attached, _ call: WSGICall, _ result: consuming PythonObject
  ) throws(PythonError) -> Bool {
    if let wrapper = types.fileWrapper.payload(of: result), try sendFile(python, call.exchange, wrapper) {
      call.result = PythonReference(result)
      return finish(python, call)
    }
    let reference = PythonReference(result)
    call.result = reference
    call.iterator = PythonReference(try reference.object(python).iterator(python))
    return try iterate(python, call)
  }

  /// Returns `false` when the file has to be read.
  private func sendFile(
    _ python: borrowing Attached, _ exchange: WSGIExchange, _ wrapper: FileWrapper
  ) throws(PythonError) -> Bool {
    guard exchange.isStarted, !exchange.isHeadSent, !exchange.isHead, exchange.status != 204,
      exchange.status != 304, let region = try wrapper.region(python)
    else { return false }
    let count = exchange.contentLength < 0 ? region.count : min(region.count, exchange.contentLength)
    exchange.sendHead(bodyCount: count)
    exchange.remaining -= count
    exchange.transmitFile(region.descriptor, offset: region.offset, count: count)
    return true
  }

  private func iterate(_ python: borrowing Attached, _ call: WSGICall) throws(PythonError) -> Bool {
    let exchange = call.exchange
    guard let iterator = call.iterator?.object(python) else { return true }
    while !exchange.isOver, let block = try iterator.next(python) {
      ForkGuard.check(generation)
      guard block.isBytes else {
        exchange.fail(Self.notBytes(python, block))
        return finish(python, call)
      }
      let isEmpty = unsafe block.withUnsafeBytes { unsafe $0.isEmpty }
      if isEmpty { continue }
      guard exchange.isStarted else { break }
      unsafe block.withUnsafeBytes { unsafe exchange.send($0) }
      if exchange.wantsNoMore { break }
      exchange.flush()
      if exchange.shouldPause() { return false }
      exchange.waitUntilDrained(python)
    }
    return finish(python, call)
  }

  // MARK: - The end

  /// Closes what the application returned, and ends the answer.
  private func finish(_ python: borrowing Attached, _ call: WSGICall) -> Bool {
    // A generator can also have come to its end.
    ForkGuard.check(generation)
    call.iterator = nil
    let exchange = call.exchange
    if let result = call.result {
      call.result = nil
      do throws(PythonError) {
        if let close = try result.object(python).attributeIfPresent(python, closeName) {
          _ = try close.call(python)
          ForkGuard.check(generation)
        }
      } catch {
        ForkGuard.check(generation, error)
        exchange.report("close() failed: \(Self.describe(error))", level: .error)
      }
    }
    if !exchange.isOver {
      if exchange.isStarted {
        exchange.end()
      } else {
        exchange.fail("The application did not call start_response()")
      }
    }
    return true
  }

  private static func notBytes(_ python: borrowing Attached, _ block: borrowing PythonObject) -> String {
    "The application returned a piece that is no bytes, but \(block.typeName(python))"
  }

  private static func describe(_ error: PythonError) -> String {
    "Uncaught exception\n" + WSGILog.escape(error.traceback, limit: 64 * 1024)
  }
}

#endif
