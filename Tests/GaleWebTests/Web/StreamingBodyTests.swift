// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Testing

/// Notes what it is given; waits in `prepare` and in `dataReceived` for the words that the test notes.
private final class UploadHandler: RequestHandler {
  private var journal = Journal()
  private var received: [UInt8] = []
  private var bytes = Counter()

  override class var streamsRequestBody: Bool { true }

  override func initialize(_ arguments: HandlerArguments) throws {
    if let journal = arguments["journal"] as? Journal { self.journal = journal }
    if let counter = arguments["counter"] as? Counter { bytes = counter }
    if let limit = arguments["limit"] as? Int { request.maxBodySize = limit }
    journal.note("initialize")
  }

  override func prepare() async throws {
    journal.note("prepare")
    if request.query.contains("hold=prepare") { try await hold("go") }
    if let limit = try queryArgument("limit").flatMap({ Int($0) }) { request.maxBodySize = limit }
    if request.query.contains("hurry") { request.bodyTimeout = .milliseconds(50) }
    if request.query.contains("refuse") { throw HTTPError(403) }
    if request.query.contains("finish") { try finish("early") }
  }

  override func dataReceived(_ chunk: [UInt8]) async throws {
    if !journal.contains("data") { journal.note("data") }
    bytes.add(chunk.count)
    if request.query.contains("hold=data") { try await hold("go") }
    if request.query.contains("fail") { throw TestFailure("in the middle") }
    received += chunk
  }

  private func hold(_ word: String) async throws {
    while !journal.contains(word) { try await loop.sleep(for: .milliseconds(1)) }
  }

  override func post() async throws { try answer() }
  override func put() async throws { try answer() }
  override func get() async throws { try answer() }

  private func answer() throws {
    journal.note("method")
    #expect(request.body.isEmpty)
    write("\(received.count) ")
    write(received)
  }

  override func onFinish() { journal.note("onFinish") }
  override func onConnectionClose() { journal.note("onConnectionClose") }
}

@Suite("web: streamed request bodies")
struct StreamingBodyTests {
  private let journal = Journal()
  private let counter = Counter()

  private func routes(limit: Int? = nil) -> [URLSpec] {
    var arguments: HandlerArguments = ["journal": journal, "counter": counter]
    if let limit { arguments["limit"] = limit }
    return [URLSpec("/upload", UploadHandler.self, arguments), .text("/next", "next")]
  }

  private static let headOfTen = "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n"

  @Test func `prepare, the pieces, the method, onFinish`() throws {
    try serving(routes()) { server in
      let response = try await server.fetch("POST", "/upload", body: Array("0123456789".utf8))
      #expect(response.text == "10 0123456789")
    }
    #expect(journal.entries == ["initialize", "prepare", "data", "method", "onFinish"])
  }

  @Test(arguments: ["GET", "POST"])
  func `without a body no piece comes`(_ method: String) throws {
    try serving(routes()) { server in
      let response = try await server.fetch(method, "/upload", method == "POST" ? ["Content-Length: 0"] : [])
      #expect(response.text == "0 ")
    }
    #expect(journal.entries == ["initialize", "prepare", "method", "onFinish"])
  }

  @Test func `pieces come while the client still sends`() throws {
    try serving(routes()) { server in
      let client = try await server.connect()
      try await client.send(Self.headOfTen + "\r\n")
      for (index, piece) in ["01", "2345", "6", "789"].enumerated() {
        let before = counter.value
        try await client.send(piece)
        try await server.wait { counter.value == before + piece.utf8.count }
        if index < 3 { #expect(!journal.contains("method")) }
      }
      #expect(try await client.response().text == "10 0123456789")
    }
  }

  @Test func `a chunked body loses its chunks`() throws {
    try serving(routes()) { server in
      let client = try await server.connect()
      try await client.send(
        "PUT /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n012\r\n")
      try await client.send("7;a=b\r\n3456789\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await client.response().text == "10 0123456789")
      #expect(try await client.response().text == "next")
    }
  }

  @Test func `the query is there, the body is no argument`() throws {
    try serving(routes()) { server in
      let form = ["Content-Type: application/x-www-form-urlencoded"]
      let response = try await server.fetch("POST", "/upload?a=1", form, body: Array("a=2".utf8))
      #expect(response.text == "3 a=2")
    }
  }

  @Test func `a handler that does not take its pieces holds the client back`() throws {
    let size = 64 << 20
    try serving(routes()) { server in
      let client = try await server.connect()
      let sent = Counter()
      let piece = [UInt8](repeating: 120, count: 1 << 16)
      try await client.send("POST /upload?hold=data HTTP/1.1\r\nHost: x\r\nContent-Length: \(size)\r\n\r\n")
      server.loop.spawn {
        for _ in 0..<(size / piece.count) {
          try await client.send(piece)
          sent.add(piece.count)
        }
      }
      var last = -1
      while sent.value != last {
        last = sent.value
        try await server.loop.sleep(for: .milliseconds(100))
      }
      #expect(sent.value < 24 << 20, "what the sockets hold, and little more")
      #expect(counter.value <= 1 << 20)
      journal.note("go")
      let response = try await client.response()
      #expect(response.text.hasPrefix("\(size) x"))
      #expect(counter.value == size)
    }
  }

  // MARK: - Expect

  @Test func `100 Continue comes once prepare has agreed`() throws {
    try serving(routes()) { server in
      let client = try await server.connect()
      try await client.send(
        "POST /upload?hold=prepare HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
      server.loop.spawn { journal.note("interim \(try await client.responseHead().status)") }
      try await server.wait { journal.contains("prepare") }
      try await server.settle()
      #expect(!journal.contains("interim 100"))
      journal.note("go")
      try await server.wait { journal.contains("interim 100") }
      try await client.send("0123456789")
      #expect(try await client.responseHead().status == 200)
    }
  }

  @Test(arguments: ["", "Expect: 100-continue\r\n"])
  func `a refusal in prepare is answered at once, and the connection closed`(_ expect: String) throws {
    try serving(routes()) { server in
      let client = try await server.connect()
      try await client.send(
        "POST /upload?refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\(expect)\r\n")
      let response = try await client.responseHead()
      #expect(response.status == 403)
      #expect(response["Connection"] == "close")
      let (rest, _) = try await client.readToEnd()
      #expect(rest.count == response["Content-Length"].flatMap { Int($0) })
      #expect(!journal.contains("data"))
      #expect(!journal.contains("method"))
      try await server.wait { journal.contains("onFinish") }
    }
    #expect(journal.count(of: "onFinish") == 1)
  }

  @Test func `a refusal reaches a client that is in the middle of its body`() throws {
    try serving(routes()) { server in
      let client = try await server.connect()
      try await client.send(
        "POST /upload?hold=prepare&refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n")
      try await client.send([UInt8](repeating: 1, count: 30_000))
      try await server.wait { journal.contains("prepare") }
      journal.note("go")
      try await client.send([UInt8](repeating: 1, count: 20_000))
      #expect(try await client.response().status == 403)
    }
  }

  @Test func `prepare may answer before the body has come`() throws {
    try serving(routes()) { server in
      let client = try await server.connect()
      try await client.send(Self.headOfTen.replacing("/upload", with: "/upload?finish") + "\r\n01234")
      let response = try await client.response()
      #expect(response.text == "early")
      #expect(response["Connection"] == "close")
    }
    #expect(!journal.contains("method"))
  }

  @Test func `a body that came before prepare answered leaves the connection open`() throws {
    try serving(routes()) { server in
      let client = try await server.connect()
      try await client.send("POST", "/upload?hold=prepare&finish", body: Array("0123456789".utf8))
      try await server.wait { journal.contains("prepare") }
      try await server.settle()
      journal.note("go")
      #expect(try await client.response().text == "early")
      #expect(await client.isAlive("/next"))
    }
  }

  @Test func `a handler with a buffered body is asked nothing before 100 Continue`() throws {
    let route = URLSpec.to("/") { $0.write("\($0.request.body.count)") }
    try serving([route]) { server in
      let client = try await server.connect()
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
      #expect(try await client.responseHead().status == 100)
      try await client.send("abc")
      #expect(try await client.response().text == "3")
    }
  }

  // MARK: - Failure

  @Test func `an error in the middle is 500, and the connection closed`() throws {
    try serving(routes()) { server in
      let client = try await server.connect()
      try await client.send(Self.headOfTen.replacing("/upload", with: "/upload?fail") + "\r\n01234")
      let response = try await client.response()
      #expect(response.status == 500)
      #expect(response["Connection"] == "close")
      _ = try await client.readToEnd()
    }
    #expect(!journal.contains("method"))
    #expect(journal.count(of: "onFinish") == 1)
  }

  @Test(arguments: [false, true])
  func `a client that leaves in the middle ends the handler`(_ resets: Bool) throws {
    try serving(routes()) { server in
      let client = try await server.connect()
      try await client.send(Self.headOfTen + "\r\n01234")
      try await server.wait { counter.value == 5 }
      if resets { client.stream.abort() } else { client.close() }
      try await server.wait { journal.contains("onFinish") }
      try await server.settle()
    }
    #expect(journal.entries == ["initialize", "prepare", "data", "onConnectionClose", "onFinish"])
  }

  @Test func `a malformed chunk ends the handler with 400`() throws {
    try serving(routes()) { server in
      let client = try await server.connect()
      try await client.send(
        "POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n012\r\n")
      try await server.wait { counter.value == 3 }
      try await client.send("zz\r\n")
      #expect(try await client.response().status == 400)
      try await server.wait { journal.contains("onFinish") }
    }
    #expect(!journal.contains("method"))
    #expect(journal.count(of: "onFinish") == 1)
  }

  static let sizes: [(limit: Int?, count: Int, status: Int)] = [
    (nil, 2000, 413), (2000, 2000, 200), (2000, 2001, 413), (10, 10, 200), (10, 11, 413), (0, 1, 413),
  ]

  @Test(arguments: sizes, [false, true])
  func `a body's limit can be set by its handler`(
    _ size: (limit: Int?, count: Int, status: Int), _ isChunked: Bool
  ) throws {
    var configuration = HTTPServerConfiguration()
    configuration.limits.body = 1000
    let body = [UInt8](repeating: 120, count: size.count)
    try serving(routes(limit: size.limit), configuration: configuration) { server in
      let client = try await server.connect()
      if isChunked {
        let head = "POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        let chunk = String(size.count, radix: 16) + "\r\n"
        try await client.send(Array((head + chunk).utf8) + body + Array("\r\n0\r\n\r\n".utf8))
      } else {
        try await client.send("POST", "/upload", body: body)
      }
      let response = try await client.response()
      #expect(response.status == size.status)
    }
  }

  /// WEB-067: more and less than the server allows.
  @Test(arguments: [(2000, 2000, 200), (2000, 2001, 413), (10, 10, 200), (10, 11, 413)], [false, true])
  func `a body's limit can be set in prepare`(
    _ size: (limit: Int, count: Int, status: Int), _ isChunked: Bool
  ) throws {
    var configuration = HTTPServerConfiguration()
    configuration.limits.body = 1000
    let body = [UInt8](repeating: 120, count: size.count)
    try serving(routes(), configuration: configuration) { server in
      let client = try await server.connect()
      let chunk = isChunked ? String(size.count, radix: 16) + "\r\n" : ""
      let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(size.count)"
      let target = "/upload?hold=prepare&limit=\(size.limit)"
      let head = "POST \(target) HTTP/1.1\r\nHost: x\r\n\(framing)\r\n\r\n\(chunk)"
      try await client.send(Array(head.utf8) + body + Array((isChunked ? "\r\n0\r\n\r\n" : "").utf8))
      try await server.settle()
      journal.note("go")
      #expect(try await client.response().status == size.status)
    }
  }

  @Test func `a body over a limit that prepare does not raise is 413, and never asked for`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.limits.body = 5
    try serving(routes(), configuration: configuration) { server in
      let client = try await server.connect()
      try await client.send(Self.headOfTen + "Expect: 100-continue\r\n\r\n")
      #expect(try await client.responseHead().status == 413)
    }
  }

  @Test func `a body's time-out can be set in prepare`() throws {
    try serving(routes()) { server in
      let client = try await server.connect()
      try await client.send("POST /upload?hurry HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0")
      try await server.wait { counter.value == 1 }
      try await client.send("1")
      let start = server.loop.time
      #expect(try await client.response().status == 408)
      #expect(server.loop.time - start < .seconds(10), "and not 30")
    }
  }
}
