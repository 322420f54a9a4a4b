// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GaleHTTP
import GaleLoop
import GalePython
import GaleWire

/// Makes scopes of requests.
///
/// Belongs to a loop's thread.
///
/// - Note: Source: the ASGI specification, "HTTP & WebSocket ASGI Message Format", 2.4.
final class ScopeBuilder {
  private let names: ASGINames
  /// What the application's lifespan put there; each request gets a copy.
  private let state: PythonReference
  private let headers = HeaderPairs()
  private let clients = ClientPairs()
  /// The scope of a plain request to a server, of which each is a copy.
  private var template: (context: HTTPServerContext, scope: PythonReference)?

  init(_ names: ASGINames, state: PythonReference) {
    self.names = names
    self.state = state
  }

  /// The scope of a request.
  func scope(_ python: borrowing Attached, _ request: HTTPServerRequest) throws(PythonError) -> PythonObject {
    let scope = try common(python, request)
    let head = request.head
    let block = head.bytes
    let method = block.span.extracting(head.method)
    if !method.isEqual(to: "GET") {
      try scope.set(python, names.method.object(python), to: try python.string(latin1: method))
    }
    if request.protocol != request.context.scheme {
      let scheme = request.protocol == "https" ? names.https : names.http
      try scope.set(python, names.scheme.object(python), to: scheme.object(python))
    }
    try setExtensions(python, names.known, request, in: scope)
    return scope
  }

  /// The scope of a handshake.
  func webSocketScope(
    _ python: borrowing Attached, _ request: HTTPServerRequest
  ) throws(PythonError) -> PythonObject {
    let scope = try common(python, request)
    try scope.set(python, names.type.object(python), to: names.webSocket.object(python))
    try scope.remove(python, names.method.object(python))
    let scheme = request.protocol == "https" ? names.wss : names.ws
    try scope.set(python, names.scheme.object(python), to: scheme.object(python))
    let subprotocols = try python.list()
    for name in request.offeredSubprotocols { try subprotocols.append(python, try python.string(name)) }
    try scope.set(python, names.subprotocols.object(python), to: subprotocols)
    try setExtensions(python, names.knownOfWebSockets, request, in: scope)
    return scope
  }

  /// What requests and handshakes have in common.
  private func common(_ python: borrowing Attached, _ request: HTTPServerRequest) throws(PythonError)
    -> PythonObject
  {
    let scope = try template(python, request.context).dictionaryCopy(python)
    let head = request.head
    if !head.traits.contains(.http11) || head.traits.contains(.http2) {
      let version = head.traits.contains(.http2) ? names.http2 : names.http10
      try scope.set(python, names.httpVersion.object(python), to: version.object(python))
    }
    try setPath(python, request, in: scope)
    if !head.query.isEmpty {
      let block = head.bytes
      try scope.set(
        python, names.query.object(python), to: try python.bytes(block.span.extracting(head.query)))
    }
    try scope.set(python, names.headers.object(python), to: try fields(python, head))
    let remote = request.remoteAddress
    if !remote.isPath {
      try scope.set(python, names.client.object(python), to: try clients.pair(python, remote))
    }
    // An application may change what it gets.
    try scope.set(
      python, names.asgi.object(python), to: try names.versions.object(python).dictionaryCopy(python))
    try scope.set(
      python, names.state.object(python), to: try state.object(python).dictionaryCopy(python))
    return scope
  }

  /// Has all keys, so that a copy does not have to grow.
  private func template(_ python: borrowing Attached, _ context: HTTPServerContext) throws(PythonError)
    -> PythonObject
  {
    if let template, template.context === context { return template.scope.object(python) }
    let scope = try python.dictionary()
    let empty: [UInt8] = []
    try set(python, scope, names.type, names.http.object(python))
    try set(python, scope, names.asgi, python.none)
    try set(python, scope, names.httpVersion, names.http11.object(python))
    try set(python, scope, names.method, try python.interned("GET"))
    try set(
      python, scope, names.scheme, (context.scheme == "https" ? names.https : names.http).object(python))
    try set(python, scope, names.path, python.none)
    try set(python, scope, names.rawPath, python.none)
    try set(python, scope, names.query, try python.bytes(empty))
    try set(python, scope, names.root, try python.interned(""))
    try set(python, scope, names.headers, python.none)
    try set(python, scope, names.client, python.none)
    try set(python, scope, names.server, try server(python, context))
    try set(python, scope, names.extensions, python.none)
    try set(python, scope, names.state, python.none)
    template = (context, PythonReference(scope.copy(python)))
    return scope
  }

  private func set(
    _ python: borrowing Attached, _ scope: borrowing PythonObject, _ key: PythonReference,
    _ value: borrowing PythonObject
  ) throws(PythonError) {
    try scope.set(python, key.object(python), to: value)
  }

  private func server(_ python: borrowing Attached, _ context: HTTPServerContext) throws(PythonError)
    -> PythonObject
  {
    guard let local = context.listenAddress else { return python.none }
    let port = local.isPath ? python.none : try python.int(Int(local.port))
    return try python.tuple(try python.string(local.host), port)
  }

  /// What the server can do besides, and who makes the request, if a gateway before it has found out.
  private func setExtensions(
    _ python: borrowing Attached, _ known: PythonReference, _ request: HTTPServerRequest,
    in scope: borrowing PythonObject
  ) throws(PythonError) {
    let extensions = try known.object(python).dictionaryCopy(python)
    if let gateway = request.gateway {
      try extensions.set(python, try python.interned("gale.login"), to: try login(python, gateway))
    }
    try scope.set(python, names.extensions.object(python), to: extensions)
  }

  /// A WSGI application finds the same in its environ.
  private func login(_ python: borrowing Attached, _ gateway: GatewayFacts) throws(PythonError)
    -> PythonObject
  {
    let login = try python.dictionary()
    for (name, value) in gateway.variables {
      var text = try python.string(value)
      let key: String
      switch name {
      case "REMOTE_USER": key = "user"
      case "AUTH_TYPE": key = "type"
      case "gale.claims":
        key = "claims"
        text = try python.importModule("json").attribute(python, "loads").call(python, text)
      default: key = name
      }
      try login.set(python, try python.interned(key), to: text)
    }
    return login
  }

  /// "Path" is the whole one, what `root_path` says included.
  private func setPath(
    _ python: borrowing Attached, _ request: HTTPServerRequest, in scope: borrowing PythonObject
  ) throws(PythonError) {
    let head = request.head
    let block = head.bytes
    let path = block.span.extracting(head.path)
    if request.mountPath.isEmpty, !path.isEmpty, Self.isPlain(path) {
      try scope.set(python, names.path.object(python), to: try python.string(latin1: path))
      return try scope.set(python, names.rawPath.object(python), to: try python.bytes(path))
    }
    var raw = Array(request.mountPath.utf8)
    raw += path.isEmpty ? [ASCII.slash] : path.copied
    let decoded = urlUnescapeBytes(raw.span, plus: false)
    try scope.set(
      python, names.path.object(python), to: try python.string(String(decoding: decoded, as: UTF8.self)))
    try scope.set(python, names.rawPath.object(python), to: try python.bytes(raw.span))
    let root = urlUnescapeBytes(Array(request.mountPath.utf8).span, plus: false)
    try scope.set(
      python, names.root.object(python), to: try python.string(String(decoding: root, as: UTF8.self)))
  }

  /// Whether it is the same with its escapes decoded, and ASCII.
  private static func isPlain(_ path: Span<UInt8>) -> Bool {
    for index in path.indices where path[index] == 0x25 || path[index] >= 0x80 { return false }
    return true
  }

  private func fields(_ python: borrowing Attached, _ head: RequestHead) throws(PythonError) -> PythonObject {
    let list = try python.list()
    let block = head.bytes
    let bytes = block.span
    let table = head.fields
    let fields = table.span
    for index in fields.indices where !fields[index].isRemoved {
      let name = bytes.extracting(fields[index].name)
      try list.append(python, try headers.pair(python, name, bytes.extracting(fields[index].value)))
    }
    return list
  }
}

#endif
