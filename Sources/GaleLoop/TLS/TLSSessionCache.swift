// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import COpenSSL
import Synchronization

/// Where a client connected to.
struct SessionKey: Hashable, Sendable {
  let host: String
  let address: SocketAddress?
}

/// A session of OpenSSL's that this object owns a reference to.
@safe
final class NativeSession: @unchecked Sendable {
  // @unchecked: only its reference count changes, and that atomically.
  // SAFETY: freed in `deinit` and nowhere else.
  let raw: OpaquePointer

  init(owning raw: OpaquePointer) { unsafe self.raw = raw }

  deinit { unsafe SSL_SESSION_free(raw) }

  /// Whether it may be used by several connections: tickets of TLS 1.3 are for one, so that nobody can
  /// tell that they are of one client (RFC 8446, appendix C.4).
  var isReusable: Bool { unsafe SSL_SESSION_get_protocol_version(raw) < Int32(TLSVersion.tls13.rawValue) }

  var isResumable: Bool { unsafe SSL_SESSION_is_resumable(raw) == 1 }
}

/// The sessions that a client's servers have offered: for each of the last 256 servers up to two.
final class TLSSessionCache: Sendable {
  private struct State {
    var sessions: [SessionKey: [NativeSession]] = [:]
    /// Servers, the oldest first.
    var order: [SessionKey] = []
  }

  private static let serverLimit = 256
  private static let perServer = 2
  private let state = Mutex(State())

  func store(_ session: NativeSession, for key: SessionKey) {
    state.withLock { state in
      if state.sessions[key] == nil {
        state.order.append(key)
        if state.order.count > TLSSessionCache.serverLimit {
          state.sessions[state.order.removeFirst()] = nil
        }
      }
      var held = state.sessions[key] ?? []
      held.append(session)
      if held.count > TLSSessionCache.perServer { held.removeFirst() }
      state.sessions[key] = held
    }
  }

  /// The newest session for `key` that can still be used.
  func take(for key: SessionKey) -> NativeSession? {
    state.withLock { state in
      while let session = state.sessions[key]?.last {
        if session.isResumable {
          if !session.isReusable { state.sessions[key]?.removeLast() }
          return session
        }
        state.sessions[key]?.removeLast()
      }
      return nil
    }
  }

  func removeAll() {
    state.withLock { $0 = State() }
  }
}

#endif
