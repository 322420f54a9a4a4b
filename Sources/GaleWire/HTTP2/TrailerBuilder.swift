// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Takes the fields that follow a body in HTTP/2 (RFC 9113, section 8.1), within the limits that trailers have in
/// HTTP/1 too.
package struct TrailerBuilder {
  private let limits: HTTPLimits
  private var failure: HTTPInputError?
  private var headers = HTTPHeaders()
  private var fieldCount = 0
  /// What was decoded so far: names, values, and 32 bytes for each field.
  package private(set) var decodedByteCount = 0

  package init(limits: HTTPLimits = HTTPLimits()) { self.limits = limits }

  /// Takes the next field.
  package mutating func add(_ name: Span<UInt8>, _ value: Span<UInt8>) {
    decodedByteCount += name.count + value.count + 32
    fieldCount += 1
    guard failure == nil else { return }
    guard decodedByteCount <= limits.trailers, fieldCount <= limits.trailerCount else {
      failure = HTTPInputError(.headersTooLarge, "Trailer fields are too large or too many")
      return
    }
    let name = name.indices.map { name[$0] }
    let value = value.indices.map { value[$0] }
    // A pseudo-header field is none of these: a colon is no token's character.
    guard HTTPGrammar.isToken(name), HTTPGrammar.isFieldValue(value) else {
      failure = HTTPInputError(.invalidHeader, "Invalid trailer field")
      return
    }
    headers.append(uncheckedName: name, uncheckedValue: value)
  }

  /// The fields, once all are there.
  /// - Throws: What is wrong with them.
  package func finish() throws(HTTPInputError) -> HTTPHeaders {
    if let failure { throw failure }
    return headers
  }
}
