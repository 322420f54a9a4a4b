// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Logging
import GaleHTTP

extension StaticFileHandler {
  /// The version of a file below ``Application/Settings/staticPath``: Tornado's `get_version`.
  ///
  /// The first time it is asked for, the file is read here and now; then it is known for as long as the file stays the
  /// same.
  /// - Returns: `nil` when it cannot be read, which is logged.
  public class func version(settings: Application.Settings, path: String) -> String? {
    guard let root = settings.staticPath else { return nil }
    let name = absolutePath(root: StaticFile.realPath(root) ?? root, path: path)
    do {
      if let own = try contentVersion(at: name) { return own }
      if let real = StaticFile.realPath(name), let file = try StaticFile(path: real) { return file.version() }
    } catch {
      HTTPLog.general.error("Could not open static file '\(name)': \(error)")
      return nil
    }
    HTTPLog.general.error("Could not open static file '\(name)'")
    return nil
  }

  /// Forgets all versions: Tornado's `reset`.
  ///
  /// Never needed, as a version is kept only while its file stays the same.
  public static func reset() { StaticFile.forgetVersions() }
}

extension RequestHandler {
  /// The URL of a static file, with its version: Tornado's `static_url`.
  ///
  /// - Parameters:
  ///   - path: The file's path below ``Application/Settings/staticPath``.
  ///   - includeHost: Whether scheme and host stand before it.
  ///   - includeVersion: Whether the version follows it.
  /// - Throws: ``HTTPError`` 500 without ``Application/Settings/staticPath``.
  public func staticURL(_ path: String, includeHost: Bool = false, includeVersion: Bool = true) throws
    -> String
  {
    let settings = application.settings
    _ = try requireSetting(\.staticPath, "staticPath", for: "staticURL(_:)")
    let url = settings.staticHandler.makeStaticURL(
      settings: settings, path: path, includeVersion: includeVersion)
    return includeHost ? "\(request.protocol)://\(request.host)\(url)" : url
  }
}
