// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import CSystem
import GaleCore
import Glibc
import TestSupport
import Testing

@testable import GaleLoop

extension TLSStreamTests {
  // MARK: - Ends

  @Test(arguments: [TLSVersion.tls12, .tls13])
  func `an end that was not announced is an error`(_ version: TLSVersion) throws {
    let client = try zoo.client { $0.maximumVersion = version }
    try runLoop { loop async throws in
      let outcome = try await shakeHands(on: loop, client: client, server: server)
      let (near, far) = (try #require(outcome.client), try #require(outcome.server))
      try await far.write("half of i")
      // What somebody in between can do.
      _ = gale_shutdown_write(far.descriptor)
      #expect(try await near.text(count: 9) == "half of i")
      #expect(await streamError { _ = try await near.readUntilClose() } == .closed)
      #expect(near.tlsError?.code == .truncated)
      #expect("\(near.error.map { "\($0)" } ?? "")".contains("was cut"))
      far.close()
    }
  }

  @Test func `an end that was announced leaves the other direction open`() throws {
    final class Half: StreamConsumer {
      var text = ""
      var hasEnded = false
      func streamReceived(_ stream: IOStream, _ bytes: Span<UInt8>) -> Int {
        for index in bytes.indices { text.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
        return bytes.count
      }
      func streamEnded(_ stream: IOStream) { hasEnded = true }
      func streamClosed(_ stream: IOStream, _ error: StreamError) {}
      func streamDrained(_ stream: IOStream) {}
    }
    try runLoop { loop async throws in
      let (near, far) = try await connect(on: loop)
      let half = Half()
      far.consume(with: half)
      try await near.write("request")
      near.shutdownWriting()
      try await loop.wait { half.hasEnded }
      #expect(half.text == "request")
      #expect(!far.isClosed)
      try far.enqueue(Array("answer".utf8))
      #expect(try await near.text(count: 6) == "answer")
      far.close()
      #expect(try await near.readUntilClose() == [])
    }
  }

  @Test func `a reset is an error with the system's number`() throws {
    try runLoop { loop async throws in
      let (near, far) = try await connect(on: loop)
      far.abort()
      var caught: StreamError?
      do { _ = try await near.readUntilClose() } catch { caught = error as? StreamError }
      #expect(caught?.systemError == ECONNRESET)
    }
  }

  @Test func `changed bytes end the connection`() throws {
    try runLoop { loop async throws in
      let (near, first) = try await Transport.tcp.connect(on: loop)
      let (second, far) = try await Transport.tcp.connect(on: loop)
      var flips = false
      for (from, to) in [(first, second), (second, first)] {
        loop.spawn {
          while var bytes = try? await from.read(count: 65536, partial: true) {
            if flips { bytes[bytes.count - 1] ^= 1 }
            try? await to.write(bytes)
          }
          to.close()
        }
      }
      let (client, server) = try await connect(on: loop, (near, far))
      flips = true
      try await client.write("pay 10")
      #expect(await streamError { _ = try await server.read(count: 1) } == .closed)
      #expect(server.tlsError?.code == .protocolViolation)
      client.close()
    }
  }

  @Test func `a stream that nobody needs is freed`() throws {
    try runLoop { loop async throws in
      weak var weakClient: TLSStream?
      weak var weakServer: TLSStream?
      do {
        let (near, far) = try await connect(on: loop)
        (weakClient, weakServer) = (near, far)
        near.close()
        far.close()
      }
      await loop.turns(3)
      #expect(weakClient == nil)
      #expect(weakServer == nil)
    }
  }

  /// With the kernel's encryption bytes do not go through OpenSSL.
  @Test func `both ways to the socket carry a lot both ways`() throws {
    let plain = try zoo.server { $0.usesKernelTLS = false }
    try runLoop { loop async throws in
      for context in [server, plain] {
        let outcome = try await shakeHands(on: loop, client: client, server: context)
        let (near, far) = (try #require(outcome.client), try #require(outcome.server))
        #expect(far.sendsInKernel == (context.configuration.usesKernelTLS && KernelTLS.isAvailable))
        let sent = pattern(5_000_000)
        for (from, to) in [(near, far), (far, near)] {
          loop.spawn { try await from.write(sent) }
          #expect(areEqual(try await to.read(count: sent.count), sent))
        }
        outcome.close()
      }
    }
  }
}

#endif
