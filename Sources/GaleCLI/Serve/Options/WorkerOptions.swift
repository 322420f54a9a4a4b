// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

/// Processes, under gunicorn's names where it has one.
struct WorkerOptions: SettingOptions {
  private static let standard = WorkerSettings()

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      """
      Serve with this many worker processes and a supervisor that keeps them going. (default: $WEB_CONCURRENCY; one \
      process without a supervisor if that is not set)
      """, valueName: "count"))
  var workers: Int?

  @Option(
    help: ArgumentHelp(
      "Replace a worker after this many requests; 0 never. (default: \(standard.maxRequests))",
      valueName: "count"))
  var maxRequests: Int?

  @Option(
    help: ArgumentHelp(
      """
      Up to this many requests more, at random for each worker, so that not all go at once. \
      (default: \(standard.maxRequestsJitter))
      """,
      valueName: "count"))
  var maxRequestsJitter: Int?

  @Option(
    help: ArgumentHelp(
      "Replace a worker after this time; 0 never. (default: \(standard.maxAge))", valueName: "seconds"))
  var maxWorkerAge: Int?

  @Option(
    help: ArgumentHelp(
      "Replace a worker that holds more memory than this; 0 never. (default: \(standard.maxMemory))",
      valueName: "MiB"))
  var maxWorkerMemory: Int?

  @Option(
    help: ArgumentHelp(
      """
      How long requests may take to end when the server or a worker is stopped. \
      (default: \(standard.gracefulTimeout))
      """, valueName: "seconds"))
  var gracefulTimeout: Int?

  @Option(
    name: [.customShort("p"), .long],
    help: ArgumentHelp("Write the process id to this file.", valueName: "file"))
  var pid: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Become this user once the sockets are bound: a name or number.", valueName: "user"))
  var user: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Become this group: a name or number. (default: that of --user)", valueName: "group"))
  var group: String?

  @Option(
    name: [.customShort("m"), .long],
    help: ArgumentHelp("Mode bits that new files lack, in octal.", valueName: "mask"))
  var umask: String?

  func collect(in layer: inout SettingLayer) {
    layer.set("workers", workers)
    layer.set("max-requests", maxRequests)
    layer.set("max-requests-jitter", maxRequestsJitter)
    layer.set("max-worker-age", maxWorkerAge)
    layer.set("max-worker-memory", maxWorkerMemory)
    layer.set("graceful-timeout", gracefulTimeout)
    layer.set("pid", pid)
    layer.set("user", user)
    layer.set("group", group)
    layer.set("umask", umask)
  }
}
