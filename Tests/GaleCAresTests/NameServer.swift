// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Glibc
import TestSupport

/// A name server on this machine, over UDP and TCP (RFC 1035), that answers as it is told.
final class NameServer {
  enum RecordType: UInt16 {
    case a = 1
    case cname = 5
    case aaaa = 28
  }

  enum Record {
    case address(String, of: String)
    case alias(String, of: String)
  }

  enum Answer {
    /// NOERROR, with these records.
    case records([Record])
    /// Another response code: 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED.
    case code(UInt8)
    /// What asks for TCP.
    case truncated
    case silence
    /// Bytes that are no message.
    case garbage
  }

  struct Question: Equatable {
    var name: String
    var type: RecordType
    var isTCP = false
  }

  let address: SocketAddress
  private(set) var questions: [Question] = []
  private let loop: IOLoop
  private let descriptor: Int32
  private let stream: DNSOverTCP
  private let answer: (Question) -> Answer

  /// Listens on a port of its own.
  init(on loop: IOLoop, _ answer: @escaping (Question) -> Answer) throws {
    self.loop = loop
    self.answer = answer
    let stream = DNSOverTCP(on: loop)
    try stream.listen(port: 0, address: "127.0.0.1")
    self.stream = stream
    address = stream.addresses[0]
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
    var raw = sockaddr_in()
    raw.sin_family = sa_family_t(AF_INET)
    raw.sin_port = address.port.bigEndian
    raw.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    // SAFETY: the address is lent for the call, with its size.
    let result = unsafe withUnsafePointer(to: &raw) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw NeverHappened() }
    stream.respond = { [unowned self] in respond(to: $0, isTCP: true) }
    try loop.addHandler(descriptor, events: .read) { [unowned self] _, _ in datagramsArrived() }
  }

  func close() {
    loop.removeHandler(descriptor)
    _ = Glibc.close(descriptor)
    stream.stop()
    stream.closeAllConnections()
  }

  private func datagramsArrived() {
    while true {
      var bytes = [UInt8](repeating: 0, count: 2048)
      var peer = sockaddr_in()
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      // SAFETY: the buffer and the address are lent for the calls, with their sizes.
      let count = unsafe withUnsafeMutablePointer(to: &peer) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe recvfrom(descriptor, &bytes, bytes.count, 0, $0, &size)
        }
      }
      guard count > 0 else { return }
      guard let reply = respond(to: Array(bytes.prefix(count)), isTCP: false) else { continue }
      _ = unsafe withUnsafePointer(to: &peer) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe sendto(descriptor, reply, reply.count, 0, $0, size)
        }
      }
    }
  }

  private func respond(to query: [UInt8], isTCP: Bool) -> [UInt8]? {
    guard let (question, end) = parse(query, isTCP) else { return nil }
    questions.append(question)
    let asked = Array(query[12..<end])
    switch answer(question) {
    case .silence: return nil
    case .garbage: return [1, 2, 3]
    case .truncated: return header(query, flags: 0x8380) + asked
    case .code(let code): return header(query, flags: 0x8180 | UInt16(code)) + asked
    case .records(let records):
      return header(query, flags: 0x8180, answers: records.count) + asked + records.flatMap(encode)
    }
  }

  private func parse(_ query: [UInt8], _ isTCP: Bool) -> (Question, Int)? {
    var at = 12
    var labels: [String] = []
    while at < query.count, query[at] != 0 {
      let end = at + 1 + Int(query[at])
      guard end < query.count else { return nil }
      labels.append(String(decoding: query[at + 1..<end], as: UTF8.self))
      at = end
    }
    guard at + 5 <= query.count,
      let type = RecordType(rawValue: UInt16(query[at + 1]) << 8 | UInt16(query[at + 2]))
    else { return nil }
    return (Question(name: labels.joined(separator: "."), type: type, isTCP: isTCP), at + 5)
  }

  private func header(_ query: [UInt8], flags: UInt16, answers: Int = 0) -> [UInt8] {
    Array(query[0..<2]) + big(flags) + big(1) + big(UInt16(answers)) + [0, 0, 0, 0]
  }

  private func encode(_ record: Record) -> [UInt8] {
    let (owner, type, data): (String, RecordType, [UInt8]) =
      switch record {
      case .alias(let target, let owner): (owner, .cname, encode(name: target))
      case .address(let host, let owner) where host.contains(":"): (owner, .aaaa, raw(host, AF_INET6, 16))
      case .address(let host, let owner): (owner, .a, raw(host, AF_INET, 4))
      }
    return encode(name: owner) + big(type.rawValue) + big(1) + [0, 0, 0, 60] + big(UInt16(data.count)) + data
  }

  private func encode(name: String) -> [UInt8] {
    name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
  }

  private func raw(_ host: String, _ family: Int32, _ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    // SAFETY: as many bytes are written as the family's addresses have.
    _ = unsafe inet_pton(family, host, &bytes)
    return bytes
  }
}

private func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }

/// Messages with their length in front (RFC 1035 section 4.2.2).
private final class DNSOverTCP: TCPServer {
  var respond: ([UInt8]) -> [UInt8]? = { _ in nil }

  override func handle(_ stream: IOStream, address: SocketAddress) async throws {
    while true {
      let length = try await stream.read(count: 2)
      let query = try await stream.read(count: Int(length[0]) << 8 | Int(length[1]))
      guard let reply = respond(query) else { continue }
      try await stream.write(big(UInt16(reply.count)) + reply)
    }
  }
}
