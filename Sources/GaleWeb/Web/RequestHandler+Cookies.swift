// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
public import GaleWire

extension RequestHandler {
  /// The cookies of the request.
  public var cookies: Cookies {
    if let parsedCookies { return parsedCookies }
    let parsed = Cookies(parsing: request.headers.values("Cookie").joined(separator: "; "))
    parsedCookies = parsed
    return parsed
  }

  /// The value of a cookie of the request, like Tornado's `get_cookie`.
  ///
  /// Cookies that this answer sets are not seen.
  public func cookie(_ name: String) -> String? { cookies[name] }

  /// Sets a cookie, like Tornado's `set_cookie`.
  ///
  /// One of the same name, domain and path that was set before in this answer is replaced.
  /// - Throws: ``/GaleWire/CookieError`` when a part of it holds a character that may not stand there.
  public func setCookie(_ cookie: SetCookie) throws {
    checkNoWebSocket()
    try cookie.validate()
    newCookies.removeAll { $0.identity == cookie.identity }
    newCookies.append(cookie)
  }

  /// Sets a cookie for the whole site.
  /// - Parameters:
  ///   - name: See ``/GaleWire/SetCookie/name``.
  ///   - value: See ``/GaleWire/SetCookie/value``.
  ///   - expiresInDays: How long browsers keep it; `nil` until they are closed.
  /// - Throws: ``/GaleWire/CookieError`` when a part of it holds a character that may not stand there.
  public func setCookie(_ name: String, _ value: String, expiresInDays: Double? = nil) throws {
    let expires = expiresInDays.map { HTTPDate(unixSeconds: loop.wallSeconds + Int($0 * 86400)) }
    try setCookie(SetCookie(name, value, expires: expires))
  }

  /// Has browsers forget a cookie, like Tornado's `clear_cookie`.
  ///
  /// Path and domain must be those with which it was set.
  public func clearCookie(_ name: String, path: String = "/", domain: String? = nil) throws {
    let past = HTTPDate(unixSeconds: loop.wallSeconds - 365 * 86400)
    try setCookie(SetCookie(name, "", domain: domain, path: path, expires: past))
  }

  /// Has browsers forget all cookies that came with the request: Tornado's `clear_all_cookies`.
  ///
  /// Those whose name cannot be written are left alone. Path and domain must be those with which they were set.
  public func clearAllCookies(path: String = "/", domain: String? = nil) throws {
    for name in Set(cookies.entries.map(\.name)).sorted() {
      let isName = (try? SetCookie(name, "").validate()) != nil
      if isName { try clearCookie(name, path: path, domain: domain) }
    }
  }
}
