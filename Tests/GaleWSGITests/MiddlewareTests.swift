// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Synchronization
import Testing

/// Lets in who has the key, after a while, and marks the answer.
private final class Gate: Middleware {
  let ends = Mutex<[Int]>([])

  func handle(_ handler: RequestHandler, next: Next) async throws {
    guard handler.request.headers["X-Key"] == "1" else { throw HTTPError(403) }
    await handler.loop.moment()
    handler.request.onResponseHead { _, headers in try? headers.set("X-Gate", "open") }
    handler.request.onEnd { [self] request in ends.withLock { $0.append(request.responseStatus) } }
    try await next()
  }
}

extension GaleWSGITests {
  @Suite("middleware around Python (SWF-011)")
  struct MiddlewareTests {
    @Test("an unchanged application is behind it", arguments: TestLane.allCases)
    func gate(_ lane: TestLane) throws {
      let gate = Gate()
      let port = try TestServer.port(lane, middleware: gate)
      let page = try RawClient.get(port, "/app/unicode/%C3%A9", headers: "X-Key: 1\r\n")
      #expect(page.status == 200 && page.text.contains("\"/app\""))
      #expect(page.header("x-gate") == "open")
      for size in [3, 300_000] {
        let posted = try RawClient.get(
          port, "/app/environ", method: "POST", headers: "X-Key: 1\r\n",
          body: [UInt8](repeating: 0x61, count: size))
        #expect(posted.status == 200 && posted.text.contains("\"\(size)\""))
      }
      let refused = try RawClient.get(port, "/app/environ", method: "POST", body: Array("abc".utf8))
      #expect(refused.status == 403)
      #expect(gate.ends.withLock { $0 } == [200, 200, 200])
    }
  }
}
#endif
