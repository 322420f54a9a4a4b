// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GaleLoop
import GaleTesting
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

@Suite("httpserver: the access log's file")
struct AccessLogFileTests {
  /// What is written when `paths` are asked for.
  private func lines(
    _ paths: [String], excluding: [String] = [], minimumDuration: Duration = .zero, minimumStatus: Int = 0
  ) async throws -> [String] {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let writer = try LogWriter(path: path)
    var configuration = HTTPServerConfiguration()
    configuration.accessLog = AccessLog(
      try AccessLogFormat("%(U)s %(s)s %({content-length}o)s"), to: writer, excluding: excluding,
      minimumDuration: minimumDuration, minimumStatus: minimumStatus)
    let server = try HTTPTestServer(configuration: configuration) { request in
      request.answer("four", status: Int(request.query) ?? 200)
      request.logAccess()
    }
    let client = RawClient(try await server.connect())
    for path in paths { _ = try await client.request(get(path)) }
    writer.flush()
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  @Test(.loop(timeLimit: .seconds(60))) func `each answer is a line`() async throws {
    let all = try await lines(["/a", "/b?404", "/c"])
    #expect(all == ["/a 200 4", "/b 404 4", "/c 200 4"])
  }

  @Test(.loop(timeLimit: .seconds(60))) func `excluded paths are not there`() async throws {
    let all = try await lines(
      ["/health", "/health/db", "/healthy", "/static/a", "/static", "/x"],
      excluding: ["/health", "/static/*"])
    #expect(all == ["/health/db 200 4", "/healthy 200 4", "/static 200 4", "/x 200 4"])
  }

  @Test(.loop(timeLimit: .seconds(60))) func `quick requests can be left out`() async throws {
    let all = try await lines(["/a"], minimumDuration: .seconds(3600))
    #expect(all == [])
  }

  @Test(.loop(timeLimit: .seconds(60))) func `low statuses can be left out`() async throws {
    let all = try await lines(["/a", "/b?404", "/c?500"], minimumStatus: 400)
    #expect(all == ["/b 404 4", "/c 500 4"])
  }
}
