// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import Glibc

/// An answer as it came.
struct RawResponse {
  var status = 0
  var reason = ""
  /// Names in lower case.
  var headers: [(name: String, value: String)] = []
  var body: [UInt8] = []
  /// Statuses of the interim answers before it, with their `Link`.
  var interim: [String] = []
  /// Whether the connection ended before the answer did.
  var isCut = false
  var text: String { String(decoding: body, as: UTF8.self) }
  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

struct RawClientError: Error { let text: String }

/// A client that does nothing by itself.
final class RawClient {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var endReason = ""

  init(_ port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    // SAFETY: the structures live on this stack for the length of the calls.
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let result = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw RawClientError(text: "connect: \(errno)") }
  }

  deinit { close(descriptor) }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      // SAFETY: the buffer lives for the length of the call.
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// Ends this side of the connection.
  func end() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Reads more; `false` at the end.
  private func fill() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65536)
    // SAFETY: the buffer lives for the length of the call.
    let count = unsafe chunk.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
    guard count > 0 else {
      endReason = count == 0 ? "closed" : "errno \(errno)"
      return false
    }
    buffer += chunk[..<count]
    return true
  }

  private func line() -> String? {
    while true {
      if let end = buffer.firstIndex(of: 0x0A) {
        let text = String(decoding: buffer[..<end].filter { $0 != 0x0D }, as: UTF8.self)
        buffer.removeFirst(end + 1)
        return text
      }
      guard fill() else { return nil }
    }
  }

  private func take(_ count: Int) -> [UInt8]? {
    while buffer.count < count { guard fill() else { return nil } }
    defer { buffer.removeFirst(count) }
    return Array(buffer[..<count])
  }

  /// Reads one answer, with the interim ones before it.
  func read(isHead: Bool = false) throws(RawClientError) -> RawResponse {
    var interim: [String] = []
    var response = try readHead()
    while response.status < 200 {
      interim.append("\(response.status) \(response.header("link") ?? "")")
      response = try readHead()
    }
    response.interim = interim
    if !isHead, response.status != 204, response.status != 304 { readBody(&response) }
    return response
  }

  /// Reads the head of an answer, or of an interim one.
  func readHead() throws(RawClientError) -> RawResponse {
    var response = RawResponse()
    guard let first = line() else { throw RawClientError(text: "no answer: \(endReason)") }
    let parts = first.split(separator: " ", maxSplits: 2).map(String.init)
    response.status = Int(parts[1]) ?? 0
    response.reason = parts.count > 2 ? parts[2] : ""
    while let field = line(), !field.isEmpty {
      let colon = field.firstIndex(of: ":") ?? field.endIndex
      let value = field[colon...].dropFirst().trimmingCharacters(in: .whitespaces)
      response.headers.append((field[..<colon].lowercased(), value))
    }
    return response
  }

  private func readBody(_ response: inout RawResponse) {
    if let length = response.header("content-length").flatMap({ Int($0) }) {
      while buffer.count < length, fill() {}
      response.isCut = buffer.count < length
      let count = min(length, buffer.count)
      response.body = Array(buffer[..<count])
      buffer.removeFirst(count)
    } else if response.header("transfer-encoding") == "chunked" {
      response.isCut = true
      while let size = line().flatMap({ Int($0, radix: 16) }) {
        if size == 0 {
          response.isCut = line() == nil
          return
        }
        guard let chunk = take(size) else { return }
        response.body += chunk
        _ = line()
      }
    } else {
      while fill() {}
      response.body = buffer
      buffer = []
    }
  }

  /// Whether the server has closed the connection.
  func isClosed() -> Bool { buffer.isEmpty && !fill() }

  /// One request on a connection of its own.
  static func get(
    _ port: UInt16, _ target: String, method: String = "GET", headers: String = "", body: [UInt8] = []
  ) throws -> RawResponse {
    let client = try RawClient(port)
    let length = body.isEmpty ? "" : "Content-Length: \(body.count)\r\n"
    client.send("\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n\(headers)\(length)\r\n")
    client.send(body)
    do throws(RawClientError) {
      return try client.read(isHead: method == "HEAD")
    } catch {
      throw RawClientError(text: "\(method) \(target): \(error.text)")
    }
  }
}

#endif
