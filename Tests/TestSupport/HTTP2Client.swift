// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import CNGHTTP2
package import GaleLoop

/// One frame (RFC 9113, section 4.1).
package struct HTTP2Frame: Sendable, Equatable {
  package enum Kind: UInt8, Sendable {
    case data, headers, priority, reset, settings, pushPromise, ping, goaway, windowUpdate, continuation
  }

  package static let endStream: UInt8 = 1
  package static let ack: UInt8 = 1
  package static let endHeaders: UInt8 = 4

  package var kind: UInt8
  package var flags: UInt8
  package var stream: Int
  package var payload: [UInt8]

  package init(_ kind: Kind, _ flags: UInt8 = 0, _ stream: Int = 0, _ payload: [UInt8] = []) {
    self.init(raw: kind.rawValue, flags, stream, payload)
  }

  package init(raw kind: UInt8, _ flags: UInt8 = 0, _ stream: Int = 0, _ payload: [UInt8] = []) {
    self.kind = kind
    self.flags = flags
    self.stream = stream
    self.payload = payload
  }

  package func has(_ wanted: Kind) -> Bool { kind == wanted.rawValue }

  package var endsStream: Bool { (has(.data) || has(.headers)) && flags & HTTP2Frame.endStream != 0 }

  /// The number at `offset` of the payload.
  package func number(at offset: Int = 0) -> Int {
    payload.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | Int($1) }
  }

  package var bytes: [UInt8] {
    let count = payload.count
    return [UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), kind, flags]
      + HTTP2Frame.word(stream)
      + payload
  }

  package static func word(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }
}

/// An answer, put together from its frames.
package struct HTTP2Response: Sendable {
  package var fields: [(name: String, value: String)] = []
  package var interim: [[(name: String, value: String)]] = []
  package var trailers: [(name: String, value: String)] = []
  package var body: [UInt8] = []
  package var isComplete = false
  /// The code with which the stream was reset.
  package var reset: Int?

  package var status: Int { self[":status"].flatMap { Int($0) } ?? 0 }
  package var text: String { String(decoding: body, as: UTF8.self) }
  package subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// An HTTP/2 client that sends what it is told, frame for frame.
@safe
package final class HTTP2Client {
  package let stream: IOStream
  /// What came on each stream so far.
  package private(set) var responses: [Int: HTTP2Response] = [:]
  /// What came on the connection: SETTINGS, PING, GOAWAY, WINDOW_UPDATE.
  package private(set) var control: [HTTP2Frame] = []
  /// Whether windows are opened again for what has come, pings and settings answered.
  package var isPolite = true
  // SAFETY: the client's own; freed once.
  private var decoder: OpaquePointer?
  package private(set) var hasEnded = false

  package static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  package init(_ stream: IOStream) {
    self.stream = stream
    let status = unsafe nghttp2_hd_inflate_new(&decoder)
    precondition(status == 0, "no memory")
  }

  deinit { unsafe nghttp2_hd_inflate_del(decoder) }

  /// Connects, and opens with the preface and `settings`.
  package static func connect(
    to address: SocketAddress, settings: [(id: Int, value: Int)] = [], on loop: IOLoop = .current
  ) async throws -> HTTP2Client {
    let client = HTTP2Client(try await IOStream.connect(to: address, on: loop))
    try await client.open(settings)
    return client
  }

  /// Sends the preface and `settings`.
  package func open(_ settings: [(id: Int, value: Int)] = []) async throws {
    try await send(HTTP2Client.preface + HTTP2Client.settings(settings).bytes)
  }

  package static func settings(_ settings: [(id: Int, value: Int)]) -> HTTP2Frame {
    HTTP2Frame(
      .settings, 0, 0,
      settings.flatMap { [UInt8($0.id >> 8), UInt8($0.id & 255)] + HTTP2Frame.word($0.value) })
  }

  // MARK: - Sending

  package func send(_ bytes: [UInt8]) async throws { try await stream.write(bytes) }

  package func send(_ frames: HTTP2Frame...) async throws {
    try await stream.write(frames.flatMap(\.bytes))
  }

  /// Fields as literals without indexing (RFC 7541, section 6.2.2).
  package static func block(_ fields: [(String, String)]) -> [UInt8] {
    fields.flatMap { [0] + string($0.0) + string($0.1) }
  }

  private static func string(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
    var rest = bytes.count - 127
    var length: [UInt8] = [127]
    while rest >= 128 {
      length.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return length + [UInt8(rest)] + bytes
  }

  package static func fields(
    _ method: String, _ path: String, _ more: [(String, String)] = []
  ) -> [(String, String)] {
    [(":method", method), (":scheme", "http"), (":path", path), (":authority", "gale.test")] + more
  }

  /// The frame that starts a request.
  package static func headers(_ id: Int, _ fields: [(String, String)], ends: Bool = true) -> HTTP2Frame {
    let flags = HTTP2Frame.endHeaders | (ends ? HTTP2Frame.endStream : 0)
    return HTTP2Frame(.headers, flags, id, block(fields))
  }

  /// Sends a request with its body, as far as windows of the default size allow.
  package func request(
    _ id: Int, _ method: String = "GET", _ path: String = "/", _ more: [(String, String)] = [],
    body: [UInt8]? = nil
  ) async throws {
    let fields = HTTP2Client.fields(method, path, more)
    guard let body else { return try await send(HTTP2Client.headers(id, fields)) }
    var frames = [HTTP2Client.headers(id, fields, ends: false)]
    var rest = body[...]
    while rest.count > 16384 {
      frames.append(HTTP2Frame(.data, 0, id, Array(rest.prefix(16384))))
      rest = rest.dropFirst(16384)
    }
    frames.append(HTTP2Frame(.data, HTTP2Frame.endStream, id, Array(rest)))
    try await stream.write(frames.flatMap(\.bytes))
  }

  /// Lets the server send more.
  package func openWindow(_ id: Int, by count: Int) async throws {
    try await send(HTTP2Frame(.windowUpdate, 0, id, HTTP2Frame.word(count)))
  }

  // MARK: - Receiving

  /// Takes the next frame; `nil` at the end.
  @discardableResult
  package func frame() async throws -> HTTP2Frame? {
    let head: [UInt8]
    do { head = try await stream.read(count: 9) } catch is StreamError {
      hasEnded = true
      return nil
    }
    let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
    let payload = try await stream.read(count: count)
    let id = head[5...8].reduce(0) { $0 << 8 | Int($1) }
    let frame = HTTP2Frame(raw: head[3], head[4], id, payload)
    try await note(frame)
    return frame
  }

  private func note(_ frame: HTTP2Frame) async throws {
    guard frame.stream > 0 else {
      control.append(frame)
      guard isPolite, frame.flags & HTTP2Frame.ack == 0 else { return }
      if frame.has(.settings) { try await send(HTTP2Frame(.settings, HTTP2Frame.ack)) }
      if frame.has(.ping) { try await send(HTTP2Frame(.ping, HTTP2Frame.ack, 0, frame.payload)) }
      return
    }
    var response = responses[frame.stream] ?? HTTP2Response()
    if frame.has(.headers) {
      precondition(frame.flags & HTTP2Frame.endHeaders != 0, "the client takes no CONTINUATION")
      let fields = try decode(frame.payload)
      if response.status != 0 {
        response.trailers = fields
      } else if fields.first?.value.hasPrefix("1") ?? false {
        response.interim.append(fields)
      } else {
        response.fields = fields
      }
    } else if frame.has(.data) {
      response.body += frame.payload
      if isPolite, !frame.payload.isEmpty {
        try await openWindow(0, by: frame.payload.count)
        if !frame.endsStream { try await openWindow(frame.stream, by: frame.payload.count) }
      }
    } else if frame.has(.reset) {
      response.reset = frame.number()
    }
    if frame.endsStream { response.isComplete = true }
    responses[frame.stream] = response
  }

  private func decode(_ block: [UInt8]) throws -> [(name: String, value: String)] {
    var fields: [(name: String, value: String)] = []
    var offset = 0
    // SAFETY: nghttp2 reads the block, and lends what it decodes until the next call.
    try unsafe block.withUnsafeBufferPointer { bytes in
      while true {
        var field = unsafe nghttp2_nv()
        var flags: Int32 = 0
        let used = unsafe nghttp2_hd_inflate_hd2(
          decoder, &field, &flags, bytes.baseAddress.map { unsafe $0 + offset }, bytes.count - offset, 1)
        guard used >= 0 else { throw MalformedResponse("header block") }
        offset += used
        if UInt32(bitPattern: flags) & NGHTTP2_HD_INFLATE_EMIT.rawValue != 0 {
          let name = unsafe UnsafeBufferPointer(start: field.name, count: field.namelen)
          let value = unsafe UnsafeBufferPointer(start: field.value, count: field.valuelen)
          unsafe fields.append(
            (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        if UInt32(bitPattern: flags) & NGHTTP2_HD_INFLATE_FINAL.rawValue != 0 { break }
      }
      unsafe nghttp2_hd_inflate_end_headers(decoder)
    }
    return fields
  }

  /// Takes frames until the answer on `id` is complete, or its stream reset, or the connection ended.
  package func response(_ id: Int) async throws -> HTTP2Response {
    try await take { $0.responses[id]?.isComplete ?? false || $0.responses[id]?.reset != nil }
    return responses[id] ?? HTTP2Response()
  }

  /// Takes frames until `condition` holds, or the connection has ended.
  package func take(until condition: (HTTP2Client) -> Bool) async throws {
    while !hasEnded, !condition(self) { try await frame() }
  }

  /// Takes everything until the server closes.
  package func rest() async throws { try await take { _ in false } }

  /// The codes of the GOAWAY frames so far.
  package var goaways: [Int] { control.filter { $0.has(.goaway) }.map { $0.number(at: 4) } }

  package func close() { stream.close() }
}

#endif
