// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// A server that sends every line back, and a client for it:
//   tcpecho serve [--port 9888]
//   tcpecho send [--host localhost] [--port 9888] LINE...

import ArgumentParser
import Gale
import Logging

@main
struct TCPEcho: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tcpecho", abstract: "Sends lines back, over TCP.", subcommands: [Serve.self, Send.self])
}

/// Sends every line back to who sent it.
final class EchoServer: TCPServer {
  let log = Logger(label: "gale.tcpecho")

  override func handle(_ stream: IOStream, address: SocketAddress) async throws {
    log.info("\(address) is connected")
    defer { log.info("\(address) has left") }
    while true {
      let line = try await stream.read(until: [UInt8(ascii: "\n")], limit: 65536)
      log.info("\(address): \(String(decoding: line.dropLast(), as: UTF8.self))")
      try await stream.write(line)
    }
  }
}

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Runs the server, until Ctrl-C.")

  @Option(help: "Where to listen, on every interface; 0 for any free port.")
  var port: UInt16 = 9888

  func run() throws {
    LoggingSystem.bootstrap { PrettyLogHandler(label: $0) }
    let loop = IOLoop.current
    let server = EchoServer()
    try server.listen(port: port)
    for address in server.addresses { server.log.info("listening on \(address)") }
    for signal in [2, 15] as [Int32] { try loop.addSignalHandler(signal) { loop.stop() } }
    loop.start()
  }
}

struct Send: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Sends lines and prints what comes back.")

  @Option(help: "Where the server is: a name or an address.")
  var host = "localhost"

  @Option(help: "Its port.")
  var port: UInt16 = 9888

  @Argument(help: "The lines, without their ends.")
  var lines: [String]

  func run() throws {
    try IOLoop.current.runSync {
      let stream = try await TCPClient().connect(host, port: port, timeout: .seconds(10))
      for line in lines {
        try await stream.write(Array("\(line)\n".utf8))
        let answer = try await stream.read(until: [UInt8(ascii: "\n")])
        print(String(decoding: answer.dropLast(), as: UTF8.self))
      }
      stream.close()
    }
  }
}
