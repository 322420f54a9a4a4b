// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GaleLoop
import GaleTesting
import TestSupport
import Testing

@testable import GaleHTTP

/// A row of `Tests/Vectors/access-log.json`: the line that gunicorn's own logger makes.
struct AccessLogVector: Decodable, Sendable, CustomTestStringConvertible {
  let format: String
  let request: String
  let status: Int
  let headers: [[String]]
  let count: Int
  let microseconds: Int64
  let line: String

  static let rows = (try? Vectors.rows("access-log.json", as: AccessLogVector.self)) ?? []

  var testDescription: String { line }
}

@Suite("httpserver: formats of the access log")
struct AccessLogFormatTests {
  /// The line of a request that is answered so.
  private func line(
    _ format: AccessLogFormat, _ request: String, status: Int = 200, _ fields: [(String, String)] = [],
    count: Int = 0, microseconds: Int64 = 0, wall: Int64 = 1_764_317_045_123_000_000,
    isQuerySecret: Bool = false
  ) async throws -> String {
    var line = ""
    let builder = AccessLineBuilder()
    var configuration = HTTPServerConfiguration()
    configuration.accessLog = AccessLog(format, to: .standardError, minimumStatus: 1000)
    let server = try HTTPTestServer(configuration: configuration) { request in
      request.isQuerySecret = isQuerySecret
      request.answer(String(repeating: "x", count: count), status: status, fields)
      format.write(request, AccessMoment(wall: wall, duration: microseconds * 1000), to: builder)
      line = String(decoding: builder.bytes, as: UTF8.self)
    }
    let client = RawClient(try await server.connect())
    try await client.send(Vectors.bytes(request))
    client.closeSending()
    _ = try await client.rest()
    return line
  }

  @Test func `there are vectors`() { #expect(AccessLogVector.rows.count > 25) }

  @Test(.loop(timeLimit: .seconds(60)), arguments: AccessLogVector.rows)
  func `lines are those of gunicorn`(_ row: AccessLogVector) async throws {
    let format = try AccessLogFormat(row.format)
    let made = try await line(
      format, row.request, status: row.status, row.headers.map { ($0[0], $0[1]) }, count: row.count,
      microseconds: row.microseconds)
    #expect(made == row.line)
  }

  @Test(
    .loop(timeLimit: .seconds(60)),
    arguments: [
      (#"%(r)s"#, "GET /\\x HTTP/1.1", #"GET /\\x HTTP/1.1"#),
      ("%(U)s", "GET /%0D%0A%1B[31m%00%7F HTTP/1.1", #"/\x0d\x0a\x1b[31m\x00\x7f"#),
      ("%(U)s", "GET /caf%C3%A9%E2%80%A8 HTTP/1.1", #"/caf\xc3\xa9\xe2\x80\xa8"#),
      (#""%({x-a}i)s""#, "GET / HTTP/1.1\r\nX-A: \" 200 0 \"\u{E9}", #""\" 200 0 \"\xe9""#),
    ])
  func `what a client sends neither ends a text nor a line`(
    _ format: String, _ head: String, _ expected: String
  ) async throws {
    let made = try await line(try AccessLogFormat(format), head + "\r\nHost: a\r\n\r\n")
    #expect(made == expected)
  }

  static let targets = ["/cb?code=secret", "http://a/cb?code=secret", "/cb", "/cb?"]

  @Test(
    .loop(timeLimit: .seconds(60)),
    arguments: [
      try AccessLogFormat("%(r)s %(U)s %(q)s %({query_string}e)s %({raw_uri}e)s"), .tornado, .json,
    ], targets)
  func `a secret query is not shown`(_ format: AccessLogFormat, _ target: String) async throws {
    let request = "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"
    let shown = try await line(format, request)
    let hidden = try await line(format, request, isQuerySecret: true)
    #expect(hidden.contains("/cb"))
    #expect(!hidden.contains("secret"))
    #expect(shown.contains("secret") == target.contains("secret"))
    #expect(hidden.contains("...") == target.contains("secret"))
  }

  @Test(.loop(timeLimit: .seconds(60))) func `the time is that of the local clock, with its zone`()
    async throws
  {
    let made = try await line(try AccessLogFormat("%(t)s"), "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    let parser = DateFormatter()
    parser.locale = Locale(identifier: "en_US_POSIX")
    parser.dateFormat = "'['dd/MMM/yyyy:HH:mm:ss Z']'"
    #expect(parser.date(from: made)?.timeIntervalSince1970 == 1_764_317_045)
  }

  @Test(.loop(timeLimit: .seconds(60))) func `a line of JSON has all keys, whatever the client sends`()
    async throws
  {
    let made = try await line(
      .json,
      "GET /a%20b?q=\"\\ HTTP/1.1\r\nHost: h\r\nUser-Agent: \"\u{C3}\u{A9}\u{FF}\\\r\nAuthorization: Basic dTpw\r\n\r\n",
      status: 404, count: 3, microseconds: 1_234_567)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(made.utf8)) as? [String: Any])
    #expect(!made.contains("\n"))
    #expect(object["method"] as? String == "GET")
    #expect(object["host"] as? String == "h")
    #expect(object["path"] as? String == "/a%20b")
    #expect(object["query"] as? String == "q=\"\\")
    #expect(object["protocol"] as? String == "HTTP/1.1")
    #expect(object["status"] as? Int == 404)
    #expect(object["bytes"] as? Int == 3)
    #expect(object["duration"] as? Double == 1.234567)
    #expect(object["user"] as? String == "u")
    #expect(object["user_agent"] as? String == "\"é\u{FFFD}\\")
    #expect(object["referer"] is NSNull)
    #expect(object["remote"] as? String == "127.0.0.1")
    #expect(object["pid"] as? Int == Int(getpid()))
    #expect((object["request_id"] as? String)?.contains(".") == true)
    let time = try #require(object["time"] as? String)
    let parser = ISO8601DateFormatter()
    parser.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
    #expect(parser.date(from: time)?.timeIntervalSince1970 == 1_764_317_045.123)
    #expect(object.count == 15)
  }

  @Test(
    .loop(timeLimit: .seconds(60)),
    arguments: [(200, "I"), (302, "I"), (404, "W"), (503, "E")])
  func `Tornado's line has its level`(_ status: Int, _ letter: String) async throws {
    let made = try await line(
      .tornado, "GET /p?q HTTP/1.1\r\nHost: a\r\n\r\n", status: status, microseconds: 12_345)
    let pattern = /\[(.) \d{6} \d\d:\d\d:\d\d access\] (\d+) GET \/p\?q \(127\.0\.0\.1\) 12\.34ms/
    let match = try #require(try pattern.wholeMatch(in: made))
    #expect(match.1 == letter)
    #expect(match.2 == String(status))
  }

  @Test(arguments: [
    ("common", "%(b)s"), ("combined", "%(a)s"),
  ])
  func `ready-made forms have names`(_ name: String, _ last: String) throws {
    guard case .parts(let parts) = try AccessLogFormat(name: name).form else {
      Issue.record("no parts")
      return
    }
    let atoms = parts.compactMap { if case .atom(let atom) = $0 { "%(\(atom.rawValue))s" } else { nil } }
    #expect(atoms.last == last)
  }

  @Test(arguments: [
    ("%(x)s", "there is no atom %(x)s"), ("%(h)", "the atom %(h) does not end with s or d"),
    ("%h", "a percent sign is not followed by an atom such as %(h)s; write %% for the sign"),
    ("%(h", "a percent sign is not followed by an atom such as %(h)s; write %% for the sign"),
    ("%({a}x)s", "there is no atom %({a}x)s"), ("%(h)x", "the atom %(h) does not end with s or d"),
    ("combine", "there is no access log format combine: common, combined, json, tornado, or atoms"),
  ])
  func `what is no format is refused`(_ format: String, _ message: String) {
    let error = #expect(throws: AccessLogFormatError.self) { try AccessLogFormat(name: format) }
    #expect(error?.message == message)
    #expect(error?.description == message)
  }

  @Test func `a line break in a format is a blank`() throws {
    #expect(try AccessLogFormat.Part.parse("a\nb\r\nc") == [.text(Array("a b c".utf8))])
  }
}
