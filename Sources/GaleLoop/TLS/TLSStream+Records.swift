// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import COpenSSL
import GaleCore
import Glibc

extension TLSStream {
  /// Reads records until `bytes` is full or nothing is left.
  ///
  /// Returns what ``IOStream/readFromDescriptor(_:)`` does.
  func decrypt(into bytes: UnsafeMutableRawBufferPointer) -> Int {
    guard let ssl = unsafe ssl else { return -Int(EPIPE) }
    var total = 0
    repeat {
      clearErrors()
      let room = Int32(clamping: bytes.count - total)
      // SAFETY: `total < bytes.count`, and OpenSSL writes at most `room` bytes.
      let count = unsafe SSL_read(ssl, bytes.baseAddress.map { unsafe $0 + total }, room)
      if count > 0 {
        total += Int(count)
        continue
      }
      let result = readResult(count)
      if total > 0 {
        if result != -Int(EAGAIN) { deferredResult = result }
        return total
      }
      return result
    } while unsafe total < bytes.count && SSL_has_pending(ssl) == 1
    return total
  }

  /// What others on this thread have left in OpenSSL's queue would pass for an error of the next call.
  private func clearErrors() {
    if ERR_peek_error() != 0 { ERR_clear_error() }
  }

  private func readResult(_ result: Int32) -> Int {
    switch unsafe SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ: return -Int(EAGAIN)
    case SSL_ERROR_WANT_WRITE:
      readNeedsWrite = true
      loop.poller.rearm(descriptor, events: .write)
      return -Int(EAGAIN)
    case SSL_ERROR_ZERO_RETURN: return 0
    case let kind: return -Int(fail(with: kind))
    }
  }

  /// Writes records until `bytes` is through or the kernel takes no more.
  ///
  /// Returns what ``IOStream/writeToDescriptor(_:)`` does. A record of which a part is sent does not
  /// count: it is offered again, and OpenSSL goes on where it was.
  func encrypt(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard let ssl = unsafe ssl else { return -Int(EPIPE) }
    var total = 0
    while total < bytes.count {
      clearErrors()
      let count = unsafe SSL_write(
        ssl, bytes.baseAddress.map { unsafe $0 + total }, Int32(clamping: bytes.count - total))
      if count > 0 {
        total += Int(count)
        continue
      }
      let result = writeResult(count)
      return result == -Int(EAGAIN) && total > 0 ? total : result
    }
    return total
  }

  private func writeResult(_ result: Int32) -> Int {
    switch unsafe SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_WRITE: return -Int(EAGAIN)
    case SSL_ERROR_WANT_READ:
      writeNeedsRead = true
      loop.poller.rearm(descriptor, events: .read)
      return -Int(EAGAIN)
    case SSL_ERROR_ZERO_RETURN: return -Int(EPIPE)
    case let kind: return -Int(fail(with: kind))
    }
  }

  /// Notes why OpenSSL cannot go on.
  ///
  /// Returns the error number that stands for it.
  func fail(with kind: Int32) -> Int32 {
    isBroken = true
    let failure = OpenSSLFailure.take()
    if kind == SSL_ERROR_SYSCALL, failure.reason == 0 {
      return systemError != 0 ? systemError : ECONNRESET
    }
    let role = context.configuration.role
    if failure.reason == SSL_R_CERTIFICATE_VERIFY_FAILED {
      tlsError = .verification(
        unsafe SSL_get_verify_result(ssl), role: role, serverName: requestedName, failure: failure)
    } else {
      tlsError = .connection(failure, role: role, isHandshaking: isHandshaking)
    }
    return EPROTO
  }

  // MARK: - Files

  /// Reads a part of a file and encrypts it: four records at a time.
  func encryptFile(_ file: Int32, offset: Int64, count: Int) -> Int {
    let buffer = fileBuffer ?? loop.buffers.takeScratch()
    fileBuffer = buffer
    if buffer.isEmpty {
      let wanted = min(count, 65536)
      let taken = unsafe buffer.appendResult(minimum: wanted) { bytes in
        unsafe pread(file, bytes.baseAddress, wanted, off_t(offset))
      }
      guard taken > 0 else {
        giveBackFileBuffer()
        return taken == 0 ? 0 : -Int(errno)
      }
    }
    let sent = unsafe buffer.withBytes { unsafe encrypt($0) }
    if sent > 0 { buffer.removeFirst(sent) }
    if buffer.isEmpty { giveBackFileBuffer() }
    return sent
  }

  private func giveBackFileBuffer() {
    if let fileBuffer { loop.buffers.giveBackScratch(fileBuffer) }
    fileBuffer = nil
  }
}

#endif
