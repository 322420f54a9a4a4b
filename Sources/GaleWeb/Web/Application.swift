// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
public import GaleHTTP
public import GaleLoop
import GaleWire
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
  public let settings: Settings
  private var hosts: [HostRoutes] = []
  private let wildcard: HostRoutes
  private let middleware: [any Middleware]
  /// What is around the answers to requests that no route takes.
  private let pipeline: Pipeline?
  private var named: [String: PathPattern]
  private var isFrozen = false
  /// The loaders of the paths at which handlers have their templates.
  let templateLoaders = Mutex<[String: BaseLoader]>([:])
  /// What each answer goes through.
  private(set) var transforms: [@Sendable (HTTPServerRequest) -> any OutputTransform] = []

  /// Creates an application of `routes`, for any host.
  /// - Parameters:
  ///   - routes: In the order in which they are tried.
  ///   - middleware: Around everything that the application answers, 404 too; the first is the outermost.
  ///   - settings: See ``settings``.
  /// - Throws: ``RoutingError`` for a path that cannot be understood.
  public init(
    _ routes: [URLSpec] = [], middleware: [any Middleware] = [], settings: Settings = Settings()
  ) throws {
    self.settings = settings
    self.middleware = middleware
    pipeline = Pipeline(middleware)
    var named: [String: PathPattern] = [:]
    let all = Application.staticRoutes(settings) + routes
    wildcard = HostRoutes(host: nil, try Application.compile(all, middleware, &named))
    self.named = named
    if settings.compressesResponse {
      transforms.append { CompressionTransform($0, codings: settings.responseCodings) }
    }
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
    hosts.append(HostRoutes(host: try HostPattern(host), try Application.compile(routes, middleware, &named)))
  }

  private static func compile(
    _ routes: [URLSpec], _ middleware: [any Middleware], _ named: inout [String: PathPattern]
  ) throws -> [RouteEntry] {
    var compiler = RouteCompiler()
    try compiler.add(routes, below: "", middleware)
    for (name, pattern) in compiler.names {
      if named[name] != nil {
        HTTPLog.application.warning("Multiple handlers named \(name); replacing previous value")
      }
      named[name] = pattern
    }
    return compiler.entries
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

  /// The path of a named route with its groups replaced by texts, which are not checked.
  package func reverseURL(_ name: String, _ arguments: [String]) throws -> String {
    if let pattern = named[name] { return try pattern.reverse(arguments) }
    return try found(try findURL(name, arguments), name)
  }

  /// The path of a route that is named here, or in a router that a route leads to.
  ///
  /// It leads back to that route. What is mounted knows nothing of the mount: its paths are those below it.
  /// - Throws: ``RoutingError`` when the arguments do not fit.
  public func findURL(_ name: String, _ arguments: [String]) throws -> String? {
    guard let pattern = named[name] else {
      for entry in hosts + [wildcard] {
        if let url = try entry.findURL(name, arguments) { return url }
      }
      return nil
    }
    let path = try pattern.reverse(arguments)
    guard pattern.match(path.utf8.span) != nil else {
      throw RoutingError(
        code: .wrongArgument, pattern: pattern.pattern, position: nil,
        message: "cannot reverse: \(path) does not lead back to the route")
    }
    return path
  }

  private func found(_ url: String?, _ name: String) throws -> String {
    guard let url else { throw HTTPError(500, "\(name) not found in named urls") }
    return url
  }

  /// The path of a named route with its groups replaced by `parameters`: Tornado's `reverse_url`.
  ///
  /// It leads back to that route.
  /// - Throws: ``HTTPError`` 500 for an unknown name; ``RoutingError`` when the parameters are too many, too few, or not
  ///   what the route takes.
  public func reverseURL<each P: PathParameter>(_ name: String, _ parameters: repeat each P) throws -> String
  {
    var texts: [String] = []
    for parameter in repeat each parameters { texts.append(parameter.pathParameter) }
    return try found(try findURL(name, texts), name)
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

  /// The routes for a path that do not answer its method.
  private struct MethodRefusal {
    let first: RouteEntry
    var allowed: [String] = []

    mutating func add(_ names: [String]) {
      for name in names where !allowed.contains(name) { allowed.append(name) }
    }
  }

  private func refuse(_ request: HTTPServerRequest, _ refusal: MethodRefusal) -> any HTTPMessageDelegate {
    let handler = MethodNotAllowedHandler(self, request, PathCaptures())
    handler.allowed = refusal.allowed + (refusal.allowed.contains("OPTIONS") ? [] : ["OPTIONS"])
    return begin(handler, request, refusal.first)
  }

  /// What answers a request, if one of the routes is for it: Tornado's `find_handler`.
  ///
  /// When there are routes for the path, but none for the method, the answer is 405.
  public func findHandler(_ request: HTTPServerRequest) -> (any HTTPMessageDelegate)? {
    var refusal: MethodRefusal?
    if !hosts.isEmpty, let found = findByHost(request, &refusal) { return found }
    return find(request, in: wildcard, &refusal) ?? refusal.map { refuse(request, $0) }
  }

  /// A handler that answers a request, for routers of one's own: Tornado's `get_handler_delegate`.
  ///
  /// It has no path arguments.
  public func makeHandler(
    _ type: RequestHandler.Type, _ arguments: HandlerArguments = [:], for request: HTTPServerRequest
  ) -> any HTTPMessageDelegate {
    make(type, arguments, request, nil, PathCaptures())
  }

  private func findByHost(
    _ request: HTTPServerRequest, _ refusal: inout MethodRefusal?
  ) -> (any HTTPMessageDelegate)? {
    var name = Array(request.hostName.utf8)
    for attempt in 0..<2 {
      for entry in hosts where entry.host?.matches(name.span) ?? true {
        if let found = find(request, in: entry, &refusal) { return found }
      }
      guard attempt == 0, let fallback = settings.defaultHost, !request.headers.contains("X-Real-Ip") else {
        return nil
      }
      name = Array(fallback.utf8)
    }
    return nil
  }

  private func find(
    _ request: HTTPServerRequest, in entry: HostRoutes, _ refusal: inout MethodRefusal?
  ) -> (any HTTPMessageDelegate)? {
    var start = 0
    while let match = request.withPath({ entry.table.firstMatch($0, startingAt: start) }) {
      let route = match.target
      if route.isConditional {
        if let found = meet(route, request, match.captures, &refusal) { return found }
        start = match.index + 1
        continue
      }
      return lead(request, to: route, match.captures)
    }
    return nil
  }

  /// A route on which the path does not decide alone; `nil` to try the next one.
  private func meet(
    _ route: RouteEntry, _ request: HTTPServerRequest, _ captures: PathCaptures,
    _ refusal: inout MethodRefusal?
  ) -> (any HTTPMessageDelegate)? {
    guard route.takes(request, captures) else { return nil }
    if let routes = route.nested { return find(request, in: routes, &refusal) }
    if let router = route.router { return router.findHandler(request) }
    guard case .closure(let closure) = route.target else { return lead(request, to: route, captures) }
    guard let answer = closure.bind(request, captures) else { return nil }
    if let methods = route.methods, !methods.contains(request) {
      if refusal == nil { refusal = MethodRefusal(first: route) }
      refusal?.add(methods.names)
      return nil
    }
    let type = closure.streamsBody ? StreamingClosureHandler.self : ClosureHandler.self
    let handler = type.init(self, request, captures)
    handler.answer = answer
    return begin(handler, request, route)
  }

  private func lead(
    _ request: HTTPServerRequest, to route: RouteEntry, _ captures: PathCaptures
  ) -> any HTTPMessageDelegate {
    let delegate: any HTTPServerConnectionDelegate
    switch route.target {
    case .handler(let type, let arguments): return make(type, arguments, request, route, captures)
    case .delegate(let target): delegate = target
    case .mount(let target, let prefixCount):
      request.withMount(prefixCount)
      delegate = target
    case .closure, .routes, .group:
      preconditionFailure("closures and lists are met, and groups laid out flat")
    }
    guard route.pipeline != nil else { return delegate.startRequest(request) }
    let handler = DelegateHandler(self, request, captures)
    handler.lead(to: delegate)
    return begin(handler, request, route)
  }

  private func make(
    _ type: RequestHandler.Type, _ arguments: HandlerArguments, _ request: HTTPServerRequest,
    _ route: RouteEntry?, _ captures: PathCaptures
  ) -> any HTTPMessageDelegate {
    let handler = type.init(self, request, captures)
    handler.route = route
    handler.pipeline = route == nil ? pipeline : route?.pipeline
    if request.head.hasBody { limitForm(request) }
    handler.loadsUser = route?.loadsUser ?? (type is any UserLoading.Type)
    handler.setDefaultHeaders()
    do {
      try handler.initialize(arguments)
    } catch {
      guard handler.pipeline != nil else { return FailedHandler(handler, error) }
      handler.more.failure = error
      return handler
    }
    if type.streamsRequestBody || type.pullsRequestBody, request.head.hasBody {
      handler.bodyQueue = RequestBodyQueue(request)
      // What is too much now may be allowed by `prepare`; and nothing is read that nobody may want.
      request.bodyPaused =
        type.pullsRequestBody || handler.pipeline != nil || request.head.contentLength > request.maxBodySize
        || request.head.traits.contains(.chunked) && request.maxBodySize < RequestBodyQueue.capacity
      handler.start()
    }
    return handler
  }

  /// Starts a handler of the framework, which has nothing to initialize.
  private func begin(
    _ handler: RequestHandler, _ request: HTTPServerRequest, _ route: RouteEntry
  ) -> any HTTPMessageDelegate {
    handler.route = route
    handler.pipeline = route.pipeline
    guard request.head.hasBody else { return handler }
    if handler is DelegateHandler {
      request.bodyPaused = true
      handler.start()
    } else if type(of: handler).pullsRequestBody {
      handler.bodyQueue = RequestBodyQueue(request)
      request.bodyPaused = true
      handler.start()
    } else {
      limitForm(request)
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
