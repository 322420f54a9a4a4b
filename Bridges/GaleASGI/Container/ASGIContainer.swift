// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleAsyncio
public import GaleHTTP
public import GaleLoop
public import GalePython
import GaleWire

/// Hosts an ASGI 3 application (Starlette, FastAPI, Django's `asgi`), on the loop's own thread.
///
/// ```swift
/// let api = try interpreter.attach { python in
///   ASGIContainer(PythonReference(try PythonLocator("main:app").resolve(python)))
/// }
/// try await api.startUp(on: loop)
/// let application = try Application([URLSpec.mount("/api", api)])
/// ```
///
/// The application's coroutines run between native handlers, as a guest of the loop: see ``/GaleAsyncio/AsyncIOLoop``.
/// One container serves one loop, since what an application makes at its start belongs to one event loop of asyncio.
public final class ASGIContainer: HTTPServerConnectionDelegate {
  let application: PythonReference
  /// How WebSockets behave: compression, pings, limits.
  public let webSocket: WebSocketConfiguration

  /// Hosts an application.
  /// - Parameters:
  ///   - application: A callable of a scope, `receive` and `send`.
  ///   - webSocket: How its WebSockets behave. Whether a page of another origin may connect is the application's to say.
  public init(
    _ application: PythonReference, webSocket: WebSocketConfiguration = WebSocketConfiguration()
  ) {
    self.application = application
    self.webSocket = webSocket
  }

  /// Runs the application's start: its lifespan's `startup`.
  ///
  /// An application that knows no lifespan is none the worse for it. Without this call the first request starts one that
  /// has no state.
  /// - Throws: ``ASGIError`` when the application says that its start failed; what asyncio cannot start with.
  public func startUp(on loop: IOLoop = .current) async throws {
    do {
      try await life(on: loop).startUp()
    } catch {
      // The next container may have this one's address.
      loop.companions[ObjectIdentifier(self)] = nil
      throw error
    }
  }

  /// Runs the application's end: its lifespan's `shutdown`, if it was started.
  ///
  /// For after the server's: see ``/GaleHTTP/HTTPServer/shutdown(grace:)``.
  /// - Parameter grace: How long the application may still be at requests before: what it does after an answer, and when
  ///   a WebSocket is closed.
  public func shutDown(on loop: IOLoop = .current, grace: Duration = .seconds(10)) async {
    guard let life = loop.companions[ObjectIdentifier(self)] as? ApplicationLife else { return }
    await life.waitUntilIdle(grace)
    await life.shutDown()
    loop.companions[ObjectIdentifier(self)] = nil
  }

  /// Takes a request in; see ``/GaleHTTP/HTTPServerConnectionDelegate``.
  public func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate {
    do {
      let life = try life(on: request.connection.loop)
      if request.asksForWebSocket, request.method == "GET" { return handshake(request, life) }
      let exchange = HTTPExchange(life, request)
      exchange.begin()
      return exchange
    } catch {
      ASGILog.error("Cannot run the application: \(error)")
      return Unavailable()
    }
  }

  private func handshake(_ request: HTTPServerRequest, _ life: ApplicationLife) -> any HTTPMessageDelegate {
    if request.context.isDraining { return Refusal(WebSocketRefusal(status: 503, text: "The server stops")) }
    let refusal = request.webSocketRefusal(versions: WebSocketExchange.versions) { _ in true }
    if let refusal { return Refusal(refusal) }
    return WebSocketExchange(life, request)
  }

  private func life(on loop: IOLoop) throws -> ApplicationLife {
    let key = ObjectIdentifier(self)
    let companion: AnyObject? = loop.companions[key]
    if let life = companion as? ApplicationLife { return life }
    let life = try ApplicationLife(self, AsyncIOLoop.of(loop))
    loop.companions[key] = life
    return life
  }
}

/// Why an application cannot be served.
public struct ASGIError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What the application said.
  public let message: String
  /// The message.
  public var description: String { message }
}

/// Answers what is no good handshake.
private final class Refusal: HTTPMessageDelegate {
  private let refusal: WebSocketRefusal
  init(_ refusal: WebSocketRefusal) { self.refusal = refusal }

  var bodyDelivery: HTTPBodyDelivery { .streamed }
  func finish(_ request: HTTPServerRequest) {
    ServerAnswer.send(refusal.status, request, text: refusal.text) { headers in
      guard refusal.status == 426 else { return }
      headers.append(
        "Sec-WebSocket-Version", text: WebSocketExchange.versions.map(String.init).joined(separator: ", "))
      headers.append("Upgrade", "websocket")
    }
  }
}

/// Answers when there is no interpreter.
private final class Unavailable: HTTPMessageDelegate {
  func finish(_ request: HTTPServerRequest) { ServerAnswer.send(500, request) }
}

#endif
