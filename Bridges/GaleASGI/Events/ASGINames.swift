// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GalePython
import Synchronization

/// What every request needs of Python: the types that applications get to see, and interned names; one set serves the
/// whole process.
final class ASGINames: Sendable {
  let receive: PythonType<ASGIChannel>
  let send: PythonType<ASGIChannel>
  let coroutine: PythonType<ChannelCoroutine>
  /// The result of every `send` that need not wait.
  let nothing: PythonReference

  let type, asgi, versions, http, scheme, https, method, path, rawPath, query, root, headers, client,
    server: PythonReference
  let httpVersion, http10, http11, http2, state, extensions, known, httpRequest,
    httpDisconnect: PythonReference
  let body, moreBody, status, lifespan, lifespanStartup, lifespanShutdown, links: PythonReference
  /// What tasks are called.
  let taskName: PythonReference
  let trailers, moreTrailers: PythonReference
  let webSocket, ws, wss, subprotocols, subprotocol, knownOfWebSockets, webSocketConnect, webSocketReceive,
    webSocketDisconnect, text, bytes, code, reason: PythonReference

  private static let made = Mutex<ASGINames?>(nil)

  /// The names, made at the first use.
  static func get(_ python: borrowing Attached) throws(PythonError) -> ASGINames {
    if let names = made.withLock({ $0 }) { return names }
    let names = try ASGINames(python)
    made.withLock { $0 = names }
    return names
  }

  private init(_ python: borrowing Attached) throws(PythonError) {
    func name(_ text: String, _ python: borrowing Attached) throws(PythonError) -> PythonReference {
      PythonReference(try python.interned(text))
    }
    // SAFETY: the functions take the payload that the type is declared with.
    receive = try unsafe PythonType(python, name: "gale.Receive", call: ASGIChannel.receive)
    send = try unsafe PythonType(python, name: "gale.Send", call: ASGIChannel.send)
    coroutine = try ChannelCoroutine.makeType(python)
    nothing = PythonReference(try coroutine.instance(python, ChannelCoroutine()))
    type = try name("type", python)
    asgi = try name("asgi", python)
    http = try name("http", python)
    scheme = try name("scheme", python)
    https = try name("https", python)
    method = try name("method", python)
    path = try name("path", python)
    rawPath = try name("raw_path", python)
    query = try name("query_string", python)
    root = try name("root_path", python)
    headers = try name("headers", python)
    client = try name("client", python)
    server = try name("server", python)
    httpVersion = try name("http_version", python)
    http10 = try name("1.0", python)
    http11 = try name("1.1", python)
    http2 = try name("2", python)
    state = try name("state", python)
    extensions = try name("extensions", python)
    httpRequest = try name("http.request", python)
    httpDisconnect = try name("http.disconnect", python)
    body = try name("body", python)
    moreBody = try name("more_body", python)
    status = try name("status", python)
    lifespan = try name("lifespan", python)
    lifespanStartup = try name("lifespan.startup", python)
    lifespanShutdown = try name("lifespan.shutdown", python)
    links = try name("links", python)
    taskName = try name("ASGI", python)
    trailers = try name("trailers", python)
    moreTrailers = try name("more_trailers", python)
    webSocket = try name("websocket", python)
    ws = try name("ws", python)
    wss = try name("wss", python)
    subprotocols = try name("subprotocols", python)
    subprotocol = try name("subprotocol", python)
    webSocketConnect = try name("websocket.connect", python)
    webSocketReceive = try name("websocket.receive", python)
    webSocketDisconnect = try name("websocket.disconnect", python)
    text = try name("text", python)
    bytes = try name("bytes", python)
    code = try name("code", python)
    reason = try name("reason", python)
    let versions = try python.dictionary()
    try versions.set(python, try python.interned("version"), to: try python.interned("3.0"))
    try versions.set(python, try python.interned("spec_version"), to: try python.interned("2.4"))
    self.versions = PythonReference(versions)
    let known = try python.dictionary()
    for text in ["http.response.pathsend", "http.response.early_hint", "http.response.trailers"] {
      try known.set(python, try python.interned(text), to: try python.dictionary())
    }
    self.known = PythonReference(known)
    let knownOfWebSockets = try python.dictionary()
    try knownOfWebSockets.set(
      python, try python.interned("websocket.http.response"), to: try python.dictionary())
    self.knownOfWebSockets = PythonReference(knownOfWebSockets)
  }
}

#endif
