// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop

/// An answer, taken apart without the code under test.
struct Response {
  var status = 0
  var version = ""
  var reason = ""
  var fields: [(name: String, value: String)] = []
  var body: [UInt8] = []
  var head = ""

  var text: String { String(decoding: body, as: UTF8.self) }

  subscript(name: String) -> String? { fields.first { $0.name.lowercased() == name.lowercased() }?.value }

  func values(_ name: String) -> [String] {
    fields.filter { $0.name.lowercased() == name.lowercased() }.map { $0.value }
  }

  init(head bytes: [UInt8]) throws {
    head = String(decoding: bytes, as: UTF8.self)
    var lines = head.unicodeScalars.split(omittingEmptySubsequences: false) { $0 == "\n" }.map { line in
      String(line.last == "\r" ? line.dropLast() : line)
    }
    let first = lines.removeFirst().split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard first.count == 3, let status = Int(first[1]) else { throw TestFailure("no status line: \(head)") }
    (version, self.status, reason) = (String(first[0]), status, String(first[2]))
    for line in lines where !line.isEmpty {
      guard let colon = line.firstIndex(of: ":") else { throw TestFailure("no field: \(line)") }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      fields.append((String(line[..<colon]), String(value)))
    }
  }
}

/// The simplest client: what it sends and reads is up to the test.
final class Client {
  let stream: IOStream

  init(_ stream: IOStream) { self.stream = stream }

  func send(_ text: String) async throws { try await stream.write(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) async throws { try await stream.write(bytes) }

  /// Sends a request; `Host` and `Content-Length` are added unless `headers` has its own framing.
  func send(
    _ method: String = "GET", _ target: String, _ headers: [String] = [], body: [UInt8] = [],
    version: String = "HTTP/1.1"
  ) async throws {
    var lines = ["\(method) \(target) \(version)"] + headers
    let names = headers.map { $0.prefix { $0 != ":" }.lowercased() }
    if !names.contains("host") { lines.append("Host: gale.test") }
    if !body.isEmpty, !names.contains("content-length"), !names.contains("transfer-encoding") {
      lines.append("Content-Length: \(body.count)")
    }
    let head = lines.joined(separator: "\r\n") + "\r\n\r\n"
    try await stream.write(Array(head.utf8) + body)
  }

  /// Takes the head of an answer.
  func responseHead() async throws -> Response {
    try Response(head: try await stream.read(until: Array("\r\n\r\n".utf8), limit: 1 << 20))
  }

  /// Takes an answer, which must be whole.
  func response(isHead: Bool = false) async throws -> Response {
    var response = try await responseHead()
    while response.status == 100 { response = try await responseHead() }
    if isHead || response.status == 204 || response.status == 304 { return response }
    if response["Transfer-Encoding"] == "chunked" {
      while case let chunk = try await chunk(), !chunk.isEmpty { response.body += chunk }
    } else if let text = response["Content-Length"] {
      guard let count = Int(text) else { throw TestFailure("bad Content-Length \(text)") }
      response.body = try await stream.read(count: count)
    } else {
      response.body = try await stream.readUntilClose()
    }
    return response
  }

  /// Takes one chunk of a chunked body; the last one is empty.
  func chunk() async throws -> [UInt8] {
    let line = try await stream.read(until: Array("\r\n".utf8), limit: 100)
    guard let count = Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16) else {
      throw TestFailure("bad chunk size \(line)")
    }
    let data = try await stream.read(count: count + 2)
    guard data.suffix(2) == [13, 10] else { throw TestFailure("chunk without its end") }
    return Array(data.dropLast(2))
  }

  /// Takes everything until the server closes.
  func readToEnd() async throws -> (bytes: [UInt8], wasReset: Bool) {
    do {
      return (try await stream.readUntilClose(), false)
    } catch is StreamError {
      return (try await stream.readUntilClose(), true)
    }
  }

  /// Whether the connection serves another request.
  func isAlive(_ target: String) async -> Bool {
    do {
      try await send("GET", target)
      return try await response().status < 500
    } catch {
      return false
    }
  }

  func close() { stream.close() }
}
