// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python && HTTP2
import Foundation
import Testing

extension GaleWSGITests {
  @Suite("HTTP/2 (PYS-032)")
  struct HTTP2Tests {
    private func curl(_ port: UInt16, _ path: String, _ options: [String] = []) throws -> Data {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments =
        ["curl", "-sS", "--max-time", "20", "--http2-prior-knowledge"] + options
        + ["http://127.0.0.1:\(port)\(path)"]
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      let output = pipe.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      return output
    }

    @Test("describes the request in the environ", arguments: TestLane.allCases)
    func environ(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      let output = try curl(port, "/environ?a=b", ["-H", "X-A: 1", "-H", "Cookie: a=1; b=2"])
      let environ = try #require(JSONSerialization.jsonObject(with: output) as? [String: Any])
      let expected = [
        "REQUEST_METHOD": "GET", "PATH_INFO": "/environ", "QUERY_STRING": "a=b",
        "SERVER_PROTOCOL": "HTTP/2.0",
        "HTTP_HOST": "127.0.0.1:\(port)", "HTTP_X_A": "1", "HTTP_COOKIE": "a=1; b=2",
      ]
      for (key, value) in expected { #expect(environ[key] as? String == value, "\(key)") }
    }

    @Test("sends early hints", arguments: TestLane.allCases)
    func hints(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      let output = String(decoding: try curl(port, "/early-hints", ["-i"]), as: UTF8.self)
      let lines = output.split(separator: "\r\n").filter { $0.hasPrefix("HTTP/") || $0.hasPrefix("link:") }
      let hints = ["HTTP/2 103 ", "link: </a.css>; rel=preload", "HTTP/2 103 ", "link: </b.css>"]
      #expect(lines.map(String.init) == hints + ["HTTP/2 200 "])
    }

    @Test("sends files", arguments: TestLane.allCases)
    func files(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      #expect(try curl(port, "/file") == Data(ExchangeTests.file.utf8))
    }
  }
}

#endif
