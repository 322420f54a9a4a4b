// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import Testing

extension GaleWSGITests {
  @Suite("requests and answers")
  struct ExchangeTests {
    static let file = (0..<8192).map { String(format: "%07d\n", $0) }.joined()

    private func json(_ response: RawResponse) throws -> [String: Any] {
      try #require(JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
    }

    @Test("describes the request in the environ", arguments: TestLane.allCases)
    func environ(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      let headers = """
        X-A: 1\r\nx-a: 2\r\nCookie: a=1\r\nCookie: b=2\r\nX_Real_Ip: 6.6.6.6\r\nX-Real-Ip: 1.2.3.4\r\n\
        Proxy: evil\r\nSCRIPT_NAME: /evil\r\nRemote-User: admin\r\nContent-Type: text/x\r\n\
        X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n
        """
      let response = try RawClient.get(
        port, "/environ/%e9%2f%zz?q=%e9", method: "POST", headers: headers, body: Array("abc".utf8))
      let environ = try json(response)
      let expected = [
        "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": "/environ/\u{E9}/%zz",
        "QUERY_STRING": "q=%e9",
        "CONTENT_TYPE": "text/x", "CONTENT_LENGTH": "3", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "\(port)",
        "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "HTTP_X_A": "1,2",
        "HTTP_COOKIE": "a=1; b=2",
        "HTTP_X_REAL_IP": "1.2.3.4", "HTTP_REMOTE_USER": "admin", "HTTP_HOST": "localhost",
        "wsgi.url_scheme": "http", "type": "dict",
      ]
      for (key, value) in expected { #expect(environ[key] as? String == value, "\(key)") }
      for key in ["HTTP_PROXY", "HTTP_CONTENT_LENGTH", "HTTP_SCRIPT_NAME", "REMOTE_USER"] {
        #expect(environ[key] == nil, "\(key)")
      }
      #expect(environ["wsgi.input_terminated"] as? Bool == true)
      #expect(environ["wsgi.multithread"] as? Bool == (lane == .threads))
    }

    @Test("splits the path of a mounted app", arguments: TestLane.allCases)
    func mount(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane, mount: "/app")
      let response = try RawClient.get(port, "/app/unicode/%C3%A9")
      #expect(try json(response)["script_name"] as? String == "/app")
      #expect(try json(response)["text"] as? String == "/unicode/é")
      #expect(try RawClient.get(port, "/elsewhere").status == 404)
    }

    @Test("keeps more names than the table has room for", arguments: TestLane.allCases)
    func manyNames(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      for round in 0..<4 {
        let headers = (0..<100).map { "X-\(round)-\($0): \($0)\r\n" }.joined() + "X-\(round)-7: again\r\n"
        let environ = try json(try RawClient.get(port, "/environ", headers: headers))
        for index in 0..<100 where index != 7 {
          #expect(environ["HTTP_X_\(round)_\(index)"] as? String == "\(index)")
        }
        #expect(environ["HTTP_X_\(round)_7"] as? String == "7,again")
      }
    }

    @Test("sends files, from where they stand", arguments: TestLane.allCases)
    func files(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      let before = try Int(RawClient.get(port, "/closes").text) ?? -1
      #expect(try RawClient.get(port, "/file").text == Self.file)
      #expect(try RawClient.get(port, "/file?offset=800").text == Self.file.dropFirst(800))
      #expect(try RawClient.get(port, "/file?length=24").text == Self.file.prefix(24))
      #expect(try RawClient.get(port, "/file?iterate=1").text == Self.file)
      #expect(try RawClient.get(port, "/file-buffered").text == Self.file.dropFirst(100))
      #expect(try RawClient.get(port, "/file-like?offset=8").text == Self.file.dropFirst(8))
      #expect(try RawClient.get(port, "/file-like?bare=1").text == Self.file)
      #expect(try RawClient.get(port, "/file-write").text == "prefix " + Self.file)
      let short = try RawClient.get(port, "/file?length=70000")
      #expect(short.isCut && short.text == Self.file)
      #expect(try RawClient.get(port, "/file", method: "HEAD").status == 200)
      #expect(
        try Int(RawClient.get(port, "/closes").text) == before + 5, "a wrapper that is iterated stays open")
    }

    @Test("leaves out the bodies that may not be", arguments: TestLane.allCases)
    func bodiless(_ lane: TestLane) throws {
      let client = try RawClient(try TestServer.port("torture:app", lane))
      for (method, path) in [
        ("HEAD", "/head-body"), ("HEAD", "/head-length"), ("HEAD", "/generator"), ("GET", "/204-body"),
        ("GET", "/304?body=1"), ("HEAD", "/close-counter"), ("HEAD", "/endless?ms=0"), ("HEAD", "/raise"),
      ] {
        client.send("\(method) \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        let response = try client.read(isHead: method == "HEAD")
        #expect(response.status > 0)
        if path == "/head-body" { #expect(response.header("content-length") == "28") }
        if path == "/head-length" { #expect(response.header("content-length") == "1000") }
        if path == "/204-body" { #expect(response.header("content-length") == nil) }
        client.send("GET /closes HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.read().status == 200, "\(method) \(path): the connection goes on")
      }
    }

    @Test("keeps the app's own Server and Date, and adds them otherwise", arguments: TestLane.allCases)
    func serverFields(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      let own = try RawClient.get(port, "/own-headers")
      #expect(own.headers.filter { $0.name == "server" || $0.name == "date" }.count == 2)
      #expect(own.header("server") == "torture")
      let added = try RawClient.get(port, "/")
      #expect(added.header("server")?.hasPrefix("Gale/") == true && added.header("date") != nil)
      let cookies = try RawClient.get(port, "/set-cookie").headers.filter { $0.name == "set-cookie" }
      #expect(cookies.map(\.value.first) == ["a", "b", "c"])
      #expect(try RawClient.get(port, "/many-headers?n=200&size=40").headers.count >= 200)
    }

    @Test("reads bodies in every way", arguments: TestLane.allCases, [0, 1, 5_000, 300_000, 2_000_000])
    func input(_ lane: TestLane, _ count: Int) throws {
      let port = try TestServer.port("torture:app", lane)
      let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 % 251 == 9 ? 10 : $0 % 253) }
      for path in [
        "/input-read", "/input-read?size=all", "/input-read?size=-1", "/input-readline",
        "/input-readline?size=100",
        "/input-readlines", "/input-readlines?hint=1000", "/input-iter", "/input-mixed",
      ] where count < 1_000_000 || !path.contains("line") {
        let response = try RawClient.get(port, path, method: "POST", body: body)
        #expect(try json(response)["bytes"] as? Int == count, "\(path)")
      }
      #expect(try RawClient.get(port, "/input-echo", method: "POST", body: body).body == body)
    }

    @Test("takes chunked bodies, and says 100 when they are wanted", arguments: TestLane.allCases)
    func chunked(_ lane: TestLane) throws {
      let client = try RawClient(try TestServer.port("torture:app", lane))
      let head =
        "POST /input-echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
      client.send(head)
      usleep(20_000)
      client.send("5\r\nhello\r\n")
      usleep(20_000)
      client.send("6\r\n world\r\n0\r\n\r\n")
      #expect(try client.read().text == "hello world")
      client.send("GET /closes HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try client.read().status == 200)
    }

    @Test("never takes a body that broke off for a whole one", arguments: TestLane.allCases, [false, true])
    func brokenBody(_ lane: TestLane, _ isChunked: Bool) throws {
      let client = try RawClient(try TestServer.port("torture:app", lane))
      let length = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: 100000"
      client.send("POST /input-try HTTP/1.1\r\nHost: a\r\n\(length)\r\n\r\n\(isChunked ? "ff\r\n" : "")some")
      client.end()
      let response = try? client.read()
      #expect(response?.status != 200 || response?.text == "ConnectionResetError")
    }

    @Test("serves pipelined requests in order", arguments: TestLane.allCases)
    func pipelined(_ lane: TestLane) throws {
      let client = try RawClient(try TestServer.port("torture:app", lane))
      let paths = ["/empty-pieces", "/file", "/generator", "/twice-caught", "/file?length=16", "/write"]
      client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
      let texts = try paths.map { _ in try client.read().text }
      #expect(texts[0] == "abc" && texts[1] == Self.file && texts[2].hasPrefix("piece 0"))
      #expect(texts[3] == "AssertionError" && texts[4].count == 16 && texts[5] == "written returned")
    }

    @Test("two applications share a loop, in one turn too", arguments: TestLane.allCases)
    func two(_ lane: TestLane) throws {
      let client = try RawClient(try TestServer.portOfTwo(lane))
      let paths = ["/a/file", "/b/file", "/a/empty-pieces", "/b/empty-pieces"]
      client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
      let texts = try paths.map { _ in try client.read().text }
      #expect(texts == [Self.file, Self.file, "abc", "abc"])
    }

    @Test("ends HTTP/1.0 answers without a length by closing", arguments: TestLane.allCases)
    func http10(_ lane: TestLane) throws {
      let client = try RawClient(try TestServer.port("torture:app", lane))
      client.send("GET /generator HTTP/1.0\r\n\r\n")
      let response = try client.read()
      #expect(response.header("transfer-encoding") == nil && response.text.hasSuffix("piece 2\n"))
    }
  }
}

#endif
