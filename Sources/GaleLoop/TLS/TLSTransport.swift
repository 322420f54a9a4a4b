// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import COpenSSL
import CSystem
import GaleCore
import Glibc

/// How OpenSSL reads and writes a stream's descriptor: a BIO whose calls end here.
///
/// OpenSSL's own socket BIO raises SIGPIPE, and does not tell whether a read has emptied the kernel's
/// buffer, which saves a call for each request.
enum TLSTransport {
  /// The table of functions, made once.
  @safe
  private struct Method: @unchecked Sendable {
    // @unchecked: not changed once it is made.
    let raw: OpaquePointer?

    init() {
      // SAFETY: lives as long as the process.
      unsafe raw = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gale stream")
      unsafe BIO_meth_set_read(raw, readTransport)
      unsafe BIO_meth_set_write(raw, writeTransport)
      unsafe BIO_meth_set_ctrl(raw, controlTransport)
    }
  }

  private static let method = Method()

  /// A BIO that reads and writes for `stream`, which must outlive it.
  static func make(for stream: TLSStream) -> OpaquePointer? {
    let bio = unsafe BIO_new(method.raw)
    unsafe BIO_set_data(bio, Unmanaged.passUnretained(stream).toOpaque())
    unsafe BIO_set_init(bio, 1)
    return unsafe bio
  }
}

// SAFETY: a BIO's data is the stream that owns it.
private func withStream<R>(_ bio: OpaquePointer?, _ body: (TLSStream) -> R) -> R? {
  unsafe cgale_bio_clear_retry(bio)
  return unsafe BIO_get_data(bio).map {
    unsafe Unmanaged<TLSStream>.fromOpaque($0)._withUnsafeGuaranteedRef { body($0) }
  }
}

private func readTransport(
  _ bio: OpaquePointer?, _ bytes: UnsafeMutablePointer<CChar>?, _ room: Int32
) -> Int32 {
  unsafe withStream(bio) { stream in
    if stream.earlyBytes != nil { return unsafe stream.takeEarly(bytes, Int(room)) }
    guard !stream.isDrained else {
      unsafe cgale_bio_retry_read(bio)
      return -1
    }
    let count = unsafe gale_recv(stream.descriptor, bytes, Int(room))
    if count > 0 {
      stream.isDrained = count < Int(room) && !stream.sawHangUp
      return Int32(count)
    }
    if count == 0 {
      stream.sawEnd = true
      return 0
    }
    if count == -Int(EAGAIN) || count == -Int(EINTR) {
      if count == -Int(EAGAIN) {
        stream.isDrained = true
        stream.sawHangUp = false
      }
      unsafe cgale_bio_retry_read(bio)
    } else {
      stream.systemError = Int32(-count)
    }
    return -1
  } ?? -1
}

extension TLSStream {
  fileprivate func takeEarly(_ bytes: UnsafeMutablePointer<CChar>?, _ room: Int) -> Int32 {
    guard let buffer = earlyBytes else { return -1 }
    let count = min(room, buffer.count)
    unsafe buffer.withBytes { early in
      unsafe UnsafeMutableRawBufferPointer(start: bytes, count: room).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: early.prefix(count)))
    }
    buffer.removeFirst(count)
    if buffer.isEmpty {
      earlyBytes = nil
      loop.buffers.giveBack(buffer)
    }
    return Int32(count)
  }
}

private func writeTransport(_ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ count: Int32) -> Int32 {
  unsafe withStream(bio) { stream in
    let sent = unsafe gale_send(stream.descriptor, bytes, Int(count), 0)
    if sent >= 0 { return Int32(sent) }
    if sent == -Int(EAGAIN) || sent == -Int(EINTR) {
      unsafe cgale_bio_retry_write(bio)
    } else {
      stream.systemError = Int32(-sent)
    }
    return -1
  } ?? -1
}

private func controlTransport(
  _ bio: OpaquePointer?, _ command: Int32, _ number: Int, _ pointer: UnsafeMutableRawPointer?
) -> Int {
  switch command {
  case BIO_CTRL_FLUSH: 1
  case BIO_CTRL_EOF: unsafe withStream(bio) { $0.sawEnd ? 1 : 0 } ?? 0
  default: 0
  }
}

#endif
