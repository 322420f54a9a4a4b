// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import COpenSSL

/// The first error in this thread's queue of OpenSSL's; the queue is empty afterwards.
struct OpenSSLFailure {
  let reason: Int32
  let text: String

  static func take() -> OpenSSLFailure {
    let number = ERR_get_error()
    ERR_clear_error()
    guard number != 0 else { return OpenSSLFailure(reason: 0, text: "") }
    var buffer = [CChar](repeating: 0, count: 256)
    unsafe ERR_error_string_n(number, &buffer, buffer.count)
    let whole = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // error:0A000086:SSL routines::certificate verify failed
    let parts = whole.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false)
    return OpenSSLFailure(reason: ERR_GET_REASON(number), text: String(parts.last ?? ""))
  }
}

extension TLSError {
  /// What a failed call that sets something up means.
  static func configuration(_ what: String) -> TLSError {
    let failure = OpenSSLFailure.take()
    return TLSError(.invalidConfiguration, what, opensslText: failure.text)
  }

  /// What the end of a connection's handshake, or of its data, means.
  static func connection(_ failure: OpenSSLFailure, role: TLSConfiguration.Role, isHandshaking: Bool)
    -> TLSError
  {
    let row = TLSError.causes[failure.reason]
    let peer = role == .client ? "server" : "client"
    guard let row else {
      return TLSError(.protocolViolation, "TLS failed", opensslText: failure.text)
    }
    if failure.reason == SSL_R_UNEXPECTED_EOF_WHILE_READING, isHandshaking {
      return TLSError(.closedDuringHandshake, "The \(peer) closed the connection during the TLS handshake")
    }
    return TLSError(row.0, row.1.replacing("PEER", with: peer), opensslText: failure.text)
  }

  /// OpenSSL's reasons (sslerr.h), those above 1000 being alerts that the peer sent.
  private static let causes: [Int32: (Code, String)] = [
    SSL_R_UNSUPPORTED_PROTOCOL: (.protocolVersion, "The PEER speaks no version of TLS that is allowed here"),
    SSL_R_WRONG_SSL_VERSION: (.protocolVersion, "The PEER speaks no version of TLS that is allowed here"),
    SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      (.protocolVersion, "The PEER does not accept the versions of TLS that are allowed here"),
    SSL_R_NO_SHARED_CIPHER: (.noSharedCipher, "The PEER offers no cipher that is allowed here"),
    SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      (.noSharedCipher, "The PEER found no cipher or other parameter that both sides allow"),
    SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
      (.noSharedCipher, "The PEER accepts no kind of signature that the certificate's key can make"),
    SSL_R_NO_SUITABLE_KEY_SHARE: (.noSharedCipher, "The PEER offers no group that is allowed here"),
    SSL_R_NO_APPLICATION_PROTOCOL:
      (.noApplicationProtocol, "The PEER offers no application protocol that is spoken here"),
    SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
      (.noApplicationProtocol, "The PEER speaks none of the application protocols that were offered"),
    SSL_R_HTTP_REQUEST: (.plainHTTP, "The PEER speaks plain HTTP on a port for HTTPS"),
    SSL_R_HTTPS_PROXY_REQUEST: (.plainHTTP, "The PEER speaks plain HTTP, as to a proxy, on a port for HTTPS"),
    SSL_R_WRONG_VERSION_NUMBER: (.notTLS, "The PEER does not speak TLS"),
    SSL_R_UNKNOWN_PROTOCOL: (.notTLS, "The PEER does not speak TLS"),
    SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      (.certificateRequired, "The PEER showed no certificate, and one is required"),
    SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      (.certificateRequired, "The PEER requires a certificate, and none was shown"),
    SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED: (
      .rejectedByPeer, "The PEER says that our certificate has expired"
    ),
    SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED: (.rejectedByPeer, "The PEER says that our certificate is revoked"),
    SSL_R_SSLV3_ALERT_BAD_CERTIFICATE: (.rejectedByPeer, "The PEER does not accept our certificate"),
    SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
      (.rejectedByPeer, "The PEER does not accept certificates of this kind"),
    SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN: (.rejectedByPeer, "The PEER does not accept our certificate"),
    SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      (.rejectedByPeer, "The PEER does not know the authority that signed our certificate"),
    SSL_R_TLSV1_ALERT_ACCESS_DENIED: (.rejectedByPeer, "The PEER denies access to our certificate's owner"),
    SSL_R_TLSV1_UNRECOGNIZED_NAME: (.wrongHost, "The PEER does not serve this name"),
    SSL_R_UNEXPECTED_EOF_WHILE_READING:
      (.truncated, "The connection was cut: the PEER has not said that it sent everything"),
    SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
      (.protocolViolation, "What came was changed or damaged on its way"),
    SSL_R_BAD_RECORD_TYPE: (.protocolViolation, "The PEER broke the protocol"),
  ]

  /// What another user of OpenSSL, such as libcurl, says of a server's certificate.
  /// - Parameter result: What the check found (x509_vfy.h).
  package static func serverCertificate(_ result: Int, serverName: String) -> TLSError {
    verification(result, role: .client, serverName: serverName, failure: OpenSSLFailure(reason: 0, text: ""))
  }

  /// What another user of OpenSSL, such as libcurl, says of a connection to a server.
  /// - Parameters:
  ///   - number: OpenSSL's error.
  ///   - text: What OpenSSL says.
  package static func serverConnection(_ number: UInt, text: String) -> TLSError {
    connection(OpenSSLFailure(reason: ERR_GET_REASON(number), text: text), role: .client, isHandshaking: true)
  }

  /// What the check of the peer's certificate found (x509_vfy.h).
  static func verification(
    _ result: Int, role: TLSConfiguration.Role, serverName: String?, failure: OpenSSLFailure
  ) -> TLSError {
    // SAFETY: a string constant.
    let found = unsafe String(cString: X509_verify_cert_error_string(result))
    let owner = role == .client ? "server's" : "client's"
    let code: Code
    let message: String
    switch Int32(truncatingIfNeeded: result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      (code, message) = (.certificateExpired, "The \(owner) certificate has expired")
    case X509_V_ERR_CERT_NOT_YET_VALID:
      (code, message) = (.certificateNotYetValid, "The \(owner) certificate is not valid yet")
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
      (code, message) = (.wrongHost, "The \(owner) certificate is not for \(serverName ?? "this name")")
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      (code, message) = (.selfSigned, "The \(owner) certificate is signed by itself and not trusted")
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
      X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      (code, message) = (.unknownAuthority, "The \(owner) certificate is signed by nobody that is trusted")
    default:
      (code, message) = (.invalidCertificate, "The \(owner) certificate is not valid: \(found)")
    }
    let text = failure.text.isEmpty ? found : "\(failure.text): \(found)"
    return TLSError(code, message, opensslText: text)
  }
}

extension String {
  fileprivate func replacing(_ word: String, with other: String) -> String {
    guard let range = firstRange(of: word) else { return self }
    return self[..<range.lowerBound] + other + self[range.upperBound...]
  }
}

#endif
