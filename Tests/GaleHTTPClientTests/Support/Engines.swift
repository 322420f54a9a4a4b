// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleCurl
import GaleHTTP
import GaleLoop
import GaleWire
import Glibc
import TestSupport

/// What carries a client's requests; the same tests run over both.
enum Engine: String, CaseIterable, Codable, Sendable {
  case simple
  case curl

  func client(
    _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(), on loop: IOLoop
  ) -> AsyncHTTPClient {
    switch self {
    case .simple: AsyncHTTPClient(configuration, on: loop, engine: SimpleHTTPClient(configuration, on: loop))
    case .curl: AsyncHTTPClient(configuration, on: loop, engine: CurlHTTPClient(configuration, on: loop))
    }
  }
}

/// Runs `body` with a client on a loop of its own.
func withClient<Result>(
  _ engine: Engine, _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(),
  reports: Reports? = nil,
  _ body: @escaping (AsyncHTTPClient, IOLoop) async throws -> Result
) throws -> Result {
  try runLoop(reports: reports) { loop in
    let client = engine.client(configuration, on: loop)
    defer { client.close() }
    return try await body(client, loop)
  }
}

/// What a fetch failed with; `nil` when it did not.
func failure(_ body: () async throws -> HTTPResponse) async -> HTTPClientError? {
  do {
    _ = try await body()
    return nil
  } catch let error as HTTPClientError {
    return error
  } catch {
    return HTTPClientError(.network, "another kind of error: \(error)")
  }
}

/// What something throws; `nil` for nothing.
func thrown(_ body: () async throws -> Void) async -> (any Error)? {
  do {
    try await body()
    return nil
  } catch {
    return error
  }
}

extension HTTPResponse {
  /// The body as JSON.
  var json: JSONValue { get throws { try jsonDecode(body) } }
}

extension HTTPHeaders {
  /// Fields that a test knows to be right.
  static func of(_ pairs: (String, String)...) -> HTTPHeaders {
    do { return try HTTPHeaders(pairs) } catch { preconditionFailure("\(error)") }
  }
}

/// Sets a variable of this process's environment.
func setEnvironment(_ name: String, _ value: String) {
  // SAFETY: no other thread of the process looks at the environment.
  _ = unsafe setenv(name, value, 1)
}
