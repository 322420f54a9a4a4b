// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import GaleWire

@Suite("http1: heads of responses")
struct ResponseHeadReaderTests {
  /// Reads whole, in two pieces wherever they are split, and byte by byte: the outcome is the same.
  private func read(
    _ text: String, limits: HTTPLimits = HTTPLimits(), isClosed: Bool = false, isHead: Bool = false
  ) -> [ResponseOutcome] {
    let bytes = Array(text.utf8)
    let whole = ResponseDriver.read(bytes, limits: limits, isClosed: isClosed, isHead: isHead)
    for ends in bytes.indices.map({ [$0] }) + [Array(bytes.indices)] {
      let pieces = ResponseDriver.read(bytes, ends: ends, limits: limits, isClosed: isClosed, isHead: isHead)
      #expect(pieces == whole, "pieces that end at \(ends)")
    }
    return whole
  }

  private func head(_ text: String) throws -> ResponseHead {
    var reader = ResponseHeadReader()
    let bytes = Array(text.utf8)
    let count = try reader.read(bytes.span)
    #expect(count == bytes.count)
    return try reader.take(bytes.span)
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK", 200, "OK"), ("HTTP/1.1 404 Not Found", 404, "Not Found"),
    ("HTTP/1.1 299 ", 299, ""), ("HTTP/1.0 500 Ça ne va pas", 500, "Ça ne va pas"),
    ("HTTP/1.1 999 x  y", 999, "x  y"), ("HTTP/1.1 301 \t a", 301, "\t a"),
  ])
  func `a status line is a status and a reason`(_ line: String, _ status: Int, _ reason: String) throws {
    let head = try head("\(line)\r\nA: b\r\n\r\n")
    #expect(head.status == status)
    #expect(head.reasonText == reason)
    #expect(head.headers.map { "\($0.name)=\($0.value)" } == ["A=b"])
    #expect(head.first("a") == "b")
    #expect(head.hasField("A") && !head.hasField("B"))
    #expect(head.lines == ["\(line)\r\n", "A: b\r\n", "\r\n"])
  }

  @Test(arguments: [
    "HTTP/1.1 200OK", "HTTP/1.1 2000 OK", "HTTP/1.1 20 OK", "HTTP/1.1  200 OK", "HTTP/1.1 200",
    "HTTP/11 200 OK",
    "http/1.1 200 OK", "ICY 200 OK", " HTTP/1.1 200 OK", "\r\nHTTP/1.1 200 OK", "HTTP/1.1 099 Low",
    "HTTP/1.1\t200 OK", "HTTP/1.1 200 O\u{1}K", "HTTP/1.1 200 OK\n", "HTTP/1.1 20a OK", "<html>", "\u{0}",
    "HTTP/1.1 200 OK\r",
  ])
  func `garbage is no status line`(_ line: String) {
    #expect(read("\(line)\r\nA: b\r\n\r\n").last == .failed(.invalidStartLine))
  }

  @Test(arguments: ["HTTP/2.0 200 OK", "HTTP/0.9 200 OK", "HTTP/2 200"])
  func `another version is refused as such`(_ line: String) {
    #expect(read("\(line)\r\n\r\n").last == .failed(.unsupportedVersion))
  }

  @Test(arguments: [
    "A b: c", "A : b", ": b", "A: b\u{0}", "A: b\rC: d", "A: b\nC: d", "A", "A\u{80}: b", "\u{1}: b",
    "A: \u{7F}",
  ])
  func `a field line follows the grammar`(_ line: String) {
    #expect(read("HTTP/1.1 200 OK\r\n\(line)\r\n\r\n").last == .failed(.invalidHeader))
  }

  @Test(arguments: [
    ("A: b\r\n c", "A: b   c"), ("A: b \t\r\n\t  c\r\n d", "A: b       c   d"), ("A:\r\n b", "A: b"),
    ("A: b\r\n ", "A: b"), ("A: b\r\n \r\n c", "A: b       c"),
  ])
  func `folded lines are joined by blanks`(_ lines: String, _ expected: String) throws {
    let outcome = read("HTTP/1.1 200 OK\r\n\(lines)\r\nContent-Length: 0\r\n\r\n").last
    let fields = try #require(outcome?.response?.fields)
    // How many blanks stand between them says nothing (RFC 9112, section 5.2).
    func squeezed(_ text: String) -> [Substring] { text.split(separator: " ") }
    #expect(squeezed(fields[0]) == squeezed(expected))
    #expect(!fields[0].contains("\r") && !fields[0].contains("\n") && !fields[0].hasSuffix(" "))
    #expect(fields.count == 2)
  }

  @Test(arguments: [" A: b\r\n", "\tA: b\r\n", " \r\n"])
  func `nothing is folded onto the status line`(_ line: String) {
    #expect(read("HTTP/1.1 200 OK\r\n\(line)\r\n").last == .failed(.invalidHeader))
  }

  @Test func `a folded list of connection options is read`() throws {
    let head = try head("HTTP/1.1 101 X\r\nConnection: upgrade,\r\n close\r\n\r\n")
    #expect(head.traits == [.http11, .upgrade, .close])
  }

  @Test(arguments: [
    ("Content-Length: 5", 5), ("Content-Length: 0", 0), ("content-length:\t007 ", 7),
    ("Content-Length: 5\r\nContent-Length: 5", 5), ("Content-Length: 5, 5,5", 5), ("A: b", -1),
  ])
  func `a length is digits, the same each time`(_ fields: String, _ expected: Int) throws {
    #expect(try head("HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n").contentLength == expected)
  }

  @Test(arguments: [
    "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5, 6", "Content-Length: ",
    "Content-Length: -1",
    "Content-Length: +5", "Content-Length: 5,", "Content-Length: ,5", "Content-Length: 0x5",
    "Content-Length: 5 5", "Content-Length: 5\r\n 6", "Content-Length: 5.0",
    "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: ",
  ])
  func `what is said of the length must not contradict itself`(_ fields: String) {
    #expect(read("HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n").last == .failed(.invalidFraming))
  }

  @Test func `a length that no number holds is too large`() {
    #expect(
      read("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n").last == .failed(.bodyTooLarge))
  }

  @Test(arguments: ["gzip", "gzip, chunked", "chunked, chunked", "chunked;a=b", "identity", "chunked\r\n ,x"])
  func `only the chunked coding is known`(_ coding: String) {
    #expect(
      read("HTTP/1.1 200 OK\r\nTransfer-Encoding: \(coding)\r\n\r\n").last
        == .failed(.unsupportedTransferCoding))
  }

  @Test func `chunks need HTTP 1-1`() {
    #expect(
      read("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").last == .failed(.invalidFraming))
  }

  @Test(arguments: [100, 103, 101, 204])
  func `statuses without body have none`(_ status: Int) {
    #expect(read("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n").last?.response?.body == [])
    #expect(read("HTTP/1.1 \(status) X\r\nContent-Length: 1\r\n\r\n").last == .failed(.invalidFraming))
    #expect(
      read("HTTP/1.1 \(status) X\r\nTransfer-Encoding: chunked\r\n\r\n").last == .failed(.invalidFraming))
  }

  @Test(arguments: [
    ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
    ("HTTP/1.1", "Connection: TE, CLOSE ,x\r\n", false), ("HTTP/1.1", "Connection: closed\r\n", true),
    ("HTTP/1.9", "", true), ("HTTP/1.0", "", false), ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
    ("HTTP/1.0", "Connection: keep-alive,close\r\n", false),
  ])
  func `the connection goes on as version and options say`(
    _ version: String, _ fields: String, _ expected: Bool
  ) throws {
    #expect(try head("\(version) 200 OK\r\n\(fields)\r\n").allowsKeepAlive == expected)
  }

  @Test(arguments: [
    (200, "Content-Length: 5", false, false, BodyFraming.length(remaining: 5)),
    (200, "Content-Length: 5", true, false, .none), (200, "Content-Length: 5", false, true, .none),
    (407, "Content-Length: 5", false, true, .length(remaining: 5)),
    (304, "Content-Length: 5", false, false, .none), (204, "A: b", false, false, .none),
    (101, "A: b", false, false, .none), (200, "A: b", false, false, .untilClose),
    (200, "Transfer-Encoding: chunked", false, false, .chunked),
    (304, "Transfer-Encoding: chunked", false, false, .none),
    (205, "Content-Length: 0", false, false, .length(remaining: 0)),
  ])
  func `the end of the body is told by head and request`(
    _ status: Int, _ fields: String, _ isHead: Bool, _ isConnect: Bool, _ expected: BodyFraming
  ) throws {
    let head = try head("HTTP/1.1 \(status) X\r\n\(fields)\r\n\r\n")
    #expect(head.framing(isHead: isHead, isConnect: isConnect) == expected)
  }

  @Test func `interim responses come before the one that counts`() {
    let outcomes = read(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
        + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 204 No Content\r\n\r\n")
    #expect(outcomes.map { $0.response?.status } == [100, 103, 200, 204])
    #expect(outcomes[2].response?.body == Array("hi".utf8))
  }

  @Test func `a body without a length ends with the connection`() {
    let text = "HTTP/1.0 200 OK\r\n\r\nall of it"
    #expect(read(text).last == .incomplete)
    #expect(read(text, isClosed: true).last?.response?.body == Array("all of it".utf8))
  }

  @Test(arguments: ["Content-Length: 5\r\n\r\nfour", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"])
  func `a body that says how long it is must not end before`(_ rest: String) {
    #expect(read("HTTP/1.1 200 OK\r\n\(rest)", isClosed: true).last == .failed(.invalidFraming))
  }

  @Test func `a body that ends with the connection is counted`() {
    var limits = HTTPLimits()
    limits.body = 4
    #expect(read("HTTP/1.1 200 OK\r\n\r\nfour", limits: limits, isClosed: true).last?.response != nil)
    #expect(read("HTTP/1.1 200 OK\r\n\r\nfour!", limits: limits).last == .failed(.bodyTooLarge))
  }

  @Test(arguments: [
    "HTTP/1.1 200 \(String(repeating: "a", count: 30))\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: \(String(repeating: "a", count: 30))\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\r\n \(String(repeating: "a", count: 30))\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\(String(repeating: "a", count: 30))\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\r\nA: b\r\nA: b\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: 12345678901234567\r\nA: 12345678901234567\r\n\r\n",
  ])
  func `heads without an end are cut off`(_ text: String) {
    var limits = HTTPLimits()
    limits.requestLine = 24
    limits.fieldLine = 24
    limits.head = 48
    limits.fieldCount = 2
    #expect(read(text, limits: limits).last == .failed(.headersTooLarge))
    #expect(read("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", limits: limits, isHead: true).last?.response != nil)
  }

  @Test func `what cannot become a head is refused before its end`() {
    #expect(read("HTTP/1.1 2x") == [.failed(.invalidStartLine)])
    #expect(read("HTTP/1.1 20") == [.incomplete])
    #expect(read("HTTP/1.1 200 OK\r\nA b") == [.failed(.invalidHeader)])
    #expect(read("HTTP/2") == [.failed(.unsupportedVersion)])
  }

  @Test func `a reader is ready for the next head after each, and after a reset`() throws {
    var reader = ResponseHeadReader()
    let chunked = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n".utf8)
    let plain = Array("HTTP/1.0 404 No\r\n\r\n".utf8)
    for round in 0..<3 {
      let count = try reader.read(chunked.span)
      #expect(count == chunked.count)
      reader.recycle(try reader.take(chunked.span))
      let none = try reader.read(chunked.span.extracting(first: 30))
      #expect(none == nil && !reader.isFresh, "round \(round)")
      reader.reset()
      #expect(reader.isFresh)
      _ = try reader.read(plain.span)
      let head = try reader.take(plain.span)
      #expect(head.status == 404 && head.traits == [] && head.contentLength == -1 && head.fields.isEmpty)
      reader.recycle(head)
    }
  }
}
