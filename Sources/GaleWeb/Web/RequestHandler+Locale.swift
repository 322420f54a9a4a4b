// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWire

extension RequestHandler {
  /// The language to answer in: Tornado's `locale`.
  ///
  /// That which ``userLocale()`` gives, or else ``browserLocale(default:)``; asked once.
  /// - Throws: What `userLocale()` throws.
  public var locale: WebLocale {
    get throws {
      if let known = extras?.locale { return known }
      let locale = try userLocale() ?? browserLocale()
      more.locale = locale
      return locale
    }
  }

  /// Chooses the language to answer in: assigning to Tornado's `locale`.
  public func setLocale(_ locale: WebLocale) { more.locale = locale }

  /// What `Accept-Language` asks for.
  func acceptedLocale(default code: String) -> WebLocale {
    guard let field = request.headers["Accept-Language"] else { return WebLocale.get(code) }
    let codes = RequestHandler.languages(field)
    return codes.isEmpty ? WebLocale.get(code) : WebLocale.closest(to: codes)
  }

  /// The codes of an `Accept-Language` field, the most wanted first (RFC 9110, section 12.5.4).
  ///
  /// Those with a quality of zero, or of something that is no number, are not wanted. At most 100 are looked at.
  static func languages(_ field: String) -> [String] {
    var found: [(code: String, quality: Double)] = []
    for language in field.split(separator: ",", omittingEmptySubsequences: false).prefix(100) {
      let parts = language.split(separator: ";", omittingEmptySubsequences: false).map {
        String($0).strippingWhiteSpace()
      }
      var quality = 1.0
      if parts.count > 1, parts[1].hasPrefix("q=") {
        quality = Double(String(parts[1].dropFirst(2)).strippingWhiteSpace()) ?? 0
      }
      if quality > 0, let code = parts.first { found.append((code, quality)) }
    }
    // A stable order: of equals, the first one stays first.
    return found.enumerated().sorted { ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset) }
      .map(\.element.code)
  }
}
