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
    <style>\(style)</style>
    </head>
    <body>
    <main>
    <h1>\(title)</h1>
    \(body)
    </main>
    </body>
    </html>

    """
  }

  private static let style = """
    :root{color-scheme:light dark;--paper:#f3f6f7;--card:#fff;--ink:#17262b;--line:#d5e0e3;--accent:#137373}
    @media(prefers-color-scheme:dark){
    :root{--paper:#0f1719;--card:#172225;--ink:#e2eeef;--line:#2c3d41;--accent:#5cc6c1}}
    body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,sans-serif}
    main{box-sizing:border-box;max-width:27rem;margin:12vh auto;padding:1.8rem;background:var(--card);
    border:1px solid var(--line);border-radius:.8rem}
    h1{font-size:1.5rem;line-height:1.2;margin:0 0 1rem}
    p:last-child{margin-bottom:0}
    ul{list-style:none;margin:0;padding:0}
    button,a{font:inherit;font-weight:600;display:inline-block;box-sizing:border-box;padding:.5rem 1.1rem;
    border:1px solid var(--accent);border-radius:.5rem;background:none;color:var(--accent);text-decoration:none;
    cursor:pointer}
    button,a:hover{background:var(--accent);color:var(--card)}
    li a{width:100%;margin-bottom:.6rem}
    :is(a,button):focus-visible{outline:2px solid var(--accent);outline-offset:2px}
    """

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
