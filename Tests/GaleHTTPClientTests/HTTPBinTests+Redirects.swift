// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire
import TestSupport
import Testing

extension HTTPBinTests {
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
}
