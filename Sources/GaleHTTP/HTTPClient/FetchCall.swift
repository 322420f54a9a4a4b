// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire

/// One call of `fetch`: the request, and those that follow from its answers.
final class FetchCall {
  /// What an answer is good for.
  enum Disposition {
    /// It is the one that was asked for.
    case final
    /// It says where else to ask.
    case redirect(HTTPClientURL)
    /// It asks who we are; the field's value is the answer.
    case challenge(field: StaticString, value: String)
  }

  let loop: IOLoop
  let original: HTTPRequest
  private(set) var options: HTTPRequestOptions
  let deadline: LoopTime?
  private let start: LoopTime
  private let startWall: Int64
  private let configuration: HTTPClientConfiguration
  private let engine: any HTTPClientEngine

  private var url: HTTPClientURL
  private var method: String
  private var headers: HTTPHeaders
  private var body: HTTPRequestBody?
  private var credentials: HTTPCredentials?
  private var redirectsLeft: Int
  private var answeredChallenges: Set<String> = []
  private var authorization: (field: StaticString, value: String)?
  private var proxyAuthorization: String?
  private var queueTime = Duration.zero
  private var hopStart: LoopTime
  private var hops = 0

  /// - Throws: ``HTTPClientError`` for a request that cannot be sent.
  init(
    _ request: HTTPRequest, _ configuration: HTTPClientConfiguration, _ engine: any HTTPClientEngine,
    on loop: IOLoop
  ) throws(HTTPClientError) {
    self.loop = loop
    self.configuration = configuration
    self.engine = engine
    original = request
    options =
      configuration.hasDefaults ? request.options.merged(over: configuration.defaults) : request.options
    start = loop.time
    startWall = System.wallNanoseconds
    hopStart = start
    url = try HTTPClientURL(request.url)
    method = request.method
    headers = request.headers
    body = request.body
    credentials = options.credentials ?? url.credentials
    redirectsLeft = options.followsRedirects ?? true ? max(0, options.maxRedirects ?? 5) : 0
    deadline = FetchCall.deadline(start, options.requestTimeout ?? .seconds(20))
    try FetchCall.check(request, options)
    try engine.check(request, options)
  }

  private static func deadline(_ start: LoopTime, _ limit: Duration) -> LoopTime? {
    limit > .zero ? start + limit : nil
  }

  private static func check(_ request: HTTPRequest, _ options: HTTPRequestOptions) throws(HTTPClientError) {
    let isNonstandard = options.allowsNonstandardMethods ?? false
    guard HTTPGrammar.isToken(request.method.utf8) else {
      throw HTTPClientError(.invalidRequest, "Invalid method \(request.method.debugDescription)")
    }
    if !isNonstandard {
      switch request.method {
      case "GET", "HEAD", "DELETE", "OPTIONS":
        if request.body != nil {
          throw HTTPClientError(.invalidRequest, "Body must be nil for method \(request.method)")
        }
      case "POST", "PUT", "PATCH":
        if request.body == nil {
          throw HTTPClientError(.invalidRequest, "Body must not be nil for method \(request.method)")
        }
      default: throw HTTPClientError(.invalidRequest, "Unknown method \(request.method)")
      }
    }
    guard request.method != "CONNECT" else {
      throw HTTPClientError(.invalidRequest, "CONNECT is for proxies: see HTTPRequestOptions.proxy")
    }
    if options.expectsContinue ?? false, request.body == nil {
      throw HTTPClientError(.invalidRequest, "A request without a body has nothing to wait for")
    }
  }

  /// When the connection for the first request must be there.
  var firstConnectDeadline: LoopTime? {
    let connect = FetchCall.deadline(start, options.connectTimeout ?? .seconds(20))
    guard let connect, let deadline else { return connect ?? deadline }
    return min(connect, deadline)
  }

  // MARK: - The requests

  /// Sends requests until there is an answer for the caller.
  /// - Parameter queueTime: How long the call waited for its turn.
  func run(queueTime: Duration) async throws -> HTTPResponse {
    self.queueTime = queueTime
    var connectDeadline = firstConnectDeadline
    hopStart = loop.time
    while true {
      let exchange = try makeExchange(connectDeadline)
      try await perform(exchange)
      switch exchange.disposition {
      case .final: return response(exchange)
      case .redirect(let target): follow(target, exchange.status)
      case .challenge(let field, let value):
        if field.description == "Proxy-Authorization" {
          proxyAuthorization = value
        } else {
          authorization = (field, value)
        }
      }
      hops += 1
      hopStart = loop.time
      connectDeadline = FetchCall.deadline(hopStart, options.connectTimeout ?? .seconds(20))
      if let deadline, let limit = connectDeadline { connectDeadline = min(limit, deadline) }
    }
  }

  private func perform(_ exchange: HTTPClientExchange) async throws {
    guard let callback = options.streamingCallback else { return try await engine.perform(exchange) }
    let pump = BodyPump(callback, for: exchange)
    exchange.pump = pump
    do {
      try await engine.perform(exchange)
      try await pump.drain()
    } catch {
      pump.cancel()
      throw exchange.failure ?? error
    }
  }

  private func makeExchange(_ connectDeadline: LoopTime?) throws -> HTTPClientExchange {
    let proxy = try options.proxy?.proxy(for: url)
    let body = try prepareBody()
    let fields = try prepareHeaders(body, proxy)
    var limits = configuration.limits
    limits.body = options.maxBodySize ?? configuration.maxBodySize
    let exchange = HTTPClientExchange(
      self, method: method, url: url, headers: fields, body: body, proxy: proxy, start: hopStart,
      connectDeadline: connectDeadline, limits: limits)
    exchange.timeInfo.queue = queueTime
    if hops > 0 { exchange.timeInfo.redirect = hopStart - start - queueTime }
    return exchange
  }

  private func prepareBody() throws(HTTPClientError) -> HTTPClientExchange.Body {
    switch body?.storage {
    case nil: return .none
    case .bytes(let bytes): return .bytes(bytes)
    case .file(let path): return .file(try HTTPClientFile(path))
    case .producer(let length, let produce):
      guard length == nil, let text = headers["Content-Length"] else {
        return .producer(length: length, produce)
      }
      guard let said = Int(text), said >= 0 else {
        throw HTTPClientError(.invalidRequest, "Content-Length is no number")
      }
      return .producer(length: said, produce)
    }
  }

  private func prepareHeaders(
    _ body: HTTPClientExchange.Body, _ proxy: HTTPProxy?
  ) throws(HTTPClientError) -> HTTPHeaders {
    var fields = HTTPHeaders()
    if !headers.has("Host") { fields.append("Host", text: url.authority) }
    if fields.isEmpty {
      fields = headers
    } else if !headers.isEmpty {
      for (name, value) in headers { fields.append(uncheckedName: name.utf8, uncheckedValue: value.utf8) }
    }
    do throws(HTTPInputError) {
      if let userAgent = options.userAgent {
        if userAgent.isEmpty { fields.remove("User-Agent" as StaticString) }
        if !userAgent.isEmpty, !fields.has("User-Agent") { try fields.add("User-Agent", userAgent) }
      } else if !fields.has("User-Agent") {
        fields.append("User-Agent", text: FetchCall.userAgent)
      }
    } catch {
      throw HTTPClientError(.invalidRequest, error.message, underlyingError: error)
    }
    if options.decompressesResponse ?? true, !fields.has("Accept-Encoding") {
      fields.append("Accept-Encoding", text: FetchCall.acceptedCodings)
    }
    if let date = options.ifModifiedSince { fields.append("If-Modified-Since", text: date.description) }
    if !(options.keepsAlive ?? true), !fields.has("Connection") { fields.append("Connection", "close") }
    authorize(&fields, proxy)
    frame(&fields, body)
    return fields
  }

  private static let acceptedCodings = ContentCoding.known.map(\.rawValue).joined(separator: ", ")
  private static let userAgent = "Gale/\(galeVersion)"

  private func authorize(_ fields: inout HTTPHeaders, _ proxy: HTTPProxy?) {
    if let authorization {
      fields.remove("Authorization" as StaticString)
      fields.append(authorization.field, text: authorization.value)
    } else if let credentials, credentials.mode == .basic, !fields.has("Authorization") {
      fields.append("Authorization", text: BasicAuthentication.value(credentials))
    }
    // What is tunnelled is not the proxy's business.
    guard let proxy, proxy.kind == .http, !url.isSecure else { return }
    if let proxyAuthorization {
      fields.append("Proxy-Authorization", text: proxyAuthorization)
    } else if let credentials = proxy.credentials, credentials.mode == .basic {
      fields.append("Proxy-Authorization", text: BasicAuthentication.value(credentials))
    }
  }

  private func frame(_ fields: inout HTTPHeaders, _ body: HTTPClientExchange.Body) {
    // What the caller says of the length is not what holds: a server would wait for the rest.
    fields.remove("Transfer-Encoding" as StaticString)
    fields.remove("Content-Length" as StaticString)
    let length: Int?
    switch body {
    case .none: return
    case .bytes(let bytes): length = bytes.count
    case .file(let file): length = file.length
    case .producer(let said, _): length = said
    }
    if let length {
      fields.append("Content-Length", decimal: length)
    } else {
      fields.append("Transfer-Encoding", "chunked")
    }
    if method == "POST", !fields.has("Content-Type") {
      fields.append("Content-Type", "application/x-www-form-urlencoded")
    }
    if options.expectsContinue ?? false, !fields.has("Expect") { fields.append("Expect", "100-continue") }
  }

  // MARK: - The answers

  /// What the answer to the present request is good for.
  func disposition(_ status: Int, _ headers: HTTPHeaders) throws(HTTPClientError) -> Disposition {
    switch status {
    case 301, 302, 303, 307, 308:
      guard redirectsLeft > 0, let location = headers.first("Location") else { return .final }
      return .redirect(try url.resolving(location))
    case 401:
      guard let credentials, credentials.mode == .digest else { return .final }
      return answer(headers.values("WWW-Authenticate"), credentials, url.target, "Authorization")
    case 407:
      guard let proxy = try options.proxy?.proxy(for: url), !url.isSecure,
        let credentials = proxy.credentials,
        credentials.mode == .digest
      else { return .final }
      return answer(headers.values("Proxy-Authenticate"), credentials, url.text, "Proxy-Authorization")
    default: return .final
    }
  }

  /// Each challenge is answered once: the same again means that the answer was wrong.
  private func answer(
    _ challenges: [String], _ credentials: HTTPCredentials, _ target: String, _ field: StaticString
  ) -> Disposition {
    guard let challenge = DigestAuthentication(challenges: challenges) else { return .final }
    let isNew = answeredChallenges.insert("\(field) \(url.authority)").inserted
    guard isNew || challenge.isStale && answeredChallenges.insert("stale \(challenge.nonce)").inserted else {
      return .final
    }
    let value = challenge.response(credentials, method: method, target: target)
    return .challenge(field: field, value: value)
  }

  /// RFC 9110, section 15.4; what does not go to another origin stays behind.
  private func follow(_ target: HTTPClientURL, _ status: Int) {
    redirectsLeft -= 1
    if status == 303 && method != "HEAD" || (status == 301 || status == 302) && method == "POST" {
      method = "GET"
      body = nil
      for name: StaticString in [
        "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding",
      ] { headers.remove(name) }
      options.expectsContinue = nil
    }
    headers.remove("Host" as StaticString)
    if !target.hasSameOrigin(as: url) {
      headers.remove("Authorization" as StaticString)
      headers.remove("Cookie" as StaticString)
      headers.remove("Proxy-Authorization" as StaticString)
      credentials = nil
      options.address = nil
    }
    // A digest is for one target.
    authorization = nil
    proxyAuthorization = nil
    answeredChallenges = []
    url = target
  }

  func response(_ exchange: HTTPClientExchange) -> HTTPResponse {
    var info = exchange.timeInfo
    info.total = loop.time - start
    return HTTPResponse(
      request: original, status: exchange.status, reason: exchange.reason, headers: exchange.responseHeaders,
      trailers: exchange.trailers, effectiveURL: isFirst ? original.url : url.text, body: exchange.received,
      startTime: Double(startWall) * 1e-9, timeInfo: info)
  }

  private var isFirst: Bool {
    redirectsLeft == (options.followsRedirects ?? true ? max(0, options.maxRedirects ?? 5) : 0)
  }
}
