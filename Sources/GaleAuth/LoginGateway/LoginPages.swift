// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import GaleHTTP

/// The few pages that a login has of its own.
enum LoginPages {
  static func page(_ title: String, _ body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>\(title)</title>
    <style>body{font:18px/1.5 sans-serif;max-width:30em;margin:15vh auto;padding:0 1em}
    button,a.choice{font:inherit;display:inline-block;padding:.4em 1em;margin:.2em 0}</style>
    </head>
    <body>
    <h1>\(title)</h1>
    \(body)
    </body>
    </html>

    """
  }

  /// The providers to choose from.
  static func choice(_ login: Login, _ request: HTTPServerRequest, next: String) -> String {
    let items = login.clients.map { client in
      let path = request.mountPath + login.configuration.path + "/login/" + client.provider.name
      let link = xhtmlEscape("\(path)?next=\(urlEscape(next))")
      return "<li><a href=\"\(link)\">Continue with \(xhtmlEscape(client.provider.title))</a></li>"
    }
    return page("Sign in", "<ul>\n\(items.joined(separator: "\n"))\n</ul>")
  }

  /// What to tell a user; everything from outside is escaped.
  static func explain(_ status: Int, _ error: AuthError?) -> String {
    switch error?.code {
    case .invalidCallback?, .wrongIssuer?, .invalidToken?:
      return "This login was not begun in this browser, took too long, or has been used already."
    case .refused?:
      let reason = error?.errorDescription ?? error?.error
      return "You were not let in" + (reason.map { ": " + xhtmlEscape($0) } ?? ".")
    case .providerUnavailable?, .invalidResponse?:
      return "The service that knows your account does not answer as it should. Please wait a moment."
    default:
      return status >= 500 ? "Something is wrong here. Please wait a moment." : "This is not possible."
    }
  }
}

#endif
