// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// httpbin, served by `gale serve`: the peer of the HTTP clients' tests, one for all tests of a process.
///
/// It needs the debug executable `gale` and the environment `.build/venv`, which `make test` makes.
package final class HTTPBin: Sendable {
  /// `http://127.0.0.1:PORT`.
  package let base: String
  package let port: UInt16
  /// The server ends when this pipe does, however this process ends.
  private let lifeline: Mutex<Pipe>

  /// The server of this process, in the lane `inline`: it answers one request at a time.
  package static let shared = Result { try HTTPBin(lane: "inline") }
  /// One in the lane `threads`, for requests that take their time.
  package static let threaded = Result { try HTTPBin(lane: "threads") }

  private init(lane: String) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let gale = "\(root)/.build/debug/gale"
    let python = "\(root)/.build/venv/bin/python"
    for needed in [gale, python] where !FileManager.default.isExecutableFile(atPath: needed) {
      throw HTTPBinMissing(
        "\(needed) is missing; `make test` builds it, as does `swift build --product gale`")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [
      "\(root)/interop/gale/with_server.py", gale, "serve", "--bind", "127.0.0.1:{port}", "--lane", lane,
      "--threads", "16", "--venv", "\(root)/.build/venv", "--chdir", "\(root)/interop/apps", "--log-level",
      "warning",
      "httpbin_site:app", "--", "sh", "-c", "echo {port}; exec cat",
    ]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
    var said = ""
    while !said.contains("\n"), case let more = output.fileHandleForReading.availableData, !more.isEmpty {
      said += String(decoding: more, as: UTF8.self)
    }
    guard let port = UInt16(said.prefix { $0 != "\n" }) else {
      let rest = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      throw HTTPBinMissing(
        "httpbin does not start; is it in .build/venv (interop/requirements.txt)?\n\(said)\(rest)")
    }
    self.port = port
    base = "http://127.0.0.1:\(port)"
    lifeline = Mutex(input)
  }
}

/// The server that the tests need could not be started.
package struct HTTPBinMissing: Error, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
