// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleHTTP
import GaleWire

/// The methods of a route to a closure: called with a path and a closure it makes the route.
///
/// ```swift
/// let application = try Application([
///   .get("/hello/{name}") { (_, name: String) in "Hello, \(name)!" },
///   .post("/users") { handler in
///     let user = try handler.decodeBody(as: NewUser.self)
///     return Response(status: 201, encoding: try await users.add(user))
///   },
///   .get("/users/{id}", name: "user") { (_, id: Int) in try await users.find(id) },
/// ])
/// ```
///
/// The closure gets the handler of the request, with everything that a ``RequestHandler`` can do, and the parameters of
/// the path, in the types that it declares: a part that does not convert does not match. It declares all parameters or
/// none. What it returns is the answer: a ``ResponseConvertible``, any other `Encodable` in the form that the client
/// prefers, or nothing when it has written the answer itself.
///
/// A path says `{name}`, `{name:Int}` (`String`, `Int`, `UInt`, `Double`, `Bool`, `UUID`) or `{name...}` for the rest,
/// slashes included. A route for GET answers HEAD too.
public struct MethodRoute: Sendable {
  let methods: MethodSet?

  /// A route whose answer is what the closure returns.
  /// - Parameters:
  ///   - path: See ``MethodRoute``.
  ///   - name: For ``Application/reverseURL(_:_:)``.
  ///   - body: How the request's body comes; `.streamed` for ``RequestHandler/requestBody``.
  ///   - answer: Answers a request.
  public func callAsFunction<each P: PathParameter, R: ResponseConvertible & SendableMetatype>(
    _ path: String, name: String? = nil, body: HTTPBodyDelivery = .buffered,
    _ answer: @escaping @Sendable (RequestHandler, repeat each P) async throws -> R
  ) -> URLSpec {
    route(path, name, body) { (handler: RequestHandler, parameters: repeat each P) in
      try await answer(handler, repeat each parameters).write(to: handler)
    }
  }

  /// A route whose answer is what the closure returns, encoded as the client prefers.
  ///
  /// As ``RequestHandler/write(encoding:)`` does it.
  @_disfavoredOverload
  public func callAsFunction<each P: PathParameter, R: Encodable & SendableMetatype>(
    _ path: String, name: String? = nil, body: HTTPBodyDelivery = .buffered,
    _ answer: @escaping @Sendable (RequestHandler, repeat each P) async throws -> R
  ) -> URLSpec {
    route(path, name, body) { (handler: RequestHandler, parameters: repeat each P) in
      try handler.write(encoding: try await answer(handler, repeat each parameters))
    }
  }

  /// A route whose closure writes the answer itself.
  @_disfavoredOverload
  public func callAsFunction<each P: PathParameter>(
    _ path: String, name: String? = nil, body: HTTPBodyDelivery = .buffered,
    _ answer: @escaping @Sendable (RequestHandler, repeat each P) async throws -> Void
  ) -> URLSpec {
    route(path, name, body, answer)
  }

  private func route<each P: PathParameter>(
    _ path: String, _ name: String?, _ body: HTTPBodyDelivery,
    _ answer: @escaping @Sendable (RequestHandler, repeat each P) async throws -> Void
  ) -> URLSpec {
    let closure = ClosureRoute(streamsBody: body == .streamed, answer)
    return URLSpec(path: .template(path), name: name, target: .closure(closure), methods: methods)
  }
}

extension URLSpec {
  /// Routes to closures for GET, and HEAD with the same header.
  public static var get: MethodRoute { MethodRoute(methods: MethodSet(["GET", "HEAD"])) }
  /// Routes to closures for HEAD, for those that come before a route for GET.
  public static var head: MethodRoute { MethodRoute(methods: MethodSet(["HEAD"])) }
  /// Routes to closures for POST.
  public static var post: MethodRoute { MethodRoute(methods: MethodSet(["POST"])) }
  /// Routes to closures for PUT.
  public static var put: MethodRoute { MethodRoute(methods: MethodSet(["PUT"])) }
  /// Routes to closures for PATCH.
  public static var patch: MethodRoute { MethodRoute(methods: MethodSet(["PATCH"])) }
  /// Routes to closures for DELETE.
  public static var delete: MethodRoute { MethodRoute(methods: MethodSet(["DELETE"])) }
  /// Routes to closures for any method.
  public static var any: MethodRoute { MethodRoute(methods: nil) }
  /// Routes to closures for the methods named, `.on("PROPFIND")("/files/{path...}") { … }`.
  public static func on(_ methods: String...) -> MethodRoute { MethodRoute(methods: MethodSet(methods)) }
}

/// Methods that a route answers.
struct MethodSet: Sendable {
  let names: [String]
  private let kinds: UInt8

  init(_ names: [String]) {
    self.names = names
    var kinds: UInt8 = 0
    for (index, name) in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].enumerated()
    where names.contains(name) { kinds |= 1 << UInt8(index) }
    self.kinds = kinds
  }

  func contains(_ request: HTTPServerRequest) -> Bool {
    let kind = request.head.methodKind
    return kind == .other ? names.contains(request.method) : kinds & 1 << kind.rawValue != 0
  }
}
