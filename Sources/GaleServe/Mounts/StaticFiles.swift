// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWeb
import GaleWire

/// Serves a directory.
enum StaticFiles {
  static func application(_ settings: StaticSettings) throws -> Application {
    var arguments: HandlerArguments = ["path": settings.directory, "expires": settings.expires]
    if let index = settings.index { arguments["default_filename"] = index }
    return try Application([URLSpec("/?(.*)", StaticMountHandler.self, arguments)])
  }
}

/// Files that a web server would send: compressed ones where the client takes them, but no hidden ones.
final class StaticMountHandler: PrecompressedFileHandler {
  private var expires = 0

  override func initialize(_ arguments: HandlerArguments) throws {
    try super.initialize(arguments)
    expires = arguments["expires"] as? Int ?? 0
  }

  /// Nothing at or below a name with a dot in front is there.
  ///
  /// `.git` and `.env` lie in directories by accident. `.well-known` is meant to be found (RFC 8615).
  override func validateAbsolutePath(_ root: String, _ absolutePath: String) throws -> String? {
    if path.isEmpty, request.head.path.isEmpty, !request.mountPath.isEmpty {
      // The place itself, without the slash that relative links in it need.
      try redirect(to: request.mountPath + "/", permanent: true)
      return nil
    }
    for part in path.split(separator: "/") where part.hasPrefix(".") && part != ".well-known" {
      throw HTTPError(404)
    }
    return try super.validateAbsolutePath(root, absolutePath)
  }

  override func cacheTime(_ path: String) throws -> Int {
    let own = try super.cacheTime(path)
    return own > 0 ? own : expires
  }
}
