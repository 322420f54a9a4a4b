// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

/// Answers the handshakes of clients as it is told, and keeps their heads.
private final class FakeServer {
  let address: SocketAddress
  var requests: [String] = []
  var streams: [IOStream] = []
  private var acceptor: Acceptor?

  /// - Parameter answer: What is answered to a head; the accept value replaces `{accept}`. `nil` for silence.
  init(on loop: IOLoop, _ answer: @escaping (String) -> String?) throws {
    let socket = try bindSockets(port: 0, address: "127.0.0.1")[0]
    address = socket.address
    acceptor = try Acceptor(socket, on: loop) { [unowned self] descriptor, _ in
      let stream = IOStream(descriptor: descriptor, on: loop)
      streams.append(stream)
      loop.spawn { [self] in
        while true {
          let head = String(decoding: try await stream.read(until: [13, 10, 13, 10]), as: UTF8.self)
          requests.append(head)
          guard let text = answer(head) else { return }
          try await stream.write(Array(text.replacing("{accept}", with: FakeServer.accept(head)).utf8))
        }
      }
    }
  }

  private static func accept(_ head: String) -> String {
    let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("sec-websocket-key: ") }
    return line.map { webSocketAcceptValue(for: String($0.dropFirst(19))) } ?? ""
  }

  var url: String { "ws://127.0.0.1:\(address.port)/" }

  func close() {
    acceptor?.stop()
    for stream in streams { stream.close() }
  }

  static let good =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
}

@Suite("websocket: connecting (WS-027, WS-028, WS-029, ASK-018)")
struct WebSocketConnectTests {
  private func withFakeServer(
    _ answer: @escaping (String) -> String?, _ body: @escaping (IOLoop, FakeServer) async throws -> Void
  ) throws {
    let reports = Reports()
    try runLoop(reports: reports) { loop in
      let server = try FakeServer(on: loop, answer)
      defer { server.close() }
      try await body(loop, server)
    }
  }

  /// The error with which connecting fails.
  private func failure(
    _ request: WebSocketRequest, _ configuration: WebSocketConfiguration = WebSocketConfiguration(),
    on loop: IOLoop
  ) async -> WebSocketError? {
    do {
      let connection = try await webSocketConnect(request, configuration: configuration, on: loop)
      connection.abort()
      return nil
    } catch {
      return error as? WebSocketError
    }
  }

  @Test func `the request says everything, and what follows the answer is the first message`() throws {
    try withFakeServer { _ in
      "HTTP/1.1 103 Early Hints\r\n\r\n" + FakeServer.good + "Sec-WebSocket-Protocol: b\r\n\r\n"
    } _: { loop, server in
      var request = WebSocketRequest("ws://user:p%20w@127.0.0.1:\(server.address.port)/chat?room=1")
      request.subprotocols = ["a", "b"]
      request.origin = "http://example.com"
      try request.headers.add("X-Extra", "yes")
      var configuration = WebSocketConfiguration()
      configuration.compression = WebSocketCompression(contextTakeover: true)
      let connection = try await webSocketConnect(request, configuration: configuration, on: loop)
      #expect(connection.selectedSubprotocol == "b")
      #expect(!connection.isCompressed)
      let head = server.requests.first ?? ""
      let lines = head.split(separator: "\r\n").map(String.init)
      #expect(lines.first == "GET /chat?room=1 HTTP/1.1")
      for line in [
        "Host: 127.0.0.1:\(server.address.port)", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-Websocket-Version: 13", "Sec-Websocket-Protocol: a, b", "Origin: http://example.com",
        "X-Extra: yes",
        "Sec-Websocket-Extensions: permessage-deflate; client_max_window_bits",
        "Authorization: Basic dXNlcjpwIHc=",
      ] {
        #expect(lines.contains { $0.lowercased() == line.lowercased() }, "\(line) in \(lines)")
      }
      try await server.streams.last?.write([0x81, 2, 0x68, 0x69])
      #expect(try await connection.readMessage() == .text("hi"))
      connection.abort()
    }
  }

  static let refusals: [(String, WebSocketError.Code, Int?)] = [
    ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", .unexpectedStatus, 403),
    ("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", .unexpectedStatus, 302),
    ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .unexpectedStatus, 200),
    ("SSH-2.0-OpenSSH\r\n\r\n", .notWebSocket, nil),
    ("HTTP/1.1 101 X\r\nBad Header\r\n\r\n", .notWebSocket, nil),
    ("HTTP/1.1 101 X\r\nX: " + String(repeating: "x", count: 70_000) + "\r\n\r\n", .notWebSocket, nil),
    (FakeServer.good.replacing("Upgrade: WebSocket\r\n", with: "") + "\r\n", .notWebSocket, 101),
    (FakeServer.good.replacing("Upgrade: WebSocket", with: "Upgrade: h2c") + "\r\n", .notWebSocket, 101),
    (FakeServer.good.replacing("keep-alive, Upgrade", with: "keep-alive") + "\r\n", .notWebSocket, 101),
    (FakeServer.good.replacing("{accept}", with: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") + "\r\n", .badAccept, 101),
    (FakeServer.good.replacing("Sec-WebSocket-Accept: {accept}\r\n", with: "") + "\r\n", .badAccept, 101),
    (FakeServer.good + "Sec-WebSocket-Extensions: foo\r\n\r\n", .unofferedExtension, 101),
    (FakeServer.good + "Sec-WebSocket-Extensions: permessage-deflate; foo\r\n\r\n", .unofferedExtension, 101),
    (FakeServer.good + "Sec-WebSocket-Protocol: z\r\n\r\n", .unofferedSubprotocol, 101),
  ]

  @Test(arguments: refusals.indices)
  func `an answer that does not agree is an error that says why`(_ index: Int) throws {
    let (answer, code, status) = Self.refusals[index]
    try withFakeServer({ _ in answer }) { loop, server in
      var request = WebSocketRequest(server.url)
      request.subprotocols = ["a"]
      var configuration = WebSocketConfiguration()
      configuration.compression = WebSocketCompression()
      let error = await failure(request, configuration, on: loop)
      #expect(error?.code == code)
      #expect(error?.status == status)
    }
  }

  @Test func `compression that nobody offered is refused`() throws {
    try withFakeServer({ _ in FakeServer.good + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n" }) {
      loop, server in
      #expect(await failure(WebSocketRequest(server.url), on: loop)?.code == .unofferedExtension)
    }
  }

  @Test(
    arguments: [
      "http://a/", "ws:/a/", "ws://", "ws:///x", "ws://a b/", "ws://a/#x", "ws://a:0/", "ws://a:99999/", "a",
      "ws://é/", "ws://a/\r\nX: y",
    ])
  func `a URL that is none is refused`(_ url: String) throws {
    try runLoop { loop in
      #expect(await failure(WebSocketRequest(url), on: loop)?.code == .invalidRequest)
    }
  }

  @Test(arguments: ["Host", "upgrade", "Sec-WebSocket-Key", "Content-Length"])
  func `fields of the handshake are not the caller's`(_ name: String) throws {
    try runLoop { loop in
      var request = WebSocketRequest("ws://127.0.0.1:1/")
      try request.headers.add(name, "x")
      #expect(await failure(request, on: loop)?.code == .invalidRequest)
      request.headers = HTTPHeaders()
      request.subprotocols = ["not a token"]
      #expect(await failure(request, on: loop)?.code == .invalidRequest)
    }
  }

  @Test func `a server that is silent is given up in time, and one that hangs up at once`() throws {
    try withFakeServer({ _ in nil }) { loop, server in
      var request = WebSocketRequest(server.url)
      request.connectTimeout = .milliseconds(100)
      #expect(await failure(request, on: loop)?.code == .timedOut)
      request.connectTimeout = .seconds(30)
      loop.spawn {
        try await loop.wait { server.requests.count == 2 }
        server.streams.last?.close()
      }
      await #expect(throws: StreamError.self) { _ = try await webSocketConnect(request, on: loop) }
    }
  }

  @Test func `a cancelled connect ends at once`() throws {
    try withFakeServer({ _ in nil }) { loop, server in
      var outcome: (any Error)?
      let task = loop.spawn {
        do { _ = try await webSocketConnect(server.url, on: loop) } catch { outcome = error }
      }
      try await loop.wait { server.requests.count == 1 }
      task.cancel()
      await task.value
      #expect(outcome is CancellationError)
    }
  }

  @Test func `nobody listens, and a name is nobody's`() throws {
    try runLoop { loop in
      await #expect(throws: TCPClientError.self) {
        _ = try await webSocketConnect("ws://127.0.0.1:\(try refusedAddress().port)/", on: loop)
      }
      let resolver = FakeResolver(on: loop)
      resolver.error = LoopError(.timedOut, "no such name")
      var request = WebSocketRequest("ws://nobody.test/")
      request.resolver = resolver
      await #expect(throws: LoopError.self) { _ = try await webSocketConnect(request, on: loop) }
      #expect(resolver.questions == ["nobody.test 80 any"])
    }
  }

  @Test func `closures take what comes`() throws {
    try withFakeServer({ _ in FakeServer.good + "\r\n" }) { loop, server in
      var events: [String] = []
      var configuration = WebSocketConfiguration()
      configuration.closeTimeout = .milliseconds(100)  // The server does not close.
      let connection = try await webSocketConnect(
        WebSocketRequest(server.url), configuration: configuration,
        onMessage: { events.append($0?.text ?? "end") },
        onPing: { events.append("ping \($0)") }, onPong: { events.append("pong \($0)") }, on: loop)
      try await server.streams.last?.write([
        0x89, 1, 5, 0x81, 1, 0x61, 0x8A, 0, 0x81, 1, 0x62, 0x88, 2, 3, 0xE8,
      ])
      try await connection.waitUntilClosed()
      #expect(events == ["ping [5]", "a", "pong []", "b", "end"])
      #expect(connection.closeCode == 1000)
    }
  }

  // MARK: - Proxies (ASK-018)

  @Test func `a proxy is asked for a tunnel`() throws {
    try withFakeServer { head in
      head.hasPrefix("CONNECT") ? "HTTP/1.1 200 Connection established\r\n\r\n" : FakeServer.good + "\r\n"
    } _: { loop, server in
      var request = WebSocketRequest("ws://example.test:81/x")
      request.proxy = HTTPProxy(
        host: "127.0.0.1", port: server.address.port,
        credentials: HTTPCredentials(username: "me", password: "secret"))
      let connection = try await webSocketConnect(request, on: loop)
      #expect(server.requests.count == 2)
      let first = server.requests.first ?? ""
      #expect(first.hasPrefix("CONNECT example.test:81 HTTP/1.1\r\nHost: example.test:81\r\n"))
      #expect(first.contains("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"))
      #expect(server.requests.last?.hasPrefix("GET /x HTTP/1.1\r\nHost: example.test:81\r\n") == true)
      #expect(server.requests.last?.contains("Proxy-") == false)
      connection.abort()
    }
  }

  @Test func `a proxy that refuses is an error with its status`() throws {
    try withFakeServer({ _ in "HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n" }) { loop, server in
      var request = WebSocketRequest("ws://example.test/")
      request.proxy = HTTPProxy(host: "127.0.0.1", port: server.address.port)
      let error = await failure(request, on: loop)
      #expect(error?.code == .unexpectedStatus && error?.status == 407)
    }
  }

  @Test(arguments: ["nonsense\r\n\r\n", "HTTP/1.1 200\r\nbad line\r\n\r\n"])
  func `a proxy that makes no sense is an error`(_ answer: String) throws {
    try withFakeServer({ _ in answer }) { loop, server in
      var request = WebSocketRequest("ws://example.test/")
      request.proxy = HTTPProxy(host: "127.0.0.1", port: server.address.port)
      #expect(await failure(request, on: loop)?.code == .proxyFailed)
    }
  }

  @Test func `a SOCKS proxy leads to the server`() throws {
    try withFakeServer({ _ in FakeServer.good + "\r\n" }) { loop, server in
      var log: [String] = []
      let login = ("me", "secret")
      let socks = try ClientProxyTests.socksProxy(on: loop, login: login) { log.append($0) }
      defer { socks.stop() }
      var request = WebSocketRequest("ws://127.0.0.1:\(server.address.port)/x")
      let (host, port) = (socks.addresses[0].host, socks.addresses[0].port)
      request.proxy = HTTPProxy(
        .socks5, host: host, port: port,
        credentials: HTTPCredentials(username: login.0, password: login.1))
      let connection = try await webSocketConnect(request, on: loop)
      #expect(log == ["127.0.0.1 \(server.address.port)"])
      connection.abort()
      request.proxy = HTTPProxy(
        .socks5, host: host, port: port, credentials: HTTPCredentials(username: "me", password: "wrong"))
      #expect(await failure(request, on: loop)?.code == .proxyFailed)
    }
  }
}
