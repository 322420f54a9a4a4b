// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import GaleHTTP
import GaleLoop
import GaleWire

/// What holds for every input after the preface: nothing traps, a request ends once, no connection is left behind
/// when the client has gone, and nothing that a handler sees has a control character in it.
///
/// The first byte says how handlers answer and in how many pieces the bytes come.
@c(LLVMFuzzerTestOneInput)
public func fuzzHTTP2(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard let input = unsafe FuzzInput(start, count) else { return 0 }
  do {
    try fixture.run(input)
  } catch {
    fatalError("\(error)")
  }
  return 0
}

private let fixture = LoopConfined(Fixture())

extension LoopConfined<Fixture> {
  fileprivate func run(_ input: FuzzInput) throws { try value.run(input) }
}

/// One server for all inputs.
private final class Fixture {
  private let loop: IOLoop
  private let server: HTTPServer
  private let delegate = Delegate()

  init() {
    do {
      loop = try IOLoop()
      loop.makeCurrent()
      server = HTTPServer(delegate, on: loop)
    } catch {
      fatalError("\(error)")
    }
  }

  func run(_ input: FuzzInput) throws {
    unsafe Exchange.flags = input.flags
    let loop = loop
    let server = server
    let context = server.context
    try loop.runSync(timeout: .seconds(5)) {
      let (ours, theirs) = try IOStream.pair(on: loop)
      context.serveHTTP2(theirs, from: SocketAddress(ipv4: 0x7F00_0001, port: 1))
      try ours.enqueue(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
      let half = input.flags & 16 == 0 ? input.bytes.count : input.bytes.count / 2
      try? ours.enqueue(Array(input.bytes[..<half]))
      for _ in 0..<4 { await loop.moment() }
      if !ours.isClosed, half < input.bytes.count { try? ours.enqueue(Array(input.bytes[half...])) }
      for _ in 0..<4 { await loop.moment() }
      ours.close()
      for _ in 0..<4 { await loop.moment() }
      server.closeAllConnections()
      check(context.connectionCount == 0, "a connection is left behind")
      unsafe check(Exchange.open == 0, "\(Exchange.open) requests have not ended")
    }
  }
}

private final class Delegate: HTTPServerConnectionDelegate {
  func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate { Exchange(request) }
}

/// Answers as the flags say.
private final class Exchange: HTTPMessageDelegate {
  nonisolated(unsafe) static var flags: UInt8 = 0  // One thread.
  nonisolated(unsafe) static var open = 0  // As above.
  private var hasEnded = false

  init(_ request: HTTPServerRequest) {
    unsafe Exchange.open += 1
    for text in [request.method, request.uri, request.host] + request.headers.map({ $0.name + $0.value }) {
      check(!text.utf8.contains { $0 < 0x20 && $0 != 9 || $0 == 0x7F }, "a control character")
    }
  }

  var bodyDelivery: HTTPBodyDelivery { unsafe Exchange.flags & 1 == 0 ? .buffered : .streamed }

  func dataReceived(_ chunk: [UInt8], _ request: HTTPServerRequest) {
    if unsafe Exchange.flags & 2 != 0 { request.connection.setBodyPaused(true, for: request) }
    if unsafe Exchange.flags & 8 != 0, !request.responseFinished { answer(request) }
  }

  func finish(_ request: HTTPServerRequest) {
    check(!hasEnded, "ended twice")
    if unsafe Exchange.flags & 4 != 0 { return }
    answer(request)
  }

  func connectionClosed(_ request: HTTPServerRequest) {
    if request.responseFinished { end() }
  }

  private func answer(_ request: HTTPServerRequest) {
    do {
      try request.writeHeaders(200, HTTPHeaders())
      try request.write(request.body + Array("answer".utf8))
      if unsafe Exchange.flags & 32 != 0 { request.connection.flush(for: request) }
      try request.finish()
    } catch {
      check(request.responseFinished, "\(error)")
      return
    }
    end()
  }

  private func end() {
    check(!hasEnded, "ended twice")
    hasEnded = true
    unsafe Exchange.open -= 1
  }
}
