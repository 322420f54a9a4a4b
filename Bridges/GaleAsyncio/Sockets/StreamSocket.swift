// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GaleLoop
import GalePython
import Glibc

/// The connected socket of one of asyncio's transports: what happens with each message.
///
/// The transport itself, `SocketTransport` in `gale_sockets.py`, is Python's, with everything that happens once per
/// connection. It owns this, and this has a weak reference to it: what leads from one object to another is Python's to
/// see, so that its garbage collector may free them.
@safe
final class StreamSocket {
  private let core: LoopCore
  private let parts: LoopParts
  /// A weak reference of Python's.
  private let reference: PythonReference
  private let protocolSlot, contextSlot: PythonSlot
  /// −1 once it is closed.
  private var descriptor: Int32
  private var watched: IOEvents = []
  /// What does not fit into the socket yet.
  private var queue: ByteBuffer?
  /// What became ready in this turn.
  var events: IOEvents = []
  /// Whether arriving bytes are wanted.
  private(set) var isReading = false
  /// Whether the protocol is a `BufferedProtocol`.
  var isBuffered = false
  /// Whether nothing will be read any more, and what waits to be sent is the last.
  private(set) var isClosing = false
  /// Whether the transport is to be asked what becomes of each write: it takes no more, for one reason or another.
  var isBlocked = false

  init(
    _ python: borrowing Attached, _ core: LoopCore, _ parts: LoopParts, _ transport: borrowing PythonObject,
    _ reference: PythonReference, _ descriptor: Int32
  ) throws {
    self.core = core
    self.parts = parts
    self.reference = reference
    self.descriptor = descriptor
    protocolSlot = try PythonSlot(python, of: transport.type(python), "_protocol")
    contextSlot = try PythonSlot(python, of: transport.type(python), "_context")
  }

  /// How many bytes wait to be sent.
  var pendingCount: Int { queue?.count ?? 0 }

  // MARK: - Readiness

  /// Begins or ends reading.
  func read(_ isWanted: Bool) throws {
    isReading = isWanted
    try watch()
  }

  /// Has the loop watch for what is wanted.
  private func watch() throws {
    var wanted: IOEvents = isReading ? .read : []
    if pendingCount > 0 { wanted.insert(.write) }
    guard wanted != watched, descriptor >= 0 else { return }
    try core.watch(self, descriptor, wanted, instead: watched)
    watched = wanted
  }

  /// Ends reading for good.
  func beginToClose() throws {
    isClosing = true
    try read(false)
  }

  /// Forgets what waits to be sent.
  func clear() throws {
    giveBackQueue()
    try watch()
  }

  /// Ends the rest; the descriptor is the transport's to close.
  func close() throws {
    guard descriptor >= 0 else { return }
    isReading = false
    isBlocked = true
    giveBackQueue()
    try watch()
    descriptor = -1
  }

  private func giveBackQueue() {
    guard let queue else { return }
    core.host.buffers.giveBack(queue)
    self.queue = nil
  }

  /// Does what the socket became ready for.
  ///
  /// - Throws: What ends the loop; the rest is the transport's.
  func perform(_ python: borrowing Attached, _ events: IOEvents) throws(PythonError) {
    guard descriptor >= 0, let transport = reference.object(python).weakObject(python) else { return }
    let failed = !events.isDisjoint(with: .error)
    let isReadable = isReading && (failed || events.contains(.read))
    let isWritable = pendingCount > 0 && (failed || events.contains(.write))
    // SAFETY: the slots are those of the transport's class.
    guard isReadable || isWritable, let context = unsafe transport.slot(contextSlot) else { return }
    try python.within(context) { (python) throws(PythonError) in
      if isReadable { try isBuffered ? readIntoBuffer(python, transport) : read(python, transport) }
      if isWritable, pendingCount > 0 { try flush(python, transport) }
    }
  }

  // MARK: - Reading

  private func read(_ python: borrowing Attached, _ transport: borrowing PythonObject) throws(PythonError) {
    let room = unsafe core.scratch
    let count = unsafe System.receive(descriptor, room)
    guard count > 0 else { return try readEnded(python, transport, count) }
    let data = try unsafe python.bytes(UnsafeRawBufferPointer(rebasing: room[..<count]))
    guard let user = unsafe transport.slot(protocolSlot) else { return }
    do throws(PythonError) {
      _ = try user.callMethod(python, parts.names.dataReceived.object(python), data)
    } catch {
      try fail(python, transport, error, "Fatal error: protocol.data_received() call failed.")
    }
  }

  /// Into the protocol's own memory, without a copy.
  private func readIntoBuffer(
    _ python: borrowing Attached, _ transport: borrowing PythonObject
  ) throws(PythonError) {
    guard let user = unsafe transport.slot(protocolSlot) else { return }
    let count: Int
    do throws(PythonError) {
      let buffer = try user.callMethod(python, parts.names.getBuffer.object(python), try python.int(-1))
      count = try unsafe buffer.withMutableBuffer(python) { [descriptor] room throws(PythonError) in
        guard room.count > 0 else { return .min }
        return unsafe System.receive(descriptor, room)
      }
    } catch {
      return try fail(python, transport, error, "Fatal error: protocol.get_buffer() call failed.")
    }
    if count == .min {
      let exception = try python.exception(.runtimeError, "get_buffer() returned an empty buffer")
      return try end(python, transport, exception, "Fatal error: protocol.get_buffer() call failed.")
    }
    guard count > 0 else { return try readEnded(python, transport, count) }
    do throws(PythonError) {
      _ = try user.callMethod(python, parts.names.bufferUpdated.object(python), try python.int(count))
    } catch {
      try fail(python, transport, error, "Fatal error: protocol.buffer_updated() call failed.")
    }
  }

  /// After a read that brought nothing: the end, an error, or no more for now.
  private func readEnded(
    _ python: borrowing Attached, _ transport: borrowing PythonObject, _ result: Int
  ) throws(PythonError) {
    if result == 0 {
      _ = try transport.callMethod(python, parts.names.ended.object(python))
    } else if !Self.isTemporary(result) {
      let exception = try python.systemError(Int32(-result))
      try end(python, transport, exception, "Fatal read error on socket transport")
    }
  }

  // MARK: - Writing

  /// `transport.write(data)`.
  func write(_ python: borrowing Attached, _ data: borrowing PythonObject) throws {
    guard data.isBytesLike else {
      throw PythonException(
        .typeError, "data argument must be a bytes-like object, not '\(data.typeName(python))'")
    }
    if isBlocked {
      guard let transport = reference.object(python).weakObject(python) else { return }
      _ = try transport.callMethod(python, parts.names.refused.object(python), data)
      return
    }
    var failure = 0
    let isQueued = try unsafe data.withBuffer(python) { bytes throws(PythonError) -> Bool in
      var sent = 0
      if queue == nil {
        guard bytes.count > 0 else { return false }
        let result = unsafe System.send(descriptor, bytes)
        if result < 0, !Self.isTemporary(result) {
          failure = result
          return false
        }
        sent = max(0, result)
        if sent == bytes.count { return false }
      }
      let queue = queue ?? core.host.buffers.take()
      self.queue = queue
      unsafe queue.append(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
      return true
    }
    guard isQueued || failure < 0, let transport = reference.object(python).weakObject(python) else { return }
    if failure < 0 {
      let exception = try python.systemError(Int32(-failure))
      return try end(python, transport, exception, "Fatal write error on socket transport")
    }
    try watch()
    _ = try transport.callMethod(python, parts.names.protocolPaused.object(python))
  }

  /// Sends what waited, as far as the socket takes it.
  private func flush(_ python: borrowing Attached, _ transport: borrowing PythonObject) throws(PythonError) {
    guard let queue else { return }
    let result = unsafe queue.withBytes { unsafe System.send(descriptor, $0) }
    if result < 0 {
      guard !Self.isTemporary(result) else { return }
      _ = try transport.callMethod(
        python, parts.names.writeFailed.object(python), try python.systemError(Int32(-result)))
      return
    }
    queue.removeFirst(result)
    if queue.isEmpty { giveBackQueue() }
    _ = try transport.callMethod(python, parts.names.protocolResumed.object(python))
    // The protocol may have written more, or closed the transport.
    guard pendingCount == 0, descriptor >= 0 else { return }
    try python.raising { try watch() }
    _ = try transport.callMethod(python, parts.names.drained.object(python))
  }

  // MARK: - Errors

  private static func isTemporary(_ result: Int) -> Bool {
    result == -Int(EAGAIN) || result == -Int(EINTR)
  }

  /// Hands an error to the transport, which ends by it; what ends the loop passes.
  private func fail(
    _ python: borrowing Attached, _ transport: borrowing PythonObject, _ error: PythonError, _ what: String
  ) throws(PythonError) {
    guard !error.isSystemExit, !error.isKeyboardInterrupt, let exception = error.exception else {
      throw error
    }
    try end(python, transport, exception.object(python), what)
  }

  private func end(
    _ python: borrowing Attached, _ transport: borrowing PythonObject, _ exception: borrowing PythonObject,
    _ what: String
  ) throws(PythonError) {
    _ = try transport.callMethod(
      python, parts.names.fatalError.object(python), exception, try python.string(what))
  }
}

extension StreamSocket: DescriptorHandler {
  func descriptorReady(_ descriptor: Int32, _ events: IOEvents) { core.note(self, events) }
}

#endif
