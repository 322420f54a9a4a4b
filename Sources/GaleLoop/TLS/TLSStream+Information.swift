// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import COpenSSL

/// What the ends have agreed on: `nil` before the handshake is complete and once the stream is closed.
extension TLSStream {
  /// The application protocol (ALPN); `nil` also when none was agreed on.
  public var applicationProtocol: String? {
    guard let ssl = unsafe agreed else { return nil }
    var bytes: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    unsafe SSL_get0_alpn_selected(ssl, &bytes, &count)
    guard let start = unsafe bytes, count > 0 else { return nil }
    // SAFETY: OpenSSL lends the name for as long as the connection lives.
    return unsafe String(decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
  }

  /// The version of the protocol.
  public var version: TLSVersion? {
    guard let ssl = unsafe agreed else { return nil }
    return TLSVersion(rawValue: Int(unsafe SSL_version(ssl)))
  }

  /// The cipher suite, by its name in the IANA's registry, as in `TLS_AES_128_GCM_SHA256`.
  public var cipherSuite: String? {
    guard let ssl = unsafe agreed, let cipher = unsafe SSL_get_current_cipher(ssl) else { return nil }
    // SAFETY: a string constant.
    return unsafe SSL_CIPHER_standard_name(cipher).map { unsafe String(cString: $0) }
  }

  /// Whether a session was resumed: the ends knew each other.
  public var isResumed: Bool {
    guard let ssl = unsafe agreed else { return false }
    return unsafe SSL_session_reused(ssl) == 1
  }

  /// The name that the client asked for (SNI).
  public var serverName: String? {
    guard let ssl = unsafe agreed else { return nil }
    // SAFETY: OpenSSL lends the name for as long as the connection lives.
    return unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { unsafe String(cString: $0) }
  }

  /// The peer's certificate, like Python's `getpeercert`; `nil` also when it showed none.
  ///
  /// It is verified unless the configuration says otherwise. Each call takes it apart anew.
  public var peerCertificate: TLSCertificate? {
    guard let ssl = unsafe agreed, let raw = unsafe SSL_get1_peer_certificate(ssl) else { return nil }
    return unsafe TLSCertificate(NativeCertificate(owning: raw))
  }

  private var agreed: OpaquePointer? { isHandshaking ? nil : unsafe ssl }
}

#endif
