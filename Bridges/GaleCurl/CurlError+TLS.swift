// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl && TLS

import CCurl
import GaleLoop

extension CurlError {
  /// What it says about TLS, if it does: the same errors as those of Gale's own streams.
  /// - Parameters:
  ///   - verifyResult: `CURLINFO_SSL_VERIFYRESULT`.
  ///   - host: The name that the certificate should have been for.
  func tlsError(verifyResult: Int, host: String) -> TLSError? {
    switch CURLcode(UInt32(clamping: number)) {
    case CURLE_PEER_FAILED_VERIFICATION:
      // libcurl compares the names itself, and sets the result only after that: 1 stands for "not known".
      guard verifyResult != 0, verifyResult != 1 else {
        return TLSError(.wrongHost, "The server's certificate is not for \(host)", opensslText: message)
      }
      return .serverCertificate(verifyResult, serverName: host)
    case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM:
      return TLSError(.invalidFile, message)
    case CURLE_SSL_CIPHER:
      return TLSError(.invalidConfiguration, message)
    default:
      if let found = opensslError { return .serverConnection(found.number, text: found.text) }
      guard number == Int(CURLE_SSL_CONNECT_ERROR.rawValue) else { return nil }
      return TLSError(
        .closedDuringHandshake, "The server closed the connection during the TLS handshake",
        opensslText: message,
        systemError: systemError)
    }
  }

  /// The error of OpenSSL that stands in the message: `error:0A000086:SSL routines::certificate verify failed`.
  private var opensslError: (number: UInt, text: String)? {
    guard let mark = message.firstRange(of: "error:") else { return nil }
    let digits = message[mark.upperBound...].prefix { $0 != ":" }
    guard digits.utf8.count == 8, let number = UInt(digits, radix: 16) else { return nil }
    // libcurl adds ", errno 0" to it.
    let rest = message[digits.endIndex...].prefix { $0 != "," }
    return (number, String(rest.split(separator: ":").last ?? ""))
  }
}

#endif
