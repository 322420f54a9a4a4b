// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl

import CCurl

/// An easy handle: the description of one transfer, and later what became of it.
///
/// Connections belong to the `CurlMulti`, so a handle can be used again without keeping anything of its former request.
@safe
final class CurlHandle {
  // SAFETY: both are made in init and freed in deinit only.
  let raw: UnsafeMutableRawPointer
  private let errorText: UnsafeMutablePointer<CChar>
  /// Lists that libcurl reads for as long as the options that name them stand.
  private var lists: [UnsafeMutablePointer<curl_slist>] = unsafe []

  /// Whether libcurl is ready for use by this process, once and for all threads.
  private static let libraryStatus = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

  init() throws(CurlError) {
    guard CurlHandle.libraryStatus == CURLE_OK else { throw CurlError(CurlHandle.libraryStatus) }
    guard let raw = unsafe curl_easy_init() else { throw CurlError(CURLE_FAILED_INIT) }
    unsafe self.raw = raw
    unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    unsafe curl_easy_cleanup(raw)
    unsafe errorText.deallocate()
    freeLists()
  }

  /// Forgets everything about the former request: options, credentials, texts (not connections, which are the multi's).
  func reset() {
    unsafe curl_easy_reset(raw)
    unsafe errorText.pointee = 0
    freeLists()
  }

  private func freeLists() {
    while let list = unsafe lists.popLast() { unsafe curl_slist_free_all(list) }
  }

  // MARK: - Options

  func set(_ option: CURLoption, _ value: Int) throws(CurlError) {
    try check(unsafe cgale_curl_set_long(raw, option, value), option)
  }

  func set(_ option: CURLoption, _ value: Bool) throws(CurlError) { try set(option, value ? 1 : 0) }

  func set(_ option: CURLoption, offset value: Int) throws(CurlError) {
    try check(unsafe cgale_curl_set_offset(raw, option, value), option)
  }

  /// Sets a text, which libcurl copies; `nil` for none.
  /// - Throws: Also when the text holds a NUL, which would end it early.
  func set(_ option: CURLoption, _ value: String?) throws(CurlError) {
    guard value?.utf8.contains(0) != true else {
      throw CurlError(CURLE_BAD_FUNCTION_ARGUMENT, detail: "A text for libcurl holds a NUL")
    }
    try check(unsafe cgale_curl_set_text(raw, option, value), option)
  }

  /// Sets bytes, which libcurl copies.
  func set(_ option: CURLoption, blob bytes: [UInt8]) throws(CurlError) {
    try check(
      unsafe bytes.withUnsafeBytes { bytes in
        unsafe cgale_curl_set_blob(raw, option, bytes.baseAddress, bytes.count)
      }, option)
  }

  /// Sets a list of texts, which lives until the next `reset()`.
  func set(_ option: CURLoption, list texts: [String]) throws(CurlError) {
    var list: UnsafeMutablePointer<curl_slist>?
    for text in texts {
      guard !text.utf8.contains(0), let longer = unsafe curl_slist_append(list, text) else {
        unsafe curl_slist_free_all(list)
        throw CurlError(CURLE_BAD_FUNCTION_ARGUMENT, detail: "A text for libcurl holds a NUL")
      }
      unsafe list = longer
    }
    if let list = unsafe list { unsafe lists.append(list) }
    try check(unsafe cgale_curl_set_list(raw, option, list), option)
  }

  /// Sets the body of a request, which libcurl reads while the transfer lasts.
  ///
  /// SAFETY: `bytes` must stay where it is until the transfer has left its multi.
  @unsafe
  func setBody(_ bytes: UnsafeRawBufferPointer) throws(CurlError) {
    try set(CURLOPT_POSTFIELDSIZE_LARGE, offset: bytes.count)
    let start = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress)
    try check(unsafe cgale_curl_set_pointer(raw, CURLOPT_POSTFIELDS, start), CURLOPT_POSTFIELDS)
  }

  /// Has libcurl write down what goes wrong in words; see `errorMessage`.
  func keepErrorText() throws(CurlError) {
    // SAFETY: as long as the handle.
    try check(unsafe cgale_curl_set_pointer(raw, CURLOPT_ERRORBUFFER, errorText), CURLOPT_ERRORBUFFER)
  }

  private func check(_ code: CURLcode, _ option: CURLoption) throws(CurlError) {
    guard code != CURLE_OK else { return }
    // SAFETY: a row of a constant table.
    let row = unsafe curl_easy_option_by_id(option)
    let name = unsafe row.map { unsafe String(cString: $0.pointee.name) } ?? "\(option.rawValue)"
    throw CurlError(number: Int(code.rawValue), message: "CURLOPT_\(name): \(CurlError(code).message)")
  }

  // MARK: - What became of it

  /// What went wrong, in libcurl's words; empty when it has nothing to say.
  var errorMessage: String {
    // SAFETY: libcurl ends the text with a NUL.
    unsafe String(cString: errorText)
  }

  func long(_ info: CURLINFO) -> Int {
    var value = 0
    guard unsafe cgale_curl_get_long(raw, info, &value) == CURLE_OK else { return 0 }
    return value
  }

  /// A time in microseconds, as a duration.
  func time(_ info: CURLINFO) -> Duration {
    var value: curl_off_t = 0
    guard unsafe cgale_curl_get_offset(raw, info, &value) == CURLE_OK else { return .zero }
    return .microseconds(Int64(value))
  }

  func text(_ info: CURLINFO) -> String? {
    var value: UnsafeMutablePointer<CChar>?
    guard unsafe cgale_curl_get_text(raw, info, &value) == CURLE_OK, let value = unsafe value else {
      return nil
    }
    // SAFETY: the handle's, until it is used again.
    return unsafe String(cString: value)
  }
}

#endif
