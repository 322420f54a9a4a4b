// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl

import CCurl

/// libcurl's own options for one request, for what no property of a request says: the argument of Tornado's
/// `prepare_curl_callback`.
///
/// It is lent to a closure after everything else has been set, so that what the closure sets comes last. Options are
/// named as in libcurl's documentation, without `CURLOPT_`, and hold until the request has ended.
///
/// ```swift
/// let client = CurlHTTPClient { curl in
///   try curl.set("TCP_FASTOPEN", 1)
///   try curl.set("INTERFACE", "host!10.0.0.2")
/// }
/// ```
///
/// - Note: The list is at [curl.se](https://curl.se/libcurl/c/curl_easy_setopt.html).
public struct CurlOptions: ~Copyable {
  private let handle: CurlHandle

  init(_ handle: CurlHandle) { self.handle = handle }

  /// Sets an option that is a number, a choice, a set of bits, or a size.
  /// - Throws: ``CurlError`` when there is no such option, when it is not a number, when libcurl refuses the value, or
  ///   when the option is one that the client keeps to itself.
  public func set(_ name: String, _ value: Int) throws(CurlError) {
    let (option, type) = try find(name)
    switch type {
    case CURLOT_LONG, CURLOT_VALUES: try handle.set(option, value)
    case CURLOT_OFF_T: try handle.set(option, offset: value)
    default: throw CurlOptions.wrongType(name)
    }
  }

  /// Sets an option that is a text; `nil` for libcurl's default.
  /// - Throws: As for a number; also for a text with a NUL.
  public func set(_ name: String, _ value: String?) throws(CurlError) {
    let (option, type) = try find(name)
    guard type == CURLOT_STRING else { throw CurlOptions.wrongType(name) }
    try handle.set(option, value)
  }

  /// Sets an option that is a list of texts.
  /// - Throws: As for a number; also for a text with a NUL.
  public func set(_ name: String, _ values: [String]) throws(CurlError) {
    let (option, type) = try find(name)
    guard type == CURLOT_SLIST else { throw CurlOptions.wrongType(name) }
    try handle.set(option, list: values)
  }

  /// Sets an option that is a block of bytes.
  /// - Throws: As for a number.
  public func set(_ name: String, _ bytes: [UInt8]) throws(CurlError) {
    let (option, type) = try find(name)
    guard type == CURLOT_BLOB else { throw CurlOptions.wrongType(name) }
    try handle.set(option, blob: bytes)
  }

  /// What would take the request out of the client's hands, or break a promise that the client makes.
  private static let kept: Set<String> = [
    "URL", "HTTPHEADER", "PRIVATE", "NOSIGNAL", "PROTOCOLS", "PROTOCOLS_STR", "REDIR_PROTOCOLS",
    "REDIR_PROTOCOLS_STR", "FOLLOWLOCATION", "CONNECT_ONLY", "HEADER", "NOBODY", "UPLOAD", "POST", "PUT",
    "HTTPGET",
    "CUSTOMREQUEST", "POSTFIELDSIZE", "POSTFIELDSIZE_LARGE", "INFILESIZE", "INFILESIZE_LARGE",
    "ACCEPT_ENCODING",
    "ENCODING", "HTTP_CONTENT_DECODING", "HTTP_TRANSFER_DECODING", "FAILONERROR", "HTTP09_ALLOWED", "RESOLVE",
  ]

  private func find(_ name: String) throws(CurlError) -> (CURLoption, curl_easytype) {
    guard !name.utf8.contains(0), let row = unsafe curl_easy_option_by_name(name) else {
      throw CurlError(CURLE_UNKNOWN_OPTION, detail: "libcurl has no option \(name.debugDescription)")
    }
    // SAFETY: a row of a constant table.
    guard unsafe !CurlOptions.kept.contains(String(cString: row.pointee.name)) else {
      throw CurlError(CURLE_BAD_FUNCTION_ARGUMENT, detail: "The client sets \(name) itself")
    }
    return unsafe (row.pointee.id, row.pointee.type)
  }

  private static func wrongType(_ name: String) -> CurlError {
    CurlError(CURLE_BAD_FUNCTION_ARGUMENT, detail: "\(name) is an option of another type")
  }
}

#endif
