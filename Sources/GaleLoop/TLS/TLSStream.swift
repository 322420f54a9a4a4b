// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import COpenSSL
import CSystem
import GaleCore
import Glibc

/// An encrypted connection, a stream like any other: Tornado's `SSLIOStream`.
///
/// Bytes can be written and read at once: they wait for the handshake. When it fails, the stream is
/// closed, and ``tlsError`` says why.
@safe
public final class TLSStream: IOStream, WheelEntry {
  /// What it was made with.
  public let context: TLSContext
  /// Why TLS failed; `nil` while all is well, and when the connection failed below it.
  public internal(set) var tlsError: TLSError?
  /// Whether the handshake is still going on.
  public internal(set) var isHandshaking = true
  /// Whether the kernel encrypts what is sent (kTLS).
  ///
  /// Bytes and files then go to the descriptor as they are. OpenSSL sends alerts only: asked to send bytes,
  /// it would keep a pointer to those that the kernel did not take at once.
  public internal(set) var sendsInKernel = false
  /// The name that a client asks for, and checks.
  let requestedName: String?
  let sessionKey: SessionKey?
  let native: NativeContext
  let protocols: ProtocolList
  // SAFETY: the connection's own; freed once, when the stream is closed or goes.
  var ssl: OpaquePointer?

  // What the transport has learned; see TLSTransport.
  /// The kernel's buffer was read empty, and no event has come since.
  var isDrained = false
  var sawEnd = false
  /// What had been read before TLS began.
  var earlyBytes: ByteBuffer?
  var systemError: Int32 = 0

  /// What is to be reported once the bytes before it are taken: what `readFromDescriptor` returns.
  var deferredResult: Int?
  var handshakeNeedsWrite = false
  var readNeedsWrite = false
  var writeNeedsRead = false
  /// OpenSSL must not be called any more, not even to say goodbye.
  var isBroken = false
  var handshakeWaiters: [HandshakeWaiter] = []
  /// Bytes of a file on their way through encryption.
  var fileBuffer: ByteBuffer?
  package var wheelPosition = TimeoutWheel.Position()
  package var deadline = Int64.max
  /// Who is told of a failed handshake in the log; `nil` for clients, whose caller is told.
  var peerForLog: SocketAddress?

  /// A server's end of the connection `descriptor`, which is non-blocking.
  ///
  /// The handshake begins with the client's first bytes.
  /// - Parameter protocols: The application protocols that may be agreed on; `nil` for the context's.
  package init(
    accepting descriptor: Int32, from address: SocketAddress, _ context: TLSContext,
    protocols: ProtocolList? = nil, on loop: IOLoop
  ) {
    self.context = context
    native = context.native
    self.protocols = protocols ?? native.protocols
    requestedName = nil
    sessionKey = nil
    peerForLog = address
    super.init(nonblocking: descriptor, on: loop)
    prepare()
    beginHandshake()
  }

  /// Either end on the descriptor that is taken over from `stream`.
  init(
    takingOver stream: IOStream, _ context: TLSContext, serverName: String?, protocols: ProtocolList?,
    from peer: SocketAddress? = nil
  ) throws(TLSError) {
    self.context = context
    native = context.native
    self.protocols = protocols ?? native.protocols
    let isClient = context.configuration.role == .client
    requestedName = isClient ? serverName : nil
    sessionKey =
      isClient && context.configuration.resumesSessions
      ? SessionKey(host: serverName ?? "", address: stream.remoteAddress) : nil
    peerForLog = isClient ? nil : peer ?? stream.remoteAddress
    super.init(nonblocking: stream.descriptor, on: stream.loop)
    earlyBytes = stream.readBuffer
    stream.readBuffer = nil
    stream.handOver(to: self)
    maxBufferSize = stream.maxBufferSize
    readChunkSize = stream.readChunkSize
    maxWriteBufferSize = stream.maxWriteBufferSize
    prepare()
    do throws(TLSError) {
      if isClient { try prepareClient() }
    } catch {
      tlsError = error
      close(.closed(EPROTO))
      throw error
    }
    beginHandshake()
    continueHandshake()
  }

  deinit { freeConnection() }

  private func prepare() {
    let ssl = unsafe SSL_new(native.raw)
    let bio = unsafe TLSTransport.make(for: self)
    guard unsafe ssl != nil, unsafe bio != nil else { preconditionFailure("no memory for a TLS connection") }
    unsafe SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
    unsafe SSL_set_bio(ssl, bio, bio)
    if context.configuration.usesKernelTLS, KernelTLS.enable(descriptor) {
      // OpenSSL gives the kernel its keys through its own BIO only.
      unsafe SSL_set0_wbio(ssl, BIO_new_socket(descriptor, BIO_NOCLOSE))
    }
    if context.configuration.role == .server { unsafe SSL_set_accept_state(ssl) }
    unsafe self.ssl = ssl
  }

  private func freeConnection() {
    guard let ssl = unsafe ssl else { return }
    unsafe self.ssl = nil
    unsafe SSL_free(ssl)
  }

  // MARK: - The stream's transport

  public override func readFromDescriptor(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
    guard !isHandshaking else { return -Int(EAGAIN) }
    if let result = deferredResult {
      if result < 0 { deferredResult = nil }
      return result
    }
    return unsafe decrypt(into: bytes)
  }

  public override func writeToDescriptor(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard !isHandshaking else { return -Int(EAGAIN) }
    return sendsInKernel ? unsafe super.writeToDescriptor(bytes) : unsafe encrypt(bytes)
  }

  public override func mayHaveMore(afterReading count: Int, into room: Int) -> Bool {
    guard let ssl = unsafe ssl else { return false }
    if deferredResult != nil || sawHangUp || !isDrained { return true }
    // With room left, what is pending is a part of a record.
    return unsafe count == room && SSL_has_pending(ssl) == 1
  }

  public override func sendFile(_ file: Int32, offset: Int64, count: Int) -> Int {
    guard !isHandshaking else { return -Int(EAGAIN) }
    return sendsInKernel
      ? super.sendFile(file, offset: offset, count: count)
      : encryptFile(file, offset: offset, count: count)
  }

  override func transportError(_ number: Int32) -> StreamError {
    guard let tlsError, number == EPROTO else { return .closed(number) }
    return StreamError(.closed, "Stream is closed: \(tlsError)", systemError: number)
  }

  package override func descriptorReady(_ descriptor: Int32, _ events: IOEvents) {
    let isReadable = !events.isDisjoint(with: [.read, .error, .peerClosed])
    let isWritable = !events.isDisjoint(with: [.write, .error])
    if isReadable { isDrained = false }
    guard !isHandshaking else {
      if !events.isDisjoint(with: [.error, .peerClosed]) { sawHangUp = true }
      if handshakeNeedsWrite ? isWritable : isReadable { continueHandshake() }
      return
    }
    if writeNeedsRead, isReadable {
      writeNeedsRead = false
      self.isWritable = true
      flush()
    }
    if readNeedsWrite, isWritable {
      readNeedsWrite = false
      self.isReadable = true
      readReady()
    }
    super.descriptorReady(descriptor, events)
  }

  /// Says to the peer that nothing more will come (`close_notify`), then closes this direction.
  public override func shutdownWriting() {
    sayGoodbye()
    super.shutdownWriting()
  }

  private func sayGoodbye() {
    guard let ssl = unsafe ssl, !isHandshaking, !isBroken,
      unsafe SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN == 0
    else { return }
    ERR_clear_error()
    if unsafe SSL_shutdown(ssl) < 0 { ERR_clear_error() }
  }

  override func transportWillClose(_ error: StreamError?, isReset: Bool) {
    // Without the last word the peer knows that it has not got everything.
    if !isReset {
      if error == nil { sayGoodbye() }
      if context.configuration.role == .client { discardTickets() }
    }
    if let fileBuffer { loop.buffers.giveBack(fileBuffer) }
    fileBuffer = nil
    endHandshake()
    freeConnection()
  }

  /// Takes what the server sent unasked: session tickets, which would turn the close into a reset and could
  /// cost the server the last bytes.
  private func discardTickets() {
    var room = [UInt8](repeating: 0, count: 4096)
    for _ in 0..<16 {
      let count = unsafe room.withUnsafeMutableBytes {
        unsafe gale_recv(descriptor, $0.baseAddress, $0.count)
      }
      guard count == room.count else { return }
    }
  }
}

#endif
