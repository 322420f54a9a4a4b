// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWeb

/// Everything that `gale serve` can be told, checked; the server is started from this value and from nothing else.
///
/// A setting belongs to a group, which is a type of its own in a file of its own with the defaults as its initial values
/// and an `init` that reads and checks them. The command line has a group of options for each.
package struct ServeConfiguration: Sendable {
  /// Where it listens.
  package var listen = ListenSettings()
  /// What is served, and where it appears.
  package var mounts: [MountSettings] = []
  /// Directories whose files are served, and where they appear.
  package var statics: [StaticSettings] = []
  /// Where Python runs, for applications that do not say otherwise.
  package var lane = LaneSettings()
  /// Which Python.
  package var python = PythonSettings()
  /// Processes, users and files.
  package var workers = WorkerSettings()
  #if TLS
  /// HTTPS.
  package var tls = TLSSettings()
  #endif
  #if Auth
  /// A login in front of it.
  package var login = LoginSettings()
  #endif
  /// What clients may do.
  package var http = HTTPSettings()
  /// How WebSockets behave.
  package var webSocket = WebSocketSettings()
  /// What is believed about clients.
  package var proxies = ProxySettings()
  /// What is only for development.
  package var development = DevelopmentSettings()
  /// What is logged.
  package var log = LogSettings()
  /// Who may watch and steer.
  package var watch = WatchSettings()
  /// For the server.
  func serverConfiguration() throws(LoopError) -> HTTPServerConfiguration {
    var configuration = http.configuration
    try proxies.apply(to: &configuration)
    return configuration
  }

  /// Every setting, with the one who wrote it.
  package private(set) var findings: [SettingReader.Finding] = []

  /// What is not wrong, but hardly meant.
  package private(set) var warnings: [String] = []

  /// The defaults, with nothing to serve.
  package init() {}

  /// Reads all settings.
  /// - Throws: ``ServeError`` with `.setting`.
  package init(_ sources: SettingSources) throws(ServeError) {
    let reader = sources.reader
    let application = try reader.text("app")
    listen = try ListenSettings(reader)
    python = try PythonSettings(reader, sources.file?.environment ?? [])
    lane = try LaneSettings(reader)
    workers = try WorkerSettings(reader)
    #if TLS
    tls = try TLSSettings(reader)
    #endif
    #if Auth
    login = try LoginSettings(reader)
    #endif
    http = try HTTPSettings(reader)
    webSocket = try WebSocketSettings(reader)
    proxies = try ProxySettings(reader)
    development = try DevelopmentSettings(reader)
    log = try LogSettings(reader, standardLevel: development.debug ? .debug : .info)
    watch = try WatchSettings(reader)
    try reader.refuseUnknown()
    var places = MountPlaces()
    for thing in try sources.things("mount", named: "app") {
      let mount = try MountSettings(SettingReader(thing.layer, in: reader, label: thing.label))
      if try places.take(mount.point, thing.label, thing.layer) {
        mounts.removeAll { $0.point == mount.point }
      }
      mounts.append(mount)
    }
    if let application, let origin = reader.find("app")?.origin,
      try places.takeRoot(for: application, origin)
    {
      mounts.removeAll { $0.point == .root }
      mounts.insert(MountSettings(application: application, lane: lane), at: 0)
    }
    for thing in try sources.things("static", named: "directory") {
      let files = try StaticSettings(SettingReader(thing.layer, in: reader, label: thing.label))
      if try places.take(files.point, thing.label, thing.layer) {
        mounts.removeAll { $0.point == files.point }
        statics.removeAll { $0.point == files.point }
      }
      statics.append(files)
    }
    guard !mounts.isEmpty || !statics.isEmpty else {
      throw ServeError(
        .setting, "there is nothing to serve: name an application, such as mysite.wsgi or shop:app")
    }
    guard !development.reloads || mounts.allSatisfy({ $0.lane.interpreters == nil }) else {
      throw ServeError(
        .setting,
        "--interpreters and --reload cannot be had together: code is replaced in one interpreter"
          + (development.debug ? "; --debug brings --reload along, unless --no-reload is given" : ""))
    }
    findings = reader.findings
    warnings = Self.doubtful(sources.environment, findings.map(\.name))
  }

  /// Settings that are looked for in the environment only.
  private static var secrets: [String] {
    #if Auth
    LoginSettings.secrets
    #else
    []
    #endif
  }

  /// Variables that look like settings and are none.
  private static func doubtful(_ environment: [String: String], _ names: [String]) -> [String] {
    let known = Set((names + ["mount", "static", "config"] + secrets).map(SettingReader.variable))
    let internals =
      HandoverVariables.names + [HookRunner.variable, WorkingDirectory.variable, Autoreload.variable]
    return environment.keys.sorted().compactMap { name in
      guard name.hasPrefix("GALE_"), !known.contains(name), !internals.contains(name) else { return nil }
      return Spelling.closest(to: name, among: known).map { "\(name) is no setting; did you mean \($0)?" }
    }
  }
}

/// Which places are taken, and by whom: the command line may replace what a file says, but nobody says two things at once.
private struct MountPlaces {
  private var taken: [MountPoint: (rank: Int, label: String)] = [:]

  /// - Returns: Whether something that counts for less was there.
  mutating func take(_ point: MountPoint, _ label: String, _ layer: SettingLayer) throws(ServeError) -> Bool {
    let origin = layer.names.first.flatMap { layer[$0]?.origin } ?? .standard
    guard let before = taken.updateValue((origin.rank, label), forKey: point) else { return false }
    guard before.rank != origin.rank else {
      throw ServeError(.setting, "\(label): there is something at \(point) already (\(before.label))")
    }
    return true
  }

  /// - Returns: Whether the application is to be there.
  mutating func takeRoot(for application: String, _ origin: SettingOrigin) throws(ServeError) -> Bool {
    guard let before = taken[.root] else {
      taken[.root] = (origin.rank, application)
      return true
    }
    guard before.rank != origin.rank else {
      throw ServeError(.setting, "\(application) and \(before.label) cannot both be at /")
    }
    return origin.rank > before.rank
  }
}
