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
      "How many threads the lane `threads` has. (default: \(standard.threads))", valueName: "count"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      """
      How long a thread of the lane `threads` may take to start its answer, or between two pieces of it; 0 \
      for no limit. The lane `inline` has none. (default: \(standard.timeout))
      """,
      valueName: "seconds"))
  var timeout: Int?

  func collect(in layer: inout SettingLayer) {
    layer.set("lane", lane?.rawValue)
    layer.set("threads", threads)
    layer.set("timeout", timeout)
  }
}
