// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl

import CCurl
import GaleHTTP
import GaleLoop
import GaleWire

extension CurlTransfer {
  /// What libcurl says that went wrong.
  /// - Parameter head: The answer's head, if it came.
  func libraryError(head: ResponseHead?) -> HTTPClientError {
    let error = CurlError(
      result ?? CURLE_OK, detail: handle.errorMessage,
      systemError: Int32(clamping: handle.long(CURLINFO_OS_ERRNO)))
    #if TLS
    let verifyResult = handle.long(CURLINFO_SSL_VERIFYRESULT)
    if exchange.url.isSecure, let tls = error.tlsError(verifyResult: verifyResult, host: exchange.url.host) {
      return HTTPClientError(.tlsFailed, tls.description, underlyingError: tls)
    }
    #endif
    return HTTPClientError(
      CurlTransfer.code(error, hasHead: head != nil), error.message, underlyingError: error)
  }

  private static func code(_ error: CurlError, hasHead: Bool) -> HTTPClientError.Code {
    switch CURLcode(UInt32(clamping: error.number)) {
    case CURLE_URL_MALFORMAT: .invalidURL
    case CURLE_UNSUPPORTED_PROTOCOL:
      // Of a URL, and of an answer without a status line, or with a strange one.
      error.message.contains("HTTP") ? .invalidResponse : .invalidURL
    // What libcurl says of a line that is longer than it puts up with.
    case CURLE_OUT_OF_MEMORY where !hasHead: .headersTooLarge
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .nameNotResolved
    case CURLE_COULDNT_CONNECT: .connectionFailed
    case CURLE_PROXY: .proxyFailed
    case CURLE_INTERFACE_FAILED: .network
    case CURLE_PARTIAL_FILE: .truncatedBody
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR: .connectionClosed
    case CURLE_SEND_FAIL_REWIND: .invalidRequest
    case CURLE_RECV_ERROR:
      if error.message.lowercased().contains("chunked-encod") {
        .invalidChunk
      } else if error.message.contains("CONNECT") {
        .proxyFailed
      } else {
        hasHead ? .truncatedBody : .connectionClosed
      }
    case CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2, CURLE_HTTP2_STREAM: .invalidResponse
    case CURLE_NOT_BUILT_IN, CURLE_UNKNOWN_OPTION: .unsupported
    case CURLE_BAD_FUNCTION_ARGUMENT: .invalidRequest
    default: .network
    }
  }

  /// Where the time went until now.
  var times: HTTPTimeInfo {
    var info = exchange.timeInfo
    // libcurl counts from when the transfer was given to it, which is when the names were known.
    let before = clockStart - exchange.start
    func time(_ name: CURLINFO) -> Duration {
      let time = handle.time(name)
      return time > .zero ? before + time : .zero
    }
    if handle.long(CURLINFO_NUM_CONNECTS) > 0 {
      info.connect = time(CURLINFO_CONNECT_TIME_T)
      info.appConnect = time(CURLINFO_APPCONNECT_TIME_T)
    }
    info.pretransfer = time(CURLINFO_PRETRANSFER_TIME_T)
    info.startTransfer = time(CURLINFO_STARTTRANSFER_TIME_T)
    return info
  }
}

#endif
