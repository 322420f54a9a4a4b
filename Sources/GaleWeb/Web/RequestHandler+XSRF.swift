// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire

extension RequestHandler {
  /// The token that a page sends back with its forms: Tornado's `xsrf_token`.
  ///
  /// A client that has none yet gets a cookie with it. The text is another one in each answer; they are all the same
  /// token.
  /// - Throws: ``/GaleWire/CookieError`` for settings that make no cookie.
  public var xsrfToken: String {
    get throws {
      if let text = more.xsrfText { return text }
      let settings = application.settings
      let token = xsrfSecret
      var random = SystemRandomNumberGenerator()
      let mask = SignedValue.randomBytes(4, &random)
      let text = token.text(settings.xsrfCookieVersion, mask: mask)
      if !token.isFromCookie {
        let lifetime: Duration? = try currentUser == nil ? nil : .days(30)
        try setCookie(
          settings.xsrfCookieAttributes.cookie(settings.xsrfCookieName, text, lifetime: lifetime))
      }
      more.xsrfText = text
      return text
    }
  }

  /// The hidden field of a form: Tornado's `xsrf_form_html`.
  /// - Throws: As ``xsrfToken``.
  public func xsrfFormHTML() throws -> String {
    #"<input type="hidden" name="_xsrf" value="\#(xhtmlEscape(try xsrfToken))"/>"#
  }

  /// The token of the request's cookie, or a fresh one.
  private var xsrfSecret: XSRFToken {
    if let known = more.xsrfToken { return known }
    let now = System.wallSeconds
    let token =
      cookie(application.settings.xsrfCookieName).flatMap { XSRFToken(parsing: $0, now: now) }
      ?? XSRFToken(now: now)
    more.xsrfToken = token
    return token
  }

  /// The check of every method but GET, HEAD and OPTIONS.
  func checkXSRFDefault() throws {
    let given = [
      try argument("_xsrf", default: ""), request.headers.first("X-Xsrftoken") ?? "",
      request.headers.first("X-Csrftoken") ?? "",
    ]
    guard let text = given.first(where: { !$0.isEmpty }) else {
      throw HTTPError(403, "'_xsrf' argument missing from POST")
    }
    guard let token = XSRFToken(parsing: text, now: 0) else {
      throw HTTPError(403, "'_xsrf' argument has invalid format")
    }
    guard token.matches(xsrfSecret) else {
      throw HTTPError(403, "XSRF cookie does not match POST argument")
    }
  }

  /// Whether the method may change something, so that it must not come from elsewhere.
  var needsXSRFCheck: Bool {
    switch request.head.methodKind {
    case .get, .head, .options: false
    default: true
    }
  }
}
