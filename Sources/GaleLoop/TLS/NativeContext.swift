// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import COpenSSL
import CSystem
import Glibc

/// What a configuration's files hold, read and checked.
struct TLSMaterials {
  struct Identity {
    let chain: [NativeCertificate]
    let key: NativeKey

    init(_ identity: TLSIdentity) throws(TLSError) {
      chain = try identity.certificates.certificates()
      key = try identity.privateKey.key(password: identity.password)
      guard let first = chain.first, unsafe X509_check_private_key(first.raw, key.raw) == 1 else {
        ERR_clear_error()
        throw TLSError(
          .mismatchedPair,
          "The private key in \(identity.privateKey.name) does not belong to the certificate in "
            + "\(identity.certificates.name)")
      }
    }
  }

  let identity: Identity?
  let identities: [String: Identity]
  let roots: [NativeCertificate]

  init(_ configuration: TLSConfiguration) throws(TLSError) {
    identity = if let own = configuration.identity { try Identity(own) } else { nil }
    var identities: [String: Identity] = [:]
    for (name, identity) in configuration.identities {
      identities[name.lowercased()] = try Identity(identity)
    }
    self.identities = identities
    roots =
      switch configuration.trustRoots {
      case .system, .none: []
      case .file(let path): try TLSIdentity.Source.file(path).certificates()
      case .pem(let bytes): try TLSIdentity.Source.pem(bytes).certificates()
      }
  }
}

/// An `SSL_CTX` with all that its callbacks need.
///
/// Not changed after it is made: a reload makes another one, and connections keep the one they began with.
@safe
final class NativeContext: @unchecked Sendable {
  // @unchecked: everything is set in `init`; OpenSSL counts references of an SSL_CTX atomically and makes
  // connections of one from several threads (openssl-threads(7)).
  // SAFETY: `raw` is freed in `deinit`; connections that OpenSSL makes of it hold references of their own.
  let raw: OpaquePointer
  let configuration: TLSConfiguration
  let materials: TLSMaterials
  let protocols: ProtocolList
  /// By the name that a client asks for; the identity is all that differs.
  let hosts: [String: NativeContext]
  /// −1, or where secrets are logged.
  let keyLog: Int32
  /// When the keys of session tickets were made, in monotonic seconds.
  let ticketTime: Int64

  static let ticketKeyByteCount = 80

  convenience init(_ configuration: TLSConfiguration, _ materials: TLSMaterials) throws(TLSError) {
    try self.init(configuration, materials, materials.identity, isMain: true)
  }

  private init(
    _ configuration: TLSConfiguration, _ materials: TLSMaterials, _ identity: TLSMaterials.Identity?,
    isMain: Bool
  ) throws(TLSError) {
    let method = configuration.role == .client ? unsafe TLS_client_method() : unsafe TLS_server_method()
    guard let raw = unsafe SSL_CTX_new(method) else {
      throw TLSError.configuration("OpenSSL cannot make a context")
    }
    unsafe self.raw = raw
    self.configuration = configuration
    self.materials = materials
    protocols = try ProtocolList(configuration.applicationProtocols)
    var hosts: [String: NativeContext] = [:]
    if isMain {
      for (name, identity) in materials.identities {
        hosts[name] = try NativeContext(configuration, materials, identity, isMain: false)
      }
    }
    self.hosts = hosts
    keyLog = isMain ? try NativeContext.openKeyLog(configuration.keyLogFile) : -1
    ticketTime = gale_monotonic_nanoseconds() / 1_000_000_000
    try setProtocol()
    if let identity { try use(identity) }
    try setVerification()
    setSessions()
    setCallbacks()
  }

  deinit {
    unsafe SSL_CTX_free(raw)
    if keyLog >= 0 { _ = gale_close(keyLog) }
  }

  private func setProtocol() throws(TLSError) {
    let options = configuration
    unsafe cgale_set_options(
      raw, options.usesKernelTLS && KernelTLS.isAvailable ? 1 : 0,
      options.role == .server && !options.resumesSessions ? 1 : 0)
    unsafe cgale_set_mode(
      raw,
      Int(SSL_MODE_ENABLE_PARTIAL_WRITE) | Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER)
        | Int(SSL_MODE_RELEASE_BUFFERS))
    unsafe cgale_set_read_ahead(raw)
    guard unsafe cgale_set_min_version(raw, Int32(options.minimumVersion.rawValue)) == 1,
      unsafe cgale_set_max_version(raw, Int32(options.maximumVersion?.rawValue ?? 0)) == 1,
      options.maximumVersion ?? .tls13 >= options.minimumVersion
    else { throw TLSError.configuration("These versions of TLS cannot be had") }
    guard unsafe SSL_CTX_set_cipher_list(raw, options.ciphers) == 1 else {
      throw TLSError.configuration("OpenSSL knows none of the ciphers \(options.ciphers)")
    }
    if let suites = options.cipherSuites, unsafe SSL_CTX_set_ciphersuites(raw, suites) != 1 {
      throw TLSError.configuration("OpenSSL knows none of the cipher suites \(suites)")
    }
  }

  private func use(_ identity: TLSMaterials.Identity) throws(TLSError) {
    let others = unsafe cgale_chain_new()
    defer { unsafe cgale_chain_free(others) }
    for certificate in identity.chain.dropFirst() {
      unsafe X509_up_ref(certificate.raw)
      unsafe cgale_chain_push(others, certificate.raw)
    }
    guard unsafe SSL_CTX_use_cert_and_key(raw, identity.chain[0].raw, identity.key.raw, others, 1) == 1 else {
      throw TLSError.configuration("OpenSSL does not take the certificate")
    }
  }

  private func setVerification() throws(TLSError) {
    let isServer = configuration.role == .server
    let mode: Int32 =
      switch configuration.verification {
      case .none: SSL_VERIFY_NONE
      case .optional: SSL_VERIFY_PEER
      case .required: SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
      }
    unsafe SSL_CTX_set_verify(raw, mode, nil)
    if configuration.trustRoots == .system, unsafe SSL_CTX_set_default_verify_paths(raw) != 1 {
      throw TLSError.configuration("The system's trusted certificates cannot be had")
    }
    guard !materials.roots.isEmpty else { return }
    let store = unsafe SSL_CTX_get_cert_store(raw)
    for root in materials.roots {
      unsafe X509_STORE_add_cert(store, root.raw)
      if isServer { unsafe SSL_CTX_add_client_CA(raw, root.raw) }
    }
    // What is listed is trusted, also when it is not a root.
    unsafe X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
    ERR_clear_error()
  }

  private func setSessions() {
    switch configuration.role {
    case .client:
      let mode =
        configuration.resumesSessions
        ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL : SSL_SESS_CACHE_OFF
      unsafe cgale_set_session_cache_mode(raw, Int(mode))
      if configuration.resumesSessions { unsafe SSL_CTX_sess_set_new_cb(raw, keepSession) }
    case .server:
      // Sessions are in the tickets: nothing is kept for them here.
      unsafe cgale_set_session_cache_mode(raw, Int(SSL_SESS_CACHE_OFF))
      if !configuration.resumesSessions { unsafe SSL_CTX_set_num_tickets(raw, 0) }
      setSessionScope("")
    }
  }

  private func setSessionScope(_ name: String) {
    let scope = SessionScope(name)
    _ = unsafe scope.withBytes { unsafe SSL_CTX_set_session_id_context(raw, $0, UInt32($1)) }
  }

  private func setCallbacks() {
    // SAFETY: OpenSSL calls back for connections only, and each of ours keeps its context (TLSStream.native).
    let own = unsafe Unmanaged.passUnretained(self).toOpaque()
    if configuration.role == .server {
      unsafe SSL_CTX_set_alpn_select_cb(raw, chooseProtocol, nil)
      if !hosts.isEmpty { unsafe SSL_CTX_set_client_hello_cb(raw, chooseIdentity, own) }
    }
    if keyLog >= 0 { unsafe SSL_CTX_set_keylog_callback(raw, logKeys) }
  }

  /// Goes on with the keys by which `other` made session tickets.
  func takeTicketKeys(of other: NativeContext) {
    var keys = [UInt8](repeating: 0, count: NativeContext.ticketKeyByteCount)
    unsafe keys.withUnsafeMutableBytes { keys in
      guard unsafe cgale_get_ticket_keys(other.raw, keys.baseAddress, keys.count) == 1 else { return }
      _ = unsafe cgale_set_ticket_keys(raw, keys.baseAddress, keys.count)
      unsafe OPENSSL_cleanse(keys.baseAddress, keys.count)
    }
  }

  private static func openKeyLog(_ path: String?) throws(TLSError) -> Int32 {
    guard let path else { return -1 }
    let descriptor = unsafe gale_open_append(path)
    guard descriptor >= 0 else {
      throw TLSError(
        .invalidFile, "Cannot write \(path): \(describeSystemError(-descriptor))", systemError: -descriptor)
    }
    return descriptor
  }
}

/// Which sessions may be resumed by whom: those of one host name are worth nothing at another (CVE-2025-23419).
struct SessionScope {
  private let hash: UInt64

  /// FNV-1a: the names are the server's own.
  init(_ name: String) {
    hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  func withBytes<R>(_ body: (UnsafePointer<UInt8>?, Int) -> R) -> R {
    unsafe withUnsafeBytes(of: hash) { bytes in
      unsafe body(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
  }
}

#endif
