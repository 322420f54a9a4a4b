// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Tracing
import GaleHTTP
import GaleWire
public import Tracing

/// Makes a span of each request, for the back end of swift-distributed-tracing, with the names of OpenTelemetry's semantic
/// conventions.
///
/// The span continues the trace that the request's header names, in whatever way the back end writes it, and is the
/// parent of what the handler traces: the context is that of its task (`ServiceContext.current`). It ends with the answer.
/// Its name is method and route, as `GET /users/{id}`.
public struct TracingMiddleware: Middleware {
  private let tracer: (any Tracer)?

  /// Creates the middleware.
  /// - Parameter tracer: `nil` for that of the `InstrumentationSystem`, as it is at each request.
  public init(tracer: (any Tracer)? = nil) { self.tracer = tracer }

  /// Spans a request.
  public func handle(_ handler: RequestHandler, next: Next) async throws {
    let request = handler.request
    let tracer = tracer ?? InstrumentationSystem.tracer
    var context = ServiceContext.current ?? .topLevel
    tracer.extract(request.headers, into: &context, using: HeaderExtractor())
    let isKnown = request.head.methodKind != .other
    let method = isKnown ? request.method : "_OTHER"
    let name = [isKnown ? method : "HTTP", handler.routePath].compactMap { $0 }.joined(separator: " ")
    let span = tracer.startAnySpan(name, context: context, ofKind: .server)
    describe(request, method, handler.routePath, span)
    request.onEnd { request in
      let status = request.responseStatus
      if status > 0 { span.attributes["http.response.status_code"] = status }
      // What a client does wrong is no error of the server's.
      if status >= 500 || status == 0 { span.setStatus(SpanStatus(code: .error)) }
      span.attributes["http.response.body.size"] = request.responseByteCount
      span.end()
    }
    do {
      try await ServiceContext.$current.withValue(span.context) { try await next() }
    } catch {
      if (error as? any StatusError)?.status ?? 500 >= 500 { span.recordError(error) }
      throw error
    }
  }

  private func describe(_ request: HTTPServerRequest, _ method: String, _ route: String?, _ span: any Span) {
    span.updateAttributes { attributes in
      attributes["http.request.method"] = method
      if method == "_OTHER" { attributes["http.request.method_original"] = request.method }
      attributes["url.path"] = request.path
      attributes["url.scheme"] = request.protocol
      if !request.query.isEmpty { attributes["url.query"] = request.query }
      if let route { attributes["http.route"] = route }
      attributes["server.address"] = request.hostName
      attributes["client.address"] = request.remoteIP
      attributes["network.protocol.version"] = request.version == "HTTP/1.0" ? "1.0" : "1.1"
      if let agent = request.headers.first("User-Agent") { attributes["user_agent.original"] = agent }
    }
  }
}

private struct HeaderExtractor: Extractor {
  func extract(key: String, from carrier: HTTPHeaders) -> String? { carrier[key] }
}
#endif
