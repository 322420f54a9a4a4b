// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import GaleCore
import TestSupport
import Testing

@testable import GaleLoop

/// What came of a handshake, at both ends.
struct HandshakeOutcome {
  var client: TLSStream?
  var server: TLSStream?
  var clientError: (any Error)?
  var serverError: (any Error)?

  var clientCode: TLSError.Code? { (clientError as? TLSError)?.code }
  var serverCode: TLSError.Code? { (serverError as? TLSError)?.code }
}

/// Has a client and a server shake hands over TCP.
func shakeHands(
  on loop: IOLoop, client: TLSContext, server: TLSContext, name: String? = "localhost"
) async throws -> HandshakeOutcome {
  let (near, far) = try await Transport.tcp.connect(on: loop)
  var outcome = HandshakeOutcome()
  var isServerDone = false
  loop.spawn {
    do { outcome.server = try await far.startTLS(server) } catch { outcome.serverError = error }
    isServerDone = true
  }
  do {
    let stream = try await near.startTLS(client, serverName: name)
    outcome.client = stream
    // With TLS 1.3 the client learns only by reading that the server does not accept its certificate.
    loop.spawn { if isServerDone, outcome.serverError != nil { stream.close() } }
  } catch {
    outcome.clientError = error
    near.close()
  }
  try await loop.wait { isServerDone }
  return outcome
}

@Suite("tls: handshake")
struct TLSHandshakeTests {
  let zoo: TLSZoo

  init() throws { zoo = try TLSZoo.shared.get() }

  @Test(arguments: PollerKind.allCases)
  func `a client and a server agree and exchange bytes`(_ poller: PollerKind) throws {
    let (client, server) = (try zoo.client(), try zoo.server())
    try runLoop(poller) { loop async throws in
      let outcome = try await shakeHands(on: loop, client: client, server: server)
      let (near, far) = (try #require(outcome.client), try #require(outcome.server))
      try await near.write("hello\n")
      #expect(try await far.text(until: "\n") == "hello\n")
      try await far.write("world\n")
      #expect(try await near.text(until: "\n") == "world\n")
      far.close()
      #expect(try await near.textUntilClose() == "")
      #expect(near.error == nil)
    }
  }
}

#endif
