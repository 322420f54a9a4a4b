// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleHTTP
public import GaleLoop
public import GaleWeb
import GaleWire

/// A server for one test, on an unused port of 127.0.0.1: what Tornado's `AsyncHTTPTestCase` has.
///
/// ```swift
/// @Test(.loop) func `says hello`() async throws {
///   let server = try HTTPTestServer(Application([URLSpec("/", HelloHandler.self)]))
///   let response = try await server.fetch("/")
///   #expect(response.body == Array("hello".utf8))
/// }
/// ```
///
/// In a test with the trait `.loop` it is closed when the test ends.
public final class HTTPTestServer {
  /// Where a test's server listens.
  public enum Place: Sendable, Hashable {
    /// A port of 127.0.0.1 that nobody uses.
    case port
    /// A Unix socket in a new directory.
    case unixSocket
  }

  /// What protects its connections.
  public enum Security: Sendable {
    /// Nothing.
    case none
    #if TLS
    /// TLS, with a certificate that is made for this server and that its clients trust.
    case selfSigned
    /// TLS as a server's context says, and the clients' as another one says.
    case tls(server: TLSContext, client: TLSContext)
    #endif
  }

  /// The loop that it runs on.
  public let loop: IOLoop
  /// The server.
  public let server: HTTPServer
  /// Where it listens.
  public let address: SocketAddress
  #if TLS
  /// What its clients make connections with; `nil` when they are not encrypted.
  public let clientTLS: TLSContext?
  #endif
  /// The client of ``fetch(_:method:headers:body:raisesErrors:)``: Tornado's `get_http_client`.
  ///
  /// Closed with the server.
  public let client: AsyncHTTPClient
  private let directory: ScratchDirectory?
  private var isClosed = false

  /// Serves `delegate`, which may be an `Application`.
  /// - Parameters:
  ///   - delegate: Answers the requests.
  ///   - place: Where it listens.
  ///   - security: Whether connections are encrypted.
  ///   - configuration: How it treats its clients: Tornado's `get_httpserver_options`.
  ///   - loop: Where it runs.
  /// - Throws: ``/GaleLoop/LoopError`` when it cannot listen; ``/GaleLoop/TLSError``.
  public init(
    _ delegate: any HTTPServerConnectionDelegate, at place: Place = .port, security: Security = .none,
    configuration: HTTPServerConfiguration = HTTPServerConfiguration(), on loop: IOLoop = .current
  ) throws {
    self.loop = loop
    client = AsyncHTTPClient(on: loop)
    #if TLS
    let tls = try HTTPTestServer.contexts(security)
    clientTLS = tls?.client
    if let tls {
      server = HTTPServer(delegate, tls: tls.server, configuration: configuration, on: loop)
    } else {
      server = HTTPServer(delegate, configuration: configuration, on: loop)
    }
    #else
    server = HTTPServer(delegate, configuration: configuration, on: loop)
    #endif
    switch place {
    case .port:
      directory = nil
      try server.listen(port: 0, address: "127.0.0.1")
    case .unixSocket:
      let made = try ScratchDirectory()
      directory = made
      try server.addSockets([bindUnixSocket(path: made.path + "/server")])
    }
    address = server.addresses[0]
    LoopHost.current?.atEnd { [self] in await close() }
  }

  /// Serves routes.
  public convenience init(
    _ routes: [URLSpec], settings: Application.Settings = Application.Settings(), at place: Place = .port,
    security: Security = .none, configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
    on loop: IOLoop = .current
  ) throws {
    let application = try Application(routes, settings: settings)
    try self.init(application, at: place, security: security, configuration: configuration, on: loop)
  }

  /// Gives each request, whole, to a closure that answers it, now or later: Tornado's `HTTPServer(callback)`.
  public convenience init(
    at place: Place = .port, security: Security = .none,
    configuration: HTTPServerConfiguration = HTTPServerConfiguration(), on loop: IOLoop = .current,
    answering answer: @escaping (HTTPServerRequest) throws -> Void
  ) throws {
    let delegate = AnsweringDelegate(answer, on: loop)
    try self.init(delegate, at: place, security: security, configuration: configuration, on: loop)
  }

  #if TLS
  private static func contexts(_ security: Security) throws -> (server: TLSContext, client: TLSContext)? {
    switch security {
    case .none: return nil
    case .tls(let server, let client): return (server, client)
    case .selfSigned:
      let certificate = try SelfSignedCertificate()
      var client = TLSConfiguration.client
      client.trustRoots = .pem(certificate.certificatePEM)
      return (try TLSContext(.server(certificate.identity)), try TLSContext(client))
    }
  }
  #endif

  /// The port: Tornado's `get_http_port`; not for a server on a Unix socket.
  public var port: UInt16 {
    precondition(directory == nil, "a server on a Unix socket has no port")
    return address.port
  }

  /// `http` or `https`: Tornado's `get_protocol`.
  public var scheme: String { server.context.scheme }

  /// The URL of a path on this server, or what is a URL already: Tornado's `get_url`.
  public func url(_ path: String) -> String {
    if path.hasPrefix("http://") || path.hasPrefix("https://") { return path }
    return "\(scheme)://\(directory == nil ? "127.0.0.1:\(address.port)" : "localhost")\(path)"
  }

  /// How many connections are open.
  public var connectionCount: Int { server.context.connectionCount }

  /// A connection to the server, encrypted if the server's are, for a test that speaks for itself.
  public func connect() async throws -> IOStream {
    let stream = try await IOStream.connect(to: address, on: loop)
    #if TLS
    if let clientTLS { return try await stream.startTLS(clientTLS, serverName: "localhost") }
    #endif
    return stream
  }

  /// A connection to the server through memory, in which bytes arrive as they are told to; never encrypted.
  /// - Parameters:
  ///   - toServer: What becomes of what the client sends.
  ///   - toClient: What becomes of the answers.
  /// - Returns: The client's end.
  public func connectInMemory(
    toServer: MemoryScript = .whole, toClient: MemoryScript = .whole
  ) throws -> MemoryStream {
    let (client, far) = try MemoryStream.pair(toFirst: toClient, toSecond: toServer, on: loop)
    server.context.serve(far, from: SocketAddress(path: ""))
    return client
  }

  /// Stops listening and cuts every connection.
  ///
  /// Done at the end of a test with the trait `.loop`.
  public func close() async {
    guard !isClosed else { return }
    isClosed = true
    client.close()
    server.stop()
    server.closeAllConnections()
    await loop.moment()
  }
}

/// Gives requests to a closure, on one loop.
private final class AnsweringDelegate: HTTPServerConnectionDelegate {
  private let answer: LoopConfined<(HTTPServerRequest) throws -> Void>
  private let loop: IOLoop

  init(_ answer: @escaping (HTTPServerRequest) throws -> Void, on loop: IOLoop) {
    self.answer = LoopConfined(answer)
    self.loop = loop
  }

  func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate {
    Answering(answer.value, on: loop)
  }

  private final class Answering: HTTPMessageDelegate {
    private let answer: (HTTPServerRequest) throws -> Void
    private let loop: IOLoop

    init(_ answer: @escaping (HTTPServerRequest) throws -> Void, on loop: IOLoop) {
      self.answer = answer
      self.loop = loop
    }

    func finish(_ request: HTTPServerRequest) {
      do {
        try answer(request)
      } catch {
        loop.report(error, "Uncaught error in the answer to \(request.method) \(request.uri)")
        request.connection.abort(request)
      }
    }
  }
}
