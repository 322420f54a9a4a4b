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
    let scope = try python.dictionary()
    let head = request.head
    let block = head.bytes
    let bytes = block.span
    try scope.set(python, names.type.object(python), to: names.http.object(python))
    try scope.set(python, names.asgi.object(python), to: names.versions.object(python))
    let version =
      head.traits.contains(.http2) ? names.http2 : head.traits.contains(.http11) ? names.http11 : names.http10
    try scope.set(python, names.httpVersion.object(python), to: version.object(python))
    try scope.set(
      python, names.method.object(python), to: try python.string(latin1: bytes.extracting(head.method)))
    let scheme = request.protocol == "https" ? names.https : names.http
    try scope.set(python, names.scheme.object(python), to: scheme.object(python))
    try setPath(python, request, in: scope)
    try scope.set(python, names.query.object(python), to: try python.bytes(bytes.extracting(head.query)))
    try scope.set(python, names.headers.object(python), to: try headers(python, head))
    try setAddresses(python, request, in: scope)
    try scope.set(python, names.extensions.object(python), to: names.known.object(python))
    if let state {
      try scope.set(
        python, names.state.object(python), to: try state.object(python).dictionaryCopy(python))
    }
    return scope
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
