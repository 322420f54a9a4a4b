// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
package import GaleCore
import Glibc

/// A non-blocking connection, read and written asynchronously: Tornado's `IOStream`.
///
/// It owns its descriptor and belongs to one loop's thread. While nothing waits in it, it holds no
/// buffers. Reads are watched for from the first one on and never unregistered: the kernel reports
/// changes only, and the stream remembers them.
open class IOStream: DescriptorHandler {
  /// The loop that the stream lives on.
  public let loop: IOLoop
  /// The system's number for it; −1 once it is closed.
  public internal(set) var descriptor: Int32
  /// The most unread bytes that it holds, 100 MiB.
  public var maxBufferSize = 104_857_600 { didSet { updateReadLimit() } }
  /// The most bytes that it takes from the kernel at a time, 64 KiB; never more than half of ``maxBufferSize``.
  public var readChunkSize = 65536 { didSet { updateReadLimit() } }
  /// The most unsent bytes that it holds; `nil` for no limit.
  public var maxWriteBufferSize: Int?
  /// Why the stream was closed; `nil` while it is open and after a clean close.
  public internal(set) var error: StreamError?

  package var readBuffer: ByteBuffer?
  package var writeBuffer: ByteBuffer?
  package var consumer: (any StreamConsumer)?
  var pendingRead: PendingRead?
  var writeWaiters: [WriteWaiter] = []
  var file: FileTransfer?
  var closeCallback: (() -> Void)?
  /// Bytes ever sent: what a waiting write compares.
  package internal(set) var sentCount = 0
  private var readLimit = 65536
  var isRegistered = false
  var isReadable = true
  var isWritable = true
  var sawHangUp = false
  /// The peer has sent its last byte.
  package private(set) var hasEnded = false
  package private(set) var isPaused = false
  private(set) var isDelivering = false
  /// Whether a protocol has asked for a flush at the end of the turn.
  package var isFlushPending = false

  /// Takes over `descriptor`, which is made non-blocking.
  public init(descriptor: Int32, on loop: IOLoop = .current) {
    self.descriptor = descriptor
    self.loop = loop
    _ = gale_set_nonblocking(descriptor)
  }

  /// Takes over a descriptor that is non-blocking already.
  package init(nonblocking descriptor: Int32, on loop: IOLoop) {
    self.descriptor = descriptor
    self.loop = loop
  }

  /// Takes over a connected socket.
  /// - Parameter isRegistered: Whether it is in the poller already, with ``watchedEvents``.
  init(connected descriptor: Int32, isRegistered: Bool, on loop: IOLoop) {
    self.descriptor = descriptor
    self.loop = loop
    self.isRegistered = isRegistered
    if isRegistered { loop.replaceHandler(descriptor, self) }
  }

  /// What streams are registered with the poller for, once and for all.
  static let watchedEvents: IOEvents = [.read, .write, .error, .peerClosed]

  deinit {
    if descriptor >= 0 { _ = gale_close(descriptor) }
  }

  /// Whether the stream is closed.
  public var isClosed: Bool { descriptor < 0 }

  // MARK: - The transport

  /// Reads what the descriptor has, as much as fits.
  ///
  /// To be overridden for other transports.
  /// - Returns: The count; 0 at the end; −errno.
  open func readFromDescriptor(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
    unsafe gale_recv(descriptor, bytes.baseAddress, bytes.count)
  }

  /// Writes as much as the descriptor takes.
  ///
  /// To be overridden for other transports.
  /// - Returns: The count, or −errno.
  open func writeToDescriptor(_ bytes: UnsafeRawBufferPointer) -> Int {
    unsafe gale_send(descriptor, bytes.baseAddress, bytes.count, 0)
  }

  /// Closes the descriptor, which the loop has forgotten by then: Tornado's `close_fd`.
  ///
  /// To be overridden for other transports; called once.
  /// - Parameters:
  ///   - descriptor: What to close.
  ///   - isReset: Have the peer see that something was cut off, if the transport can.
  open func closeDescriptor(_ descriptor: Int32, isReset: Bool) {
    _ = isReset ? gale_close_reset(descriptor) : gale_close(descriptor)
  }

  /// The error number (errno) that waits at the descriptor, 0 for none: Tornado's `get_fd_error`.
  ///
  /// To be overridden for other transports. Asked when the kernel reports an error while nobody reads.
  open func descriptorError() -> Int32 { gale_socket_error(descriptor) }

  /// Whether the transport may have more bytes now, after a read of `count` into room for `room`.
  ///
  /// To be overridden for other transports. If not, nothing is read until the descriptor becomes readable anew.
  open func mayHaveMore(afterReading count: Int, into room: Int) -> Bool {
    // A short read emptied the kernel's buffer (epoll(7)), unless the end is waiting behind it.
    count == room || sawHangUp
  }

  /// Sends a part of a file, as much as the transport takes.
  ///
  /// To be overridden for other transports: this one goes from the file to a socket.
  /// - Returns: The count; 0 when the file ends before `offset`; −errno.
  open func sendFile(_ file: Int32, offset: Int64, count: Int) -> Int {
    gale_sendfile(descriptor, file, offset, count)
  }

  /// What is said of a failure that the transport reported as `number`.
  func transportError(_ number: Int32) -> StreamError { .closed(number) }

  /// The descriptor is about to be closed; a last word to the peer is still possible.
  func transportWillClose(_ error: StreamError?, isReset: Bool) {}

  /// Registers with the poller, once.
  package func watch() {
    guard !isRegistered, descriptor >= 0 else { return }
    isRegistered = true
    do throws(LoopError) {
      try loop.register(descriptor, self, events: IOStream.watchedEvents, edge: true)
    } catch {
      fail(error.systemError)
    }
  }

  package func descriptorReady(_ descriptor: Int32, _ events: IOEvents) {
    if !events.isDisjoint(with: [.read, .error, .peerClosed]) {
      isReadable = true
      if !events.isDisjoint(with: [.error, .peerClosed]) { sawHangUp = true }
      if wantsRead { readReady() } else if consumer != nil, events.contains(.failed) { noticeReset() }
    }
    // An error too is learned by writing: a full pipe without a reader never becomes writable.
    if !events.isDisjoint(with: [.write, .error]), !isWritable {
      isWritable = true
      flush()
    }
  }

  /// A reset ends the stream of a protocol also while it is paused.
  private func noticeReset() {
    let number = descriptorError()
    if number != 0 { fail(number) }
  }

  // MARK: - Taking bytes in

  /// Gives the stream's bytes to `consumer` from now on.
  package func consume(with consumer: any StreamConsumer) {
    self.consumer = consumer
    guard isRegistered else { return watch() }
    // What was reported before is not reported again.
    let hasBytes = !(readBuffer?.isEmpty ?? true)
    guard isReadable || hasBytes else { return }
    loop.addLocalCallback { [self] in
      if hasBytes { deliverBuffered() }
      readReady()
    }
  }

  /// Stops reading: what comes stays in the kernel, and the peer is held back.
  package func pauseReading() { isPaused = true }

  /// Reads again.
  package func resumeReading() {
    guard isPaused else { return }
    isPaused = false
    guard isReadable || !(readBuffer?.isEmpty ?? true) else { return }
    loop.addLocalCallback { [self] in
      deliverBuffered()
      readReady()
    }
  }

  var wantsRead: Bool {
    guard descriptor >= 0, !hasEnded, !isPaused else { return false }
    return consumer != nil || pendingRead != nil || closeCallback != nil
  }

  /// Reads until there is nothing more or nobody wants more; gives way to others after a while.
  func readReady() {
    var rounds = 0
    while isReadable, wantsRead {
      rounds += 1
      if rounds > 16 {
        loop.addLocalCallback { [self] in readReady() }
        return
      }
      readOnce()
    }
  }

  private func readOnce() {
    let held = readBuffer
    let buffer = held ?? loop.buffers.takeScratch()
    var room = 0
    // A beginning, such as that of a head that comes byte by byte, grows no buffer.
    let minimum = held.map { $0.count < 2048 ? 2048 : 16384 } ?? 0
    let count = unsafe buffer.appendResult(minimum: minimum) { bytes in
      room = min(bytes.count, readLimit)
      return unsafe readFromDescriptor(UnsafeMutableRawBufferPointer(rebasing: bytes[..<room]))
    }
    if count > 0 {
      if !mayHaveMore(afterReading: count, into: room) { becomeUnreadable() }
      received(buffer, isScratch: held == nil)
    } else {
      if held == nil { loop.buffers.giveBackScratch(buffer) }
      readFailed(count)
    }
  }

  private func updateReadLimit() { readLimit = max(1, min(readChunkSize, maxBufferSize / 2)) }

  func becomeUnreadable() {
    isReadable = false
    loop.poller.rearm(descriptor, events: [.read, .peerClosed])
  }

  private func readFailed(_ count: Int) {
    switch Int32(-count) {
    case 0:
      hasEnded = true
      isReadable = false
      if let consumer { consumer.streamEnded(self) } else { close() }
    case EAGAIN:
      sawHangUp = false
      becomeUnreadable()
      serveRead()
    case EINTR: break
    case let number: fail(number)
    }
  }

  private func received(_ buffer: ByteBuffer, isScratch: Bool) {
    if let consumer {
      isDelivering = true
      let used = buffer.withSpan { consumer.streamReceived(self, $0) }
      isDelivering = false
      keepRest(of: buffer, used: used, isScratch: isScratch)
    } else {
      keepRest(of: buffer, used: 0, isScratch: isScratch)
      serveRead()
    }
    if let readBuffer, readBuffer.count > maxBufferSize {
      close(StreamError(.bufferFull, "Reached maximum read buffer size"))
    }
  }

  private func keepRest(of buffer: ByteBuffer, used: Int, isScratch: Bool) {
    buffer.removeFirst(used)
    if isScratch {
      if !buffer.isEmpty, descriptor >= 0 {
        let kept = loop.buffers.take()
        unsafe buffer.withBytes { unsafe kept.append($0) }
        readBuffer = kept
      }
      loop.buffers.giveBackScratch(buffer)
    } else if buffer.isEmpty, readBuffer === buffer {
      readBuffer = nil
      loop.buffers.giveBack(buffer)
    }
  }

  /// Shows the consumer again what it left.
  package func deliverBuffered() {
    guard let consumer, let buffer = readBuffer, !buffer.isEmpty, !isDelivering, !isPaused else { return }
    isDelivering = true
    let used = buffer.withSpan { consumer.streamReceived(self, $0) }
    isDelivering = false
    keepRest(of: buffer, used: used, isScratch: false)
  }

  /// Ends the consumer's part; what it left is for whoever reads next.
  package func releaseConsumer() {
    consumer = nil
    isPaused = false
  }

  // MARK: - The peer

  /// Says to the peer that nothing more will come; reading goes on.
  ///
  /// To be overridden for other transports. Not for what is queued still: see ``drain()``.
  open func shutdownWriting() {
    _ = gale_shutdown_write(descriptor)
  }

  /// The peer's address; `nil` when the descriptor has none, or is closed.
  public var remoteAddress: SocketAddress? {
    var raw = gale_address()
    // SAFETY: the address is filled in during the call.
    guard unsafe gale_peer_address(descriptor, &raw) >= 0 else { return nil }
    return SocketAddress(raw)
  }

  /// Sends small writes at once instead of collecting them (TCP_NODELAY); ignored by other transports.
  public func setNoDelay(_ on: Bool) {
    _ = gale_set_nodelay(descriptor, on ? 1 : 0)
  }
}
