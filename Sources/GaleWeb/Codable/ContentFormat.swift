// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleWire

/// A form that bodies have: JSON, a form, or whatever else an application registers.
///
/// ```swift
/// struct YAMLFormat: ContentFormat {
///   let mediaTypes = ["application/yaml"]
///   func encode<T: Encodable>(_ value: T) throws -> [UInt8] { Array(try YAMLEncoder().encode(value).utf8) }
///   func decode<T: Decodable>(_ type: T.Type, from body: [UInt8]) throws -> T {
///     try YAMLDecoder().decode(type, from: Data(body))
///   }
/// }
/// settings.contentFormats.add(YAMLFormat())
/// ```
public protocol ContentFormat: Sendable {
  /// The media types that it reads, in lower case; the first is the one that it writes.
  var mediaTypes: [String] { get }
  /// The `Content-Type` of what it writes.
  var contentType: String { get }
  /// Whether it reads bodies of a type.
  func reads(_ type: MediaType) -> Bool
  /// Writes a value.
  /// - Throws: Anything: the answer becomes 500.
  func encode<T: Encodable>(_ value: T) throws -> [UInt8]
  /// Reads a value.
  /// - Throws: `DecodingError` or ``BodyError``, which become the client's error; anything else is 500.
  func decode<T: Decodable>(_ type: T.Type, from body: [UInt8]) throws -> T
}

extension ContentFormat {
  /// The first of ``mediaTypes``.
  public var contentType: String { mediaTypes.first ?? "application/octet-stream" }

  /// Whether it is one of ``mediaTypes``.
  public func reads(_ type: MediaType) -> Bool { mediaTypes.contains(type.essence) }
}

/// The forms that an application's bodies have; the first is the one that clients get who do not say.
public struct ContentFormats: Sendable {
  private var formats: [any ContentFormat]

  /// JSON and forms, unless told otherwise.
  public init(_ formats: [any ContentFormat] = [JSONFormat(), FormFormat()]) { self.formats = formats }

  /// Adds a format; one of the same type that is there already is replaced.
  public mutating func add(_ format: any ContentFormat) {
    if let index = formats.firstIndex(where: { type(of: $0) == type(of: format) }) {
      formats[index] = format
    } else {
      formats.append(format)
    }
  }

  /// How many there are.
  var count: Int { formats.count }

  /// The one that reads bodies of a type.
  func reader(of type: MediaType) -> (any ContentFormat)? { formats.first { $0.reads(type) } }

  /// The one that a client prefers (`Accept`, RFC 9110, section 12.5.1); `nil` when it wants none of them.
  func writer(for accept: String?) -> (any ContentFormat)? {
    guard let accept, !accept.isEmpty else { return formats.first }
    let ranges = MediaRange.parse(accept)
    var best: (format: any ContentFormat, quality: Int)?
    for format in formats {
      guard let type = MediaType(parsing: format.contentType) else { continue }
      let quality = MediaRange.quality(of: type.essence, in: ranges)
      if quality > best?.quality ?? 0 { best = (format, quality) }
    }
    return best?.format
  }
}

/// A member of `Accept`.
struct MediaRange {
  let essence: String
  /// In thousandths.
  let quality: Int

  static func parse(_ accept: String) -> [MediaRange] {
    accept.split(separator: ",").prefix(64).compactMap { part in
      let fields = HeaderParameters(parsing: String(part))
      guard !fields.value.isEmpty else { return nil }
      return MediaRange(essence: fields.value.lowercased(), quality: thousandths(fields["q"]))
    }
  }

  private static func thousandths(_ text: String?) -> Int {
    guard let text else { return 1000 }
    guard let number = Double(text), number >= 0, number <= 1 else { return 0 }
    return Int(number * 1000)
  }

  /// How much a client wants a type: the most exact of the ranges counts.
  static func quality(of essence: String, in ranges: [MediaRange]) -> Int {
    let group = essence.prefix { $0 != "/" } + "/*"
    for wanted in [essence, String(group), "*/*"] {
      if let range = ranges.first(where: { $0.essence == wanted }) { return range.quality }
    }
    return 0
  }
}
