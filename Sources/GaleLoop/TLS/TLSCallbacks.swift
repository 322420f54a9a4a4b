// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import COpenSSL
import CSystem

// What OpenSSL asks during a handshake. SAFETY (this file): OpenSSL lends its arguments for the call; the
// connection's application data is its TLSStream, which frees the connection before it goes itself.

/// The protocols of an ALPN extension, each after its length (RFC 7301, section 3.1).
package struct ProtocolList: Sendable {
  let bytes: [UInt8]

  package init(_ names: [String]) throws(TLSError) {
    var bytes: [UInt8] = []
    for name in names {
      guard (1...255).contains(name.utf8.count) else {
        throw TLSError(
          .invalidConfiguration, "\(name.debugDescription) is no name of an application protocol")
      }
      bytes.append(UInt8(name.utf8.count))
      bytes += name.utf8
    }
    self.bytes = bytes
  }

  /// Where in the client's list the best protocol stands that both have.
  func choose(from offered: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
    var at = 0
    while at < bytes.count {
      let own = bytes[(at + 1)...(at + Int(bytes[at]))]
      var start = 0
      while start < offered.count {
        let end = unsafe start + 1 + Int(offered[start])
        guard end <= offered.count else { return nil }
        if unsafe offered[(start + 1)..<end].elementsEqual(own) { return (start + 1)..<end }
        start = end
      }
      at += own.count + 1
    }
    return nil
  }
}

func stream(of ssl: OpaquePointer?) -> TLSStream? {
  unsafe SSL_get_ex_data(ssl, 0).map { unsafe Unmanaged<TLSStream>.fromOpaque($0).takeUnretainedValue() }
}

func chooseProtocol(
  _ ssl: OpaquePointer?, _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
  _ chosenCount: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?, _ count: UInt32,
  _ user: UnsafeMutableRawPointer?
) -> Int32 {
  guard let stream = unsafe stream(of: ssl), !stream.protocols.bytes.isEmpty, let offered = unsafe offered
  else {
    return SSL_TLSEXT_ERR_NOACK
  }
  let list = unsafe UnsafeBufferPointer(start: offered, count: Int(count))
  guard let range = unsafe stream.protocols.choose(from: list) else { return SSL_TLSEXT_ERR_ALERT_FATAL }
  unsafe chosen?.pointee = offered + range.lowerBound
  unsafe chosenCount?.pointee = UInt8(range.count)
  return SSL_TLSEXT_ERR_OK
}

/// Runs before anything of the client's greeting is acted upon, so also before a session is looked for.
func chooseIdentity(
  _ ssl: OpaquePointer?, _ alert: UnsafeMutablePointer<Int32>?, _ user: UnsafeMutableRawPointer?
) -> Int32 {
  guard let user = unsafe user else { return SSL_CLIENT_HELLO_SUCCESS }
  let context = unsafe Unmanaged<NativeContext>.fromOpaque(user).takeUnretainedValue()
  var bytes: UnsafePointer<UInt8>?
  var count = 0
  guard unsafe SSL_client_hello_get0_ext(ssl, UInt32(TLSEXT_TYPE_server_name), &bytes, &count) == 1,
    let start = unsafe bytes,
    let name = unsafe serverName(in: UnsafeBufferPointer(start: start, count: count)),
    let host = context.host(for: name)
  else { return SSL_CLIENT_HELLO_SUCCESS }
  unsafe SSL_set_SSL_CTX(ssl, host.context.raw)
  let scope = SessionScope(host.name)
  _ = unsafe scope.withBytes { unsafe SSL_set_session_id_context(ssl, $0, UInt32($1)) }
  return SSL_CLIENT_HELLO_SUCCESS
}

/// The one name in a `server_name` extension (RFC 6066, section 3); what is malformed OpenSSL refuses later.
private func serverName(in bytes: UnsafeBufferPointer<UInt8>) -> String? {
  guard bytes.count >= 5, unsafe bytes[2] == UInt8(TLSEXT_NAMETYPE_host_name) else { return nil }
  let count = unsafe Int(bytes[3]) << 8 | Int(bytes[4])
  guard (1...255).contains(count), bytes.count >= 5 + count else { return nil }
  return unsafe String(decoding: bytes[5..<(5 + count)], as: UTF8.self).lowercased()
}

extension NativeContext {
  /// The identity for `name`: its own, or one for all names beside it.
  fileprivate func host(for name: String) -> (name: String, context: NativeContext)? {
    if let exact = hosts[name] { return (name, exact) }
    guard let dot = name.firstIndex(of: ".") else { return nil }
    let wildcard = "*" + name[dot...]
    return hosts[wildcard].map { (wildcard, $0) }
  }
}

/// Takes the session that a server offers for later.
func keepSession(_ ssl: OpaquePointer?, _ session: OpaquePointer?) -> Int32 {
  guard let stream = unsafe stream(of: ssl), let key = stream.sessionKey, let session = unsafe session else {
    return 0
  }
  unsafe stream.context.sessions.store(NativeSession(owning: session), for: key)
  return 1
}

func logKeys(_ ssl: OpaquePointer?, _ line: UnsafePointer<CChar>?) {
  guard let stream = unsafe stream(of: ssl), let line = unsafe line else { return }
  // One write, so that lines of several threads do not mix.
  let text = unsafe Array(String(cString: line).utf8) + [10]
  _ = unsafe text.withUnsafeBytes { unsafe gale_write(stream.native.keyLog, $0.baseAddress, $0.count) }
}

#endif
