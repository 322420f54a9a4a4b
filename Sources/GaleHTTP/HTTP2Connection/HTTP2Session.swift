// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import CNGHTTP2
import GaleCore
import GaleWire

/// A server's end of HTTP/2's state machine: nghttp2's session.
///
/// It does no I/O. What comes in is reported to its connection, inside of ``receive(_:)`` and ``send(to:upTo:)``; the calls that
/// queue something may be made from there, those two not.
@safe
final class HTTP2Session {
  // SAFETY (this file): the session's own; freed once, outside of nghttp2's callbacks.
  private var raw: OpaquePointer?
  /// Where the fields of an answer are put together.
  private var fields: [nghttp2_nv] = unsafe []
  /// The digits of a status.
  private let digits: UnsafeMutablePointer<UInt8>

  /// A session that reports to `connection`, which must end it before it goes.
  init(for connection: HTTP2ServerConnection) {
    unsafe digits = .allocate(capacity: 3)
    var made: OpaquePointer?
    let user = unsafe Unmanaged.passUnretained(connection).toOpaque()
    let status = unsafe nghttp2_session_server_new2(
      &made, HTTP2Callbacks.shared.raw, user, HTTP2Callbacks.shared.options)
    precondition(status == 0, "no memory for an HTTP/2 session")
    unsafe raw = made
  }

  deinit {
    end()
    unsafe digits.deallocate()
  }

  /// Frees what nghttp2 holds.
  func end() {
    guard let session = unsafe raw else { return }
    unsafe raw = nil
    unsafe nghttp2_session_del(session)
  }

  // MARK: - Bytes

  /// Takes bytes in.
  /// - Returns: 0, or nghttp2's error, after which nothing more may be taken in.
  func receive(_ bytes: Span<UInt8>) -> Int32 {
    // SAFETY: nghttp2 reads the bytes during the call only.
    unsafe bytes.withUnsafeBufferPointer { bytes in
      guard let session = unsafe raw, let start = bytes.baseAddress else { return 0 }
      return unsafe Int32(clamping: min(0, nghttp2_session_mem_recv(session, start, bytes.count)))
    }
  }

  /// Appends what is to be sent, until `output` has about `limit` bytes.
  /// - Returns: Whether all went well.
  func send(to output: ByteBuffer, upTo limit: Int) -> Bool {
    while output.count < limit, let session = unsafe raw {
      var start: UnsafePointer<UInt8>?
      let count = unsafe nghttp2_session_mem_send(session, &start)
      guard count > 0, let first = unsafe start else { return count == 0 }
      // SAFETY: valid until the next call.
      unsafe output.append(UnsafeRawBufferPointer(start: first, count: count))
    }
    return true
  }

  var wantsToSend: Bool { unsafe raw.map { unsafe nghttp2_session_want_write($0) != 0 } ?? false }

  /// Whether the connection is of use: a GOAWAY, of either side, was not the last word.
  var isAlive: Bool {
    unsafe raw.map { unsafe nghttp2_session_want_read($0) != 0 || nghttp2_session_want_write($0) != 0 }
      ?? false
  }

  // MARK: - The connection

  /// Queues the server's settings, which open a connection.
  func submitSettings(_ configuration: HTTP2Configuration, headerListSize: Int) {
    func entry(_ id: UInt32, _ value: Int) -> nghttp2_settings_entry {
      nghttp2_settings_entry(settings_id: Int32(bitPattern: id), value: UInt32(clamping: value))
    }
    let window = min(max(configuration.streamWindowByteCount, 1), Int(Int32.max))
    let settings = [
      entry(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue, max(1, configuration.maxConcurrentStreams)),
      entry(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue, window),
      entry(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue, headerListSize),
      // Priorities are those of RFC 9218, or none.
      entry(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES.rawValue, 1),
    ]
    _ = unsafe settings.withUnsafeBufferPointer {
      unsafe nghttp2_submit_settings(raw, 0, $0.baseAddress, $0.count)
    }
    let whole = min(max(configuration.connectionWindowByteCount, 65_535), Int(Int32.max))
    _ = unsafe nghttp2_session_set_local_window_size(raw, 0, 0, Int32(whole))
  }

  /// Says that the connection will end soon; requests that are on their way are still taken.
  func submitShutdownNotice() { _ = unsafe nghttp2_submit_shutdown_notice(raw) }

  func submitPing() { _ = unsafe nghttp2_submit_ping(raw, 0, nil) }

  /// Says that no request after the last one is taken any more.
  func submitGoaway() {
    guard let session = unsafe raw else { return }
    let last = unsafe nghttp2_session_get_last_proc_stream_id(session)
    _ = unsafe nghttp2_submit_goaway(session, 0, last, NGHTTP2_NO_ERROR.rawValue, nil, 0)
  }

  /// Ends the connection for `reason`, which the client is told.
  func terminate(_ reason: nghttp2_error_code) {
    guard let session = unsafe raw else { return }
    _ = unsafe nghttp2_session_terminate_session(session, reason.rawValue)
  }

  // MARK: - Streams

  func setStream(_ id: Int32, _ stream: HTTP2Stream?) {
    let pointer = unsafe stream.map { unsafe Unmanaged.passUnretained($0).toOpaque() }
    _ = unsafe nghttp2_session_set_stream_user_data(raw, id, pointer)
  }

  func reset(_ id: Int32, _ reason: nghttp2_error_code) {
    _ = unsafe nghttp2_submit_rst_stream(raw, 0, id, reason.rawValue)
  }

  /// The application has taken bytes of a body, or they wait elsewhere: the client may send as many more.
  func consume(stream id: Int32, _ count: Int) { _ = unsafe nghttp2_session_consume_stream(raw, id, count) }

  func consumeConnection(_ count: Int) { _ = unsafe nghttp2_session_consume_connection(raw, count) }

  /// There are bytes again of an answer that had none.
  func resume(_ id: Int32) { _ = unsafe nghttp2_session_resume_data(raw, id) }

  /// Queues an answer's head; its body is asked of `stream`, if there is one.
  func respond(_ stream: HTTP2Stream, _ status: Int, _ headers: HTTPHeaders, hasBody: Bool) -> Bool {
    unsafe withFields(status, headers) { fields in
      guard hasBody else {
        return unsafe nghttp2_submit_response(raw, stream.id, fields.baseAddress, fields.count, nil) == 0
      }
      var provider = unsafe nghttp2_data_provider()
      unsafe provider.source.ptr = Unmanaged.passUnretained(stream).toOpaque()
      unsafe provider.read_callback = HTTP2Callbacks.readData
      return unsafe nghttp2_submit_response(raw, stream.id, fields.baseAddress, fields.count, &provider) == 0
    }
  }

  /// Queues an interim answer.
  func inform(_ id: Int32, _ status: Int, _ headers: HTTPHeaders) {
    _ = unsafe withFields(status, headers) { fields in
      unsafe nghttp2_submit_headers(raw, 0, id, nil, fields.baseAddress, fields.count, nil)
    }
  }

  /// Queues the fields that end an answer.
  func submitTrailers(_ id: Int32, _ headers: HTTPHeaders) {
    _ = unsafe withFields(nil, headers) { fields in
      unsafe nghttp2_submit_trailer(raw, id, fields.baseAddress, fields.count)
    }
  }

  /// Lends the fields in nghttp2's form; it copies them, and puts their names into lower case.
  private func withFields<R>(
    _ status: Int?, _ headers: HTTPHeaders, _ body: (UnsafeBufferPointer<nghttp2_nv>) -> R
  ) -> R {
    unsafe fields.removeAll(keepingCapacity: true)
    if let status { unsafe fields.append(statusField(status)) }
    return unsafe headers.withFields { bytes, table in
      for index in table.indices {
        let field = unsafe table[index]
        if unsafe field.isRemoved || isConnectionSpecific(bytes, field) { continue }
        // SAFETY: nghttp2 only reads what it copies.
        let base = unsafe UnsafeMutablePointer(mutating: bytes.baseAddress)
        unsafe fields.append(
          nghttp2_nv(
            name: base.map { unsafe $0 + Int(field.nameStart) },
            value: base.map { unsafe $0 + Int(field.valueStart) }, namelen: Int(field.nameCount),
            valuelen: Int(field.valueCount), flags: 0))
      }
      return unsafe fields.withUnsafeBufferPointer { unsafe body($0) }
    }
  }

  private func statusField(_ status: Int) -> nghttp2_nv {
    unsafe digits[0] = UInt8(truncatingIfNeeded: status / 100) &+ ASCII.zero
    unsafe digits[1] = UInt8(truncatingIfNeeded: status / 10 % 10) &+ ASCII.zero
    unsafe digits[2] = UInt8(truncatingIfNeeded: status % 10) &+ ASCII.zero
    let name: StaticString = ":status"
    // SAFETY: a constant, which nghttp2 only reads.
    return unsafe nghttp2_nv(
      name: UnsafeMutablePointer(mutating: name.utf8Start), value: digits, namelen: 7, valuelen: 3, flags: 0)
  }

  /// What HTTP/2 has no place for (RFC 9113, section 8.2.2).
  private func isConnectionSpecific(_ bytes: UnsafeBufferPointer<UInt8>, _ field: HTTPField) -> Bool {
    switch field.nameCount {
    case 7: unsafe matches(bytes, field, "upgrade")
    case 10: unsafe matches(bytes, field, "connection") || matches(bytes, field, "keep-alive")
    case 16: unsafe matches(bytes, field, "proxy-connection")
    case 17: unsafe matches(bytes, field, "transfer-encoding")
    default: false
    }
  }

  private func matches(
    _ bytes: UnsafeBufferPointer<UInt8>, _ field: HTTPField, _ name: StaticString
  ) -> Bool {
    name.withUTF8Buffer { wanted in
      for at in wanted.indices
      where unsafe bytes[Int(field.nameStart) + at].asciiLowercased != wanted[at] { return false }
      return true
    }
  }
}

#endif
