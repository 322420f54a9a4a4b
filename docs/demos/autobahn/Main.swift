// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// Both ends of the Autobahn test suite for WebSockets, which `make autobahn` runs:
//   autobahn serve PORT        sends every message back
//   autobahn drive URL AGENT   runs all cases of the fuzzing server at URL, sending every message back

import Gale
import Glibc
import Logging

/// What both ends do: compression at every size, and messages of 16 MiB and more.
enum Echo {
  static let compression = WebSocketCompression(threshold: 0, contextTakeover: true)
  static let maxMessageByteCount = 64 * 1024 * 1024
}

final class EchoHandler: WebSocketHandler {
  override var compressionOptions: WebSocketCompression? { Echo.compression }
  override var maxMessageByteCount: Int { Echo.maxMessageByteCount }

  override func onMessage(_ message: WebSocketMessage) async throws { try await writeMessage(message) }
}

/// Runs one case after the other.
struct Driver {
  let url: String
  let agent: String

  private func connect(_ path: String) async throws -> WebSocketClientConnection {
    var configuration = WebSocketConfiguration()
    configuration.compression = Echo.compression
    configuration.maxMessageByteCount = Echo.maxMessageByteCount
    return try await webSocketConnect(url + path, configuration: configuration)
  }

  func run() async throws {
    let counter = try await connect("/getCaseCount")
    guard let text = try await counter.readMessage()?.text, let count = Int(text) else {
      throw NoCount()
    }
    try await counter.waitUntilClosed()
    print("\(count) cases")
    for number in 1...count { try await runCase(number) }
    let report = try await connect("/updateReports?agent=\(agent)")
    try await report.waitUntilClosed()
  }

  private func runCase(_ number: Int) async throws {
    let connection = try await connect("/runCase?case=\(number)&agent=\(agent)")
    do {
      for try await message in connection.messages { try await connection.writeMessage(message) }
    } catch let error as WebSocketError where error.code == .closed {
      // The case has closed the connection before the message was sent back.
    }
    try await connection.waitUntilClosed()
  }
}

struct NoCount: Error, CustomStringConvertible {
  let description = "The fuzzing server does not say how many cases it has"
}

@main
struct Autobahn {
  static func main() {
    LoggingSystem.bootstrap { label in
      var handler = StreamLogHandler.standardError(label: label)
      handler.logLevel = .error
      return handler
    }
    do {
      switch CommandLine.arguments.dropFirst().first {
      case "serve" where CommandLine.arguments.count == 3: try serve()
      case "drive" where CommandLine.arguments.count == 4: try drive()
      default:
        print("usage: autobahn serve PORT | autobahn drive URL AGENT")
        exit(2)
      }
    } catch {
      print("autobahn: \(error)")
      exit(1)
    }
  }

  // Not in main(), whose closures belong to the main actor.
  static func drive() throws {
    let driver = Driver(url: CommandLine.arguments[2], agent: CommandLine.arguments[3])
    try IOLoop.current.runSync { try await driver.run() }
  }

  static func serve() throws {
    let application = try Application([URLSpec("/", EchoHandler.self)])
    let server = try application.listen(port: UInt16(CommandLine.arguments[2]) ?? 9001, address: "127.0.0.1")
    let loop = IOLoop.current
    for signal in [SIGTERM, SIGINT] {
      try loop.addSignalHandler(signal) {
        loop.spawn {
          await server.shutdown(grace: .seconds(5))
          loop.stop()
        }
      }
    }
    loop.start()
  }
}
