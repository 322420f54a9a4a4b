// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire
import TestSupport
import Testing

/// What both engines do with httpbin, which `gale serve` hosts.
@Suite("httpclient: httpbin") struct HTTPBinTests {
  /// One thing that is done with httpbin.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let run: @Sendable (AsyncHTTPClient, _ base: String) async throws -> Void
    var testDescription: String { name }

    init(_ name: String, _ run: @escaping @Sendable (AsyncHTTPClient, _ base: String) async throws -> Void) {
      self.name = name
      self.run = run
    }
  }

  @Test(arguments: Engine.allCases, all)
  func `the answer is what httpbin should say`(_ engine: Engine, _ row: Case) throws {
    let base = try HTTPBin.threaded.get().base
    try withClient(engine) { client, _ in try await row.run(client, base) }
  }

  @Test(arguments: Engine.allCases) func `the lane inline says the same`(_ engine: Engine) throws {
    let base = try HTTPBin.shared.get().base
    try withClient(engine) { client, _ in
      for row in HTTPBinTests.requests + HTTPBinTests.credentials { try await row.run(client, base) }
    }
  }

  static let all = requests + bodies + codings + statuses + redirects + credentials + streams + caching

  // MARK: - Methods and fields

  static let requests = [
    Case("get") { client, base in
      let response = try await client.fetch("\(base)/get?a=1&b=x%20y")
      let json = try response.json
      #expect(response.status == 200)
      #expect(response.headers.first("Content-Type") == "application/json")
      #expect(json["args"] == ["a": "1", "b": "x y"])
      #expect(json["url"]?.stringValue == "\(base)/get?a=1&b=x%20y")
      #expect(json["headers"]?["User-Agent"]?.stringValue?.hasPrefix("Gale/") == true)
      let codings = ContentCoding.known.map(\.rawValue).joined(separator: ", ")
      #expect(json["headers"]?["Accept-Encoding"] == .string(codings))
      // Nothing is sent that the client does not say.
      #expect(json["headers"]?["Accept"] == nil)
      #expect(json["headers"]?["Content-Type"] == nil)
      #expect(json["headers"]?["Expect"] == nil)
    },
    Case("headers") { client, base in
      let fields = HTTPHeaders.of(("X-One", "1"), ("User-Agent", "me"), ("Accept", "text/x"), ("X-Empty", ""))
      let json = try await client.fetch(HTTPRequest("\(base)/headers", headers: fields)).json
      #expect(json["headers"]?["X-One"] == "1")
      #expect(json["headers"]?["User-Agent"] == "me")
      #expect(json["headers"]?["Accept"] == "text/x")
      #expect(json["headers"]?["X-Empty"] == "")
    },
    Case("head") { client, base in
      let response = try await client.fetch(HTTPRequest("\(base)/get", method: "HEAD"))
      #expect(response.status == 200)
      #expect(response.body.isEmpty)
      #expect(Int(response.headers.first("Content-Length") ?? "") ?? 0 > 0)
    },
    Case("delete") { client, base in
      let response = try await client.fetch(HTTPRequest("\(base)/delete", method: "DELETE"))
      #expect(try response.json["data"] == "")
    },
    Case("delete with a body") { client, base in
      var request = HTTPRequest("\(base)/delete", method: "DELETE", body: "gone")
      request.allowsNonstandardMethods = true
      let found = try await client.fetch(request).json["data"]
      #expect(found == "gone")
    },
    Case("options") { client, base in
      let response = try await client.fetch(HTTPRequest("\(base)/get", method: "OPTIONS"))
      #expect(response.headers.first("Allow")?.contains("GET") == true)
    },
    Case("another method") { client, base in
      var request = HTTPRequest("\(base)/anything", method: "TRACE")
      request.allowsNonstandardMethods = true
      let found = try await client.fetch(request).json["method"]
      #expect(found == "TRACE")
    },
    Case("anything") { client, base in
      let json = try await client.fetch("\(base)/anything/a%2Fb/c?d=e").json
      #expect(json["method"] == "GET")
      #expect(json["args"] == ["d": "e"])
    },
    Case("user-agent") { client, base in
      var request = HTTPRequest("\(base)/user-agent")
      request.userAgent = "Mine/1"
      let found = try await client.fetch(request).json
      #expect(found == ["user-agent": "Mine/1"])
    },
  ]

  // MARK: - Bodies of requests

  static let bodies = [
    Case("post a form") { client, base in
      let request = HTTPRequest("\(base)/post", method: "POST", body: "a=1&b=%C3%A4&a=2")
      let json = try await client.fetch(request).json
      #expect(json["form"] == ["a": ["1", "2"], "b": "ä"])
      #expect(json["headers"]?["Content-Type"] == "application/x-www-form-urlencoded")
      #expect(json["headers"]?["Content-Length"] == "16")
    },
    Case("post JSON") { client, base in
      let fields = HTTPHeaders.of(("Content-Type", "application/json"))
      let request = HTTPRequest("\(base)/post", method: "POST", headers: fields, body: #"{"k": [1, "é"]}"#)
      let found = try await client.fetch(request).json["json"]
      #expect(found == ["k": [1, "é"]])
    },
    Case("post nothing") { client, base in
      let json = try await client.fetch(HTTPRequest("\(base)/post", method: "POST", body: "")).json
      #expect(json["data"] == "")
      #expect(json["headers"]?["Content-Length"] == "0")
    },
    Case("put bytes") { client, base in
      let fields = HTTPHeaders.of(("Content-Type", "application/octet-stream"))
      let body = HTTPRequestBody.bytes((0...255).map { UInt8($0) })
      let json = try await client.fetch(
        HTTPRequest("\(base)/put", method: "PUT", headers: fields, body: body)
      ).json
      #expect(json["data"]?.stringValue?.hasPrefix("data:application/octet-stream;base64,AAECAwQF") == true)
      #expect(json["headers"]?["Content-Length"] == "256")
    },
    Case("patch") { client, base in
      let json = try await client.fetch(HTTPRequest("\(base)/patch", method: "PATCH", body: "p")).json
      #expect(json["data"] == "p")
      #expect(json["headers"]?["Content-Type"] == nil)
    },
    Case("chunks of a producer") { client, base in
      let body = HTTPRequestBody.producer { writer in
        for number in 1...3 {
          try await writer.write("chunk \(number);")
          await IOLoop.current.moment()
        }
      }
      let json = try await client.fetch(HTTPRequest("\(base)/put", method: "PUT", body: body)).json
      #expect(json["data"] == "chunk 1;chunk 2;chunk 3;")
      #expect(json["headers"]?["X-Received-Transfer-Encoding"] == "chunked")
    },
    Case("a producer of a known length") { client, base in
      let body = HTTPRequestBody.producer(length: 10) { writer in
        try await writer.write("12345")
        await IOLoop.current.moment()
        try await writer.write("67890")
      }
      let json = try await client.fetch(HTTPRequest("\(base)/put", method: "PUT", body: body)).json
      #expect(json["data"] == "1234567890")
      #expect(json["headers"]?["Content-Length"] == "10")
    },
    Case("a file") { client, base in
      let directory = try TemporaryDirectory()
      try directory.write(Array("from a file".utf8), to: "body")
      let request = HTTPRequest("\(base)/put", method: "PUT", body: .file(directory.path("body")))
      let found = try await client.fetch(request).json["data"]
      #expect(found == "from a file")
    },
    Case("10 MB up") { client, base in
      let fields = HTTPHeaders.of(("Content-Type", "text/plain"))
      let body = HTTPRequestBody.bytes([UInt8](repeating: 0x61, count: 10_000_000))
      let json = try await client.fetch(
        HTTPRequest("\(base)/anything", method: "POST", headers: fields, body: body)
      ).json
      #expect(json["data"]?.stringValue?.utf8.count == 10_000_000)
    },
    Case("10 MB up in chunks") { client, base in
      let body = HTTPRequestBody.producer { writer in
        for _ in 0..<100 { try await writer.write([UInt8](repeating: 0x62, count: 100_000)) }
      }
      let json = try await client.fetch(HTTPRequest("\(base)/put", method: "PUT", body: body)).json
      #expect(json["data"]?.stringValue?.utf8.count == 10_000_000)
    },
    Case("expect 100-continue") { client, base in
      var request = HTTPRequest("\(base)/post", method: "POST", body: "a=b")
      request.expectsContinue = true
      let json = try await client.fetch(request).json
      #expect(json["form"] == ["a": "b"])
      #expect(json["headers"]?["Expect"] == "100-continue")
    },
  ]

  // MARK: - Content codings and kinds of content

  static let codings = [
    Case("gzip") { client, base in
      let response = try await client.fetch("\(base)/gzip")
      #expect(try response.json["gzipped"] == true)
      #expect(response.headers.first("X-Consumed-Content-Encoding") == "gzip")
      #expect(response.headers.first("Content-Encoding") == nil)
    },
    Case("deflate") { client, base in
      let response = try await client.fetch("\(base)/deflate")
      #expect(try response.json["deflated"] == true)
      #expect(response.headers.first("X-Consumed-Content-Encoding") == "deflate")
    },
    Case("gzip as it is") { client, base in
      var request = HTTPRequest("\(base)/gzip")
      request.decompressesResponse = false
      let response = try await client.fetch(request)
      #expect(response.body.prefix(2) == [0x1F, 0x8B])
      #expect(response.headers.first("Content-Encoding") == "gzip")
    },
    Case("brotli, taken apart where it is known") { client, base in
      let response = try await client.fetch("\(base)/brotli")
      let isKnown = ContentCoding.brotli.isKnown
      #expect(response.headers.first("Content-Encoding") == (isKnown ? nil : "br"))
      #expect((response.body.first == UInt8(ascii: "{")) == isKnown)
    },
    Case("utf8") { client, base in
      let found = try await client.fetch("\(base)/encoding/utf8").text.contains("∮ E⋅da = Q")
      #expect(found)
    },
    Case("image") { client, base in
      let response = try await client.fetch("\(base)/image/png")
      #expect(response.headers.first("Content-Type") == "image/png")
      #expect(response.body.prefix(8) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    },
    Case("bytes") { client, base in
      let (first, second) = (
        try await client.fetch("\(base)/bytes/5000?seed=7").body,
        try await client.fetch("\(base)/bytes/5000?seed=7").body
      )
      #expect(first.count == 5000)
      #expect(first == second)
    },
    Case("response-headers") { client, base in
      let response = try await client.fetch("\(base)/response-headers?X-A=1&X-A=2&X-B=c")
      #expect(response.headers.values("X-A") == ["1", "2"])
      #expect(response.headers.first("X-B") == "c")
    },
  ]

  // MARK: - Statuses

  static let statuses =
    [200, 204, 304, 400, 404, 418, 500, 503].map { status in
      Case("status \(status)") { client, base in
        let response = try await client.fetch(HTTPRequest("\(base)/status/\(status)"), raisesErrors: false)
        #expect(response.status == status)
        let error = await failure { try await client.fetch("\(base)/status/\(status)") }
        #expect(error?.status == (status < 300 ? nil : status))
        #expect(error?.code == (status < 300 ? nil : .status))
      }
    }

  // MARK: - Redirects and cookies

  static let redirects =
    [
      Case("relative redirects") { client, base in
        let response = try await client.fetch("\(base)/relative-redirect/3")
        #expect(response.effectiveURL == "\(base)/get")
        #expect(response.timeInfo.redirect > .zero)
      },
      Case("absolute redirects") { client, base in
        let found = try await client.fetch("\(base)/absolute-redirect/3").effectiveURL
        #expect(found == "\(base)/get")
      },
      Case("too many redirects") { client, base in
        let error = await failure { try await client.fetch("\(base)/redirect/6") }
        #expect(error?.status == 302)
        var request = HTTPRequest("\(base)/redirect/6")
        request.maxRedirects = 6
        let found = try await client.fetch(request).status
        #expect(found == 200)
      },
      Case("a redirect that is not followed") { client, base in
        var request = HTTPRequest("\(base)/redirect/1")
        request.followsRedirects = false
        let response = try await client.fetch(request, raisesErrors: false)
        #expect(response.status == 302)
        #expect(response.headers.first("Location") == "/get")
      },
    ]
    + [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")].map { status, method in
      Case("redirect \(status) after POST becomes \(method)") { client, base in
        let target = "\(base)/redirect-to?status_code=\(status)&url=/anything"
        let response = try await client.fetch(HTTPRequest(target, method: "POST", body: "a=b"))
        let json = try response.json
        #expect(json["method"]?.stringValue == method)
        #expect(json["form"] == (method == "POST" ? ["a": "b"] : [:]))
        #expect((json["headers"]?["Content-Type"] == nil) == (method == "GET"))
      }
    } + [
      Case("a redirect of a producer's body") { client, base in
        let body = HTTPRequestBody.producer { try await $0.write("again") }
        let target = "\(base)/redirect-to?status_code=307&url=/anything"
        let found = try await client.fetch(HTTPRequest(target, method: "PUT", body: body)).json["data"]
        #expect(found == "again")
      },
      Case("cookies are set and sent") { client, base in
        var request = HTTPRequest("\(base)/cookies/set?a=1&b=2")
        request.followsRedirects = false
        let response = try await client.fetch(request, raisesErrors: false)
        #expect(response.headers.values("Set-Cookie").sorted() == ["a=1; Path=/", "b=2; Path=/"])
        // The client keeps none.
        let found = try await client.fetch("\(base)/cookies").json
        #expect(found == ["cookies": [:]])
        let sent = HTTPRequest("\(base)/cookies", headers: .of(("Cookie", "a=1; b=2")))
        let found2 = try await client.fetch(sent).json
        #expect(found2 == ["cookies": ["a": "1", "b": "2"]])
      },
    ]

  // MARK: - Credentials

  static let credentials =
    [
      Case("basic") { client, base in
        var request = HTTPRequest("\(base)/basic-auth/me/s%C3%A4cret")
        request.credentials = HTTPCredentials(username: "me", password: "säcret")
        let found = try await client.fetch(request).json["authenticated"]
        #expect(found == true)
        request.credentials?.password = "wrong"
        let wrong = request
        #expect(await failure { try await client.fetch(wrong) }?.status == 401)
      },
      Case("basic in the URL") { client, base in
        let url = base.replacing("http://", with: "http://me:pw@") + "/basic-auth/me/pw"
        let found = try await client.fetch(url).json["user"]
        #expect(found == "me")
      },
      Case("bearer") { client, base in
        let request = HTTPRequest("\(base)/bearer", headers: .of(("Authorization", "Bearer abc")))
        let found = try await client.fetch(request).json["token"]
        #expect(found == "abc")
      },
    ]
    + ["MD5", "SHA-256", "SHA-512"].map { algorithm in
      Case("digest, \(algorithm)") { client, base in
        var request = HTTPRequest("\(base)/digest-auth/auth/me/pw/\(algorithm)")
        request.credentials = HTTPCredentials(username: "me", password: "pw", mode: .digest)
        let right = request
        request.credentials?.password = "wrong"
        let wrong = request
        if algorithm == "SHA-512" {
          // RFC 7616 has SHA-512-256 only: what cannot be answered is the answer.
          #expect(await failure { try await client.fetch(right) }?.status == 401)
        } else {
          let found = try await client.fetch(right).json["authenticated"]
          #expect(found == true)
          #expect(await failure { try await client.fetch(wrong) }?.status == 401)
        }
      }
    }

  // MARK: - Streams and time

  static let streams = [
    Case("stream") { client, base in
      var pieces: [[UInt8]] = []
      var request = HTTPRequest("\(base)/stream/20")
      request.streamingCallback = { pieces.append($0) }
      let response = try await client.fetch(request)
      #expect(response.body.isEmpty)
      let lines = String(decoding: pieces.joined(), as: UTF8.self).split(separator: "\n")
      #expect(lines.count == 20)
      #expect(try jsonDecode(String(lines.last ?? ""))["id"] == 19)
    },
    Case("drip") { client, base in
      var times: [LoopTime] = []
      var request = HTTPRequest("\(base)/drip?duration=0.4&numbytes=4&delay=0")
      request.streamingCallback = { piece in for _ in piece { times.append(IOLoop.current.time) } }
      let response = try await client.fetch(request)
      #expect(times.count == 4)
      #expect(times[3] - times[0] > .milliseconds(200))
      #expect(response.timeInfo.total - response.timeInfo.startTransfer > .milliseconds(200))
    },
    Case("stream as a sequence") { client, base in
      let count = try await client.stream(HTTPRequest("\(base)/stream-bytes/100000?seed=1&chunk_size=1000")) {
        response, body in
        #expect(response.status == 200)
        var count = 0
        for try await piece in body { count += piece.count }
        return count
      }
      #expect(count == 100_000)
    },
    Case("range") { client, base in
      let request = HTTPRequest("\(base)/range/26", headers: .of(("Range", "bytes=5-9")))
      let response = try await client.fetch(request)
      #expect(response.status == 206)
      #expect(response.text == "fghij")
      #expect(response.headers.first("Content-Range") == "bytes 5-9/26")
    },
    Case("delay with a time-out") { client, base in
      var request = HTTPRequest("\(base)/delay/5")
      request.requestTimeout = .milliseconds(150)
      let slow = request
      let start = IOLoop.current.time
      let error = await failure { try await client.fetch(slow) }
      #expect(error?.code == .requestTimedOut)
      #expect(error?.status == 599)
      #expect(IOLoop.current.time - start < .seconds(3))
    },
    Case("delay with a time-out for the answer") { client, base in
      var request = HTTPRequest("\(base)/delay/5")
      request.responseTimeout = .milliseconds(150)
      let slow = request
      #expect(await failure { try await client.fetch(slow) }?.code == .responseTimedOut)
    },
  ]

  // MARK: - Caching

  static let caching = [
    Case("etag") { client, base in
      let found = try await client.fetch("\(base)/etag/abc").headers.first("ETag")
      #expect(found == "abc")
      let request = HTTPRequest("\(base)/etag/abc", headers: .of(("If-None-Match", "\"abc\"")))
      let response = try await client.fetch(request, raisesErrors: false)
      #expect(response.status == 304)
      #expect(response.body.isEmpty)
    },
    Case("if-modified-since") { client, base in
      var request = HTTPRequest("\(base)/cache")
      let found = try await client.fetch(request).status
      #expect(found == 200)
      request.ifModifiedSince = HTTPDate(unixSeconds: 1_000_000_000)
      let found2 = try await client.fetch(request, raisesErrors: false).status
      #expect(found2 == 304)
    },
  ]
}
