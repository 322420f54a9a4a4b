// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Who may watch and steer the server, and where.
package struct WatchSettings: Sendable {
  /// Where the control socket is.
  package enum Control: Hashable, Sendable {
    case none
    /// Beside the file for the process id, or in the directory for sockets of this user.
    case standard
    case path(String)
  }

  /// Where metrics are served on their own; `nil` for nowhere.
  package var metrics: BindAddress?
  /// The path at which metrics are served to everybody; `nil` for none.
  package var metricsPath: String?
  /// Where requests are counted in StatsD's form; `nil` for nowhere.
  package var statsd: StatsDSettings?
  /// After how many seconds a request is slow; `nil` for never.
  package var slowRequest: Double?
  /// Where the server is steered.
  package var control = Control.standard

  package init() {}

  init(_ reader: SettingReader) throws(ServeError) {
    if let text = try reader.text("metrics") {
      do throws(ServeError) {
        // A port alone is for this machine: what is counted is nobody else's business.
        if let port = UInt16(text) {
          metrics = BindAddress(host: "127.0.0.1", port: port)
        } else {
          metrics = try BindAddress(text)
        }
      } catch {
        throw reader.complaint("metrics", "cannot be used: \(error.message)")
      }
    }
    if let seconds = try reader.number("slow-request", 0...Double.infinity, default: nil), seconds > 0 {
      guard seconds >= 0.01 else {
        throw reader.complaint("slow-request", "takes 0.01 or more, or 0 for never")
      }
      slowRequest = seconds
    }
    statsd = try StatsDSettings(reader)
    metricsPath = try reader.text("metrics-path")
    if let metricsPath, !metricsPath.hasPrefix("/") {
      throw reader.complaint("metrics-path", "takes a path that begins with a slash")
    }
    if case .flag? = reader.find("control")?.value {
      control = try reader.flag("control", default: true) ? .standard : .none
    } else if let path = try reader.text("control") {
      switch path.lowercased() {
      case "0", "false", "no", "off", "none": control = .none
      case "1", "true", "yes", "on": break
      default: control = .path(path)
      }
    }
  }
}
