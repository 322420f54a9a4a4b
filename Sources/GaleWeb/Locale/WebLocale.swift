// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Logging
import GaleHTTP
import GaleWire
import Synchronization

/// A language to speak with users: Tornado's `Locale`. (`Locale` is Foundation's.)
///
/// Translations are loaded once, when the program starts. Then handlers ask for ``RequestHandler/locale``.
///
/// ```swift
/// try WebLocale.loadTranslations(directory: "translations")
/// let locale = WebLocale.get("de")
/// locale.translate("One message", plural: "%(count)d messages", count: 3)
/// ```
///
/// A locale keeps its translations, also when others are loaded later.
public struct WebLocale: Sendable, CustomStringConvertible {
  /// The code, as `en_US` or `de`.
  public let code: String
  let catalogue: any MessageCatalogue

  init(code: String, catalogue: any MessageCatalogue) {
    self.code = code
    self.catalogue = catalogue
  }

  /// What the language calls itself; `Unknown` when that is not known.
  public var name: String { LocaleNames.name(code) ?? "Unknown" }

  /// Whether it is written from right to left: Arabic, Hebrew, Persian.
  public var isRightToLeft: Bool { ["fa", "ar", "he"].contains { code.hasPrefix($0) } }

  /// The code.
  public var description: String { code }

  // MARK: - All locales

  private struct Registry {
    var defaultCode = "en_US"
    var catalogues: [String: any MessageCatalogue] = [:]

    func locale(_ code: String) -> WebLocale? {
      if let catalogue = catalogues[code] { return WebLocale(code: code, catalogue: catalogue) }
      return code == defaultCode ? WebLocale(code: code, catalogue: CSVCatalogue()) : nil
    }
  }

  private static let registry = Mutex(Registry())

  /// The codes that there are translations for, and the default one: Tornado's `get_supported_locales`.
  public static var supported: Set<String> {
    registry.withLock { Set($0.catalogues.keys).union([$0.defaultCode]) }
  }

  /// The language that the program's own texts are in, `en_US` at first: Tornado's `set_default_locale`.
  public static func setDefault(_ code: String) { registry.withLock { $0.defaultCode = code } }

  /// The locale that fits best one of the codes, the first of which counts most: Tornado's `locale.get`.
  public static func get(_ codes: String...) -> WebLocale { closest(to: codes) }

  /// The locale that fits best one of the codes, the first of which counts most: Tornado's `Locale.get_closest`.
  ///
  /// `de-at` means `de_AT`; without that, `de` is taken. When nothing fits it is the default locale.
  public static func closest(to codes: [String]) -> WebLocale {
    registry.withLock { registry in
      for code in codes where !code.isEmpty {
        let parts = code.split(omittingEmptySubsequences: false) { $0 == "-" || $0 == "_" }.map { String($0) }
        guard parts.count <= 2 else { continue }
        let full = parts.count == 2 ? parts[0].lowercased() + "_" + parts[1].uppercased() : code
        if let locale = registry.locale(full) ?? registry.locale(parts[0].lowercased()) { return locale }
      }
      let code = registry.defaultCode
      return registry.locale(code) ?? WebLocale(code: code, catalogue: CSVCatalogue())
    }
  }

  /// The locale with exactly this code: Tornado's `Locale.get`.
  /// - Returns: `nil` when there are no translations for it and it is not the default.
  public init?(code: String) {
    guard let locale = WebLocale.registry.withLock({ $0.locale(code) }) else { return nil }
    self = locale
  }

  // MARK: - Loading

  /// Loads translations from the files `xx.csv` and `xx_YY.csv` of a directory: Tornado's `load_translations`.
  ///
  /// They replace all that were loaded before. Rows are `english,translation[,plural|singular|unknown]`, with texts
  /// quoted as Excel does. Files with other names are reported in the log and left out, rows with less than two fields
  /// are left out.
  /// - Parameters:
  ///   - directory: The directory.
  ///   - encoding: That of the files; `nil` for what each one's byte order mark says, UTF-8 without one.
  /// - Throws: ``LocaleError`` `.unreadable`, `.encoding`; then nothing changes.
  public static func loadTranslations(directory: String, encoding: TextEncoding? = nil) throws(LocaleError) {
    var loaded: [String: any MessageCatalogue] = [:]
    for name in try LocaleFiles.names(in: directory) where name.hasSuffix(".csv") {
      let (code, path) = (String(name.dropLast(4)), directory + "/" + name)
      guard isCode(code) else {
        HTTPLog.general.error("Unrecognized locale '\(HTTPServerRequest.escapeForLog(code))' (path: \(path))")
        continue
      }
      let bytes = try LocaleFiles.read(path)
      guard let text = (encoding ?? TextEncoding.detect(bytes)).decode(bytes) else {
        throw LocaleError(.encoding, "\(path) is not in the encoding that is expected")
      }
      loaded[code] = CSVCatalogue(parsing: text, path: path)
    }
    replaceCatalogues(loaded)
  }

  /// Loads compiled gettext catalogues `directory/LANGUAGE/LC_MESSAGES/domain.mo`: Tornado's
  /// `load_gettext_translations`.
  ///
  /// They replace all that were loaded before. What `pt_BR` does not have is looked up in `pt`. A catalogue that cannot
  /// be read is reported in the log and left out.
  /// - Throws: ``LocaleError`` `.unreadable` when there is no such directory; then nothing changes.
  public static func loadGettextTranslations(directory: String, domain: String) throws(LocaleError) {
    var found: [String: GettextCatalogue] = [:]
    for code in try LocaleFiles.names(in: directory) {
      let path = "\(directory)/\(code)/LC_MESSAGES/\(domain).mo"
      guard LocaleFiles.exists(path) else { continue }
      do {
        found[code] = try GettextCatalogue(parsing: LocaleFiles.read(path))
      } catch {
        HTTPLog.general.error("Cannot load translation for '\(code)': \(error)")
      }
    }
    var loaded: [String: any MessageCatalogue] = [:]
    for (code, catalogue) in found {
      var catalogue = catalogue
      let language = String(code.prefix { $0 != "_" })
      if language != code { catalogue.fallback = found[language] }
      loaded[code] = catalogue
    }
    replaceCatalogues(loaded)
  }

  private static func replaceCatalogues(_ loaded: [String: any MessageCatalogue]) {
    registry.withLock { $0.catalogues = loaded }
    let codes = supported.sorted().joined(separator: ", ")
    HTTPLog.general.debug("Supported locales: \(codes)")
  }

  // [a-z]+(_[A-Z]+)?
  private static func isCode(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: 0x5F, omittingEmptySubsequences: false)
    guard parts.count <= 2, let language = parts.first, !language.isEmpty else { return false }
    guard language.allSatisfy({ $0 &- 0x61 < 26 }) else { return false }
    return parts.count == 1 || !parts[1].isEmpty && parts[1].allSatisfy { $0 &- 0x41 < 26 }
  }

  // MARK: - Messages

  /// The translation of a message, or the message when there is none: Tornado's `translate`, `_` in templates.
  public func translate(_ message: String) -> String { catalogue.translation(message) }

  /// The translation that fits a number: Tornado's `translate` with `plural_message` and `count`.
  /// - Parameters:
  ///   - message: For one.
  ///   - plural: For every other number.
  ///   - count: The number.
  public func translate(_ message: String, plural: String, count: Int) -> String {
    catalogue.translation(message, plural: plural, count: count)
  }

  /// The translation of a message that means something else in another context: Tornado's `pgettext`.
  ///
  /// Only gettext catalogues know contexts.
  public func translate(_ message: String, context: String) -> String {
    catalogue.translation(message, context: context, plural: nil)
  }

  /// As ``translate(_:context:)``, in the form that fits a number.
  public func translate(_ message: String, context: String, plural: String, count: Int) -> String {
    catalogue.translation(message, context: context, plural: (plural, count))
  }

  /// Puts values in place of `%(name)s` and `%(name)d`, as Python's `%` does; `%%` is a percent sign.
  ///
  /// A translation that names something else keeps the placeholder, so that the mistake can be seen.
  public static func fill(_ text: String, _ values: [String: String]) -> String {
    var result = ""
    var rest = text[...]
    while let percent = rest.firstIndex(of: "%") {
      result += rest[..<percent]
      rest = rest[rest.index(after: percent)...]
      if rest.first == "%" {
        result.append("%")
        rest = rest.dropFirst()
      } else if rest.first == "(", let close = rest.firstIndex(of: ")"),
        let value = values[String(rest[rest.index(after: rest.startIndex)..<close])],
        let kind = rest[rest.index(after: close)...].first, kind == "s" || kind == "d"
      {
        result += value
        rest = rest[rest.index(after: close)...].dropFirst()
      } else {
        result.append("%")
      }
    }
    return result + rest
  }

  /// `A, B and C`: Tornado's `list`.
  public func list(_ parts: [String]) -> String {
    guard let last = parts.last, parts.count > 1 else { return parts.first ?? "" }
    let comma = code.hasPrefix("fa") ? " \u{648} " : ", "
    let commas = parts.dropLast().joined(separator: comma)
    return WebLocale.fill(translate("%(commas)s and %(last)s"), ["commas": commas, "last": last])
  }

  /// A number with commas between thousands where the language is English: Tornado's `friendly_number`.
  public func friendlyNumber(_ value: Int) -> String {
    guard code == "en" || code == "en_US" else { return String(value) }
    let digits = Array(String(value.magnitude))
    var result = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
      result.append(digit)
    }
    return result
  }
}
