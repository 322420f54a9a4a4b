// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
public import GaleWire

extension Application {
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
    /// Compress answers for clients that take that: see ``CompressionTransform``.
    public var compressesResponse = false
    /// How answers may be compressed, the best first; what the client likes better comes before.
    public var responseCodings: [ContentCoding] = [.zstd, .brotli, .gzip, .deflate].filter(\.isKnown)
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
    /// What bodies are decoded from and encoded to.
    public var contentFormats = ContentFormats()
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
}
