// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleWire
import Testing

@Suite("httputil: HTTPHeaders")
struct HTTPHeadersTests {
  private func written(_ headers: HTTPHeaders) -> String {
    let buffer = ByteBuffer()
    headers.write(to: buffer)
    return String(decoding: buffer.take(buffer.count), as: UTF8.self)
  }

  private func lines(_ headers: HTTPHeaders) -> [String] { headers.map { "\($0.name): \($0.value)" } }

  @Test func `lines keep the order in which they were added`() throws {
    let headers = try HTTPHeaders([("B", "1"), ("A", "2"), ("b", "3")])
    #expect(lines(headers) == ["B: 1", "A: 2", "B: 3"])
    #expect(headers.count == 3)
    #expect(!headers.isEmpty)
    #expect(written(headers) == "B: 1\r\nA: 2\r\nB: 3\r\n")
    #expect(headers.description == "B: 1\nA: 2\nB: 3\n")
  }

  @Test(arguments: [
    ("content-TYPE", "Content-Type"), ("x", "X"), ("ETAG", "Etag"), ("x--y-", "X--Y-"), ("-a", "-A"),
  ])
  func `names are written in Http-Header-Case`(_ name: String, _ expected: String) throws {
    #expect(try lines(HTTPHeaders([(name, "v")])) == ["\(expected): v"])
  }

  @Test func `names are found whatever their case, and values joined by commas`() throws {
    let headers = try HTTPHeaders([("Accept", "a"), ("X", "1"), ("ACCEPT", "b, c"), ("Accep", "no")])
    #expect(headers["aCCEPT"] == "a,b, c")
    #expect(headers.values("accept") == ["a", "b, c"])
    #expect(headers.first("accept") == "a")
    #expect(headers["Y"] == nil)
    #expect(headers.values("Y").isEmpty)
    #expect(headers.contains("x"))
    #expect(!headers.contains(""))
  }

  @Test func `setting replaces all lines of a name by one at the end`() throws {
    var headers = try HTTPHeaders([("A", "1"), ("B", "2"), ("a", "3")])
    try headers.set("a", "4")
    #expect(lines(headers) == ["B: 2", "A: 4"])
    #expect(written(headers) == "B: 2\r\nA: 4\r\n")
    try headers.set("C", "5")
    #expect(written(headers) == "B: 2\r\nA: 4\r\nC: 5\r\n")
  }

  @Test func `removed lines are gone and can come back`() throws {
    var headers = try HTTPHeaders([("A", "1"), ("B", "2")])
    headers.remove("a")
    headers.remove("absent")
    #expect(lines(headers) == ["B: 2"])
    #expect(headers["A"] == nil)
    try headers.add("A", "3")
    headers.remove("B")
    #expect(written(headers) == "A: 3\r\n")
    headers.remove("A")
    #expect(headers.isEmpty)
    #expect(written(headers) == "")
  }

  @Test func `a copy is a copy`() throws {
    let original = try HTTPHeaders([("A", "1")])
    var copy = original
    try copy.add("B", "2")
    #expect(lines(original) == ["A: 1"])
    var template = HTTPHeaders(copying: original, extraByteCount: 10, extraFieldCount: 1)
    try template.add("C", "3")
    #expect(written(template) == "A: 1\r\nC: 3\r\n")
    #expect(template != original)
    #expect(try HTTPHeaders([("a", "1")]) == original)
  }

  /// T04, T16: nobody gets a second line out of a value.
  @Test(arguments: [
    "a\r\nX: y", "a\nX: y", "a\rX: y", "a\u{0}", "\u{7F}", "\u{B}", " a", "a ", "\ta", "a\t", " ",
    "a\u{1B}[0m", "\r\n",
  ])
  func `a value that would break the line is refused`(_ value: String) throws {
    var headers = try HTTPHeaders([("X", "before")])
    #expect(throws: HTTPInputError.self) { try headers.add("X", value) }
    #expect(throws: HTTPInputError.self) { try headers.set("X", value) }
    #expect(throws: HTTPInputError.self) { try HTTPHeaders([("X", value)]) }
    #expect(lines(headers) == ["X: before"])
  }

  @Test(arguments: [
    "", "a b", "a:", "a\r\nb", "a\u{0}", "é", "(a)", "a/b", "\"a\"", "a,", "a@", "[a]", "{a}", "a\t",
  ])
  func `a name that is no token is refused`(_ name: String) throws {
    var headers = HTTPHeaders()
    #expect(throws: HTTPInputError.self) { try headers.add(name, "v") }
    #expect(throws: HTTPInputError.self) { try headers.set(name, "v") }
    #expect(headers.isEmpty)
  }

  @Test(arguments: ["", "a b", "a\tb", "café", "日本", "\"quoted\"", "<>", "a;b=c,d"])
  func `other values are written as they are`(_ value: String) throws {
    let headers = try HTTPHeaders([("X", value)])
    #expect(headers["x"] == value)
    #expect(written(headers) == "X: \(value)\r\n")
  }

  @Test func `bytes that are no UTF-8 are read as ISO 8859-1`() {
    let bytes: [UInt8] = [0x63, 0x61, 0x66, 0xE9]
    #expect(HTTPHeaders.decode(bytes[...]) == "café")
  }

  @Test func `checked fields are added without a check`() {
    var headers = HTTPHeaders()
    headers.append("Content-Type", "text/plain")
    headers.append("Content-Length", decimal: 0)
    headers.append("X-Big", decimal: .max)
    #expect(
      lines(headers) == ["Content-Type: text/plain", "Content-Length: 0", "X-Big: 9223372036854775807"])
    #expect(headers.first("x-big") == "9223372036854775807")
  }

  /// T21: thousands of lines of one name cost no more than they are.
  @Test func `reading and replacing many lines of one name stays quick`() throws {
    var headers = HTTPHeaders()
    for index in 0..<9000 { try headers.add("X", String(index)) }
    let clock = ContinuousClock()
    let duration = clock.measure {
      #expect(headers["X"]?.utf8.count == 43_889)
    }
    #expect(duration < .seconds(2))
    try headers.set("X", "one")
    #expect(headers.count == 1)
  }
}
