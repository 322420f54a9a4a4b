// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import CNGHTTP2
import GaleCore

/// The functions that nghttp2 calls, and its options: the same for all sessions, made once.
@safe
final class HTTP2Callbacks: @unchecked Sendable {
  // @unchecked Sendable: not changed once it is made.
  static let shared = HTTP2Callbacks()

  // SAFETY: live as long as the process.
  let raw: OpaquePointer?
  let options: OpaquePointer?

  private init() {
    var callbacks: OpaquePointer?
    var options: OpaquePointer?
    let isMade = unsafe nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&options) == 0
    precondition(isMade, "no memory for HTTP/2")
    unsafe nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, frameBegins)
    unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, headersBegin)
    unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks, fieldCame)
    unsafe nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, invalidFieldCame)
    unsafe nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, invalidFrameCame)
    unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frameCame)
    unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, dataCame)
    unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frameSent)
    unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, streamClosed)
    unsafe nghttp2_session_callbacks_set_send_data_callback(callbacks, sendData)
    unsafe nghttp2_option_set_no_auto_window_update(options, 1)
    unsafe nghttp2_option_set_builtin_recv_extension_type(
      options, UInt8(NGHTTP2_PRIORITY_UPDATE.rawValue))
    // Closed streams are kept for the priorities of RFC 7540 only, which there are none of.
    unsafe nghttp2_option_set_no_closed_streams(options, 1)
    unsafe self.raw = callbacks
    unsafe self.options = options
  }

  /// Asks a stream how many bytes of its answer can go into a frame.
  static let readData: nghttp2_data_source_read_callback = { _, _, _, length, flags, source, _ in
    guard let pointer = unsafe source?.pointee.ptr else { return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
    let stream = unsafe Unmanaged<HTTP2Stream>.fromOpaque(pointer).takeUnretainedValue()
    let part = stream.nextPart(upTo: length)
    var bits = NGHTTP2_DATA_FLAG_NONE.rawValue
    switch part {
    case .nothing: return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    case .bytes(let count, let isLast):
      if count > 0 { bits |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue }
      if isLast { bits |= NGHTTP2_DATA_FLAG_EOF.rawValue }
      if isLast, stream.submitsTrailers() { bits |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue }
      unsafe flags?.pointee = bits
      return count
    }
  }
}

// SAFETY (the functions below): nghttp2 lends its arguments for the call; a session's user data is its connection,
// which ends the session before it goes, and a stream's is an object that the connection holds until the stream is
// closed.

private func connection(_ user: UnsafeMutableRawPointer?) -> HTTP2ServerConnection? {
  unsafe user.map { unsafe Unmanaged<HTTP2ServerConnection>.fromOpaque($0).takeUnretainedValue() }
}

private func stream(_ session: OpaquePointer?, _ id: Int32) -> HTTP2Stream? {
  unsafe nghttp2_session_get_stream_user_data(session, id).map {
    unsafe Unmanaged<HTTP2Stream>.fromOpaque($0).takeUnretainedValue()
  }
}

private func isOn(_ flag: nghttp2_flag, _ header: nghttp2_frame_hd) -> Bool {
  UInt32(header.flags) & flag.rawValue != 0
}

private let failure = NGHTTP2_ERR_CALLBACK_FAILURE.rawValue

private func frameBegins(
  _ session: OpaquePointer?, _ header: UnsafePointer<nghttp2_frame_hd>?, _ user: UnsafeMutableRawPointer?
) -> Int32 {
  guard let connection = unsafe connection(user), let header = unsafe header?.pointee else { return failure }
  let isEmptyData =
    UInt32(header.type) == NGHTTP2_DATA.rawValue && header.length == 0
    && !isOn(NGHTTP2_FLAG_END_STREAM, header)
  return connection.frameBegins(type: UInt32(header.type), isEmptyData: isEmptyData) ? 0 : failure
}

private func headersBegin(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ user: UnsafeMutableRawPointer?
) -> Int32 {
  guard let connection = unsafe connection(user), let frame = unsafe frame else { return failure }
  let id = unsafe frame.pointee.hd.stream_id
  if unsafe frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST {
    connection.requestBegins(id)
  } else {
    unsafe stream(session, id)?.trailersBegin()
  }
  return 0
}

private func fieldCame(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ name: UnsafePointer<UInt8>?,
  _ nameCount: Int, _ value: UnsafePointer<UInt8>?, _ valueCount: Int, _ flags: UInt8,
  _ user: UnsafeMutableRawPointer?
) -> Int32 {
  guard let connection = unsafe connection(user), let frame = unsafe frame else { return failure }
  // Also of a request that was refused: the decoder has to know them.
  guard connection.fieldCame(byteCount: nameCount + valueCount + 32) else { return failure }
  guard let stream = unsafe stream(session, frame.pointee.hd.stream_id) else { return 0 }
  let nameBytes = unsafe UnsafeBufferPointer(start: name, count: nameCount)
  let valueBytes = unsafe UnsafeBufferPointer(start: value, count: valueCount)
  unsafe stream.fieldCame(Span(_unsafeElements: nameBytes), Span(_unsafeElements: valueBytes))
  return 0
}

/// A field that may not be: its stream is reset.
private func invalidFieldCame(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ name: UnsafePointer<UInt8>?,
  _ nameCount: Int, _ value: UnsafePointer<UInt8>?, _ valueCount: Int, _ flags: UInt8,
  _ user: UnsafeMutableRawPointer?
) -> Int32 {
  guard let connection = unsafe connection(user) else { return failure }
  guard connection.fieldCame(byteCount: nameCount + valueCount + 32) else { return failure }
  connection.logMalformed("Invalid header field")
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
}

private func invalidFrameCame(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ code: Int32,
  _ user: UnsafeMutableRawPointer?
) -> Int32 {
  guard let connection = unsafe connection(user) else { return failure }
  // SAFETY: a string constant.
  let reason = unsafe nghttp2_strerror(code).map { unsafe String(cString: $0) } ?? ""
  connection.logMalformed(reason)
  return 0
}

private func frameCame(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ user: UnsafeMutableRawPointer?
) -> Int32 {
  guard let connection = unsafe connection(user), let frame = unsafe frame else { return failure }
  let header = unsafe frame.pointee.hd
  switch UInt32(header.type) {
  case NGHTTP2_HEADERS.rawValue:
    connection.headersEnded()
    unsafe stream(session, header.stream_id)?.headersEnded(endsStream: isOn(NGHTTP2_FLAG_END_STREAM, header))
  case NGHTTP2_DATA.rawValue:
    if isOn(NGHTTP2_FLAG_END_STREAM, header) { unsafe stream(session, header.stream_id)?.dataEnded() }
  case NGHTTP2_SETTINGS.rawValue: connection.settingsCame()
  case NGHTTP2_PING.rawValue: if isOn(NGHTTP2_FLAG_ACK, header) { connection.pingAnswered() }
  default: break
  }
  return 0
}

private func dataCame(
  _ session: OpaquePointer?, _ flags: UInt8, _ id: Int32, _ bytes: UnsafePointer<UInt8>?, _ count: Int,
  _ user: UnsafeMutableRawPointer?
) -> Int32 {
  guard let connection = unsafe connection(user) else { return failure }
  guard let stream = unsafe stream(session, id) else {
    connection.consumeConnection(count)
    return 0
  }
  unsafe stream.dataCame(Span(_unsafeElements: UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}

private func frameSent(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ user: UnsafeMutableRawPointer?
) -> Int32 {
  guard let connection = unsafe connection(user), let frame = unsafe frame else { return failure }
  let header = unsafe frame.pointee.hd
  switch UInt32(header.type) {
  case NGHTTP2_RST_STREAM.rawValue:
    connection.resetSent(unsafe frame.pointee.rst_stream.error_code)
  case NGHTTP2_HEADERS.rawValue, NGHTTP2_DATA.rawValue:
    if isOn(NGHTTP2_FLAG_END_STREAM, header) { unsafe stream(session, header.stream_id)?.endSent() }
  default: break
  }
  return 0
}

private func streamClosed(
  _ session: OpaquePointer?, _ id: Int32, _ code: UInt32, _ user: UnsafeMutableRawPointer?
) -> Int32 {
  guard let connection = unsafe connection(user) else { return failure }
  if let stream = unsafe stream(session, id) { connection.streamEnded(stream) }
  return 0
}

/// Writes a DATA frame: its header and the bytes that ``HTTP2Stream/nextPart(upTo:)`` has promised.
private func sendData(
  _ session: OpaquePointer?, _ frame: UnsafeMutablePointer<nghttp2_frame>?,
  _ header: UnsafePointer<UInt8>?, _ count: Int, _ source: UnsafeMutablePointer<nghttp2_data_source>?,
  _ user: UnsafeMutableRawPointer?
) -> Int32 {
  guard let connection = unsafe connection(user), let header = unsafe header, let frame = unsafe frame else {
    return failure
  }
  guard connection.hasRoom else { return NGHTTP2_ERR_WOULDBLOCK.rawValue }
  guard let stream = unsafe stream(session, frame.pointee.hd.stream_id) else {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
  }
  let headerBytes = unsafe UnsafeRawBufferPointer(start: header, count: 9)
  let isWritten = unsafe stream.writePart(count, after: headerBytes)
  return isWritten ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
}

#endif
