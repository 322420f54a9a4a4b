// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import TestSupport
import Testing

@testable import GaleWire

@Suite("http1: heads of requests")
struct RequestHeadReaderTests {
  private func read(_ text: String, limits: HTTPLimits = HTTPLimits()) -> RequestOutcome? {
    RequestDriver.read(Array(text.utf8), limits: limits).last
  }

  private func head(_ text: String) throws -> RequestHead {
    var reader = RequestHeadReader()
    let bytes = Array(text.utf8)
    let count = try reader.read(bytes.span)
    #expect(count == bytes.count)
    return try reader.take(bytes.span)
  }

  @Test(arguments: [
    ("GET /a/b?c=d", "/a/b", "c=d", "h"), ("GET /", "/", "", "h"), ("GET /?", "/", "", "h"),
    ("GET /a?b?c", "/a", "b?c", "h"), ("GET //b", "//b", "", "h"), ("OPTIONS *", "*", "", "h"),
    ("GET http://b:8/c?d", "/c", "d", "b:8"), ("GET http://b", "", "", "b"), ("GET http://b?d", "", "d", "b"),
    ("GET HtTpS://[::1]/", "/", "", "[::1]"),
  ])
  func `a target is a path, a query and a host`(
    _ line: String, _ path: String, _ query: String, _ host: String
  ) throws {
    let head = try head("\(line) HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(head.text(head.path) == path)
    #expect(head.text(head.query) == query)
    #expect(head.text(head.host) == host)
    #expect(head.traits.contains(.absoluteForm) == line.contains("://"))
  }

  @Test(arguments: [
    ("1.1", "", true), ("1.1", "Connection: close\r\n", false),
    ("1.1", "Connection: TE, CLOSE ,x\r\n", false),
    ("1.1", "Connection: x\r\nConnection: close\r\n", false), ("1.1", "Connection: closed\r\n", true),
    ("1.1", "Connection: keep-alive, close\r\n", false), ("1.1", "Connection: ,,\r\n", true),
    ("1.9", "", true),
    ("1.0", "", false), ("1.0", "Connection: Keep-Alive\r\n", true),
    ("1.0", "Connection: keep-alive,close\r\n", false),
  ])
  func `the connection goes on as version and options say`(
    _ version: String, _ fields: String, _ expected: Bool
  ) throws {
    #expect(try head("GET / HTTP/\(version)\r\nHost: h\r\n\(fields)\r\n").allowsKeepAlive == expected)
  }

  @Test(arguments: [
    ("HEAD", "", RequestTraits.head), ("GET", "Connection: Upgrade\r\n", .upgrade),
    ("POST", "Expect: 100-CONTINUE\r\n", .expectContinue),
    ("POST", "Transfer-Encoding: chunked\r\n", .chunked),
  ])
  func `fields and methods that steer the answer are noted`(
    _ method: String, _ fields: String, _ trait: RequestTraits
  ) throws {
    #expect(try head("\(method) / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n").traits == [trait, .http11])
  }

  @Test(arguments: ["head", "Head", "HEADS", "HEA"])
  func `methods are case-sensitive`(_ method: String) throws {
    #expect(try head("\(method) / HTTP/1.1\r\nHost: h\r\n\r\n").traits == .http11)
  }

  @Test func `names keep their order and values lose the blanks around them`() throws {
    let headers = try head("GET / HTTP/1.1\r\nhost:h\r\nx-y: \t a b \t\r\nX-Y:\r\n\r\n").headers
    #expect(headers.map { "\($0.name)=\($0.value)" } == ["Host=h", "X-Y=a b", "X-Y="])
    #expect(headers["X-y"] == "a b,")
  }

  @Test func `a reader is ready for the next head after each`() throws {
    var reader = RequestHeadReader()
    let chunked = Array(
      "POST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n".utf8)
    let plain = Array("\r\nGET /2 HTTP/1.0\r\n\r\n".utf8)
    for _ in 0..<3 {
      let first = try reader.read(chunked.span)
      #expect(first == chunked.count)
      var heads = [try reader.take(chunked.span)]
      reader.recycle(from: &heads)
      let second = try reader.read(plain.span)
      #expect(second == plain.count)
      let head = try reader.take(plain.span)
      #expect(head.text(head.target) == "/2")
      #expect(head.traits == [])
      #expect(head.contentLength == -1)
      #expect(head.headers.isEmpty)
    }
  }

  /// The most that is taken of everything, and a little more: in every two pieces.
  @Test(
    arguments: [
      ("GET /aaaaaa HTTP/1.1\r\nHost: h\r\n\r\n", "GET /aaaaaaa HTTP/1.1\r\nHost: h\r\n\r\n", .targetTooLong),
      ("GET / HTTP/1.1\r\nHost: \(h16)\r\n\r\n", "GET / HTTP/1.1\r\nHost: \(h16)h\r\n\r\n", .headersTooLarge),
      (
        "GET / HTTP/1.1\r\nHost: h\r\nA:\r\nB:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA:\r\nB:\r\nC:\r\n\r\n", .headersTooLarge
      ),
      (
        "GET / HTTP/1.1\r\nHost: h\r\nA:aaaaaaaaaa\r\nB:aaaaaaaaaaa\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA:aaaaaaaaaa\r\nB:aaaaaaaaaaaa\r\n\r\n", .headersTooLarge
      ),
    ] as [(String, String, HTTPInputError.Code)])
  func `a limit is a limit wherever the bytes are split`(
    _ most: String, _ tooMuch: String, _ code: HTTPInputError.Code
  ) {
    var limits = HTTPLimits()
    limits.requestLine = 20
    limits.fieldLine = 22
    limits.fieldCount = 3
    limits.head = 56
    for end in 1..<most.utf8.count {
      let outcome = RequestDriver.read(Array(most.utf8), ends: [end], limits: limits).last
      #expect(outcome?.request != nil, "split after \(end) bytes")
    }
    for end in 1..<tooMuch.utf8.count {
      let outcome = RequestDriver.read(Array(tooMuch.utf8), ends: [end], limits: limits).last
      #expect(outcome == .failed(code), "split after \(end) bytes")
    }
  }

  private static let h16 = String(repeating: "h", count: 16)

  @Test func `what cannot become a head is refused before its end`() {
    #expect(read("GET /\u{1}") == .failed(.invalidStartLine))
    #expect(read("GET / HTTP/3") == .incomplete)
    #expect(read("GET / HTTX") == .failed(.invalidStartLine))
    #expect(read("GET / HTTP/1.1\r\nHost: h\r\nA b") == .failed(.invalidHeader))
    #expect(read("GET / HTTP/1.1\r\nHost: h\r\nA: \u{0}") == .failed(.invalidHeader))
    #expect(
      read("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n")
        == .failed(.invalidFraming))
  }

  @Test(arguments: 0..<16 as Range<UInt64>)
  func `a valid head is read as it was made and can be written again`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed)
    for _ in 0..<60 {
      let made = RandomHead(&random)
      var ends = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        Int.random(in: 1...made.bytes.count, using: &random)
      }
      ends.sort()
      let request = try #require(RequestDriver.read(made.bytes, ends: ends).first?.request)
      #expect(request.method == made.method)
      #expect(request.target == made.target)
      #expect(request.fields == made.fields)
      #expect(request.end == made.bytes.count)

      let copy = try head(String(decoding: made.bytes, as: UTF8.self))
      let buffer = ByteBuffer()
      buffer.append("\(made.method) \(made.target) HTTP/1.1\r\n")
      copy.headers.write(to: buffer)
      buffer.append("\r\n")
      #expect(RequestDriver.read(buffer.take(buffer.count)).first?.request?.fields == made.fields)
    }
  }
}

/// A head that every server must accept.
private struct RandomHead {
  let method: String
  let target: String
  var fields: [String] = ["Host: h"]
  var bytes: [UInt8]

  private static let token = Array(
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
  private static let path = token.filter { $0 != "#" } + Array("/:@,;=()\"<>[]{}\\?")
  private static let value = path + Array(" \té")

  init(_ random: inout SeededGenerator) {
    func text(_ alphabet: [Character], _ count: ClosedRange<Int>, _ random: inout SeededGenerator) -> String {
      String(
        (0..<Int.random(in: count, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" }
      )
    }
    method = text(Self.token, 1...12, &random)
    target = "/" + text(Self.path, 0...40, &random)
    var head = "\(method) \(target) HTTP/1.1\r\nHost:h\r\n"
    for _ in 0..<Int.random(in: 0...9, using: &random) {
      // A first letter that begins none of the names that steer the connection.
      let name = "Z" + text(Self.token, 0...20, &random)
      let value = text(Self.value, 0...60, &random).trimmingBlanks
      head +=
        name + ":" + text([" ", "\t"], 0...2, &random) + value + text([" ", "\t"], 0...2, &random) + "\r\n"
      fields.append("\(Self.canonical(name)): \(value)")
    }
    bytes = Array((head + "\r\n").utf8)
  }

  private static func canonical(_ name: String) -> String {
    name.split(separator: "-", omittingEmptySubsequences: false)
      .map { $0.prefix(1).uppercased() + $0.dropFirst().lowercased() }.joined(separator: "-")
  }
}

extension String {
  fileprivate var trimmingBlanks: String {
    var rest = Substring(self)
    while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
    while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
    return String(rest)
  }
}
