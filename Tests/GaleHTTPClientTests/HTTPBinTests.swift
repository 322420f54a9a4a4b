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
}
