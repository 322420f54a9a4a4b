// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// How a body is compressed (RFC 9110, section 8.4.1): a value of `Content-Encoding`.
public enum ContentCoding: String, Sendable, Hashable, CaseIterable {
  /// zlib's format with gzip's header.
  case gzip
  /// zlib's format.
  case deflate
  /// Brotli (RFC 7932); with the package trait `Brotli`.
  case brotli = "br"
  /// Zstandard (RFC 8878); with the package trait `Zstd`.
  case zstd

  /// The codings that this build knows.
  public static let known: [ContentCoding] = allCases.filter(\.isKnown)

  /// Whether this build knows it.
  public var isKnown: Bool {
    switch self {
    case .gzip, .deflate: return true
    case .brotli:
      #if Brotli
      return true
      #else
      return false
      #endif
    case .zstd:
      #if Zstd
      return true
      #else
      return false
      #endif
    }
  }

  /// The coding that a value of `Content-Encoding` names, in any case of letters; `nil` for others, also for several.
  public init?(named name: String) {
    let name = name.lowercased()
    guard let coding = ContentCoding(rawValue: name == "x-gzip" ? "gzip" : name), coding.isKnown else {
      return nil
    }
    self = coding
  }

  /// What an `Accept-Encoding` field asks for (RFC 9110, section 12.5.3).
  ///
  /// - Parameters:
  ///   - field: The field's value.
  ///   - offers: What can be had, the best first.
  /// - Returns: What the client likes best, the first of those that it likes equally; `nil` when it takes none of them, or
  ///   likes the bytes as they are better.
  public static func preferred(by field: String, among offers: [ContentCoding]) -> ContentCoding? {
    let qualities = ContentCodingQualities(field)
    var best: (coding: ContentCoding, quality: Double)?
    for coding in offers where coding.isKnown {
      let quality = qualities.quality(of: coding.rawValue)
      guard quality > 0, quality >= qualities.identity, quality > best?.quality ?? 0 else { continue }
      best = (coding, quality)
    }
    return best?.coding
  }
}
