// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleHTTP
import GaleWire
import Glibc

/// `gale fetch URL…`: Tornado's `python -m tornado.httpclient`.
struct FetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Fetch URLs and print what they answer.",
    discussion: """
      An answer is printed whatever its status. The first URL that gives none ends the command with 1.

      Examples:
        gale fetch https://example.com/
        gale fetch --print-headers --no-print-body --no-follow-redirects http://example.com/
        gale fetch --proxy-host localhost --proxy-port 3128 https://example.com/
      """)

  @Argument(help: ArgumentHelp("What to fetch.", valueName: "url"))
  var urls: [String]

  @Flag(inversion: .prefixedNo, help: "Print the header.")
  var printHeaders = false

  @Flag(inversion: .prefixedNo, help: "Print the body.")
  var printBody = true

  @Flag(inversion: .prefixedNo, help: "Go where redirects lead.")
  var followRedirects = true

  @Flag(inversion: .prefixedNo, help: "Check the server's certificate.")
  var validateCert = true

  @Option(help: "The host of a proxy.")
  var proxyHost: String?

  @Option(help: "The proxy's port.")
  var proxyPort: UInt16?

  func validate() throws {
    guard !urls.isEmpty else { throw ValidationError("name a URL") }
    guard (proxyHost == nil) == (proxyPort == nil) else {
      throw ValidationError("--proxy-host and --proxy-port go together")
    }
  }

  func run() throws {
    let client = try HTTPClient()
    defer { client.close() }
    for url in urls {
      var request = HTTPRequest(url)
      request.followsRedirects = followRedirects
      #if TLS
      request.validatesCertificate = validateCert
      #endif
      if let proxyHost, let proxyPort {
        request.proxy = .proxy(HTTPProxy(host: proxyHost, port: proxyPort))
      }
      let response = try client.fetch(request, raisesErrors: false)
      if printHeaders { FetchCommand.write(Array("\(response.headers)\n".utf8)) }
      if printBody { FetchCommand.write(response.body + [UInt8(ascii: "\n")]) }
    }
  }

  /// Writes bytes to the standard output as they are.
  private static func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      // SAFETY: the bytes are lent for the call.
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
