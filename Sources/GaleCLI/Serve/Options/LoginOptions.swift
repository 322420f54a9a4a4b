// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth
import ArgumentParser
import GaleServe

/// A login in front of the application.
struct LoginOptions: SettingOptions {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      """
      Only let signed-in users through to the application, which finds them in REMOTE_USER. Words are \
      issuer=URL (or provider=google|microsoft|gitlab|github), client-id=ID, public=/PATH, \
      rule=/PATH:group=NAME,domain=NAME,email=ADDRESS, allow-domain=, allow-group=, allow-email=, \
      user=email|subject|username, groups-claim=, scopes=A+B, path=/auth, \
      external-url=, insecure=yes. The client's secret is in GALE_LOGIN_CLIENT_SECRET, that of the cookies in \
      GALE_LOGIN_COOKIE_SECRET.
      """, valueName: "key=value"))
  var login: [String] = []

  @Option(help: ArgumentHelp("Read the client's secret from this file.", valueName: "file"))
  var loginClientSecretFile: String?

  @Option(help: ArgumentHelp("Read the cookies' secret from this file.", valueName: "file"))
  var loginCookieSecretFile: String?

  func collect(in layer: inout SettingLayer) {
    layer.set("login", login)
    layer.set("login-client-secret-file", loginClientSecretFile)
    layer.set("login-cookie-secret-file", loginCookieSecretFile)
  }
}
#endif
