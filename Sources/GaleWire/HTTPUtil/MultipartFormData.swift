// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// The parts of a `multipart/form-data` body (RFC 7578): Tornado's `parse_multipart_form_data`.
///
/// Bodies are slices of the input: nothing is copied, and the input lives as long as one of them.
public struct MultipartFormData: Sendable {
  /// How much is read at most: Tornado's `ParseMultipartConfig`.
  public struct Limits: Sendable, Hashable {
    /// The most parts.
    public var partCount: Int

    /// The most bytes of one part's header.
    public var partHeaderByteCount: Int

    /// Makes limits; Tornado's by default.
    public init(partCount: Int = 100, partHeaderByteCount: Int = 10 * 1024) {
      self.partCount = partCount
      self.partHeaderByteCount = partHeaderByteCount
    }
  }

  /// One field of the form.
  public struct Part: Sendable, Hashable {
    /// The field's name; never empty.
    public let name: String

    /// The name of the file as the browser sent it, or `nil` for a part that is no file.
    ///
    /// Peers choose it: it may be `../../etc/passwd` or an absolute path.
    public let filename: String?

    /// The part's `Content-Type`, if it has one.
    public let contentType: String?

    /// The content: a slice of what was parsed.
    public let body: ArraySlice<UInt8>
  }

  /// The parts in their order.
  public let parts: [Part]

  /// Splits a body into its parts.
  ///
  /// Boundaries count only at the start of a line. What stands before the first and behind the last is
  /// ignored (RFC 2046, section 5.1.1). An empty file name is none.
  ///
  /// - Parameters:
  ///   - body: The whole body.
  ///   - boundary: The parameter of the content type, with or without its quotes.
  ///   - limits: How much is read at most.
  /// - Throws: ``FormError`` at the first mistake.
  /// - Complexity: O(*n*) at worst; usually far fewer bytes than the bodies have are looked at.
  public init(
    parsing body: [UInt8], boundary: String, limits: Limits = Limits()
  ) throws(FormError) {
    let parser = MultipartParser(
      bytes: body, delimiter: try Self.delimiter(boundary: boundary), limits: limits)
    parts = try parser.parse()
  }

  /// CR, LF, two hyphens and the boundary, which has 1–70 characters (RFC 2046, section 5.1.1).
  ///
  /// RFC 2046 allows fewer punctuation marks; clients send others, and none of them does harm.
  private static func delimiter(boundary: String) throws(FormError) -> [UInt8] {
    var bytes = boundary.utf8[...]
    if bytes.count >= 2, bytes.first == ASCII.quote, bytes.last == ASCII.quote {
      bytes = bytes.dropFirst().dropLast()
    }
    guard !bytes.isEmpty else { throw FormError(.missingBoundary) }
    guard bytes.count <= 70, bytes.allSatisfy({ 0x20...0x7E ~= $0 }), bytes.last != ASCII.space else {
      throw FormError(.invalidBoundary)
    }
    return [ASCII.carriageReturn, ASCII.lineFeed, ASCII.hyphen, ASCII.hyphen] + bytes
  }
}
