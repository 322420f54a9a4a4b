// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// A client under load, for interop/peers/clients.py: `bench-client ENGINE PORT COUNT CONCURRENCY`.
//
// Sends COUNT requests, CONCURRENCY at a time, on kept connections, and prints how many processor seconds and how much
// time that took. A tenth as many go before, to warm up.

import GaleCurl
import GaleHTTP
import GaleLoop
import Glibc

struct WrongAnswer: Error { let status: Int }

func fetch(_ count: Int, _ concurrency: Int, _ client: AsyncHTTPClient, _ url: String) async throws {
  let loop = client.loop
  var left = count
  let workers = (0..<concurrency).map { _ in
    Future(on: loop) {
      while left > 0 {
        left -= 1
        let response = try await client.fetch(url)
        guard response.status == 200, response.body.count == 12 else {
          throw WrongAnswer(status: response.status)
        }
      }
    }
  }
  for worker in workers { try await worker.get() }
}

func processorSeconds() -> Double {
  var usage = rusage()
  guard unsafe getrusage(Int32(RUSAGE_SELF.rawValue), &usage) == 0 else { fatalError("getrusage") }
  func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
  return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

@main struct BenchClient {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 5, let port = UInt16(arguments[2]), let count = Int(arguments[3]),
      let concurrency = Int(arguments[4])
    else {
      print("usage: bench-client simple|curl PORT COUNT CONCURRENCY")
      exit(2)
    }
    try measure(arguments[1], port, count, concurrency)
  }

  /// Apart from `main`, whose closures would belong to the main actor.
  nonisolated private static func measure(
    _ engine: String, _ port: UInt16, _ count: Int, _ concurrency: Int
  ) throws {
    try IOLoop.current.runSync {
      let loop = IOLoop.current
      var configuration = HTTPClientConfiguration()
      configuration.maxClients = concurrency
      let client =
        engine == "curl"
        ? AsyncHTTPClient(configuration, on: loop, engine: CurlHTTPClient(configuration, on: loop))
        : AsyncHTTPClient(configuration, on: loop)
      let url = "http://127.0.0.1:\(port)/"
      try await fetch(count / 10, concurrency, client, url)
      let (before, start) = (processorSeconds(), loop.time)
      try await fetch(count, concurrency, client, url)
      let (used, wall) = (processorSeconds() - before, (loop.time - start).components)
      print(count, used, Double(wall.seconds) + Double(wall.attoseconds) * 1e-18)
      client.close()
    }
  }
}
