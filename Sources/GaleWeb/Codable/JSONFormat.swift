// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GaleCore
public import GaleWire

/// Bodies in JSON (RFC 8259).
///
/// `Date` and `Data` of Foundation have the forms named here; all else is as the types say.
public struct JSONFormat: ContentFormat {
  /// How a `Date` is written.
  public enum DateForm: Sendable, Hashable {
    /// `"2026-01-31T08:15:30Z"`; a fraction of a second is read, and written when there is one.
    case iso8601
    /// Seconds since 1970, as a number.
    case secondsSince1970
    /// Milliseconds since 1970, as a whole number.
    case millisecondsSince1970
    /// As `Date` encodes itself: seconds since 2001.
    case asEncoded
  }

  /// How `Data` is written.
  public enum DataForm: Sendable, Hashable {
    /// A text in base64.
    case base64
    /// As `Data` encodes itself: an array of numbers.
    case asEncoded
  }

  /// How deeply arrays and objects may stand in each other in what is read.
  public var depthLimit = 512
  private let coding: ValueCoding

  /// Creates the format.
  public init(dates: DateForm = .iso8601, data: DataForm = .base64) {
    coding = ValueCoding(
      decodeSpecial: { type, value in
        if type == Date.self { return try FoundationForms.date(from: value, dates) }
        if type == Data.self { return try FoundationForms.data(from: value, data) }
        return nil
      },
      encodeSpecial: { value in
        if let date = value as? Date { return FoundationForms.value(of: date, dates) }
        if let bytes = value as? Data { return FoundationForms.value(of: bytes, data) }
        return nil
      })
  }

  /// `application/json`.
  public var mediaTypes: [String] { ["application/json"] }
  /// `application/json; charset=UTF-8`.
  public var contentType: String { "application/json; charset=UTF-8" }

  /// Also types that end in `+json` (RFC 6839); only UTF-8.
  public func reads(_ type: MediaType) -> Bool {
    guard type.essence == "application/json" || type.essence.hasSuffix("+json") else { return false }
    return ["utf-8", "utf8", "us-ascii"].contains(type.charset ?? "utf-8")
  }

  /// Writes a value.
  /// - Throws: `EncodingError` for what JSON cannot hold.
  public func encode<T: Encodable>(_ value: T) throws -> [UInt8] {
    Array(jsonEncode(try JSONValue(encoding: value, coding: coding)).utf8)
  }

  /// Reads a value.
  /// - Throws: ``BodyError`` for what is no JSON; `DecodingError` for what is not as the type wants it.
  public func decode<T: Decodable>(_ type: T.Type, from body: [UInt8]) throws -> T {
    let value: JSONValue
    do throws(JSONError) {
      value = try jsonDecode(body, depthLimit: depthLimit)
    } catch {
      throw BodyError(.malformed, field: nil, "\(error)")
    }
    return try value.decode(as: type, coding: coding)
  }
}

/// The forms of Foundation's types.
enum FoundationForms {
  static func date(from value: JSONValue, _ form: JSONFormat.DateForm) throws -> Date? {
    switch (form, value) {
    case (.asEncoded, _): return nil
    case (.iso8601, .string(let text)):
      if let date = date(iso8601: text) { return date }
      throw ValueCoding.Invalid("must be a time like 2026-01-31T08:15:30Z")
    case (.iso8601, _): throw ValueCoding.Invalid("must be a time like 2026-01-31T08:15:30Z")
    case (.secondsSince1970, _), (.millisecondsSince1970, _):
      guard let number = value.doubleValue, number.isFinite else {
        throw ValueCoding.Invalid(
          "must be a time in \(form == .secondsSince1970 ? "" : "milli")seconds since 1970")
      }
      return Date(timeIntervalSince1970: form == .secondsSince1970 ? number : number / 1000)
    }
  }

  static func date(iso8601 text: String) -> Date? {
    let plain = Date.ISO8601FormatStyle()
    if let date = try? plain.parse(text) { return date }
    return try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text)
  }

  static func value(of date: Date, _ form: JSONFormat.DateForm) -> JSONValue? {
    let seconds = date.timeIntervalSince1970
    switch form {
    case .asEncoded: return nil
    case .iso8601:
      let hasFraction = (seconds * 1000).rounded() != seconds.rounded() * 1000
      return .string(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction)))
    case .secondsSince1970:
      return Int(exactly: seconds).map { .int($0) } ?? .double(seconds)
    case .millisecondsSince1970:
      return Int(exactly: (seconds * 1000).rounded()).map { .int($0) } ?? .double(seconds * 1000)
    }
  }

  static func data(from value: JSONValue, _ form: JSONFormat.DataForm) throws -> Data? {
    guard form == .base64 else { return nil }
    guard case .string(let text) = value, let data = Data(base64Encoded: text) else {
      throw ValueCoding.Invalid("must be base64")
    }
    return data
  }

  static func value(of data: Data, _ form: JSONFormat.DataForm) -> JSONValue? {
    form == .base64 ? .string(data.base64EncodedString()) : nil
  }
}
