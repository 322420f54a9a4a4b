// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP

/// Tells a StatsD server of each request, by gunicorn's names behind the prefix: `requests`, `request.status.200`,
/// `request.duration`.
final class StatsDRequests: HTTPServerConnectionDelegate {
  private let client: StatsDClient
  private let rest: any HTTPServerConnectionDelegate

  init(_ client: StatsDClient, before rest: any HTTPServerConnectionDelegate) {
    self.client = client
    self.rest = rest
  }

  func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate {
    request.onEnd { [client] request in
      client.count("requests")
      let status = request.responseStatus
      client.count(status == 0 ? "request.aborted" : "request.status.\(status)")
      client.time("request.duration", request.requestTime)
    }
    return rest.startRequest(request)
  }
}
