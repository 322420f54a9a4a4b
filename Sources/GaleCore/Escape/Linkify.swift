// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Makes HTML of plain text, in which URLs are links: Tornado's `linkify`.
///
/// `hello http://example.com/!` becomes `hello <a href="http://example.com/">http://example.com/</a>!`. The text is
/// escaped first, so nothing in it is markup. Full stops and the like at the end do not belong to a URL, a closing bracket
/// only when its opening one does.
///
/// - Parameters:
///   - text: The text, unescaped.
///   - shorten: Whether long URLs are cut for display; the whole one is then the link's `title`.
///   - extraParameters: More attributes for all links, such as `rel="nofollow"`; they are not escaped.
///   - requireProtocol: Whether `www.example.com` stays text.
///   - permittedProtocols: What may be linked; never allow `javascript`.
/// - Complexity: O(*n*).
public func linkify(
  _ text: String, shorten: Bool = false, extraParameters: String = "", requireProtocol: Bool = false,
  permittedProtocols: Set<String> = ["http", "https"]
) -> String {
  let parameters = extraParameters.isEmpty ? "" : " " + trimmed(extraParameters)
  return linkify(
    text, shorten: shorten, requireProtocol: requireProtocol, permittedProtocols: permittedProtocols
  ) { _ in parameters }
}

/// As ``linkify(_:shorten:extraParameters:requireProtocol:permittedProtocols:)``, with attributes that depend on the link.
///
/// - Parameter extraParameters: Gets the URL as it will stand in `href`, and returns attributes.
public func linkify(
  _ text: String, shorten: Bool = false, requireProtocol: Bool = false,
  permittedProtocols: Set<String> = ["http", "https"], extraParameters: (String) -> String
) -> String {
  let characters = Array(xhtmlEscape(text).unicodeScalars)
  var output = String.UnicodeScalarView()
  var scanner = URLScanner(characters)
  var copied = 0
  while let match = scanner.next() {
    output.append(contentsOf: characters[copied..<match.range.lowerBound])
    copied = match.range.upperBound
    let url = characters[match.range]
    let scheme = match.scheme.map { String(String.UnicodeScalarView(characters[$0])) }
    let isPermitted = scheme.map { permittedProtocols.contains($0) } ?? !requireProtocol
    guard isPermitted else {
      output.append(contentsOf: url)
      continue
    }
    let shown = String(String.UnicodeScalarView(url))
    let href = scheme == nil ? "http://" + shown : shown
    var parameters = trimmed(extraParameters(href))
    if !parameters.isEmpty { parameters = " " + parameters }
    var label = shown
    if shorten, let short = shortened(Array(url), prefixCount: match.prefixCount) {
      label = short
      parameters += " title=\"\(href)\""
    }
    output.append(contentsOf: "<a href=\"\(href)\"\(parameters)>\(label)</a>".unicodeScalars)
  }
  output.append(contentsOf: characters[copied...])
  return String(output)
}

private func trimmed(_ text: String) -> String {
  var slice = text.unicodeScalars[...]
  while let first = slice.first, first.properties.isWhitespace { slice.removeFirst() }
  while let last = slice.last, last.properties.isWhitespace { slice.removeLast() }
  return String(slice)
}

/// The host and the beginning of the path, when that is shorter than all of it.
///
/// - Parameter prefixCount: How many characters the scheme takes with what follows it; 0 without one.
private func shortened(_ url: [Unicode.Scalar], prefixCount: Int) -> String? {
  let limit = 30
  guard url.count > limit else { return nil }
  var short = url
  let parts = url[prefixCount...].split(separator: "/", omittingEmptySubsequences: false)
  if parts.count > 1 {
    let path = parts[1].prefix(8).prefix { $0 != "?" && $0 != "." }
    short = Array(url[..<prefixCount] + parts[0]) + ["/"] + path
  }
  if Double(short.count) > Double(limit) * 1.5 { short = Array(short.prefix(limit)) }
  guard short != url else { return nil }
  // An entity is not cut in two.
  if let ampersand = short.lastIndex(of: "&"), ampersand > limit - 5 {
    short = Array(short.prefix(ampersand))
  }
  guard short.count + 3 < url.count else { return nil }
  return String(String.UnicodeScalarView(short)) + "..."
}

/// Finds URLs in escaped text.
///
/// They begin at the edge of a word with `www.` or with a scheme, a colon and up to three slashes. Then follow runs of
/// anything but white space, brackets and ampersands (`&amp;` and `&quot;` may stand in them), none of which ends in a
/// punctuation mark, and bracketed runs.
private struct URLScanner {
  struct Match {
    let range: Range<Int>
    let scheme: Range<Int>?
    /// The scheme, the colon and the slashes.
    let prefixCount: Int
  }

  private let text: [Unicode.Scalar]
  private var at = 0
  /// Up to where no scheme begins, because the word that reaches that far has no colon behind it.
  private var schemeless = 0

  init(_ text: [Unicode.Scalar]) { self.text = text }

  mutating func next() -> Match? {
    while at < text.count {
      let start = at
      guard isWordEdge(start) else {
        at += 1
        continue
      }
      if let match = schemeMatch(start) ?? wwwMatch(start) {
        at = match.range.upperBound
        return match
      }
      // No URL begins within the same word, save behind a hyphen.
      at += 1
      while at < text.count, isWord(text[at]), isWord(text[at - 1]) { at += 1 }
    }
    return nil
  }

  /// `\b`: a word begins or ends here, or a scheme's hyphen follows a word.
  private func isWordEdge(_ index: Int) -> Bool {
    let before = index > 0 && isWord(text[index - 1])
    return before != isWord(text[index])
  }

  private func isWord(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x80 {
      return scalar == "_" || UInt8(scalar.value).isASCIIDigit || (UInt8(scalar.value) | 0x20) &- 0x61 < 26
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
    default: return scalar.properties.numericType != nil
    }
  }

  /// `[\w-]+:/{1,3}` and what follows, with as many slashes as leave something to follow.
  private mutating func schemeMatch(_ start: Int) -> Match? {
    guard start >= schemeless else { return nil }
    var colon = start
    while colon < text.count, isWord(text[colon]) || text[colon] == "-" { colon += 1 }
    guard colon > start, colon < text.count, text[colon] == ":" else {
      schemeless = colon
      return nil
    }
    var slashes = text[(colon + 1)...].prefix(3).prefix { $0 == "/" }.count
    while slashes > 0 {
      let body = colon + 1 + slashes
      if let end = bodyEnd(body) {
        return Match(range: start..<end, scheme: start..<colon, prefixCount: body - start)
      }
      slashes -= 1
    }
    return nil
  }

  private func wwwMatch(_ start: Int) -> Match? {
    guard text[start...].starts(with: "www.".unicodeScalars), let end = bodyEnd(start + 4) else { return nil }
    return Match(range: start..<end, scheme: nil, prefixCount: 0)
  }

  /// The end of the longest sequence of runs from `start`; `nil` when there is not even one.
  private func bodyEnd(_ start: Int) -> Int? {
    var end: Int?
    var index = start
    while index < text.count {
      guard let next = text[index] == "(" ? bracketEnd(index) : runEnd(index) else { break }
      end = next
      index = next
    }
    return end
  }

  /// The end of a run: behind its last character that is no punctuation mark.
  private func runEnd(_ start: Int) -> Int? {
    var end: Int?
    var index = start
    while let next = step(index) {
      if next == index + 1, !URLScanner.isPunctuation(text[index]) { end = next }
      index = next
    }
    return end
  }

  /// The end of a run in brackets, behind the closing one.
  private func bracketEnd(_ start: Int) -> Int? {
    var index = start + 1
    while let next = step(index) { index = next }
    return index < text.count && text[index] == ")" ? index + 1 : nil
  }

  /// Behind the character or entity at `index`, if it may stand in a run.
  private func step(_ index: Int) -> Int? {
    guard index < text.count else { return nil }
    let scalar = text[index]
    if scalar == "&" {
      for entity in ["&amp;", "&quot;"] where text[index...].starts(with: entity.unicodeScalars) {
        return index + entity.unicodeScalars.count
      }
      return nil
    }
    return scalar == "(" || scalar == ")" || URLScanner.isSpace(scalar) ? nil : index + 1
  }

  /// White space as Python's `\s` has it.
  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }

  private static let punctuation = Set("!\"#$%&'()*+,.:;<=>?@[]^`{|}~".unicodeScalars)

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool { punctuation.contains(scalar) }
}
