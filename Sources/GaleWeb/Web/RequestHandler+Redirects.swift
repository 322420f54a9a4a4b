// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWire

extension RequestHandler {
  /// Sends a path that ends in a slash to the one without: Tornado's `@removeslash`, as a call in `prepare()`.
  ///
  /// GET and HEAD get 301, other methods 404. The path `/` stays.
  /// - Throws: ``Finish`` after the redirect; ``HTTPError`` 404.
  public func removeSlash() throws {
    let path = request.mountPath + request.path
    guard path.hasSuffix("/") else { return }
    let trimmed = String(path.reversed().drop { $0 == "/" }.reversed())
    guard !trimmed.isEmpty else { return }
    try redirectForSlash(to: trimmed)
  }

  /// Sends a path that does not end in a slash to the one that does: Tornado's `@addslash`, as a call in `prepare()`.
  ///
  /// GET and HEAD get 301, other methods 404.
  /// - Throws: ``Finish`` after the redirect; ``HTTPError`` 404.
  public func addSlash() throws {
    let path = request.mountPath + request.path
    guard !path.hasSuffix("/") else { return }
    try redirectForSlash(to: path + "/")
  }

  private func redirectForSlash(to path: String) throws {
    // `//other.example/` names another site.
    guard request.head.methodKind == .get || request.isHead, isLocalRedirectTarget(path) else {
      throw HTTPError(404)
    }
    let query = request.query
    try redirect(to: query.isEmpty ? path : path + "?" + query, permanent: true)
    throw Finish()
  }
}
