// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleTesting
import GaleWeb
import GaleWire
import Testing

private final class EchoHandler: RequestHandler {
  override func get() async throws { write("GET \(request.uri)") }
  override func post() async throws { write("POST \(String(decoding: request.body, as: UTF8.self))") }
}

/// Answers once it is told that the client is gone, or when it is cancelled.
private final class WaitingHandler: RequestHandler {
  override func get() async throws { try await loop.sleep(for: .seconds(3600)) }
}

/// TST-007, TST-008, TST-009.
@Suite("testing: servers of tests", .loop(timeLimit: .seconds(60)), .strictLog)
struct HTTPTestServerTests {
  private func application() throws -> Application {
    var settings = Application.Settings()
    settings.logFunction = { _ in }
    return try Application(
      [URLSpec("/wait", WaitingHandler.self), URLSpec("/echo.*", EchoHandler.self)], settings: settings)
  }

  @Test(arguments: [HTTPTestServer.Place.port, .unixSocket])
  func `a path of the server is fetched`(_ place: HTTPTestServer.Place) async throws {
    let server = try HTTPTestServer(application(), at: place)
    let response = try await server.fetch("/echo?a=b")
    #expect(response.status == 200 && response.text == "GET /echo?a=b")
    let posted = try await server.fetch("/echo", method: "POST", body: "text")
    #expect(posted.text == "POST text")
  }

  #if TLS
  /// TST-010.
  @Test func `a server makes a certificate of its own, which its clients trust`() async throws {
    let server = try HTTPTestServer(application(), security: .selfSigned)
    #expect(server.scheme == "https")
    #expect(server.url("/echo") == "https://127.0.0.1:\(server.port)/echo")
    #expect(try await server.fetch("/echo").text == "GET /echo")
    let stream = try await server.connect()
    try await stream.write(Array("GET /echo HTTP/1.0\r\n\r\n".utf8))
    #expect(try await stream.readUntilClose().starts(with: "HTTP/1.1 200 OK".utf8))
    let error = await #expect(throws: HTTPClientError.self) {
      _ = try await AsyncHTTPClient.current.fetch(server.url("/echo"))
    }
    #expect(error?.code == .tlsFailed)
  }

  @Test func `a server uses the certificate that it is given`() async throws {
    let certificate = try SelfSignedCertificate(for: ["127.0.0.1"])
    var client = TLSConfiguration.client
    client.trustRoots = .pem(certificate.certificatePEM)
    let server = try HTTPTestServer(
      application(),
      security: .tls(server: TLSContext(.server(certificate.identity)), client: TLSContext(client)))
    #expect(try await server.fetch("/echo").text == "GET /echo")
  }

  @Test(arguments: [[], [""], ["a,DNS:evil.example"], ["a b"]])
  func `what is no host gets no certificate`(_ hosts: [String]) {
    let error = #expect(throws: TLSError.self) { try SelfSignedCertificate(for: hosts) }
    #expect(error?.code == .invalidConfiguration)
  }
  #endif

  @Test func `an answer that is not 2xx is an answer, or an error if one asks for it`() async throws {
    let server = try HTTPTestServer(application())
    #expect(try await server.fetch("/none").status == 404)
    let error = await #expect(throws: HTTPClientError.self) {
      _ = try await server.fetch("/none", raisesErrors: true)
    }
    #expect(error?.code == .status && error?.status == 404)
  }

  @Test func `a whole URL leads where it says`() async throws {
    let (one, two) = (try HTTPTestServer(application()), try HTTPTestServer { try $0.answer("two") })
    #expect(try await one.fetch(two.url("/")).text == "two")
    #expect(one.port != two.port)
  }

  @Test func `a closure answers each request`() async throws {
    let server = try HTTPTestServer { request in
      try request.answer("\(request.method) \(String(decoding: request.body, as: UTF8.self))", status: 202)
    }
    let response = try await server.fetch("/", method: "PUT", body: "whole")
    #expect(response.status == 202 && response.text == "PUT whole")
  }

  @Test func `what a closure throws fails the test, and cuts the connection`() async throws {
    let texts = await failures {
      try await withTestLoop { _ in
        let server = try HTTPTestServer { _ in throw LoopError.test }
        await #expect(throws: HTTPClientError.self) { _ = try await server.fetch("/path") }
      }
    }
    #expect(texts.count == 1)
    #expect(texts.first?.contains("Uncaught error in the answer to GET /path: made for a test") == true)
  }

  @Test func `a server that is closed takes no connections, and its requests end`() async throws {
    let server = try HTTPTestServer(application())
    let stream = try await server.connect()
    try await stream.write(Array("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    while server.connectionCount == 0 { await server.loop.moment() }
    await server.close()
    await #expect(throws: StreamError.self) { _ = try await stream.read(count: 1) }
    await #expect(throws: StreamError.self) { _ = try await server.connect() }
    #expect(server.connectionCount == 0)
  }

  @Test func `requests that are being answered end with the test`() async throws {
    let application = try application()
    try await withTestLoop { loop in
      let server = try HTTPTestServer(application)
      loop.spawn { _ = try? await server.fetch("/wait") }
      while server.connectionCount == 0 { await loop.moment() }
    }
  }

  @Test func `a request may take as long as a test`() async throws {
    let server = try HTTPTestServer(application())
    var request = HTTPRequest("/wait")
    #expect(server.prepared(request).requestTimeout == asyncTestTimeout())
    request.requestTimeout = .milliseconds(50)
    let error = await #expect(throws: HTTPClientError.self) { _ = try await server.fetch(request) }
    #expect(error?.isTimeout == true)
  }

  /// TST-001.
  @Test func `an unused port is taken`() throws {
    let (socket, port) = try bindUnusedPort()
    #expect(socket.address.description == "127.0.0.1:\(port)" && port > 0)
    #expect(throws: LoopError.self) { try bindSockets(port: port, address: "127.0.0.1") }
    let shared = try bindUnusedPort(reusePort: true)
    #expect(try bindSockets(port: shared.port, address: "127.0.0.1", reusePort: true).count == 1)
  }
}
