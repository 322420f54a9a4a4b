// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import COpenSSL
import Glibc
import Logging

/// A task that waits for the handshake.
@safe
struct HandshakeWaiter {
  // SAFETY: taken out of the list before it is resumed.
  let continuation: UnsafeContinuation<Void, any Error>

  func resume() { unsafe continuation.resume() }
  func resume(throwing error: any Error) { unsafe continuation.resume(throwing: error) }
}

extension TLSStream {
  /// Waits until the handshake is complete: Tornado's `wait_for_handshake`.
  ///
  /// Several tasks may wait.
  /// - Throws: ``TLSError`` with the cause; ``StreamError`` when the stream was closed, or failed below TLS.
  public func waitForHandshake() async throws {
    loop.checkThread()
    guard isHandshaking, !isClosed else {
      if let tlsError { throw tlsError }
      if isHandshaking { throw error ?? .closed() }
      return
    }
    // SAFETY: resumed by endHandshake().
    try await unsafe withUnsafeThrowingContinuation { continuation in
      unsafe handshakeWaiters.append(HandshakeWaiter(continuation: continuation))
    }
  }

  /// Waits for the handshake; says whether it is well.
  func completeHandshake() async -> Bool {
    do { try await waitForHandshake() } catch { return false }
    return true
  }

  func prepareClient() throws(TLSError) {
    let configuration = context.configuration
    unsafe SSL_set_connect_state(ssl)
    if !protocols.bytes.isEmpty {
      _ = unsafe SSL_set_alpn_protos(ssl, protocols.bytes, UInt32(protocols.bytes.count))
    }
    if let requestedName {
      try ask(for: requestedName)
    } else if configuration.checksHostname, configuration.verification != .none {
      throw TLSError(.invalidState, "A TLS client that checks the server's name must be told that name")
    }
    if let sessionKey, let session = context.sessions.take(for: sessionKey) {
      _ = unsafe SSL_set_session(ssl, session.raw)
    }
    ERR_clear_error()
  }

  /// Names the server to the server (RFC 6066, section 3: host names only), and has its certificate
  /// checked (RFC 9525: no partial wildcards, alternative names only).
  private func ask(for name: String) throws(TLSError) {
    let checks = context.configuration.checksHostname && context.configuration.verification != .none
    guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw TLSError(
        .invalidState, "\(name.debugDescription) is no host name; non-ASCII names need their xn-- form")
    }
    var host = name
    if host.hasSuffix("."), !host.hasPrefix(".") { host.removeLast() }
    if (try? SocketAddress(host: host, port: 0)) != nil {
      if host.hasPrefix("[") { host = String(host.dropFirst().dropLast()) }
      guard unsafe !checks || X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1 else {
        throw TLSError.configuration("OpenSSL does not take the address \(name)")
      }
      return
    }
    guard unsafe cgale_set_server_name(ssl, host) == 1 else {
      throw TLSError.configuration("OpenSSL does not take the host name \(name)")
    }
    guard checks else { return }
    unsafe SSL_set_hostflags(
      ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
    guard unsafe SSL_set1_host(ssl, host) == 1 else {
      throw TLSError.configuration("OpenSSL does not take the host name \(name)")
    }
  }

  func beginHandshake() {
    deadline = loop.turnTime + context.configuration.handshakeTimeout.clampedNanoseconds
    loop.wheel.insert(self)
    isReadable = false  // until there is something that can be read
    watch()
  }

  func continueHandshake() {
    guard let ssl = unsafe ssl else { return }
    ERR_clear_error()
    let result = unsafe SSL_do_handshake(ssl)
    if result == 1 { return handshakeDone() }
    switch unsafe SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ:
      handshakeNeedsWrite = false
      loop.poller.rearm(descriptor, events: [.read, .peerClosed])
    case SSL_ERROR_WANT_WRITE:
      handshakeNeedsWrite = true
      loop.poller.rearm(descriptor, events: .write)
    case let kind: handshakeFailed(kind)
    }
  }

  private func handshakeDone() {
    isHandshaking = false
    sendsInKernel = unsafe cgale_kernel_sends(ssl) == 1
    endHandshake()
    isReadable = true
    isWritable = true
    if hasUnsent { flush() }
    readReady()
  }

  private func handshakeFailed(_ kind: Int32) {
    let number = fail(with: kind)
    if number != EPROTO {
      tlsError = TLSError(
        .closedDuringHandshake,
        "The connection failed during the TLS handshake: \(describeSystemError(number))", systemError: number)
    }
    logFailure()
    close(transportError(number))
  }

  private func logFailure() {
    guard let peerForLog, let tlsError else { return }
    // Scanners and health checks come and go.
    if tlsError.code == .closedDuringHandshake {
      LoopLog.general.debug("TLS handshake with \(peerForLog): \(tlsError)")
    } else {
      LoopLog.general.info("TLS handshake with \(peerForLog): \(tlsError)")
    }
  }

  package func timedOut() {
    guard isHandshaking, !isClosed else { return }
    tlsError = TLSError(.timedOut, "The TLS handshake took too long")
    logFailure()
    close(transportError(EPROTO))
  }

  /// The handshake is over, one way or the other.
  func endHandshake() {
    loop.wheel.remove(self)
    let waiters = handshakeWaiters
    handshakeWaiters = []
    for waiter in waiters {
      if isHandshaking {
        waiter.resume(throwing: tlsError ?? error ?? StreamError.closed())
      } else {
        waiter.resume()
      }
    }
  }
}

#endif
