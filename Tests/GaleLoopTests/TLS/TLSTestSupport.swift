// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import GaleCore
import TestSupport

@testable import GaleLoop

/// What came of a handshake, at both ends.
struct HandshakeOutcome {
  var client: TLSStream?
  var server: TLSStream?
  var clientError: (any Error)?
  var serverError: (any Error)?

  var clientCode: TLSError.Code? { (clientError as? TLSError)?.code }
  var serverCode: TLSError.Code? { (serverError as? TLSError)?.code }
  var isComplete: Bool { client != nil && server != nil }

  func close() {
    client?.close()
    server?.close()
  }
}

/// Has a client and a server shake hands over `streams`, and a byte go each way.
///
/// The byte shows what TLS 1.3 tells after the handshake: whether the server accepts the client's
/// certificate, and sessions for later.
func shakeHands(
  on loop: IOLoop, _ streams: (client: IOStream, server: IOStream)? = nil, client: TLSContext,
  server: TLSContext, name: String? = "localhost"
) async throws -> HandshakeOutcome {
  let (near, far) = if let streams { streams } else { try await Transport.tcp.connect(on: loop) }
  var outcome = HandshakeOutcome()
  let other = loop.spawn {
    do {
      let stream = try await far.startTLS(server)
      try await stream.write([1])
      _ = try await stream.read(count: 1)
      outcome.server = stream
    } catch {
      outcome.serverError = error
      far.close()
    }
  }
  var stream: TLSStream?
  do {
    let made = try await near.startTLS(client, serverName: name)
    stream = made
    try await made.write([2])
    _ = try await made.read(count: 1)
    outcome.client = made
  } catch {
    outcome.clientError = stream?.tlsError ?? error
    near.close()
  }
  await other.value
  return outcome
}

/// Carries bytes between two streams one by one, both ways.
func relaySlowly(_ first: IOStream, _ second: IOStream) {
  for (from, to) in [(first, second), (second, first)] {
    from.loop.spawn {
      do {
        while true { try await to.write(try await from.read(count: 1)) }
      } catch {
        to.close()
      }
    }
  }
}

/// The code of the TLS error that `body` throws.
func tlsError(_ body: () throws -> Void) -> TLSError? {
  do {
    try body()
    return nil
  } catch {
    return error as? TLSError
  }
}

#endif
