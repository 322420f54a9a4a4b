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
/// - Note: Source: the ASGI specification, "HTTP & WebSocket ASGI Message Format", 2.4.
struct ScopeBuilder {
  let names: ASGINames

  /// The scope of a request.
  /// - Parameter state: What the application's lifespan put there; each request gets a copy.
  func scope(
    _ python: borrowing Attached, _ request: HTTPServerRequest, state: PythonReference?
  ) throws(PythonError) -> PythonObject {
    let scope = try common(python, request, state: state)
    let head = request.head
    let block = head.bytes
    let bytes = block.span
    try scope.set(python, names.type.object(python), to: names.http.object(python))
    try scope.set(
      python, names.method.object(python), to: try python.string(latin1: bytes.extracting(head.method)))
    let scheme = request.protocol == "https" ? names.https : names.http
    try scope.set(python, names.scheme.object(python), to: scheme.object(python))
    try setExtensions(python, names.known, request, in: scope)
    return scope
  }

  /// The scope of a handshake.
  func webSocketScope(
    _ python: borrowing Attached, _ request: HTTPServerRequest, state: PythonReference?
  ) throws(PythonError) -> PythonObject {
    let scope = try common(python, request, state: state)
    try scope.set(python, names.type.object(python), to: names.webSocket.object(python))
    let scheme = request.protocol == "https" ? names.wss : names.ws
    try scope.set(python, names.scheme.object(python), to: scheme.object(python))
    let subprotocols = try python.list()
    for name in request.offeredSubprotocols { try subprotocols.append(python, try python.string(name)) }
    try scope.set(python, names.subprotocols.object(python), to: subprotocols)
    try setExtensions(python, names.knownOfWebSockets, request, in: scope)
    return scope
  }

  /// What requests and handshakes have in common.
  private func common(
    _ python: borrowing Attached, _ request: HTTPServerRequest, state: PythonReference?
  ) throws(PythonError) -> PythonObject {
    let scope = try python.dictionary()
    let head = request.head
    let block = head.bytes
    let bytes = block.span
    try scope.set(python, names.asgi.object(python), to: names.versions.object(python))
    let version =
      head.traits.contains(.http2) ? names.http2 : head.traits.contains(.http11) ? names.http11 : names.http10
    try scope.set(python, names.httpVersion.object(python), to: version.object(python))
    try setPath(python, request, in: scope)
    try scope.set(python, names.query.object(python), to: try python.bytes(bytes.extracting(head.query)))
    try scope.set(python, names.headers.object(python), to: try headers(python, head))
    try setAddresses(python, request, in: scope)
    if let state {
      try scope.set(
        python, names.state.object(python), to: try state.object(python).dictionaryCopy(python))
    }
    return scope
  }

  /// What the server can do besides, and who makes the request, if a gateway before it has found out.
  private func setExtensions(
    _ python: borrowing Attached, _ known: PythonReference, _ request: HTTPServerRequest,
    in scope: borrowing PythonObject
  ) throws(PythonError) {
    guard let gateway = request.gateway else {
      return try scope.set(python, names.extensions.object(python), to: known.object(python))
    }
    let extensions = try known.object(python).dictionaryCopy(python)
    try extensions.set(python, try python.interned("gale.login"), to: try login(python, gateway))
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

  private func setPath(
    _ python: borrowing Attached, _ request: HTTPServerRequest, in scope: borrowing PythonObject
  ) throws(PythonError) {
    let head = request.head
    let block = head.bytes
    // "Path" is the whole one, what `root_path` says included.
    var raw = Array(request.mountPath.utf8)
    raw += head.path.isEmpty ? [ASCII.slash] : block.span.extracting(head.path).array
    let decoded = urlUnescapeBytes(raw.span, plus: false)
    try scope.set(
      python, names.path.object(python), to: try python.string(String(decoding: decoded, as: UTF8.self)))
    try scope.set(python, names.rawPath.object(python), to: try python.bytes(raw.span))
    let root = urlUnescapeBytes(Array(request.mountPath.utf8).span, plus: false)
    try scope.set(
      python, names.root.object(python), to: try python.string(String(decoding: root, as: UTF8.self)))
  }

  private func headers(_ python: borrowing Attached, _ head: RequestHead) throws(PythonError) -> PythonObject
  {
    let list = try python.list()
    let block = head.bytes
    let bytes = block.span
    let table = head.fields
    let fields = table.span
    for index in fields.indices where !fields[index].isRemoved {
      var name = bytes.extracting(fields[index].name).array
      for position in name.indices where (0x41...0x5A).contains(name[position]) { name[position] |= 0x20 }
      let value = try python.bytes(bytes.extracting(fields[index].value))
      try list.append(python, try python.tuple(try python.bytes(name.span), value))
    }
    return list
  }

  private func setAddresses(
    _ python: borrowing Attached, _ request: HTTPServerRequest, in scope: borrowing PythonObject
  ) throws(PythonError) {
    let remote = request.remoteAddress
    if !remote.isPath {
      let client = try python.tuple(try python.string(remote.host), try python.int(Int(remote.port)))
      try scope.set(python, names.client.object(python), to: client)
    }
    guard let local = request.context.listenAddress else { return }
    let server =
      local.isPath
      ? try python.tuple(try python.string(local.host), python.none)
      : try python.tuple(try python.string(local.host), try python.int(Int(local.port)))
    try scope.set(python, names.server.object(python), to: server)
  }
}

extension Span<UInt8> {
  /// A copy.
  fileprivate var array: [UInt8] {
    // SAFETY: copied before the closure returns.
    unsafe withUnsafeBufferPointer { unsafe Array($0) }
  }
}

#endif
