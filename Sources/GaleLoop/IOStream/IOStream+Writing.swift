// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleCore
import Glibc

/// A task that waits until everything up to `target` is sent.
@safe
struct WriteWaiter {
  let target: Int
  // SAFETY: taken out of the list before it is resumed.
  let continuation: UnsafeContinuation<Void, any Error>

  func resume() { unsafe continuation.resume() }
  func resume(throwing error: StreamError) { unsafe continuation.resume(throwing: error) }
}

/// A part of a file that goes out after the write queue, without passing through the process.
struct FileTransfer {
  let descriptor: Int32
  var offset: Int64
  var remaining: Int
  /// Bytes of the write queue that go out before it.
  var preceding: Int
}

extension IOStream {
  /// Whether something waits to be sent.
  package var hasUnsent: Bool { !(writeBuffer?.isEmpty ?? true) || file != nil }

  /// Whether a part of a file waits to be sent.
  package var isSendingFile: Bool { file != nil }

  /// How many bytes wait to be sent.
  package var unsentCount: Int { (writeBuffer?.count ?? 0) + (file?.remaining ?? 0) }

  /// The write queue, to append to.
  ///
  /// ``flush()`` sends it.
  package var output: ByteBuffer {
    if let writeBuffer { return writeBuffer }
    let buffer = loop.buffers.take()
    writeBuffer = buffer
    return buffer
  }

  /// Sends bytes, like Tornado's `IOStream.write`: at once as far as the kernel takes them, the rest when
  /// it can.
  ///
  /// Several writes may be waiting; they go out in order.
  ///
  /// Returns when all of them are with the kernel, which is what holds a fast writer back.
  /// - Throws: ``StreamError`` `.closed`, or `.bufferFull` over ``maxWriteBufferSize`` (nothing of
  ///   `bytes` is sent then).
  public func write(_ bytes: [UInt8]) async throws {
    try enqueue(bytes)
    try await drain()
  }

  /// Queues bytes and sends what the kernel takes, without waiting.
  public func enqueue(_ bytes: [UInt8]) throws(StreamError) {
    guard descriptor >= 0 else { throw error ?? .closed() }
    if let limit = maxWriteBufferSize, unsentCount + bytes.count > limit {
      throw StreamError(.bufferFull, "Reached maximum write buffer size")
    }
    output.append(bytes)
    flush()
  }

  /// Waits until everything that was queued before is with the kernel.
  public func drain() async throws {
    guard descriptor >= 0 else { throw error ?? .closed() }
    guard hasUnsent else { return }
    let target = sentCount + unsentCount
    // SAFETY: resumed when `sentCount` reaches the target, or when the stream closes.
    try await unsafe withUnsafeThrowingContinuation { continuation in
      unsafe writeWaiters.append(WriteWaiter(target: target, continuation: continuation))
    }
  }

  /// Queues `count` bytes of `file` from `offset` on, after everything queued so far and before what comes
  /// later; they go from the page cache to the socket (sendfile).
  ///
  /// The caller keeps `file` open until ``drain()`` returns.
  package func enqueueFile(_ file: Int32, offset: Int64, count: Int) {
    precondition(self.file == nil, "one file at a time")
    guard descriptor >= 0, count > 0 else { return }
    if count <= IOStream.smallFileLimit, appendFile(file, offset: offset, count: count) { return flush() }
    self.file = FileTransfer(
      descriptor: file, offset: offset, remaining: count, preceding: writeBuffer?.count ?? 0)
    flush()
  }

  /// Files of at most this many bytes are copied behind what is queued, so that one call sends both: cheaper than a call
  /// of their own.
  private static let smallFileLimit = 8 * 1024

  /// Copies a part of a file into the write queue; `false`, and nothing is queued, if the file is shorter.
  private func appendFile(_ file: Int32, offset: Int64, count: Int) -> Bool {
    unsafe output.append(minimum: count) { room in
      let part = unsafe UnsafeMutableRawBufferPointer(rebasing: room[..<count])
      return unsafe System.readAll(file, into: part, at: offset) ? count : 0
    } == count
  }

  /// Sends what is queued as far as the kernel takes it.
  package func flush() {
    guard descriptor >= 0, isWritable else { return }
    let waited = !writeWaiters.isEmpty || file != nil
    guard sendAll() else {
      if descriptor >= 0 { watch() }
      finishWrites()
      return
    }
    if waited { finishWrites() }
    consumerMayGoOn()
  }

  /// Returns whether nothing is left.
  private func sendAll() -> Bool {
    guard file != nil else { return sendBuffer() }
    return sendBuffer() && sendFile() && sendBuffer()
  }

  /// Returns whether the queue, up to a file, is empty now.
  private func sendBuffer() -> Bool {
    guard let buffer = writeBuffer else { return true }
    var wanted = file?.preceding ?? buffer.count
    while wanted > 0 {
      let count = unsafe buffer.withBytes {
        unsafe writeToDescriptor(UnsafeRawBufferPointer(rebasing: $0.prefix(wanted)))
      }
      guard accept(count, wanted: wanted) else { return false }
      buffer.removeFirst(count)
      sentCount += count
      wanted -= count
      file?.preceding = wanted
      if !isWritable { return false }
    }
    guard buffer.isEmpty else { return true }
    writeBuffer = nil
    loop.buffers.giveBack(buffer)
    return true
  }

  /// Returns whether there is nothing left of a file.
  private func sendFile() -> Bool {
    var rounds = 0
    while var transfer = file {
      rounds += 1
      guard rounds <= 8 else {
        loop.addLocalCallback { [self] in flush() }
        return false
      }
      let wanted = min(transfer.remaining, 1 << 20)
      let count = sendFile(transfer.descriptor, offset: transfer.offset, count: wanted)
      if count == 0 {  // The file became shorter than it was promised to be.
        close(StreamError(.closed, "File ended early"))
        return false
      }
      if count == -Int(EAGAIN) {
        becomeUnwritable()
        return false
      }
      guard accept(count, wanted: count) else { return false }
      transfer.offset += Int64(count)
      transfer.remaining -= count
      sentCount += count
      file = transfer.remaining > 0 ? transfer : nil
    }
    return true
  }

  /// Notes what the kernel took; `false` when it took nothing.
  private func accept(_ count: Int, wanted: Int) -> Bool {
    switch Int32(truncatingIfNeeded: -count) {
    case ...0:
      // A short write filled the socket: the kernel will say when there is room.
      if count < wanted { becomeUnwritable() }
      return true
    case EAGAIN, EINTR:
      becomeUnwritable()
      return false
    case let number:
      fail(number)
      return false
    }
  }

  func becomeUnwritable() {
    isWritable = false
    loop.poller.rearm(descriptor, events: .write)
    watch()
  }

  private func finishWrites() {
    while let waiter = writeWaiters.first, waiter.target <= sentCount {
      writeWaiters.removeFirst()
      waiter.resume()
    }
  }

  private func consumerMayGoOn() {
    consumer?.streamDrained(self)
  }
}
