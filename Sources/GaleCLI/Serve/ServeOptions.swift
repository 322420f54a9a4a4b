// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleLoop
import GaleServe

/// Everything that says what is to be served, and how.
struct ServeOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp("What to serve. (default: what gale.toml says)", valueName: "application"))
  var application: String?

  @Option(
    help: ArgumentHelp(
      "Read settings from this file. (default: gale.toml in the working directory, if it is there)",
      valueName: "file"))
  var config: String?

  @OptionGroup(title: "Applications and files")
  var mounts: MountOptions

  @OptionGroup(title: "Listening")
  var listen: ListenOptions

  @OptionGroup(title: "Python")
  var python: PythonOptions

  @OptionGroup(title: "Lanes")
  var lane: LaneOptions

  @OptionGroup(title: "Processes")
  var processes: WorkerOptions

  #if TLS
  @OptionGroup(title: "HTTPS")
  var tls: TLSOptions
  #endif

  #if Auth
  @OptionGroup(title: "Login")
  var login: LoginOptions
  #endif

  @OptionGroup(title: "Clients")
  var http: HTTPOptions

  @OptionGroup(title: "WebSockets")
  var webSocket: WebSocketOptions

  @OptionGroup(title: "Proxies")
  var proxies: ProxyOptions

  @OptionGroup(title: "Development")
  var development: DevelopmentOptions

  @OptionGroup(title: "Logging")
  var log: LogOptions

  @OptionGroup(title: "Watching")
  var watch: WatchOptions

  /// The settings, from the command line, the environment, the file and defaults.
  func readConfiguration() throws(ServeError) -> ServeConfiguration {
    try WorkingDirectory.returnToStart()
    var sources = SettingSources()
    sources.commandLine = given
    sources.environment = ProcessEnvironment.current
    let named = config ?? sources.environment["GALE_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    sources.file =
      if let named { try SettingFile(reading: named) } else { try SettingFile.readStandard() }
    mounts.collect(in: &sources)
    return try ServeConfiguration(sources)
  }

  /// The options that were given.
  private var given: SettingLayer {
    var layer = SettingLayer()
    var groups: [any SettingOptions] = [
      listen, python, lane, processes, http, webSocket, proxies, development, log, watch,
    ]
    #if TLS
    groups.append(tls)
    #endif
    #if Auth
    groups.append(login)
    #endif
    for group in groups { group.collect(in: &layer) }
    layer.set("app", application)
    return layer
  }
}
