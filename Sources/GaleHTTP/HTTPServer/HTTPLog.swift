// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
package import Logging

/// Where the server reports: Tornado's `access_log` and `gen_log`.
package enum HTTPLog {
  package static var access: Logger { LogTap.tap(ownAccess) }
  package static var general: Logger { LogTap.tap(ownGeneral) }
  package static var application: Logger { LogTap.tap(ownApplication) }
  private static let ownAccess = Logger(label: "gale.access")
  private static let ownGeneral = Logger(label: "gale.general")
  private static let ownApplication = Logger(label: "gale.application")
}

extension HTTPServerRequest {
  /// `GET /path (127.0.0.1)`, safe for a log: control characters escaped, cut at 4 KiB, without a secret query.
  package var summary: String {
    HTTPServerRequest.escapeForLog(
      "\(method) \(hidesQuery ? head.text(shownTarget) + "..." : uri) (\(remoteIP))")
  }

  /// Whether there is a query that logs must not show.
  var hidesQuery: Bool { isQuerySecret && !head.query.isEmpty }

  /// The target as far as logs may show it, with its question mark.
  var shownTarget: Range<Int> {
    let (target, query) = (head.target, head.query.lowerBound)
    return target.contains(query) ? target.lowerBound..<query : head.path
  }

  /// One line: control characters and invalid bytes become `\xNN`, and a long text is cut.
  package static func escapeForLog(_ text: String) -> String {
    guard text.utf8.count > 4096 || text.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7F }) else {
      return text
    }
    var result = ""
    for byte in text.utf8.prefix(4096) {
      if byte < 0x20 || byte >= 0x7F {
        let digits = String(byte, radix: 16)
        result += "\\x" + (digits.count < 2 ? "0" : "") + digits
      } else {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    return text.utf8.count > 4096 ? result + "…" : result
  }
}
