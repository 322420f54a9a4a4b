// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// What follows from a response's head for the body and the connection (RFC 9112, sections 6 and 9).
package struct ResponseTraits: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// HTTP/1.1 or later; without it HTTP/1.0.
  package static let http11 = ResponseTraits(rawValue: 1)
  /// The body is chunked.
  package static let chunked = ResponseTraits(rawValue: 2)
  /// `Connection: close`.
  package static let close = ResponseTraits(rawValue: 4)
  /// `Connection: keep-alive`.
  package static let keepAlive = ResponseTraits(rawValue: 8)
  /// `Connection: upgrade`.
  package static let upgrade = ResponseTraits(rawValue: 16)
}

/// The head of one response: its line and its fields, as places in one block of bytes.
///
/// An object, so that it is handed on without being copied, and its memory serves the next response.
package final class ResponseHead {
  package var bytes: [UInt8] = []
  package var fields: [HTTPField] = []
  package var traits: ResponseTraits = []
  /// 100 to 599, as a rule; three digits in any case.
  package var status = 0
  package var reason = 0..<0
  /// −1 when there is no Content-Length.
  package var contentLength = -1

  package init() {}

  /// The fields as a header of their own.
  package var headers: HTTPHeaders { HTTPHeaders(bytes: bytes, fields: fields) }

  /// The reason phrase; it may be empty.
  package var reasonText: String { text(reason) }

  /// Whether more responses to the same request follow; 101 is the last one.
  package var isInterim: Bool { (100...199).contains(status) && status != 101 }

  /// Whether the connection may carry another request after this response (RFC 9112, section 9.3).
  ///
  /// A body that ends with the connection forbids it too.
  package var allowsKeepAlive: Bool {
    !traits.contains(.close) && (traits.contains(.http11) || traits.contains(.keepAlive))
  }

  /// How the body's end is told (RFC 9112, section 6.3).
  /// - Parameters:
  ///   - isHead: The request was HEAD.
  ///   - isConnect: The request was CONNECT: after 2xx comes what is tunnelled.
  package func framing(isHead: Bool = false, isConnect: Bool = false) -> BodyFraming {
    if isHead || status < 200 || status == 204 || status == 304 { return .none }
    if isConnect, status < 300 { return .none }
    if traits.contains(.chunked) { return .chunked }
    return contentLength >= 0 ? .length(remaining: contentLength) : .untilClose
  }

  package func text(_ range: Range<Int>) -> String { HTTPHeaders.decode(bytes[range]) }

  /// Whether there is a field called `name`, whatever the case of letters.
  package func hasField(_ name: StaticString) -> Bool {
    fields.contains { $0.matches(name, in: bytes) }
  }

  /// The value of the first field called `name`, whatever the case of letters.
  package func first(_ name: StaticString) -> String? {
    fields.first { $0.matches(name, in: bytes) }.map { text($0.value) }
  }

  /// The lines as they came, with their ends: the status line, the fields, the empty line.
  ///
  /// Folded lines are joined.
  package var lines: [String] {
    var result: [String] = []
    var start = 0
    for at in bytes.indices.dropFirst()
    where bytes[at] == ASCII.lineFeed && bytes[at - 1] == ASCII.carriageReturn {
      result.append(text(start..<at + 1))
      start = at + 1
    }
    return result
  }

  func clear() {
    bytes.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
    traits = []
    status = 0
    reason = 0..<0
    contentLength = -1
  }
}
