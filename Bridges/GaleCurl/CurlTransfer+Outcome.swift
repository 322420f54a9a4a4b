// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl

import CCurl
import GaleHTTP
import GaleLoop
import GaleWire

extension CurlTransfer {
  /// What went wrong; `nil` when nothing did.
  /// - Parameter host: Whom the certificate should have been for.
  func error(host: String) -> (any Error)? {
    if let failure {
      if let failure = failure as? HTTPInputError { return HTTPClientError(failure) }
      return failure
    }
    guard let result, result != CURLE_OK else { return nil }
    let error = CurlError(
      result, detail: handle.errorMessage, systemError: Int32(clamping: handle.long(CURLINFO_OS_ERRNO)))
    #if TLS
    if let tls = error.tlsError(verifyResult: handle.long(CURLINFO_SSL_VERIFYRESULT), host: host) {
      return HTTPClientError(.tlsFailed, tls.description, underlyingError: tls)
    }
    #endif
    return HTTPClientError(CurlTransfer.code(error), error.message, underlyingError: error)
  }

  private static func code(_ error: CurlError) -> HTTPClientError.Code {
    switch CURLcode(UInt32(clamping: error.number)) {
    case CURLE_URL_MALFORMAT: .invalidURL
    case CURLE_UNSUPPORTED_PROTOCOL:
      // What libcurl says of an answer without a status line.
      error.message.contains("HTTP/0.9") ? .invalidResponse : .invalidURL
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .nameNotResolved
    case CURLE_COULDNT_CONNECT: .connectionFailed
    case CURLE_PROXY: .proxyFailed
    case CURLE_INTERFACE_FAILED: .network
    case CURLE_PARTIAL_FILE: .truncatedBody
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR: .connectionClosed
    case CURLE_SEND_FAIL_REWIND: .invalidRequest
    case CURLE_RECV_ERROR:
      if error.message.contains("Chunked-Encoded") {
        .invalidChunk
      } else if error.message.contains("from proxy after CONNECT") || error.message.contains("Proxy CONNECT") {
        .proxyFailed
      } else {
        .connectionClosed
      }
    case CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2, CURLE_HTTP2_STREAM: .invalidResponse
    case CURLE_FILESIZE_EXCEEDED: .bodyTooLarge
    case CURLE_NOT_BUILT_IN, CURLE_UNKNOWN_OPTION: .unsupported
    case CURLE_BAD_FUNCTION_ARGUMENT: .invalidRequest
    default: .network
    }
  }

  /// Where the time went, from the start of the transfer on.
  var times: HTTPTimeInfo {
    var info = HTTPTimeInfo()
    info.nameLookup = handle.time(CURLINFO_NAMELOOKUP_TIME_T)
    info.connect = handle.time(CURLINFO_CONNECT_TIME_T)
    info.appConnect = handle.time(CURLINFO_APPCONNECT_TIME_T)
    info.pretransfer = handle.time(CURLINFO_PRETRANSFER_TIME_T)
    info.startTransfer = handle.time(CURLINFO_STARTTRANSFER_TIME_T)
    info.total = handle.time(CURLINFO_TOTAL_TIME_T)
    return info
  }
}

#endif
