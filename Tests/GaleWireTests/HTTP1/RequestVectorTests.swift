// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import GaleWire

/// A row of `Tests/Vectors/http1-requests.json`.
struct RequestVector: Decodable, Sendable, CustomTestStringConvertible {
  let id: String
  let raw: String
  /// `accepted`, `incomplete`, or the name of an error's code: of the last request, if there are several.
  let expect: String
  let body: String?
  let trailers: [String]?
  let requests: Int?

  var testDescription: String { id }
  var bytes: [UInt8] { Vectors.bytes(raw) }

  static let all = Result { try Vectors.rows("http1-requests.json", as: RequestVector.self) }
  static let rows = (try? all.get()) ?? []
}

@Suite("http1: requests as raw bytes")
struct RequestVectorTests {
  @Test func `the vectors can be read`() throws {
    #expect(try RequestVector.all.get().count > 200)
  }

  @Test(arguments: RequestVector.rows)
  func `is judged as RFC 9112 asks`(_ row: RequestVector) throws {
    let outcomes = RequestDriver.read(row.bytes)
    #expect(outcomes.last?.name == row.expect)
    #expect(outcomes.count == row.requests ?? 1)
    if let body = row.body { #expect(outcomes.first?.request?.body == Vectors.bytes(body)) }
    if let trailers = row.trailers { #expect(outcomes.first?.request?.trailers == trailers) }
  }

  @Test(arguments: RequestVector.rows)
  func `is judged the same when it comes in pieces`(_ row: RequestVector) {
    let bytes = row.bytes
    let whole = RequestDriver.read(bytes)
    // Byte by byte shows a head again for each of its bytes: a large one comes in larger pieces.
    let step = bytes.count <= 4096 ? 1 : 509
    #expect(RequestDriver.read(bytes, ends: Array(stride(from: 1, to: bytes.count, by: step))) == whole)
    // The bytes around a long middle come one by one too.
    let ends = bytes.indices.filter { $0 < 128 || $0 + 128 > bytes.count }
    #expect(RequestDriver.read(bytes, ends: ends) == whole)
  }

  @Test(arguments: RequestVector.rows.filter { $0.expect == "accepted" })
  func `a request that was cut short is neither accepted nor refused`(_ row: RequestVector) {
    let bytes = row.bytes
    guard bytes.count <= 4096, (row.requests ?? 1) == 1 else { return }
    for count in 1..<bytes.count {
      #expect(RequestDriver.read(Array(bytes[..<count])) == [.incomplete], "after \(count) bytes")
    }
  }
}

extension RequestOutcome {
  var name: String {
    switch self {
    case .accepted: "accepted"
    case .incomplete: "incomplete"
    case .failed(let code): code.name
    }
  }
}
