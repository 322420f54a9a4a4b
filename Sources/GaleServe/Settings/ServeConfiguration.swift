// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Everything that `gale serve` can be told, checked; the server is started from this value and from nothing else.
///
/// A setting belongs to a group, which is a type of its own in a file of its own with the defaults as its initial values
/// and an `init` that reads and checks them. The command line has a group of options for each.
package struct ServeConfiguration: Sendable {
  /// Where it listens.
  package var listen = ListenSettings()
  /// What is served, and where it appears.
  package var mounts: [MountSettings] = []
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
  /// What clients may do.
  package var http = HTTPSettings()
  /// What is logged.
  package var log = LogSettings()
  /// Who may watch and steer.
  package var watch = WatchSettings()
  /// Every setting, with the one who wrote it.
  package private(set) var findings: [SettingReader.Finding] = []

  /// The defaults, with nothing to serve.
  package init() {}

  /// Reads all settings.
  /// - Parameter application: What the command line says is to be served at the root.
  /// - Throws: ``ServeError`` with `.setting`.
  package init(_ reader: SettingReader, application: String?) throws(ServeError) {
    listen = try ListenSettings(reader)
    python = try PythonSettings(reader)
    lane = try LaneSettings(reader)
    workers = try WorkerSettings(reader)
    #if TLS
    tls = try TLSSettings(reader)
    #endif
    http = try HTTPSettings(reader)
    log = try LogSettings(reader)
    watch = try WatchSettings(reader)
    if let application { mounts = [MountSettings(application: application, lane: lane)] }
    guard !mounts.isEmpty else {
      throw ServeError(
        .setting, "there is nothing to serve: name an application, such as mysite.wsgi or shop:app")
    }
    findings = reader.findings
  }
}
