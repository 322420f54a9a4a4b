// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

/// What is logged.
struct LogOptions: SettingOptions {
  @Option(help: "Least severe records to log. (default: \(LogSettings().level.rawValue))")
  var logLevel: LogSettings.Level?

  @Option(
    help: ArgumentHelp(
      "Log everything but requests to this file; - for standard error. (default: -)", valueName: "file"))
  var errorLog: String?

  @Option(
    help: ArgumentHelp(
      """
      Log requests to this file; - for standard output. (default: on standard error, those as severe as --log-level \
      says)
      """, valueName: "file"))
  var accessLog: String?

  @Flag(help: "Log no requests.")
  var noAccessLog = false

  @Option(
    help: ArgumentHelp(
      """
      What a request's line looks like: tornado, common, combined, json, or a text with gunicorn's atoms, such as \
      '%(h)s "%(r)s" %(s)s %(D)s'. (default: tornado)
      """, valueName: "format"))
  var accessLogFormat: String?

  @Option(
    help: ArgumentHelp(
      "Do not log requests of this path; with * at its end, of all that begin so. May be repeated.",
      valueName: "path"))
  var accessLogExclude: [String] = []

  @Option(help: ArgumentHelp("Log only requests that took as long. (default: 0)", valueName: "seconds"))
  var accessLogMinDuration: Double?

  func collect(in layer: inout SettingLayer) {
    layer.set("log-level", logLevel?.rawValue)
    layer.set("error-log", errorLog)
    layer.set("access-log", accessLog)
    if noAccessLog { layer.set("access-log", false) }
    layer.set("access-log-format", accessLogFormat)
    layer.set("access-log-exclude", accessLogExclude)
    layer.set("access-log-min-duration", accessLogMinDuration)
  }
}
