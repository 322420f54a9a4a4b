// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// An application, where it appears, and how it is served.
package struct MountSettings: Sendable {
  /// Where it appears.
  package var point: MountPoint
  /// Where it is found: `module:attribute`.
  package var application: String
  /// Where it runs.
  package var lane: LaneSettings
  /// What was said about this application alone.
  package private(set) var findings: [SettingReader.Finding] = []

  package init(point: MountPoint = .root, application: String, lane: LaneSettings) {
    self.point = point
    self.application = application
    self.lane = lane
  }

  /// Reads the settings of one application; those that it does not have are those of the server.
  init(_ reader: SettingReader) throws(ServeError) {
    point = try MountPoint(reader)
    guard let application = try reader.ownText("app") else {
      throw reader.complaint("app", "is missing: what is to be served?")
    }
    self.application = application
    lane = try LaneSettings(reader)
    try reader.refuseUnknown()
    findings = reader.findings
  }
}

/// Files, where they appear, and how they are served.
package struct StaticSettings: Sendable {
  /// Where they appear.
  package var point: MountPoint
  /// Where they are.
  package var directory: String
  /// What is served for a directory; `nil` for nothing.
  package var index: String?
  /// How many seconds browsers may keep a file; 0 to say nothing.
  package var expires: Int
  /// What was said.
  package private(set) var findings: [SettingReader.Finding] = []

  init(_ reader: SettingReader) throws(ServeError) {
    point = try MountPoint(reader)
    guard let directory = try reader.ownText("directory") else {
      throw reader.complaint("directory", "is missing: where are the files?")
    }
    self.directory = directory
    index = try reader.ownText("index")
    expires = try reader.integer("expires", 0...315_360_000, default: 0)
    try reader.refuseUnknown()
    findings = reader.findings
  }
}

extension MountPoint {
  /// Reads `host` and `path`.
  fileprivate init(_ reader: SettingReader) throws(ServeError) {
    let host = try reader.ownText("host") ?? ""
    let path = try reader.ownText("path", default: "/") ?? "/"
    do throws(ServeError) {
      try self.init(host: host, path: path)
    } catch {
      throw reader.complaint("path", "is no place: \(error.message)")
    }
  }
}

// MARK: - As one text

extension SettingLayer {
  /// Reads what an application or a directory has on the command line: `/shop=shop:app,lane=threads,threads=8`.
  ///
  /// - Parameters:
  ///   - text: The place, `=`, the thing, and its settings behind commas.
  ///   - name: What the thing is called among the settings.
  ///   - origin: Who wrote it.
  init(mount text: String, _ name: String, _ origin: SettingOrigin) throws(ServeError) {
    self.init()
    guard let equals = text.firstIndex(of: "="), case let place = text[..<equals],
      let slash = place.firstIndex(of: "/")
    else {
      throw ServeError(.setting, "\"\(text)\" is not of the form /path=\(name) or host/path=\(name)")
    }
    if slash > place.startIndex { set("host", .text(String(place[..<slash])), origin) }
    set("path", .text(String(place[slash...])), origin)
    let parts = text[text.index(after: equals)...].split(separator: ",", omittingEmptySubsequences: false)
    guard let thing = parts.first, !thing.isEmpty else {
      throw ServeError(.setting, "\"\(text)\" does not say what is at \(place)")
    }
    set(name, .text(String(thing)), origin)
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2 else {
        throw ServeError(.setting, "\"\(text)\": \"\(part)\" is not of the form setting=value")
      }
      set(String(pair[0]), .word(String(pair[1])), origin)
    }
  }
}
