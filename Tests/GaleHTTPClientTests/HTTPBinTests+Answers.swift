// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire
import TestSupport
import Testing

extension HTTPBinTests {
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
