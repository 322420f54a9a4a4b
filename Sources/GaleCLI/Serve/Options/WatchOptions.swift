// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

/// Who may watch and steer the server.
struct WatchOptions: SettingOptions {
  @Option(
    help: ArgumentHelp(
      "Serve metrics for Prometheus at this address: a port of this machine, HOST:PORT or unix:PATH. (default: nowhere)",
      valueName: "address"))
  var metrics: String?

  @Option(
    help: ArgumentHelp(
      "Serve metrics at this path of what is served, to everybody. (default: none)", valueName: "path"))
  var metricsPath: String?

  @Option(
    help: ArgumentHelp(
      """
      Send counts and times of requests to the StatsD server at this address: HOST, HOST:PORT, a port of this machine, or \
      unix:PATH. (default: nowhere)
      """, valueName: "address"))
  var statsd: String?

  @Option(help: ArgumentHelp("What names in StatsD begin with. (default: gale)", valueName: "name"))
  var statsdPrefix: String?

  @Option(
    help: ArgumentHelp(
      "Give what is sent to StatsD this tag (DogStatsD). Repeatable.", valueName: "name:value"))
  var statsdTag: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      Where gale status and others reach this server: a Unix socket for its user. (default: beside --pid, or in \
      $XDG_RUNTIME_DIR/gale, for root in /run/gale)
      """, valueName: "path"))
  var control: String?

  @Flag(help: "Have no socket for gale status and others.")
  var noControl = false

  @Option(
    help: ArgumentHelp(
      """
      Say in the log where the server is, with Python's stacks, when a request takes longer, or something holds the loop \
      for longer; 0 never. (default: 0)
      """, valueName: "seconds"))
  var slowRequest: Double?

  func collect(in layer: inout SettingLayer) {
    layer.set("metrics", metrics)
    layer.set("metrics-path", metricsPath)
    layer.set("statsd", statsd)
    layer.set("statsd-prefix", statsdPrefix)
    layer.set("statsd-tag", statsdTag)
    layer.set("control", control)
    layer.set("slow-request", slowRequest)
    if noControl { layer.set("control", false) }
  }
}
