// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleLoop

/// An HTTP client that sends what it is told, byte for byte, and checks the framing of what it gets.
package final class RawClient {
  package let stream: IOStream

  package init(_ stream: IOStream) { self.stream = stream }

  package static func connect(to address: SocketAddress, on loop: IOLoop = .current) async throws -> RawClient
  {
    RawClient(try await IOStream.connect(to: address, on: loop))
  }

  package func send(_ text: String) async throws { try await stream.write(Array(text.utf8)) }

  package func send(_ bytes: [UInt8]) async throws { try await stream.write(bytes) }

  /// Sends the end of the stream; what the server sends can still be read.
  package func closeSending() { stream.shutdownWriting() }

  package func close() { stream.close() }

  /// Cuts the connection with a reset.
  package func reset() { stream.abort() }

  /// Everything until the server closes; empty when it reset the connection.
  package func rest() async throws -> String {
    String(decoding: try await stream.readUntilClose(), as: UTF8.self)
  }

  /// The next answer, also an interim one.
  /// - Parameter isBodiless: The answer is one to HEAD.
  package func response(isBodiless: Bool = false) async throws -> RawResponse {
    let head = String(decoding: try await stream.read(until: Array("\r\n\r\n".utf8)), as: UTF8.self)
    var response = try RawResponse(head: head)
    if isBodiless || response.status < 200 || response.status == 204 || response.status == 304 {
      return response
    }
    if response["Transfer-Encoding"] == "chunked" {
      try await readChunks(&response)
    } else if let length = response["Content-Length"] {
      guard let count = Int(length), count >= 0 else { throw MalformedResponse("Content-Length: \(length)") }
      response.body = try await stream.read(count: count)
    } else {
      response.body = try await stream.readUntilClose()
    }
    return response
  }

  /// Sends a request and takes the answer.
  package func request(_ text: String, isBodiless: Bool = false) async throws -> RawResponse {
    try await send(text)
    return try await response(isBodiless: isBodiless)
  }

  private func line() async throws -> String {
    let bytes = try await stream.read(until: [13, 10])
    return String(decoding: bytes.dropLast(2), as: UTF8.self)
  }

  private func readChunks(_ response: inout RawResponse) async throws {
    while true {
      let size = try await line()
      guard let count = Int(size, radix: 16), count >= 0, size.first != "+" else {
        throw MalformedResponse("chunk size \(size)")
      }
      if count == 0 { break }
      response.chunks.append(count)
      response.body += try await stream.read(count: count)
      guard try await stream.read(count: 2) == [13, 10] else { throw MalformedResponse("end of a chunk") }
    }
    while true {
      let line = try await line()
      if line.isEmpty { return }
      response.trailers.append(line)
    }
  }
}

/// What came is no answer.
package struct MalformedResponse: Error, CustomStringConvertible {
  package let description: String
  init(_ what: String) { description = "Malformed response: \(what)" }
}

/// An answer as it came.
package struct RawResponse: Sendable {
  package var status: Int
  package var reason: String
  /// Field lines in order, names as they were sent.
  package var fields: [(name: String, value: String)] = []
  package var body: [UInt8] = []
  /// The sizes of a chunked body's chunks.
  package var chunks: [Int] = []
  package var trailers: [String] = []

  package var text: String { String(decoding: body, as: UTF8.self) }

  /// The values of `name`, joined by commas.
  package subscript(name: String) -> String? {
    let values = fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }

  init(head: String) throws {
    let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false).dropLast(2)
    let start = (lines.first ?? "").split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard start.count == 3, start[0] == "HTTP/1.1", start[1].utf8.count == 3, let status = Int(start[1])
    else {
      throw MalformedResponse("status line \(lines.first ?? "")")
    }
    self.status = status
    reason = String(start[2])
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":"), colon != line.startIndex, !line.contains("\n") else {
        throw MalformedResponse("field line \(line)")
      }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      fields.append((String(line[..<colon]), String(value)))
    }
  }
}
