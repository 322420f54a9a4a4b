// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// A client under load, for clients.py: `get PORT COUNT CONCURRENCY`.

import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix

struct WrongAnswer: Error {}

@main struct Get {
  static func main() async throws {
    let arguments = CommandLine.arguments.compactMap { Int($0) }
    guard arguments.count == 3 else { fatalError("usage: get PORT COUNT CONCURRENCY") }
    let (port, count, concurrency) = (arguments[0], arguments[1], arguments[2])
    // One thread, as the others have.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = concurrency
    let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    let url = "http://127.0.0.1:\(port)/"
    try await fetch(count / 10, concurrency, client, url)
    let (before, clock, start) = (processorSeconds(), ContinuousClock(), ContinuousClock.now)
    try await fetch(count, concurrency, client, url)
    let wall = (clock.now - start).components
    print(count, processorSeconds() - before, Double(wall.seconds) + Double(wall.attoseconds) * 1e-18)
    try await client.shutdown()
    try await group.shutdownGracefully()
  }

  static func fetch(_ count: Int, _ concurrency: Int, _ client: HTTPClient, _ url: String) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<concurrency {
        group.addTask {
          for _ in stride(from: worker, to: count, by: concurrency) {
            let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(20))
            let body = try await response.body.collect(upTo: 1 << 20)
            guard response.status == .ok, body.readableBytes == 12 else { throw WrongAnswer() }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  static func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(RUSAGE_SELF, &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }
}
