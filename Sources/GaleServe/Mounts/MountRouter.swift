// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWeb

/// Gives each request to what is mounted where it leads.
final class MountRouter: HTTPServerConnectionDelegate {
  private let table: MountTable<any HTTPServerConnectionDelegate>
  /// Answers what leads nowhere.
  private let nobody: Application

  init(_ entries: [(point: MountPoint, target: any HTTPServerConnectionDelegate)]) throws {
    table = MountTable(entries)
    nobody = try Application()
  }

  func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate {
    let found = request.withPath { path in table.find(path) { request.hostName } }
    guard let (target, prefixCount) = found else { return nobody.startRequest(request) }
    if prefixCount > 0 { request.withMount(prefixCount) }
    return target.startRequest(request)
  }
}
