// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GaleHTTP
import GaleLoop
import GalePython
import GaleWire
import Glibc

/// Makes environs (PEP 3333).
///
/// Belongs to one thread, and is only touched with the interpreter's lock.
@safe
final class EnvironBuilder {
  /// What the environ says about a request beside its head.
  struct Facts {
    var mountPath: String
    var isSecure: Bool
    var remote: SocketAddress
    /// −1 when it is not known.
    var contentLength: Int
    /// What a gateway in front of the application has found out: who the user is.
    var gateway: GatewayFacts?
  }

  let keys: EnvironKeys
  /// `wsgi.early_hints` of all environs.
  let earlyHints = EarlyHints()
  private let headerKeys: HeaderKeys
  private let small: PythonObject
  private let roomy: PythonObject
  private let methods: MethodNames
  private let peers: PeerNames
  private let gatewayVariables = GatewayVariables()
  private let http10: PythonObject
  private let http2: PythonObject
  private let https: PythonObject
  private var stamp = 0
  /// Whether this request had a field for which ``HeaderKeys`` had no room.
  private var sawUnknownField = false

  init(_ python: borrowing Attached, _ types: WSGITypes, _ template: EnvironTemplate) throws(PythonError) {
    keys = try EnvironKeys(python)
    headerKeys = try HeaderKeys(python, mergesUnderscores: template.mergesUnderscores)
    let hints = try types.earlyHints.instance(python, earlyHints)
    small = try template.dictionary(python, types, hints, isRoomy: false)
    roomy = try template.dictionary(python, types, hints, isRoomy: true)
    methods = try MethodNames(python)
    peers = try PeerNames(python)
    http10 = try python.interned("HTTP/1.0")
    http2 = try python.interned("HTTP/2.0")
    https = try python.interned("https")
  }

  /// An environ for a request, with an empty `wsgi.input`.
  func environ(
    _ python: borrowing Attached, _ head: RequestHead, _ facts: borrowing Facts
  ) throws(PythonError) -> PythonObject {
    stamp &+= 1
    sawUnknownField = false
    let block = head.bytes
    let bytes = block.span
    let table = head.fields
    let fields = table.span
    // The small one has room for one key more: CPython's tables of 32 places take 21.
    let environ = try fields.count <= 1 ? small.dictionaryCopy(python) : roomy.dictionaryCopy(python)
    try methods.set(python, bytes.extracting(head.method), keys.requestMethod, in: environ)
    try setPath(python, bytes, head, facts, in: environ)
    if !head.query.isEmpty {
      try environ.set(python, keys.queryString, to: try python.string(latin1: bytes.extracting(head.query)))
    }
    if !head.traits.contains(.http11) {
      try environ.set(python, keys.serverProtocol, to: http10)
      try environ.remove(python, keys.earlyHints)
    } else if head.traits.contains(.http2) {
      try environ.set(python, keys.serverProtocol, to: http2)
    }
    if facts.isSecure { try environ.set(python, keys.urlScheme, to: https) }
    try peers.set(python, facts.remote, keys, in: environ)
    if facts.contentLength >= 0 {
      try environ.set(python, keys.contentLength, to: try python.string("\(facts.contentLength)"))
    }
    for index in fields.indices where !fields[index].isRemoved {
      try setField(
        python, bytes.extracting(fields[index].name), bytes.extracting(fields[index].value), in: environ)
    }
    if let gateway = facts.gateway { try gatewayVariables.add(python, gateway, to: environ) }
    return environ
  }

  private func setPath(
    _ python: borrowing Attached, _ bytes: Span<UInt8>, _ head: RequestHead, _ facts: borrowing Facts,
    in environ: borrowing PythonObject
  ) throws(PythonError) {
    let path = bytes.extracting(head.path)
    if !facts.mountPath.isEmpty {
      let mount = PercentDecoding.decode(Array(facts.mountPath.utf8).span)
      try environ.set(python, keys.scriptName, to: try python.string(latin1: mount.span))
    } else if path.isEmpty {
      // An absolute target without a path means "/" (RFC 9110, section 4.2.3), which the template has.
      return
    }
    if path.count == 1, path[0] == 0x2A {  // `OPTIONS *` names no path.
      try environ.set(python, keys.pathInfo, to: try python.string(latin1: [UInt8]().span))
    } else if PercentDecoding.isNeeded(path) {
      let decoded = PercentDecoding.decode(path)
      try environ.set(python, keys.pathInfo, to: try python.string(latin1: decoded.span))
    } else {
      try environ.set(python, keys.pathInfo, to: try python.string(latin1: path))
    }
  }

  @inline(__always)
  private func setField(
    _ python: borrowing Attached, _ name: Span<UInt8>, _ value: Span<UInt8>,
    in environ: borrowing PythonObject
  ) throws(PythonError) {
    let number = try headerKeys.find(python, name)
    guard number >= 0 else { return try setUnknownField(python, name.array, value, in: environ) }
    let kind = headerKeys[number].kind
    if kind == .dropped { return }
    let group = headerKeys[number].group
    if headerKeys[group].stamp == stamp || sawUnknownField,
      try join(python, headerKeys[number].key, value, kind, in: environ)
    {
      return
    }
    headerKeys[group].stamp = stamp
    if kind == .plain || kind == .contentType, value.count <= 256 {
      if !(Self.equal(python, headerKeys[number].value, value)) {
        headerKeys[number].value = try python.string(latin1: value)
      }
      try environ.set(python, headerKeys[number].key, to: headerKeys[number].value)
    } else {
      try environ.set(python, headerKeys[number].key, to: try python.string(latin1: value))
    }
  }

  private func setUnknownField(
    _ python: borrowing Attached, _ name: [UInt8], _ value: Span<UInt8>, in environ: borrowing PythonObject
  ) throws(PythonError) {
    let (text, kind) = headerKeys.key(name)
    if kind == .dropped { return }
    let key = try python.string(text)
    sawUnknownField = true
    guard try !join(python, key, value, kind, in: environ) else { return }
    try environ.set(python, key, to: try python.string(latin1: value))
  }

  /// Adds a repeated field to what is there (RFC 9110, section 5.3; RFC 6265, section 5.4, for cookies).
  ///
  /// - Returns: `false` when nothing was there.
  private func join(
    _ python: borrowing Attached, _ key: borrowing PythonObject, _ value: Span<UInt8>,
    _ kind: HeaderKeys.Kind,
    in environ: borrowing PythonObject
  ) throws(PythonError) -> Bool {
    guard let before = try environ.value(python, for: key) else { return false }
    guard kind != .contentType else { return true }
    var text = unsafe before.withUnsafeLatin1(python) { unsafe Array($0) } ?? []
    text += kind == .cookie ? [0x3B, 0x20] : [0x2C]
    for index in value.indices { text.append(value[index]) }
    try environ.set(python, key, to: try python.string(latin1: text.span))
    return true
  }

  @inline(__always)
  private static func equal(
    _ python: borrowing Attached, _ string: borrowing PythonObject, _ value: Span<UInt8>
  ) -> Bool {
    // SAFETY: both buffers hold `count` bytes.
    unsafe string.withUnsafeLatin1(python) { left in
      unsafe left.count == value.count
        && value.withUnsafeBytes { right in
          guard let first = left.baseAddress, let second = right.baseAddress else { return true }
          return unsafe memcmp(first, second, left.count) == 0
        }
    } ?? false
  }
}

#endif
