// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Reads TOML 1.0: https://toml.io/en/v1.0.0.
struct TOMLParser {
  var bytes: [UInt8]
  var at = 0
  var line = 1
  /// How deep arrays and inline tables may be in each other.
  static let depthLimit = 64

  private init(_ text: String) {
    bytes = Array(text.utf8)
    // A byte order mark says nothing about UTF-8.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
  }

  /// The table that a document is.
  static func parse(_ text: String) throws(TOMLError) -> TOMLTable {
    var parser = TOMLParser(text)
    return try parser.document()
  }

  // MARK: - Lines

  private mutating func document() throws(TOMLError) -> TOMLTable {
    let root = TOMLTable(.header, line: 1)
    var current = root
    while true {
      skipSpaces()
      guard let byte = peek else { return root }
      if byte == UInt8(ascii: "[") {
        current = try header(root)
      } else if !isAtLineEnd {
        try assignment(in: current)
      }
      try endLine()
    }
  }

  private mutating func header(_ root: TOMLTable) throws(TOMLError) -> TOMLTable {
    let start = line
    at += 1
    let isElement = peek == UInt8(ascii: "[")
    if isElement { at += 1 }
    skipSpaces()
    let path = try key()
    try expect(isElement ? "]]" : "]", "a header ends with")
    let parent = try walk(path.dropLast(), from: root)
    guard let name = path.last else { throw error("a header needs a name") }
    return isElement
      ? try element(name, of: parent, path, start) : try table(name, of: parent, path, start)
  }

  /// The table of all but the last part of a header.
  private func walk(_ path: ArraySlice<String>, from root: TOMLTable) throws(TOMLError) -> TOMLTable {
    var table = root
    for name in path {
      switch table[name]?.value {
      case nil:
        let made = TOMLTable(.implicit, line: line)
        table[name] = TOMLNode(value: .table(made), line: line)
        table = made
      case .table(let next) where next.origin != .inline: table = next
      case .tables(let elements): table = elements.last ?? table
      default: throw error("\(name) is no table")
      }
    }
    return table
  }

  private func table(_ name: String, of parent: TOMLTable, _ path: [String], _ line: Int) throws(TOMLError)
    -> TOMLTable
  {
    guard let known = parent[name] else {
      let made = TOMLTable(.header, line: line)
      parent[name] = TOMLNode(value: .table(made), line: line)
      return made
    }
    guard case .table(let table) = known.value, table.origin == .implicit else {
      throw error("[\(path.joined(separator: "."))] is there already, on line \(known.line)")
    }
    table.origin = .header
    return table
  }

  private func element(_ name: String, of parent: TOMLTable, _ path: [String], _ line: Int) throws(TOMLError)
    -> TOMLTable
  {
    let made = TOMLTable(.header, line: line)
    guard let known = parent[name] else {
      parent[name] = TOMLNode(value: .tables([made]), line: line)
      return made
    }
    guard case .tables(let elements) = known.value else {
      throw error("\(path.joined(separator: ".")) is there already, on line \(known.line)")
    }
    parent[name] = TOMLNode(value: .tables(elements + [made]), line: known.line)
    return made
  }

  /// `key = value`, in a table or in braces.
  mutating func assignment(in table: TOMLTable, depth: Int = 0) throws(TOMLError) {
    let start = line
    let path = try key()
    try expect("=", "behind \(path.joined(separator: ".")) there must be")
    skipSpaces()
    var target = table
    for name in path.dropLast() {
      switch target[name]?.value {
      case nil:
        let made = TOMLTable(.dotted, line: start)
        target[name] = TOMLNode(value: .table(made), line: start)
        target = made
      case .table(let next) where next.origin == .dotted: target = next
      default: throw error("\(name) is there already, on line \(target[name]?.line ?? start)")
      }
    }
    guard let name = path.last else { throw error("a key is missing") }
    if let known = target[name] { throw error("\(name) is there already, on line \(known.line)") }
    target[name] = TOMLNode(value: try value(depth), line: start)
  }

  // MARK: - Keys

  private mutating func key() throws(TOMLError) -> [String] {
    var path = [try keyPart()]
    skipSpaces()
    while peek == UInt8(ascii: ".") {
      at += 1
      skipSpaces()
      path.append(try keyPart())
      skipSpaces()
    }
    return path
  }

  private mutating func keyPart() throws(TOMLError) -> String {
    if peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "'") {
      guard !isNext("\"\"\""), !isNext("'''") else { throw error("a key stands on one line") }
      return try string()
    }
    let start = at
    while let byte = peek, Self.isBare(byte) { at += 1 }
    guard at > start else { throw error("a key is missing") }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  private static func isBare(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x2D || byte == 0x5F
  }

  // MARK: - Pieces

  var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  func isNext(_ text: StaticString) -> Bool {
    guard bytes.count - at >= text.utf8CodeUnitCount else { return false }
    // SAFETY: both hold that many bytes.
    for index in 0..<text.utf8CodeUnitCount where unsafe bytes[at + index] != text.utf8Start[index] {
      return false
    }
    return true
  }

  /// Whether nothing but a comment stands on the rest of the line.
  private var isAtLineEnd: Bool {
    guard let byte = peek else { return true }
    return byte == 0x0A || byte == UInt8(ascii: "#") || isNext("\r\n")
  }

  mutating func skipSpaces() {
    while peek == 0x20 || peek == 0x09 { at += 1 }
  }

  /// Skips the rest of the line, on which only a comment may stand.
  mutating func endLine() throws(TOMLError) {
    skipSpaces()
    try skipComment()
    if isNext("\r\n") { at += 1 }
    guard let byte = peek else { return }
    guard byte == 0x0A else { throw error("something follows that does not belong on this line") }
    at += 1
    line += 1
  }

  mutating func skipComment() throws(TOMLError) {
    guard peek == UInt8(ascii: "#") else { return }
    while let byte = peek, byte != 0x0A {
      if isNext("\r\n") { return }
      guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else {
        throw error("a comment has a control character")
      }
      at += 1
    }
  }

  /// Skips blanks, line ends and comments, as they may stand in arrays.
  mutating func skipBlanks() throws(TOMLError) {
    while true {
      skipSpaces()
      try skipComment()
      if isNext("\r\n") { at += 1 }
      guard peek == 0x0A else { return }
      at += 1
      line += 1
    }
  }

  mutating func expect(_ text: StaticString, _ what: String) throws(TOMLError) {
    guard isNext(text) else { throw error("\(what) \(text)") }
    at += text.utf8CodeUnitCount
  }

  func error(_ message: String) -> TOMLError { TOMLError(line: line, message: message) }
}
