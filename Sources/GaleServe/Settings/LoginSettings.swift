// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth
import GaleAuth
import GaleHTTP
import GaleWeb
import GaleWire

/// A login in front of what is served: `--login KEY=VALUE …`.
package struct LoginSettings: Sendable {
  /// The keys, as they were written; empty for no login.
  package var words: [String] = []
  private var clientSecret: String?
  private var cookieSecret: String?

  package init() {}

  init(_ reader: SettingReader) throws(ServeError) {
    words = try reader.texts("login")
    // Secrets are not noted: nothing that shows settings shows them.
    clientSecret = try LoginSettings.secret("login-client-secret", reader)
    cookieSecret = try LoginSettings.secret("login-cookie-secret", reader)
    do throws(Complaint) { _ = try plan() } catch { throw reader.complaint("login", error.reason) }
  }

  /// A secret from the environment, or from a file that a setting names.
  private static func secret(_ name: String, _ reader: SettingReader) throws(ServeError) -> String? {
    if let path = try reader.text(name + "-file") {
      guard let text = SecretFile.read(path) else {
        throw reader.complaint(name + "-file", "names a file that cannot be read, or is empty")
      }
      return text
    }
    guard case .word(let text)? = reader.find(name)?.value else { return nil }
    return text
  }

  /// What comes from the environment or a file, and is never shown.
  static let secrets = ["login-client-secret", "login-cookie-secret"]

  /// What is wrong with the words.
  private struct Complaint: Error {
    let reason: String
  }

  /// A login, ready to be built.
  private struct Plan {
    var client: OpenIDClient
    var configuration: Login.Configuration
    var rules: [LoginRule]
    var access: LoginAccess
    var userName: LoginWall.UserName
  }

  /// The wall around `target`; `target` itself without a login.
  func wall(
    around target: any HTTPServerConnectionDelegate
  ) throws -> any HTTPServerConnectionDelegate {
    guard let plan = try plan() else { return target }
    return try LoginWall(
      Login([plan.client], plan.configuration), around: target, rules: plan.rules, otherwise: plan.access,
      userName: plan.userName)
  }

  private func plan() throws(Complaint) -> Plan? {
    guard !words.isEmpty else { return nil }
    let values = try read()
    func one(_ key: String) -> String? { values[key]?.last }
    guard let id = one("client-id") else { throw Complaint(reason: "needs client-id=…") }
    var provider = try self.provider(one("issuer"), one("provider"))
    if let scopes = one("scopes") { provider.scopes = scopes.split(separator: "+").map(String.init) }
    if let claim = one("groups-claim") { provider.claimNames.groups = claim }
    var client = OpenIDClient.Configuration(
      id: id, authentication: clientSecret.map { .secret($0) } ?? .none)
    switch one("insecure") {
    case "yes"?: client.allowsInsecureHTTP = true
    case nil, "no"?: break
    default: throw Complaint(reason: "insecure= takes yes or no")
    }
    guard let secret = cookieSecret ?? clientSecret, secret.utf8.count >= 16 else {
      throw Complaint(
        reason: "needs a secret of at least 16 bytes: GALE_LOGIN_COOKIE_SECRET or GALE_LOGIN_CLIENT_SECRET")
    }
    // Every process has the same, and it is no other secret as it stands.
    var configuration = Login.Configuration(secret: CookieSecret("gale serve --login\n" + secret))
    if let path = one("path") {
      guard path.hasPrefix("/"), !path.hasSuffix("/") else {
        throw Complaint(reason: "path= looks like /auth")
      }
      configuration.path = path
    }
    configuration.externalURL = one("external-url")
    return Plan(
      client: OpenIDClient(provider, client), configuration: configuration, rules: try rules(values),
      access: access(values), userName: try userName(one("user")))
  }

  private static let keys = [
    "issuer", "provider", "client-id", "scopes", "groups-claim", "path", "external-url", "public", "rule",
    "allow-domain", "allow-email", "allow-group", "user", "insecure",
  ]

  private func read() throws(Complaint) -> [String: [String]] {
    var values: [String: [String]] = [:]
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, !parts[1].isEmpty else {
        throw Complaint(reason: "takes KEY=VALUE, not \"\(word)\"")
      }
      guard Self.keys.contains(parts[0]) else {
        let hint = parts[0].hasSuffix("secret") ? "; secrets come from the environment or a file" : ""
        throw Complaint(reason: "knows \(Self.keys.joined(separator: ", ")), not \"\(parts[0])\"\(hint)")
      }
      values[parts[0], default: []].append(parts[1])
    }
    return values
  }

  private func provider(_ issuer: String?, _ name: String?) throws(Complaint) -> OpenIDProvider {
    switch (issuer, name) {
    case (let issuer?, nil):
      guard issuer.hasPrefix("https://") || issuer.hasPrefix("http://") else {
        throw Complaint(reason: "issuer= is a URL")
      }
      return .issuer(issuer)
    case (nil, "google"?): return .google
    case (nil, "microsoft"?): return .microsoft()
    case (nil, "gitlab"?): return .gitlab()
    case (nil, "github"?): return .github()
    default:
      throw Complaint(reason: "needs issuer=URL, or provider= with google, microsoft, gitlab or github")
    }
  }

  private func rules(_ values: [String: [String]]) throws(Complaint) -> [LoginRule] {
    var rules: [LoginRule] = []
    for path in values["public"] ?? [] {
      guard path.hasPrefix("/") else { throw Complaint(reason: "public= takes a path such as /static") }
      try checkMatches(path)
      rules.append(LoginRule(path, .everybody))
    }
    for text in values["rule"] ?? [] { rules.append(try rule(text)) }
    var paths: Set<String> = []
    for rule in rules where !paths.insert(rule.path).inserted {
      throw Complaint(
        reason: "says \(rule.path) twice: put all who may see it into one rule=\(rule.path):…")
    }
    // The order of the words says nothing: what is said of a part of a path counts more.
    return rules.sorted { $0.path.utf8.count > $1.path.utf8.count }
  }

  /// Rules are about decoded paths without dots and empty segments: one that could never be met would protect nothing.
  private func checkMatches(_ path: String) throws(Complaint) {
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().dropLast()
    let isOdd = path.contains { "%?#;\\".contains($0) } || path.hasSuffix("/..") || path.hasSuffix("/.")
    guard isOdd || segments.contains(where: { ["", ".", ".."].contains($0) }) else { return }
    throw Complaint(
      reason: "\(path) is no path as a rule sees it: decoded, without a query, dots or empty segments")
  }

  /// `/PATH:everybody`, `/PATH:signed-in`, or `/PATH:` and who, as `group=admins,domain=example.com`.
  private func rule(_ text: String) throws(Complaint) -> LoginRule {
    let wrong = Complaint(
      reason:
        "rule= takes /PATH:everybody, /PATH:signed-in or /PATH:group=…,domain=…,email=…, not \"\(text)\"")
    guard text.hasPrefix("/"), let colon = text.lastIndex(of: ":") else { throw wrong }
    let (path, who) = (String(text[..<colon]), text[text.index(after: colon)...])
    try checkMatches(path)
    switch who {
    case "everybody": return LoginRule(path, .everybody)
    case "signed-in": return LoginRule(path, .signedIn)
    default: break
    }
    var names: [String: Set<String>] = [:]
    for part in who.split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard pair.count == 2, ["group", "domain", "email"].contains(pair[0]) else { throw wrong }
      names[pair[0], default: []].insert(pair[1])
    }
    return LoginRule(
      path,
      .only(
        groups: names["group"] ?? [], emailDomains: names["domain"] ?? [], emails: names["email"] ?? []))
  }

  private func access(_ values: [String: [String]]) -> LoginAccess {
    let names = ["allow-group", "allow-domain", "allow-email"].map { Set(values[$0] ?? []) }
    guard names.contains(where: { !$0.isEmpty }) else { return .signedIn }
    return .only(groups: names[0], emailDomains: names[1], emails: names[2])
  }

  private func userName(_ word: String?) throws(Complaint) -> LoginWall.UserName {
    switch word {
    case nil, "email"?: return .verifiedEmail
    case "subject"?: return .subject
    case "username"?: return .username
    default: throw Complaint(reason: "user= takes email, subject or username")
    }
  }
}
#endif
