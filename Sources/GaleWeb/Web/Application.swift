// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
public import GaleHTTP
public import GaleLoop
public import GaleWire
import Logging
import Synchronization

/// Routes and settings: what a server serves.
///
/// Tornado's `Application`.
///
/// ```swift
/// let application = try Application([
///   URLSpec("/", MainHandler.self),
///   URLSpec(#"/story/([0-9]+)"#, StoryHandler.self, name: "story"),
/// ])
/// try application.listen(port: 8888)
/// IOLoop.current.start()
/// ```
///
/// The routes are tried in order; the first whose pattern matches the whole path wins. An application
/// is not changed any more once it listens, so that several loops can share it.
public final class Application: ReversibleRouter, @unchecked Sendable {
  // @unchecked Sendable: routes are only added before the first listen(), which `isFrozen` checks;
  // afterwards everything is read-only.

  /// What applies to all handlers.
  public struct Settings: Sendable {
    /// Show what went wrong in error pages, and more of the like: never in production.
    public var debug = false {
      didSet {
        serveTraceback = serveTraceback || debug
        autoreload = autoreload || debug
        compiledTemplateCache = compiledTemplateCache && !debug
      }
    }
    /// Restart the program when it changes: see ``Autoreload``.
    public var autoreload = false
    /// Put errors in full into error pages.
    public var serveTraceback = false
    /// Answers requests that no route takes; 404 without one.
    public var defaultHandler: RequestHandler.Type?
    /// What ``defaultHandler`` is initialized with.
    public var defaultHandlerArguments: HandlerArguments = [:]
    /// Replaces the access log.
    ///
    /// Called on the request's loop.
    public var logFunction: (@Sendable (RequestHandler) -> Void)?
    /// The host whose routes serve requests for unknown hosts.
    public var defaultHost: String?
    /// The most bytes of a form, whose body is held in memory; more is answered 413.
    ///
    /// A handler that takes more sets ``GaleHTTP/HTTPServerRequest/maxBodySize`` in
    /// ``RequestHandler/initialize(_:)``, or streams its body. Other bodies have the server's limit,
    /// ``GaleWire/HTTPLimits/body``.
    public var maxFormSize = 10 * 1024 * 1024
    /// How many arguments and parts a form may have; more is answered 400.
    public var formLimits = FormBody.Limits()
    /// How many arguments a query may have; more is answered 400.
    public var queryArgumentCount = 1000
    /// What cookies and other values are signed with; without it there are no signed cookies.
    public var cookieSecret: CookieSecret?
    /// Where users sign in, for ``RequestHandler/requireUser()``.
    public var loginURL: String?
    /// Refuse requests that pages of other sites have browsers send: see ``RequestHandler/checkXSRFCookie()``.
    public var xsrfCookies = false
    /// How the token against such requests is written.
    public var xsrfCookieVersion = XSRFVersion.v2
    /// The name of its cookie; `__Host-xsrf` keeps other hosts of the domain from setting it.
    public var xsrfCookieName = "_xsrf"
    /// The rest of its cookie: Tornado's `xsrf_cookie_kwargs`.
    ///
    /// Without an expiry it is kept for 30 days when there is a user, and else until the browser is closed.
    public var xsrfCookieAttributes = CookieAttributes()
    /// Compress answers for clients that take gzip: see ``GzipTransform``.
    public var compressesResponse = false
    /// The directory of files that are served below ``staticURLPrefix``, and for `/favicon.ico` and `/robots.txt`.
    public var staticPath: String?
    /// Where the paths of static files begin.
    public var staticURLPrefix = "/static/"
    /// What serves static files.
    public var staticHandler: StaticFileHandler.Type = StaticFileHandler.self
    /// What ``staticHandler`` is initialized with besides `path`.
    public var staticHandlerArguments: HandlerArguments = [:]
    /// How many bytes a handler may write without ``RequestHandler/flush()``.
    ///
    /// What is written when more waits already is dropped, and the answer becomes 500, or is cut when a part of it
    /// was flushed. A single piece may be longer.
    public var maxWriteBufferSize = 8 * 1024 * 1024
    /// How often WebSockets are sent a ping; `nil` for never: Tornado's `websocket_ping_interval`.
    public var webSocketPingInterval: Duration?
    /// How long a WebSocket's client may be silent after a ping; `nil` for as long as the interval, zero for ever.
    ///
    /// Tornado's `websocket_ping_timeout`.
    public var webSocketPingTimeout: Duration?
    /// The most bytes of a WebSocket's message; a longer one closes it with 1009: Tornado's
    /// `websocket_max_message_size`.
    public var webSocketMaxMessageByteCount = 10 * 1024 * 1024
    /// Where templates are, unless a handler or ``templateLoader`` says otherwise.
    public var templatePath: String?
    /// Finds templates; then ``templatePath``, ``templateAutoescape`` and ``templateWhitespace`` say nothing.
    public var templateLoader: BaseLoader?
    /// The function that expressions of templates go through; `nil` for none.
    public var templateAutoescape: String? = "xhtml_escape"
    /// What happens to white space in templates; by the name of the file if `nil`.
    public var templateWhitespace: WhitespaceMode?
    /// Whether templates stay compiled; without, each request reads them again.
    public var compiledTemplateCache = true
    /// What `{% module Name(…) %}` finds, besides `Template`, `linkify` and `xsrf_form_html`.
    public var uiModules: [String: UIModule.Type] = [:]
    /// Functions for templates, which get the handler too.
    public var uiMethods: [String: UIMethod] = [:]
    /// A function for templates that gets the handler, too.
    public typealias UIMethod =
      @Sendable (RequestHandler, TemplateArguments) throws -> any TemplateConvertible
    /// Whatever the application wants its handlers to find.
    public var userInfo: HandlerArguments = [:]

    /// The defaults above.
    public init() {}
  }

  /// What applies to all handlers.
  public let settings: Settings
  private var hosts: [HostRoutes] = []
  private let wildcard: HostRoutes
  private var named: [String: PathPattern]
  private var isFrozen = false
  /// The loaders of the paths at which handlers have their templates.
  let templateLoaders = Mutex<[String: BaseLoader]>([:])
  /// What each answer goes through.
  private(set) var transforms: [@Sendable (HTTPServerRequest) -> any OutputTransform] = []

  /// Creates an application of `routes`, for any host.
  /// - Throws: ``RoutingError`` for a pattern that cannot be understood.
  public init(_ routes: [URLSpec] = [], settings: Settings = Settings()) throws {
    self.settings = settings
    var named: [String: PathPattern] = [:]
    let all = Application.staticRoutes(settings) + routes
    wildcard = HostRoutes(host: nil, try Application.compile(all, &named))
    self.named = named
    if settings.compressesResponse { transforms.append { GzipTransform($0) } }
  }

  /// The routes that `staticPath` asks for.
  private static func staticRoutes(_ settings: Settings) -> [URLSpec] {
    guard let path = settings.staticPath else { return [] }
    var arguments = settings.staticHandlerArguments
    arguments["path"] = path
    let prefix = PathPattern.escape(settings.staticURLPrefix)
    return [#"/(robots\.txt)"#, #"/(favicon\.ico)"#, prefix + "(.*)"].map {
      URLSpec($0, settings.staticHandler, arguments)
    }
  }

  /// Adds something that changes all answers, behind what is there: Tornado's `add_transform`.
  /// - Parameter make: Makes the transform of one answer.
  public func addTransform(_ make: @escaping @Sendable (HTTPServerRequest) -> any OutputTransform) {
    precondition(!isFrozen, "transforms are added before the application listens")
    transforms.append(make)
  }

  /// Adds routes for hosts that match `host`, before those for any host: Tornado's `add_handlers`.
  /// - Throws: ``RoutingError`` for a pattern that cannot be understood.
  public func addHandlers(host: String, _ routes: [URLSpec]) throws {
    precondition(!isFrozen, "routes are added before the application listens")
    hosts.append(HostRoutes(host: try HostPattern(host), try Application.compile(routes, &named)))
  }

  private static func compile(_ routes: [URLSpec], _ named: inout [String: PathPattern]) throws
    -> [RouteEntry]
  {
    try routes.map { route in
      let pattern = try PathPattern(route.pattern)
      if let name = route.name {
        if named[name] != nil {
          HTTPLog.application.warning("Multiple handlers named \(name); replacing previous value")
        }
        named[name] = pattern
      }
      guard case .routes(let inner) = route.target else {
        return RouteEntry(pattern, route.target, route.matcher)
      }
      let nested = HostRoutes(host: nil, try compile(inner, &named))
      return RouteEntry(pattern, route.target, route.matcher, nested: nested)
    }
  }

  /// Makes a server for the application and has it listen, like Tornado's `Application.listen`.
  /// - Returns: The server, for whoever wants to stop it. It serves whether it is kept or not.
  /// - Throws: ``/GaleLoop/LoopError`` with the system's reason.
  @discardableResult
  public func listen(
    port: UInt16, address: String? = nil, configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
    reusePort: Bool = false, loops: Int = 1, on loop: IOLoop = .current
  ) throws(LoopError) -> HTTPServer {
    prepareToListen(on: loop)
    let server = HTTPServer(self, configuration: configuration, on: loop)
    try server.listen(port: port, address: address, reusePort: reusePort, loops: loops)
    return server
  }

  #if TLS
  /// Makes a server of HTTPS for the application and has it listen.
  ///
  /// As ``listen(port:address:configuration:reusePort:loops:on:)``.
  @discardableResult
  public func listen(
    port: UInt16, address: String? = nil, tls: TLSContext,
    configuration: HTTPServerConfiguration = HTTPServerConfiguration(), reusePort: Bool = false,
    loops: Int = 1, on loop: IOLoop = .current
  ) throws(LoopError) -> HTTPServer {
    prepareToListen(on: loop)
    let server = HTTPServer(self, tls: tls, configuration: configuration, on: loop)
    try server.listen(port: port, address: address, reusePort: reusePort, loops: loops)
    return server
  }
  #endif

  private func prepareToListen(on loop: IOLoop) {
    isFrozen = true
    if settings.autoreload || Autoreload.isWanted { Autoreload.start(on: loop) }
  }

  /// The path of a named route with its groups replaced by `arguments`: Tornado's `reverse_url`.
  /// - Throws: ``HTTPError`` 500 for an unknown name; ``RoutingError`` when the arguments do not fit.
  public func reverseURL(_ name: String, _ arguments: [String] = []) throws -> String {
    guard let url = try findURL(name, arguments) else {
      throw HTTPError(500, "\(name) not found in named urls")
    }
    return url
  }

  /// The path of a route that is named here, or in a router that a route leads to.
  ///
  /// What is mounted knows nothing of the mount: its paths are those below it.
  /// - Throws: ``RoutingError`` when the arguments do not fit.
  public func findURL(_ name: String, _ arguments: [String]) throws -> String? {
    if let pattern = named[name] { return try pattern.reverse(arguments) }
    for entry in hosts + [wildcard] {
      for route in entry.table.routes {
        guard case .delegate(let router as any ReversibleRouter) = route.target.target else { continue }
        if let url = try router.findURL(name, arguments) { return url }
      }
    }
    return nil
  }

  // MARK: - Requests

  /// Finds the handler of a request; for the server.
  public func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate {
    if let found = findHandler(request) { return found }
    if request.path == "*" { return make(ServerOptionsHandler.self, [:], request, nil, PathCaptures()) }
    let type = settings.defaultHandler ?? ErrorHandler.self
    let arguments = settings.defaultHandler == nil ? ["status": 404] : settings.defaultHandlerArguments
    return make(type, arguments, request, nil, PathCaptures())
  }

  /// What answers a request, if one of the routes is for it: Tornado's `find_handler`.
  public func findHandler(_ request: HTTPServerRequest) -> (any HTTPMessageDelegate)? {
    if !hosts.isEmpty, let found = findByHost(request) { return found }
    return find(request, in: wildcard)
  }

  /// A handler that answers a request, for routers of one's own: Tornado's `get_handler_delegate`.
  ///
  /// It has no path arguments.
  public func makeHandler(
    _ type: RequestHandler.Type, _ arguments: HandlerArguments = [:], for request: HTTPServerRequest
  ) -> any HTTPMessageDelegate {
    make(type, arguments, request, nil, PathCaptures())
  }

  private func findByHost(_ request: HTTPServerRequest) -> (any HTTPMessageDelegate)? {
    var name = Array(request.hostName.utf8)
    for attempt in 0..<2 {
      for entry in hosts where entry.host?.matches(name.span) ?? true {
        if let found = find(request, in: entry) { return found }
      }
      guard attempt == 0, let fallback = settings.defaultHost, !request.headers.contains("X-Real-Ip") else {
        return nil
      }
      name = Array(fallback.utf8)
    }
    return nil
  }

  private func find(_ request: HTTPServerRequest, in entry: HostRoutes) -> (any HTTPMessageDelegate)? {
    var start = 0
    while let match = request.withPath({ entry.table.firstMatch($0, startingAt: start) }) {
      if let found = delegate(of: match, request) { return found }
      start = match.index + 1
    }
    return nil
  }

  /// What a route's target makes of the request; `nil` when the route is not for it after all.
  private func delegate(
    of match: RouteTable<RouteEntry>.Match, _ request: HTTPServerRequest
  ) -> (any HTTPMessageDelegate)? {
    if let matcher = match.target.matcher, !matcher.matches(request) { return nil }
    switch match.target.target {
    case .handler(let type, let arguments):
      return make(type, arguments, request, match.target, match.captures)
    case .delegate(let delegate):
      if let router = match.target.router { return router.findHandler(request) }
      return delegate.startRequest(request)
    case .mount(let delegate, let prefixCount):
      request.withMount(prefixCount)
      return delegate.startRequest(request)
    case .routes:
      return match.target.nested.flatMap { find(request, in: $0) }
    }
  }

  private func make(
    _ type: RequestHandler.Type, _ arguments: HandlerArguments, _ request: HTTPServerRequest,
    _ route: RouteEntry?, _ captures: PathCaptures
  ) -> any HTTPMessageDelegate {
    if request.head.hasBody { limitForm(request) }
    let handler = type.init(self, request, captures)
    handler.route = route
    handler.loadsUser = route?.loadsUser ?? (type is any UserLoading.Type)
    handler.setDefaultHeaders()
    do {
      try handler.initialize(arguments)
    } catch {
      return FailedHandler(handler, error)
    }
    if type.streamsRequestBody, request.head.hasBody {
      handler.bodyQueue = RequestBodyQueue(request)
      // What is too much now may be allowed by `prepare`.
      request.bodyPaused =
        request.head.contentLength > request.maxBodySize
        || request.head.traits.contains(.chunked) && request.maxBodySize < RequestBodyQueue.capacity
      handler.start()
    }
    return handler
  }

  private func limitForm(_ request: HTTPServerRequest) {
    guard settings.maxFormSize < request.maxBodySize,
      let type = request.headers.first("Content-Type"), RequestHandler.isForm(type)
    else { return }
    request.maxBodySize = settings.maxFormSize
  }

  func logRequest(_ handler: RequestHandler) {
    if let log = settings.logFunction { log(handler) } else { handler.request.logAccess() }
  }
}

/// The routes of one host pattern.
final class HostRoutes: Sendable {
  let host: HostPattern?
  let table: RouteTable<RouteEntry>

  init(host: HostPattern?, _ routes: [RouteEntry]) {
    self.host = host
    table = RouteTable(routes.map { (pattern: $0.pattern, target: $0) })
  }
}

/// A route, ready to be found.
final class RouteEntry: Sendable {
  let pattern: PathPattern
  let target: URLSpec.Target
  /// What else must hold.
  let matcher: (any Matcher)?
  /// The routes that the target is, if it is a list.
  let nested: HostRoutes?
  /// The target, if it is one that may leave a request to the next route.
  ///
  /// An application without a matcher does not: it answers with its own page.
  let router: (any Router)?
  /// Whether the target is a handler that is a ``UserLoading``.
  let loadsUser: Bool

  init(
    _ pattern: PathPattern, _ target: URLSpec.Target, _ matcher: (any Matcher)?, nested: HostRoutes? = nil
  ) {
    self.pattern = pattern
    self.target = target
    self.matcher = matcher
    self.nested = nested
    if case .handler(let type, _) = target {
      loadsUser = type is any UserLoading.Type
    } else {
      loadsUser = false
    }
    if case .delegate(let delegate) = target, matcher != nil || !(delegate is Application) {
      router = delegate as? any Router
    } else {
      router = nil
    }
  }
}

/// Answers for a handler that could not be initialized.
private final class FailedHandler: HTTPMessageDelegate {
  private let handler: RequestHandler
  private let error: any Error

  init(_ handler: RequestHandler, _ error: any Error) {
    self.handler = handler
    self.error = error
  }

  func finish(_ request: HTTPServerRequest) {
    handler.handle(error)
    handler.end()
  }
}
