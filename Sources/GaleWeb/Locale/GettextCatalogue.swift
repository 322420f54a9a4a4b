// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Translations from a compiled gettext catalogue (`.mo`): what Tornado's `GettextLocale` knows.
///
/// The format is that of GNU gettext's manual, section "The Format of GNU MO Files", in either byte order. Texts are in
/// UTF-8 or, if the catalogue's header says so, in ISO 8859-1.
struct GettextCatalogue: MessageCatalogue {
  /// Translations by message; those of a context stand under the context, U+0004 and the message.
  private var messages: [String: String] = [:]
  /// All forms by the message for one.
  private var forms: [String: [String]] = [:]
  private var plurals = PluralForms.germanic
  /// Where messages are looked up that are not here: the same language without the country.
  var fallback: (any MessageCatalogue)?

  /// What stands between a context and a message.
  static let contextSeparator = "\u{4}"

  /// Reads a catalogue.
  /// - Throws: ``LocaleError`` `.catalogue` and `.encoding`.
  init(parsing bytes: [UInt8]) throws(LocaleError) {
    let reader = try Reader(bytes)
    var encoding = TextEncoding.utf8
    for index in 0..<reader.count {
      let (source, target) = try reader.entry(index)
      if source.isEmpty {
        try readHeader(target, &encoding)
        continue
      }
      guard let original = encoding.decode(source), let translation = encoding.decode(target) else {
        throw LocaleError(.encoding, "message \(index) of the catalogue is not in its encoding")
      }
      add(original, translation)
    }
  }

  private mutating func add(_ original: String, _ translation: String) {
    let originals = original.unicodeScalars.split(separator: "\0", omittingEmptySubsequences: false)
    let key = originals.first.map { String($0) } ?? ""
    guard originals.count > 1 else {
      messages[key] = translation
      return
    }
    forms[key] = translation.unicodeScalars.split(separator: "\0", omittingEmptySubsequences: false).map {
      String($0)
    }
  }

  /// The translation of the empty message: lines like those of a header.
  private mutating func readHeader(_ bytes: [UInt8], _ encoding: inout TextEncoding) throws(LocaleError) {
    guard let text = TextEncoding.latin1.decode(bytes) else { return }
    for line in text.unicodeScalars.split(separator: "\n").map({ String($0) }) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = String(line[line.index(after: colon)...]).strippingWhiteSpace()
      switch line[..<colon].lowercased() {
      case "content-type": encoding = try GettextCatalogue.encoding(value)
      case "plural-forms":
        guard let expression = GettextCatalogue.pluralExpression(value) else {
          throw LocaleError(.catalogue, "Plural-Forms cannot be understood: \(value)")
        }
        plurals = expression
      default: break
      }
    }
  }

  private static func encoding(_ contentType: String) throws(LocaleError) -> TextEncoding {
    let lowered = contentType.lowercased()
    guard let range = lowered.range(of: "charset=") else { return .utf8 }
    let name = lowered[range.upperBound...].prefix { $0 != ";" && $0 != " " }
    switch name {
    case "utf-8", "utf8", "us-ascii", "ascii", "charset": return .utf8
    case "iso-8859-1", "latin-1", "latin1": return .latin1
    default: throw LocaleError(.encoding, "the encoding \(name) is not supported: store catalogues in UTF-8")
    }
  }

  private static func pluralExpression(_ value: String) -> PluralForms? {
    for part in value.split(separator: ";") {
      let text = String(part).strippingWhiteSpace()
      if text.hasPrefix("plural="), let forms = PluralForms(parsing: String(text.dropFirst(7))) {
        return forms
      }
    }
    return nil
  }

  // MARK: - Looking up

  /// The form for `count`, if the catalogue has it.
  private func form(_ message: String, _ count: Int) -> String? {
    guard let all = forms[message], let index = plurals.index(count), all.indices.contains(index) else {
      return nil
    }
    return all[index]
  }

  func translation(_ message: String) -> String {
    messages[message] ?? form(message, 1) ?? fallback?.translation(message) ?? message
  }

  func translation(_ message: String, plural other: String, count: Int) -> String {
    form(message, count) ?? fallback?.translation(message, plural: other, count: count)
      ?? (count == 1 ? message : other)
  }

  func translation(_ message: String, context: String, plural: (message: String, count: Int)?) -> String {
    let separator = GettextCatalogue.contextSeparator
    let key = context + separator + message
    guard let plural else {
      let found = translation(key)
      return found.contains(separator) ? message : found
    }
    let found = translation(key, plural: context + separator + plural.message, count: plural.count)
    guard found.contains(separator) else { return found }
    return translation(message, plural: plural.message, count: plural.count)
  }

  // MARK: - The file

  private struct Reader {
    private let bytes: [UInt8]
    private let isBigEndian: Bool
    let count: Int
    private let originals: Int
    private let translations: Int

    init(_ bytes: [UInt8]) throws(LocaleError) {
      switch bytes.prefix(4) {
      case [0xDE, 0x12, 0x04, 0x95]: isBigEndian = false
      case [0x95, 0x04, 0x12, 0xDE]: isBigEndian = true
      default: throw LocaleError(.catalogue, "the file is no gettext catalogue")
      }
      guard bytes.count >= 28 else { throw LocaleError(.catalogue, "the catalogue ends within its head") }
      self.bytes = bytes
      func word(_ offset: Int, _ big: Bool) -> Int {
        (0..<4).reduce(0) { $0 << 8 | Int(bytes[offset + (big ? $1 : 3 - $1)]) }
      }
      let revision = word(4, isBigEndian)
      guard revision >> 16 <= 1 else { throw LocaleError(.catalogue, "revision \(revision) is unknown") }
      count = word(8, isBigEndian)
      originals = word(12, isBigEndian)
      translations = word(16, isBigEndian)
      guard count <= bytes.count / 16, originals + count * 8 <= bytes.count,
        translations + count * 8 <= bytes.count
      else { throw LocaleError(.catalogue, "the catalogue's tables lie outside of it") }
    }

    func entry(_ index: Int) throws(LocaleError) -> (source: [UInt8], target: [UInt8]) {
      (try text(originals + index * 8), try text(translations + index * 8))
    }

    private func text(_ offset: Int) throws(LocaleError) -> [UInt8] {
      let (length, start) = (word(offset), word(offset + 4))
      guard start + length <= bytes.count else {
        throw LocaleError(.catalogue, "a text of the catalogue lies outside of it")
      }
      return Array(bytes[start..<start + length])
    }

    private func word(_ offset: Int) -> Int {
      (0..<4).reduce(0) { $0 << 8 | Int(bytes[offset + (isBigEndian ? $1 : 3 - $1)]) }
    }
  }
}
