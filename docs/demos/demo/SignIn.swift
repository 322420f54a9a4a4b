// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Gale
import GaleAuth
import GalePython
import GaleWSGI
import Glibc

/// Who signs in, and where: at a provider of OpenID Connect for development, which is a WSGI application of this process.
struct SignIn {
  let login: Login
  private let provider: HTTPServer

  /// Starts the provider on the port behind the demo's, or on any other.
  init(_ application: WSGIContainer, near port: UInt16) throws {
    provider = HTTPServer(application)
    let sockets =
      try (try? bindSockets(port: port &+ 1, address: "127.0.0.1"))
      ?? bindSockets(port: 0, address: "127.0.0.1")
    try provider.addSockets(sockets)
    guard let port = provider.addresses.first?.port else { throw DemoError(message: "no port is free") }
    let description = OpenIDProvider.issuer(
      "http://127.0.0.1:\(port)", name: "demo", title: "the development provider")
    var client = OpenIDClient.Configuration(id: "gale-demo", authentication: .secret("any is good"))
    client.allowsInsecureHTTP = true  // It is on this machine.
    // A fresh secret for each run: whoever was signed in before is not any more.
    var random = SystemRandomNumberGenerator()
    let secret = (0..<4).map { _ in String(random.next() as UInt64, radix: 36) }.joined(separator: "-")
    login = Login([OpenIDClient(description, client)], Login.Configuration(secret: CookieSecret(secret)))
  }

  /// The application behind a wall: members see it, photographers may change it.
  func wall(around application: WSGIContainer) throws -> LoginWall {
    try LoginWall(
      login, around: application,
      rules: [
        LoginRule("/static", .everybody), LoginRule("/sign", .only(groups: ["photographers"])),
      ])
  }

  func shutdown() async { await provider.shutdown(grace: .seconds(1)) }
}

struct DemoError: Error, CustomStringConvertible {
  let message: String
  var description: String { message }
}
