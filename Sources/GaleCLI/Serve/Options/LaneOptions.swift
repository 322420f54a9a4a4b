// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

/// Where Python runs.
struct LaneOptions: SettingOptions {
  private static let standard = LaneSettings()

  @Option(help: "Where Python runs. (default: \(standard.kind.rawValue))")
  var lane: LaneSettings.Kind?

  @Option(
    help: ArgumentHelp(
      "How many threads the lane `threads` has, and `auto` once it needs them. (default: \(standard.threads))",
      valueName: "count"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      """
      In place of a lane: so many interpreters, each with a lock, a thread and the application of its own. Needs CPython \
      3.12 or later, and extension modules that support it.
      """, valueName: "count"))
  var interpreters: Int?

  @Option(
    help: ArgumentHelp(
      """
      How long the application may take to start its answer (504 then), the wait for a thread included, or between two \
      pieces of it; 0 for no limit. It is interrupted then. (default: \(standard.timeout))
      """,
      valueName: "seconds"))
  var timeout: Int?

  @Option(
    help: ArgumentHelp(
      """
      How long an interrupted thread may take to come back; then another takes its place, and the worker is replaced. \
      (default: \(standard.interruptGrace))
      """, valueName: "seconds"))
  var interruptGrace: Double?

  @Option(
    help: ArgumentHelp(
      "How many requests may wait for a thread; more are answered 503. (default: \(standard.queueLimit))",
      valueName: "count"))
  var queueLimit: Int?

  @Option(
    help: ArgumentHelp(
      "How long a request may wait for a thread: 503; 0 for as long as --timeout allows. (default: 0)",
      valueName: "seconds"))
  var queueTimeout: Double?

  @Option(
    help: ArgumentHelp(
      "What is a slow call in the lane `auto`. (default: \(standard.slowCall))", valueName: "milliseconds"))
  var slowCall: Int?

  func collect(in layer: inout SettingLayer) {
    layer.set("lane", lane?.rawValue)
    layer.set("threads", threads)
    layer.set("interpreters", interpreters)
    layer.set("timeout", timeout)
    layer.set("interrupt-grace", interruptGrace)
    layer.set("queue-limit", queueLimit)
    layer.set("queue-timeout", queueTimeout)
    layer.set("slow-call", slowCall)
  }
}
