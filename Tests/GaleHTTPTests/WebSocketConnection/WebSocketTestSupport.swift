// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import TestSupport

@testable import GaleHTTP

/// What the connection tests run over.
let webSocketTransports: [Transport] = Transport.sockets.filter {
  $0.rawValue == "tcp" || $0.rawValue == "tls"
}

/// What happened on a connection.
final class Recorder: WebSocketDelegate {
  var events: [String] = []
  /// Whether messages are taken as they come.
  var takesMessages = true

  func messageArrived(_ connection: WebSocketConnection) {
    guard takesMessages else { return }
    while let message = connection.takeMessage() {
      events.append(message.text ?? "\(message.bytes.count) bytes")
    }
  }
  func pinged(_ connection: WebSocketConnection, _ data: [UInt8]) { events.append("ping \(data)") }
  func ponged(_ connection: WebSocketConnection, _ data: [UInt8]) { events.append("pong \(data)") }
  func closed(_ connection: WebSocketConnection) { events.append("closed") }
}

/// Two ends of a connection.
func connectedPair(
  _ transport: Transport = .tcp, on loop: IOLoop, client: WebSocketConfiguration = WebSocketConfiguration(),
  server: WebSocketConfiguration = WebSocketConfiguration(), delegate: (any WebSocketDelegate)? = nil
) async throws -> (client: WebSocketConnection, server: WebSocketConnection) {
  let (near, far) = try await transport.connect(on: loop)
  var agreed: PerMessageDeflate?
  if let offer = client.compression, let options = server.compression {
    agreed = PerMessageDeflate.accept(PerMessageDeflate.offer(offer), options)?.agreed
  }
  let pair = (
    client: WebSocketConnection(near, isServer: false, client, agreed: agreed, subprotocol: nil),
    server: WebSocketConnection(far, isServer: true, server, agreed: agreed, subprotocol: nil)
  )
  pair.server.delegate = delegate
  pair.client.start()
  pair.server.start()
  return pair
}

/// A frame: its first byte, and its payload without the mask.
struct Frame: Equatable {
  let first: UInt8
  let payload: [UInt8]

  init(_ first: UInt8, _ payload: [UInt8]) { (self.first, self.payload) = (first, payload) }
}

/// A Close frame: its code, 0 for none, and its reason.
struct CloseFrame: Equatable {
  let code: Int
  let reason: String

  init(_ code: Int, _ reason: String) { (self.code, self.reason) = (code, reason) }
}

/// A peer that sends what it is told, byte for byte, and one end under test.
final class RawPeer {
  let stream: IOStream
  let connection: WebSocketConnection

  init(
    _ transport: Transport = .tcp, isServer: Bool = true, on loop: IOLoop,
    _ configuration: WebSocketConfiguration = WebSocketConfiguration(),
    delegate: (any WebSocketDelegate)? = nil
  ) async throws {
    let (near, far) = try await transport.connect(on: loop)
    stream = near
    connection = WebSocketConnection(far, isServer: isServer, configuration, agreed: nil, subprotocol: nil)
    connection.delegate = delegate
    connection.start()
  }

  func send(_ opcode: WebSocketOpcode, _ payload: [UInt8] = [], isFinal: Bool = true) async throws {
    try await stream.write(bytes(opcode, payload, isFinal: isFinal))
  }

  func bytes(_ opcode: WebSocketOpcode, _ payload: [UInt8] = [], isFinal: Bool = true) -> [UInt8] {
    let output = ByteBuffer()
    WebSocketFrameHeader(
      opcode, isFinal: isFinal, payloadCount: payload.count, key: connection.isServer ? 0x0403_0201 : nil
    ).write(payload.span, to: output)
    return output.take(output.count)
  }

  /// The next frame of the end under test: its first byte and its payload.
  func frame() async throws -> Frame {
    let head = try await stream.read(count: 2)
    var count = Int(head[1] & 0x7F)
    if count == 126 {
      count = try await stream.read(count: 2).reduce(0) { $0 << 8 | Int($1) }
    } else if count == 127 {
      count = try await stream.read(count: 8).reduce(0) { $0 << 8 | Int($1) }
    }
    guard head[1] & 0x80 != 0 else { return Frame(head[0], try await stream.read(count: count)) }
    let key = try await stream.read(count: 4)
    var payload = try await stream.read(count: count)
    for at in payload.indices { payload[at] ^= key[at % 4] }
    return Frame(head[0], payload)
  }

  /// Takes frames until a Close frame comes.
  func close() async throws -> CloseFrame {
    while true {
      let frame = try await frame()
      guard frame.first == 0x88 else { continue }
      guard frame.payload.count >= 2 else { return CloseFrame(0, "") }
      let code = Int(frame.payload[0]) << 8 | Int(frame.payload[1])
      return CloseFrame(code, String(decoding: frame.payload.dropFirst(2), as: UTF8.self))
    }
  }
}
