// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl

import CCurl

/// What libcurl says: Tornado's `CurlError`.
///
/// The underlying error of an `HTTPClientError` that this client throws.
public struct CurlError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The number that libcurl gives (`CURLcode`), as in Tornado's `CurlError.errno`.
  public let number: Int
  /// What is wrong in this case, in libcurl's words.
  public let message: String
  /// The system's error number, or 0.
  public let systemError: Int32

  init(number: Int, message: String, systemError: Int32 = 0) {
    self.number = number
    self.message = message
    self.systemError = systemError
  }

  init(_ code: CURLcode, detail: String = "", systemError: Int32 = 0) {
    // SAFETY: a string constant of the library.
    let text = unsafe String(cString: curl_easy_strerror(code))
    self.init(
      number: Int(code.rawValue), message: detail.isEmpty ? text : detail, systemError: systemError)
  }

  init(_ code: CURLMcode) {
    // SAFETY: a string constant of the library.
    self.init(number: Int(code.rawValue), message: unsafe String(cString: curl_multi_strerror(code)))
  }

  /// The text that logs and messages show.
  public var description: String { "\(message) (libcurl error \(number))" }
}

#endif
