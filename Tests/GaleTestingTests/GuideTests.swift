// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Gale
import GaleTesting
import Logging
import Testing

private final class HelloHandler: RequestHandler {
  override func get() async throws { write("Hello, world") }
}

private final class BrokenHandler: RequestHandler {
  override func get() async throws { throw LoopError.test }
}

/// The examples of docs/guide/testing.md.
@Suite("testing: the guide")
struct GuideTests {
  @Test(.loop) func `says hello`() async throws {
    let server = try HTTPTestServer([URLSpec("/", HelloHandler.self)])
    let response = try await server.fetch("/")
    #expect(response.status == 200)
    #expect(response.text == "Hello, world")
  }

  @Test(.loop(clock: .manual())) func `an idle connection is closed`() async throws {
    let server = try HTTPTestServer([URLSpec("/", HelloHandler.self)])
    let stream = try await server.connect()
    try await stream.write(Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
    let start = IOLoop.current.time
    _ = try await stream.readUntilClose()
    #expect(IOLoop.current.time - start >= .seconds(74))
  }

  @Test(.loop, .expectLog("gale.application", "Uncaught exception", level: .error), .strictLog)
  func `a failure is logged`() async throws {
    let server = try HTTPTestServer([URLSpec("/", BrokenHandler.self)])
    let access = ExpectLog("gale.access", #/500 GET \//#)
    let response = try await access.during { try await server.fetch("/") }
    #expect(response.status == 500)
  }

  @Test(.loop, arguments: [MemoryScript.byteByByte, [.piece(20), .delay(.milliseconds(5)), .piece(1)]])
  func `a request may come in pieces`(_ script: MemoryScript) async throws {
    let server = try HTTPTestServer([URLSpec("/", HelloHandler.self)])
    let client = try server.connectInMemory(toServer: script)
    try await client.write(Array("GET / HTTP/1.0\r\n\r\n".utf8))
    let answer = String(decoding: try await client.readUntilClose(), as: UTF8.self)
    #expect(answer.hasSuffix("Hello, world"))
  }

  @Test(.loop, arguments: StreamConformance.allCases)
  func `a stream does what streams do`(_ check: StreamConformance) async throws {
    try await check.run { try MemoryStream.pair() }
  }
}
