// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What follows from a request's head for the body and the connection (RFC 9112, sections 6 and 9).
package struct RequestTraits: OptionSet, Sendable, Hashable {
  package let rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// HTTP/1.1 or later; without it HTTP/1.0.
  package static let http11 = RequestTraits(rawValue: 1)
  /// The body's length is known at its end only: it is chunked, or in HTTP/2 comes without a Content-Length.
  package static let chunked = RequestTraits(rawValue: 2)
  /// `Connection: close`.
  package static let close = RequestTraits(rawValue: 4)
  /// `Connection: keep-alive`.
  package static let keepAlive = RequestTraits(rawValue: 8)
  /// `Connection: upgrade`.
  package static let upgrade = RequestTraits(rawValue: 16)
  /// `Expect: 100-continue`.
  package static let expectContinue = RequestTraits(rawValue: 32)
  /// `HEAD`: the answer has no body.
  package static let head = RequestTraits(rawValue: 64)
  /// The target is in absolute form; its authority stands for the Host field.
  package static let absoluteForm = RequestTraits(rawValue: 128)
  /// HTTP/2, which implies ``http11``.
  package static let http2 = RequestTraits(rawValue: 256)
}

/// The methods that handlers have a function for.
package enum RequestMethod: UInt8, Sendable {
  case get, head, post, put, patch, delete, options, other

  init(_ input: Span<UInt8>, _ range: Range<Int>) {
    var word: UInt64 = 0
    guard range.count <= 8 else {
      self = .other
      return
    }
    for at in range { word = word << 8 | UInt64(input[at]) }
    self =
      switch word {
      case 0x47_4554: .get
      case 0x48_4541_44: .head
      case 0x50_4F53_54: .post
      case 0x50_5554: .put
      case 0x50_4154_4348: .patch
      case 0x44_454C_4554_45: .delete
      case 0x4F_5054_494F_4E53: .options
      default: .other
      }
  }
}

/// The head of one request: its line and its fields, as places in one block of bytes.
///
/// An object, so that it is handed on without being copied, and its memory serves the next request.
package final class RequestHead: @unchecked Sendable {
  // @unchecked Sendable: the reader fills it in, and the connection's loop changes it, before another
  // thread gets to see it; afterwards it is only read.
  package var bytes: [UInt8] = []
  package var fields: [HTTPField] = []
  package var traits: RequestTraits = []
  package var methodKind = RequestMethod.other
  /// −1 when there is no Content-Length.
  package var contentLength = -1
  package var method = 0..<0
  package var target = 0..<0
  package var path = 0..<0
  /// Without the question mark; empty when there is none.
  package var query = 0..<0
  /// What the request is addressed to: the Host field's value, or the authority of an absolute target.
  package var host = 0..<0

  package init() {}

  /// The fields as a header of their own.
  package var headers: HTTPHeaders { HTTPHeaders(bytes: bytes, fields: fields) }

  /// Whether a body follows (RFC 9112, section 6.3).
  package var hasBody: Bool { contentLength > 0 || traits.contains(.chunked) }

  /// Whether the connection may carry another request after this one (RFC 9112, section 9.3).
  package var allowsKeepAlive: Bool {
    !traits.contains(.close) && (traits.contains(.http11) || traits.contains(.keepAlive))
  }

  package func text(_ range: Range<Int>) -> String { HTTPHeaders.decode(bytes[range]) }

  /// Whether there is a field called `name`, whatever the case of letters.
  package func hasField(_ name: StaticString) -> Bool {
    fields.contains { $0.matches(name, in: bytes) }
  }

  /// Lets go of room that is not used: for a request that is kept for long.
  package func compact() {
    if bytes.capacity > bytes.count + 64 { bytes = bytes.map { $0 } }
    if fields.capacity > fields.count + 2 { fields = fields.map { $0 } }
  }

  /// Takes away all fields called `name`, whatever the case of letters.
  package func removeFields(_ name: StaticString) {
    fields.removeAll { $0.matches(name, in: bytes) }
  }

  func clear() {
    bytes.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
    traits = []
    contentLength = -1
    methodKind = .other
    method = 0..<0
    target = 0..<0
    path = 0..<0
    query = 0..<0
    host = 0..<0
  }
}

extension HTTPField {
  /// Whether the field is called `name`, whatever the case of letters.
  @inline(__always)
  package func matches(_ name: StaticString, in bytes: [UInt8]) -> Bool {
    guard Int(nameCount) == name.utf8CodeUnitCount, !isRemoved else { return false }
    return name.withUTF8Buffer { wanted in
      for index in 0..<wanted.count
      where unsafe bytes[Int(nameStart) + index] | 0x20 != wanted[index] | 0x20 { return false }
      return true
    }
  }
}
