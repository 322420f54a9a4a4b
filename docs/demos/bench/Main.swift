// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWire

final class Hello: HTTPServerConnectionDelegate, HTTPMessageDelegate {
  func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate { self }
  func finish(_ request: HTTPServerRequest) {
    var headers = HTTPHeaders()
    headers.reserve(byteCount: 256, fieldCount: 8)
    request.connection.context.appendServerFields(to: &headers)
    headers.append("Content-Type", "text/plain")
    headers.append("Content-Length", decimal: 12)
    try? request.writeHeaders(200, headers)
    try? request.write(Array("Hello, world".utf8))
    try? request.finish()
  }
}

@main
struct Bench {
  static func main() throws {
    let server = HTTPServer(Hello())
    try server.listen(port: UInt16(CommandLine.arguments[1])!, address: "127.0.0.1")
    IOLoop.current.start()
  }
}
