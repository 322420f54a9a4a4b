// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
public import GaleHTTP
public import GaleLoop
import GaleWire

/// Values that a route gives to its handler, by name: the third element of Tornado's URL tuples.
public typealias HandlerArguments = [String: any Sendable]

/// Answers one request, like Tornado's `RequestHandler`.
///
/// Subclass it and override ``get()``, ``post()`` …
///
/// ```swift
/// final class MainHandler: RequestHandler {
///   override func get() async throws { write("Hello, world") }
/// }
/// ```
///
/// There is one object for each request. It stays on its connection's loop and is not Sendable: what
/// must leave the loop goes through ``/GaleLoop/IOLoop/runInExecutor(_:_:)``. The order of calls is
/// ``initialize(_:)``, ``prepare()``, the method, ``onFinish()``. When the client goes away the task
/// is cancelled; ``onFinish()`` is called all the same, exactly once.
open class RequestHandler: HTTPMessageDelegate {
  /// The application that the handler belongs to.
  public let application: Application
  /// The request.
  public let request: HTTPServerRequest
  /// The status of the answer; ``setStatus(_:reason:)`` sets it.
  public internal(set) var status = 200
  var reason: String?
  var headers: HTTPHeaders
  var writeBuffer: [UInt8]
  var newCookies: [SetCookie] = []
  var captures: PathCaptures
  /// The route that led here; `nil` for the default handler.
  var route: RouteEntry?
  var form: FormBody?
  var query: [QueryArgument]?
  var parsedCookies: Cookies?
  var bodyQueue: RequestBodyQueue?
  /// What is around the handler; `nil` for nothing.
  var pipeline: Pipeline?
  /// What few requests need: see ``more``.
  var extras: HandlerExtras?
  var worker: LoopWorker?
  /// What pages are made with; `nil` until there is one.
  var rendering: HandlerRendering?
  /// Whether the head of the answer was written.
  public internal(set) var headersWritten = false
  /// Whether the answer is complete: Tornado's `_finished`.
  public internal(set) var isFinished = false
  /// Whether the connection speaks WebSocket now.
  final var isWebSocket = false
  /// Whether the class is a ``UserLoading``.
  var loadsUser = false
  /// Whether something that was written had to be dropped.
  var hasOverflowed = false
  var isLogged = false
  /// Whether the client went away before the answer was complete.
  public private(set) var isConnectionClosed = false

  /// Creates the handler of one request; called by the application.
  ///
  /// Override ``initialize(_:)`` instead.
  public required init(_ application: Application, _ request: HTTPServerRequest, _ captures: PathCaptures) {
    self.application = application
    self.request = request
    self.captures = captures
    let context = request.context
    headers = context.defaultHeaders
    writeBuffer = context.takeBytes()
  }

  deinit {
    // Nobody shares these any more as a rule: the next handler gets their memory.
    let context = request.context
    context.recycle(headers)
    context.recycle(writeBuffer)
  }

  // MARK: - To override

  /// Receives the route's arguments, before anything else happens.
  open func initialize(_ arguments: HandlerArguments) throws {}

  /// Runs before the method, whichever it is.
  ///
  /// When it finishes the answer, the method is not called.
  open func prepare() async throws {}

  /// Runs once the answer is complete, or will never be.
  ///
  /// It cannot write any more.
  open func onFinish() {}

  /// Runs when the client goes away while the request is being answered.
  ///
  /// The task is cancelled too.
  open func onConnectionClose() {}

  /// Sets headers for all answers, errors included.
  ///
  /// Called by ``clear()``.
  open func setDefaultHeaders() {}

  /// Writes the page for an error, like Tornado's `write_error`.
  ///
  /// Override it for pages of your own; it must not throw anything that it would have to report itself.
  /// - Parameters:
  ///   - status: The status of the answer, which is set already.
  ///   - error: What was thrown, or `nil` for ``sendError(_:_:)`` without one.
  open func writeError(_ status: Int, _ error: (any Error)?) throws { writeDefaultError(status, error) }

  /// Logs what a method threw, like Tornado's `log_exception`.
  ///
  /// An ``HTTPError`` with a message is a warning, without one it is no news; everything else is an error, in full.
  open func logException(_ error: any Error) { logExceptionDefault(error) }

  /// Makes text of an argument's bytes, or of a part of the path: Tornado's `decode_argument`.
  /// - Parameters:
  ///   - bytes: What came, percent-decoded.
  ///   - name: The argument's name; `nil` for a part of the path.
  /// - Throws: ``HTTPError`` 400 when it is not UTF-8.
  open func decodeArgument(_ bytes: [UInt8], name: String?) throws -> String {
    try decodeUTF8(bytes, name: name)
  }

  /// The entity tag of an answer that is written in one piece: Tornado's `compute_etag`.
  ///
  /// Asked for answers with status 200 to GET and HEAD that have no `Etag` yet.
  open func computeETag() -> ComputedETag { .hashOfBody }

  /// The user who makes the request, or `nil`: Tornado's `get_current_user`, asked once by ``currentUser``.
  ///
  /// To wait for a database, conform to ``UserLoading`` instead.
  open func getCurrentUser() throws -> (any Sendable)? { nil }

  /// Where users sign in: Tornado's `get_login_url`; the setting of that name unless overridden.
  /// - Throws: ``HTTPError`` 500 without the setting.
  open var loginURL: String { get throws { try loginURLSetting() } }

  /// Refuses a request that a page of another site had the browser send: Tornado's `check_xsrf_cookie`.
  ///
  /// Called before `prepare()` for all methods but GET, HEAD and OPTIONS when the setting
  /// ``Application/Settings/xsrfCookies`` is on. Override it with an empty method to exempt a handler that no browser
  /// calls with cookies.
  /// - Throws: ``HTTPError`` 403.
  open func checkXSRFCookie() throws { try checkXSRFDefault() }

  /// The language that the user chose, or `nil`: Tornado's `get_user_locale`, asked once by ``locale``.
  open func userLocale() throws -> WebLocale? { nil }

  /// The language that the browser asks for: Tornado's `get_browser_locale`.
  open func browserLocale(default code: String = "en_US") -> WebLocale {
    acceptedLocale(default: code)
  }

  /// Answers GET; 405 unless overridden, as the others.
  open func get() async throws { throw HTTPError(405) }
  /// Answers HEAD; not derived from ``get()``.
  open func head() async throws { throw HTTPError(405) }
  /// Answers POST.
  open func post() async throws { throw HTTPError(405) }
  /// Answers DELETE.
  open func delete() async throws { throw HTTPError(405) }
  /// Answers PATCH.
  open func patch() async throws { throw HTTPError(405) }
  /// Answers PUT.
  open func put() async throws { throw HTTPError(405) }
  /// Answers OPTIONS.
  open func options() async throws { throw HTTPError(405) }
  /// Answers a method of ``extraMethods``.
  open func other(method: String) async throws { throw HTTPError(405) }

  /// Methods beyond the seven that the class answers, in ``other(method:)``: Tornado's `SUPPORTED_METHODS`.
  open class var extraMethods: [String] { [] }

  /// The names that every template of this handler has: Tornado's `get_template_namespace`.
  ///
  /// Override it to add some:
  ///
  /// ```swift
  /// override func templateNamespace() -> TemplateNamespace {
  ///   var names = super.templateNamespace()
  ///   names["site"] = "Gale"
  ///   return names
  /// }
  /// ```
  open func templateNamespace() -> TemplateNamespace {
    var names = TemplateNamespace()
    names.fallback = { [unowned self] in try standardTemplateValue($0) }
    return names
  }

  /// What templates find under `handler.name`, besides what all handlers have; `nil` for nothing.
  open func templateAttribute(_ name: String) throws -> TemplateValue? { nil }

  /// Where this handler's templates are: Tornado's `get_template_path`; the setting unless overridden.
  open var templatePath: String? { settings.templatePath }

  /// Creates the loader of the templates at `path`, once for the application: Tornado's `create_template_loader`.
  open func makeTemplateLoader(path: String) -> BaseLoader {
    let options = TemplateOptions(
      autoescape: settings.templateAutoescape, whitespace: settings.templateWhitespace)
    return Loader(path, options: options)
  }

  /// The elements for files of scripts that modules of a page need: Tornado's `render_linked_js`.
  open func renderLinkedJavaScript(_ files: [String]) throws -> String {
    try linkedFiles(files).map { "<script src=\"\(xhtmlEscape($0))\" type=\"text/javascript\"></script>" }
      .joined()
  }

  /// The element for scripts that modules of a page embed: Tornado's `render_embed_js`.
  open func renderEmbeddedJavaScript(_ scripts: [String]) -> String {
    "<script type=\"text/javascript\">\n//<![CDATA[\n\(scripts.joined(separator: "\n"))\n//]]>\n</script>"
  }

  /// The elements for files of styles that modules of a page need: Tornado's `render_linked_css`.
  open func renderLinkedCSS(_ files: [String]) throws -> String {
    try linkedFiles(files).map { "<link href=\"\(xhtmlEscape($0))\" type=\"text/css\" rel=\"stylesheet\"/>" }
      .joined()
  }

  /// The element for styles that modules of a page embed: Tornado's `render_embed_css`.
  open func renderEmbeddedCSS(_ styles: [String]) -> String {
    "<style type=\"text/css\">\n\(styles.joined(separator: "\n"))\n</style>"
  }

  /// The methods that `Allow` names in answers with 405; all that there are unless overridden.
  ///
  /// Override it in a class that answers fewer: Swift does not tell which methods a class overrides.
  open class var allowedMethods: [String] {
    ["GET", "HEAD", "POST", "DELETE", "PATCH", "PUT", "OPTIONS"] + extraMethods
  }

  /// Whether the body comes in pieces to ``dataReceived(_:)`` while ``prepare()`` has run and the
  /// method has not: Tornado's `@stream_request_body`.
  open class var streamsRequestBody: Bool { false }

  /// Whether the method takes the body itself, from ``requestBody``.
  ///
  /// Then it, and ``prepare()`` before it, run as soon as the head of the request is there.
  open class var pullsRequestBody: Bool { false }

  /// Takes a piece of a streamed body.
  ///
  /// The next one is not read before it returns.
  open func dataReceived(_ chunk: [UInt8]) async throws {
    preconditionFailure("override dataReceived(_:) in a handler that streams the request body")
  }

  // MARK: - For handlers of the framework

  /// Whether a method beyond the seven is the class's; others are refused before anything of it runs.
  func knowsMethod() -> Bool { type(of: self).extraMethods.contains(request.method) }

  /// What `Allow` says in answers with 405.
  func allowedMethodNames() -> [String] { type(of: self).allowedMethods }

  /// What stands in the middle of the middleware.
  func performTarget() async throws {
    if let failure = extras?.failure { throw failure }
    try await perform()
  }

  // MARK: - What everything can use

  /// The application's settings.
  public var settings: Application.Settings { application.settings }

  /// The loop that the request is on.
  public var loop: IOLoop { request.context.loop }

  /// The URL of a named route: Tornado's `reverse_url`.
  ///
  /// As ``Application/reverseURL(_:_:)``.
  public func reverseURL<each P: PathParameter>(_ name: String, _ parameters: repeat each P) throws -> String
  {
    try application.reverseURL(name, repeat each parameters)
  }

  /// The path of the route that led here, its parameters by their names: `/users/{id}`.
  ///
  /// That of a regular expression as it was written; `nil` when no route did.
  public var routePath: String? { route?.shown }

  // MARK: - The delegate

  /// Streamed for handlers that say so; for the server.
  public final var bodyDelivery: HTTPBodyDelivery { bodyQueue == nil ? .buffered : .streamed }

  /// Always: a handler sees what was compressed.
  public final var acceptsDecodedBody: Bool { true }

  /// Takes a piece of the body from the server.
  public final func dataReceived(_ chunk: [UInt8], _ request: HTTPServerRequest) {
    bodyQueue?.add(chunk)
  }

  /// Starts the handler's task; for the server.
  public final func finish(_ request: HTTPServerRequest) {
    if let bodyQueue {
      bodyQueue.end()
    } else {
      start()
    }
  }

  /// Cancels the handler's task; for the server.
  public final func connectionClosed(_ request: HTTPServerRequest) {
    guard !isConnectionClosed else { return }
    isConnectionClosed = true
    bodyQueue?.fail()
    guard let worker else { return end() }  // Its body never came, so it never ran.
    if !isFinished { onConnectionClose() }
    worker.cancel(self)
  }

  final func start() {
    worker = loop.tasks.start(self, on: loop)
  }

  /// Calls `onFinish` and writes the access log, once.
  final func end() {
    guard !isLogged else { return }
    isLogged = true
    if request.responseStarted { application.logRequest(self) }
    onFinish()
  }
}
