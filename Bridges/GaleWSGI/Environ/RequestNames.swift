// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GaleLoop
import GalePython

/// The usual methods as Python strings.
final class MethodNames {
  private let post: PythonObject
  private let head: PythonObject
  private let put: PythonObject
  private let delete: PythonObject
  private let options: PythonObject
  private let patch: PythonObject

  init(_ python: borrowing Attached) throws(PythonError) {
    post = try python.interned("POST")
    head = try python.interned("HEAD")
    put = try python.interned("PUT")
    delete = try python.interned("DELETE")
    options = try python.interned("OPTIONS")
    patch = try python.interned("PATCH")
  }

  /// Sets `key` to the method; the template says GET.
  @inline(__always)
  func set(
    _ python: borrowing Attached, _ method: Span<UInt8>, _ key: borrowing PythonObject,
    in environ: borrowing PythonObject
  ) throws(PythonError) {
    if Self.equal(method, "GET") { return }
    try setOther(python, method, key, in: environ)
  }

  private func setOther(
    _ python: borrowing Attached, _ method: Span<UInt8>, _ key: borrowing PythonObject,
    in environ: borrowing PythonObject
  ) throws(PythonError) {
    if Self.equal(method, "POST") { return try environ.set(python, key, to: post) }
    if Self.equal(method, "HEAD") { return try environ.set(python, key, to: head) }
    if Self.equal(method, "PUT") { return try environ.set(python, key, to: put) }
    if Self.equal(method, "DELETE") { return try environ.set(python, key, to: delete) }
    if Self.equal(method, "OPTIONS") { return try environ.set(python, key, to: options) }
    if Self.equal(method, "PATCH") { return try environ.set(python, key, to: patch) }
    try environ.set(python, key, to: try python.string(latin1: method))
  }

  @inline(__always)
  private static func equal(_ method: Span<UInt8>, _ name: StaticString) -> Bool {
    guard method.count == name.utf8CodeUnitCount else { return false }
    for index in method.indices {
      // SAFETY: both hold `count` bytes.
      guard unsafe method[index] == name.utf8Start[index] else { return false }
    }
    return true
  }
}

/// The addresses of clients as Python strings: that of the last one, and the ports of some.
@safe
final class PeerNames {
  private var host: PythonObject
  private var lastHost: SocketAddress?
  private let unixHost: PythonObject
  // SAFETY (this class): `ports` holds `portCount` initialized objects; `portNumbers` says for which ports.
  private let ports: UnsafeMutablePointer<PythonObject>
  private var portNumbers = [UInt16](repeating: 0, count: portCount)
  private static let portCount = 256

  init(_ python: borrowing Attached) throws(PythonError) {
    host = try python.string("")
    unixHost = try python.string("0.0.0.0")
    unsafe ports = .allocate(capacity: Self.portCount)
    let zero = try python.string("0")
    for index in 0..<Self.portCount { unsafe (ports + index).initialize(to: zero.copy(python)) }
  }

  deinit {
    unsafe ports.deinitialize(count: Self.portCount)
    unsafe ports.deallocate()
  }

  @inline(__always)
  func set(
    _ python: borrowing Attached, _ address: SocketAddress, _ keys: EnvironKeys,
    in environ: borrowing PythonObject
  ) throws(PythonError) {
    if address.isPath {
      return try environ.set(python, keys.remoteAddress, to: unixHost)
    }
    if !isLast(address) {
      host = try python.string(address.host)
      lastHost = address
    }
    try environ.set(python, keys.remoteAddress, to: host)
    let port = address.port
    let slot = Int(port) & (Self.portCount - 1)
    if portNumbers[slot] != port {
      unsafe ports[slot] = try python.string(String(port))
      portNumbers[slot] = port
    }
    try environ.set(python, keys.remotePort, to: unsafe ports[slot])
  }

  @inline(__always)
  private func isLast(_ address: SocketAddress) -> Bool {
    switch (lastHost?.storage, address.storage) {
    case (.ipv4(let left, _)?, .ipv4(let right, _)): left == right
    case (.ipv6(let first, let second, _, let scope)?, .ipv6(let third, let fourth, _, let other)):
      first == third && second == fourth && scope == other
    default: false
    }
  }
}

/// Percent escapes (RFC 3986, section 2.1), decoded to bytes; what is no escape stays.
enum PercentDecoding {
  @inline(__always)
  static func isNeeded(_ bytes: Span<UInt8>) -> Bool {
    for index in bytes.indices where bytes[index] == 0x25 { return true }
    return false
  }

  static func decode(_ bytes: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var at = 0
    while at < bytes.count {
      if bytes[at] == 0x25, at + 2 < bytes.count, let high = digit(bytes[at + 1]),
        let low = digit(bytes[at + 2])
      {
        result.append(high << 4 | low)
        at += 3
      } else {
        result.append(bytes[at])
        at += 1
      }
    }
    return result
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}

#endif
