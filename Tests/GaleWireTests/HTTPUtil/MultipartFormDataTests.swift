// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire
import Testing

@Suite("httputil: multipart/form-data")
struct MultipartFormDataTests {
  /// What a part says, in one line.
  static func summary(_ body: String, boundary: String = "1234", limits: MultipartFormData.Limits = .init())
    throws(FormError) -> [String]
  {
    let form = try MultipartFormData(parsing: Array(body.utf8), boundary: boundary, limits: limits)
    return form.parts.map { part in
      let file = part.filename.map { ":" + $0 } ?? ""
      let type = part.contentType.map { "(" + $0 + ")" } ?? ""
      return part.name + file + type + "=" + String(decoding: part.body, as: UTF8.self)
    }
  }

  static let field = "Content-Disposition: form-data; name=\"a\"\r\n\r\n"

  @Test(
    arguments: [
      ("--1234--\r\n", []),
      ("--1234--", []),
      ("--1234\r\n\(field)1\r\n--1234--\r\n", ["a=1"]),
      ("--1234\r\n\(field)1\r\n--1234\r\n\(field)\r\n\r\n--1234--\r\n", ["a=1", "a=\r\n"]),
      ("--1234\r\n\(field)\r\n--1234--", ["a="]),
      ("--1234\r\n\(field)--1234--", ["a="]),
      ("preamble\r\n\r\n--1234\r\n\(field)1\r\n--1234--epilogue\r\n--1234\r\n", ["a=1"]),
      ("--1234  \t\r\n\(field)1\r\n--1234 \r\n\(field)2\r\n--1234--", ["a=1", "a=2"]),
      (
        "--1234\r\n\(field)x--1234--\r\n--1234x\r\n\r\n-\r\n--123\r\n\r\n--1234--",
        ["a=x--1234--\r\n--1234x\r\n\r\n-\r\n--123\r\n"]
      ),
      ("--1234\r\n\(field)\r\r\r\r\n\r\n--1234--", ["a=\r\r\r\r\n"]),
      (
        "--1234\r\ncontent-type: text/plain\r\nX-Other:\tignored\r\nCONTENT-DISPOSITION: Form-Data; name=files; "
          + "filename=\"ab.txt\"\r\n\r\nFoo\r\n--1234--", ["files:ab.txt(text/plain)=Foo"]
      ),
      ("--1234\r\nContent-Disposition: form-data; name=a; filename=\"\"\r\n\r\n1\r\n--1234--", ["a=1"]),
      (
        "--1234\r\nContent-Disposition: form-data; name=é; filename=\"한.txt\"\r\n\r\n1\r\n--1234--",
        ["é:한.txt=1"]
      ),
      (
        "--1234\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"; filename*=UTF-8''%C3%A1b.txt\r\n\r\n1\r\n"
          + "--1234--", ["f:áb.txt=1"]
      ),
    ] as [(String, [String])])
  func `parts are found`(_ body: String, _ expected: [String]) throws {
    #expect(try Self.summary(body) == expected)
    #expect(try Self.summary(body, boundary: "\"1234\"") == expected)
  }

  @Test(
    arguments: [
      ("", .missingFinalBoundary), ("--x--\r\n", .missingFinalBoundary), ("--123--", .missingFinalBoundary),
      ("--1234\r\n", .missingFinalBoundary), ("--1234\r\n\(field)1", .missingFinalBoundary),
      ("--1234\r\n\(field)1\r\n--1234", .missingFinalBoundary),
      ("--1234\r\n\(field)1\r\n--1234-", .missingFinalBoundary),
      ("--1234\r\n\(field)1--1234--", .missingFinalBoundary),
      ("--1234\n\(field)1\n--1234--", .missingFinalBoundary),
      ("--1234\r\nContent-Disposition: form-data; name=a", .missingFinalBoundary),
      ("--1234\r\nContent-Disposition: form-data; name=a\r\n--1234--\r\n", .invalidPartHeader),
      ("--1234\r\n\r\n1\r\n--1234--", .invalidDisposition),
      ("--1234\r\nX: y\r\n\r\n1\r\n--1234--", .invalidDisposition),
      ("--1234\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--1234--", .invalidDisposition),
      ("--1234\r\nContent-Disposition: form-data; name=a\r\n\(field)1\r\n--1234--", .invalidDisposition),
      ("--1234\r\nContent-Disposition: form-data\r\n\r\n1\r\n--1234--", .missingName),
      ("--1234\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n1\r\n--1234--", .missingName),
      ("--1234\r\nX: a\rb\r\n\(field)1\r\n--1234--", .invalidPartHeader),
      ("--1234\r\nX: a\nb: c\r\n\(field)1\r\n--1234--", .invalidPartHeader),
      ("--1234\r\nX: a\0\r\n\(field)1\r\n--1234--", .invalidPartHeader),
      ("--1234\r\nX : a\r\n\(field)1\r\n--1234--", .invalidPartHeader),
      ("--1234\r\nX: a\r\n b\r\n\(field)1\r\n--1234--", .invalidPartHeader),
      ("--1234\r\n: a\r\n\(field)1\r\n--1234--", .invalidPartHeader),
      ("--1234\r\nno colon\r\n\(field)1\r\n--1234--", .invalidPartHeader),
      ("--1234\r\nContent-Type: a\r\nContent-Type: b\r\n\(field)1\r\n--1234--", .invalidPartHeader),
    ] as [(String, FormError.Code)])
  func `the first mistake ends it`(_ body: String, _ code: FormError.Code) {
    let error = #expect(throws: FormError.self) { try Self.summary(body) }
    #expect(error?.code == code)
  }

  @Test func `a header must be UTF-8`() {
    let body =
      Array("--b\r\nContent-Disposition: form-data; name=\"".utf8) + [0xE9]
      + Array("\"\r\n\r\n\r\n--b--".utf8)
    let error = #expect(throws: FormError.self) { try MultipartFormData(parsing: body, boundary: "b") }
    #expect(error?.code == .invalidPartHeader)
  }

  @Test(
    arguments: [
      ("", .missingBoundary), ("\"\"", .missingBoundary),
      (String(repeating: "b", count: 71), .invalidBoundary),
      ("b ", .invalidBoundary), ("b\r\n", .invalidBoundary), ("é", .invalidBoundary),
    ] as [(String, FormError.Code)])
  func `a boundary has 1 to 70 characters`(_ boundary: String, _ code: FormError.Code) throws {
    let error = #expect(throws: FormError.self) { try Self.summary("--b--", boundary: boundary) }
    #expect(error?.code == code)
    let longest = String(repeating: "'()+_,-./:=? b", count: 5)
    #expect(
      try Self.summary("--\(longest)\r\n\(Self.field)1\r\n--\(longest)--", boundary: longest) == ["a=1"])
  }

  @Test(arguments: [0, 1, 100])
  func `parts are counted`(_ limit: Int) throws {
    let limits = MultipartFormData.Limits(partCount: limit)
    let part = "--b\r\n\(Self.field)1\r\n"
    let most = String(repeating: part, count: limit)
    #expect(try Self.summary(most + "--b--", boundary: "b", limits: limits).count == limit)
    let error = #expect(throws: FormError.self) {
      try Self.summary(most + part + "garbage", boundary: "b", limits: limits)
    }
    #expect(error?.code == .tooManyParts)
  }

  @Test func `a part's header has a limit`() throws {
    let field = "Content-Disposition: form-data; name=\"a\""
    let limits = MultipartFormData.Limits(partHeaderByteCount: field.utf8.count)
    #expect(try Self.summary("--b\r\n\(field)\r\n\r\n1\r\n--b--", boundary: "b", limits: limits) == ["a=1"])
    for header in [field + " ", field + "\r\nX: y", String(repeating: "x", count: 100_000)] {
      let error = #expect(throws: FormError.self) {
        try Self.summary("--b\r\n\(header)\r\n\r\n1\r\n--b--", boundary: "b", limits: limits)
      }
      #expect(error?.code == .partHeaderTooLarge)
    }
    for count in [Int.max, Int.min, -1, 0] {
      let limits = MultipartFormData.Limits(partHeaderByteCount: count)
      let names = try? Self.summary("--b\r\n\(field)\r\n\r\n1\r\n--b--", boundary: "b", limits: limits)
      #expect(names == (count > 0 ? ["a=1"] : nil))
    }
  }

  @Test(arguments: [
    ("\r", "b"), ("\r\n", "b"), ("\r\n-", "-"), ("\r\n--b", "bb"), ("a", String(repeating: "a", count: 70)),
    ("\r\n--" + String(repeating: "a", count: 69), String(repeating: "a", count: 70)), ("\r\n--b x", "b"),
  ])
  func `bodies that look like boundaries are no work`(_ piece: String, _ boundary: String) throws {
    let content = String(repeating: piece, count: 200_000 / piece.utf8.count)
    let body = "--\(boundary)\r\n\(Self.field)\(content)x\r\n--\(boundary)--"
    let form = try MultipartFormData(parsing: Array(body.utf8), boundary: boundary)
    #expect(form.parts.map(\.body.count) == [content.utf8.count + 1])
    #expect(throws: FormError.self) { try Self.summary(content, boundary: boundary) }
  }
}
