// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleWire

/// A request as the readers understood it.
package struct ReadRequest: Equatable, Sendable {
  package var method = ""
  package var target = ""
  package var path = ""
  package var query = ""
  package var host = ""
  package var traits: UInt16 = 0
  package var contentLength = -1
  package var fields: [String] = []
  package var body: [UInt8] = []
  package var trailers: [String] = []
  /// Where the next request begins.
  package var end = 0
}

/// What became of one request.
package enum RequestOutcome: Equatable, Sendable {
  case accepted(ReadRequest)
  /// More bytes are needed.
  case incomplete
  case failed(HTTPInputError.Code)

  package var request: ReadRequest? {
    if case .accepted(let request) = self { request } else { nil }
  }
}

/// Shows bytes to the request readers as a connection does, in pieces.
package struct RequestDriver {
  private let limits: HTTPLimits
  private var reader: RequestHeadReader
  private var body: BodyReader?
  private var request = ReadRequest()
  private var start = 0
  private var outcomes: [RequestOutcome] = []

  private init(limits: HTTPLimits) {
    self.limits = limits
    reader = RequestHeadReader(limits: limits)
  }

  /// Reads the requests in `bytes`, which arrive in pieces that end at `ends`.
  /// - Returns: One outcome for each request; the last one says how it ended.
  package static func read(
    _ bytes: [UInt8], ends: [Int] = [], limits: HTTPLimits = HTTPLimits()
  ) -> [RequestOutcome] {
    var driver = RequestDriver(limits: limits)
    do throws(HTTPInputError) {
      for end in ends where end < bytes.count { try driver.take(bytes, until: end) }
      try driver.take(bytes, until: bytes.count)
      if driver.body != nil || driver.start < bytes.count { driver.outcomes.append(.incomplete) }
    } catch {
      driver.outcomes.append(.failed(error.code))
    }
    return driver.outcomes
  }

  private mutating func take(_ bytes: [UInt8], until end: Int) throws(HTTPInputError) {
    // An array of exactly these bytes: a sanitizer sees a reader that looks behind them.
    let shown = Array(bytes[start..<max(start, end)])
    var used = 0
    while used < shown.count {
      let rest = shown.span.extracting(used...)
      let goesOn = body == nil ? try readHead(rest, &used) : try readBody(rest, &used)
      guard goesOn else { break }
    }
    start += used
  }

  private mutating func readHead(_ bytes: Span<UInt8>, _ used: inout Int) throws(HTTPInputError) -> Bool {
    guard let count = try reader.read(bytes) else { return false }
    let head = try reader.take(bytes)
    used += count
    request = ReadRequest(head)
    request.end = start + used
    if head.hasBody {
      if !head.traits.contains(.chunked), head.contentLength > limits.body {
        throw HTTPInputError(.bodyTooLarge, "Content-Length too long")
      }
      body =
        head.traits.contains(.chunked)
        ? BodyReader(chunkedWith: limits) : BodyReader(length: head.contentLength, limits: limits)
    } else {
      outcomes.append(.accepted(request))
    }
    var heads = [head]
    reader.recycle(from: &heads)
    return true
  }

  private mutating func readBody(_ bytes: Span<UInt8>, _ used: inout Int) throws(HTTPInputError) -> Bool {
    guard var reader = body else { return false }
    var offset = 0
    defer { used += offset }
    while true {
      switch try reader.next(bytes, &offset) {
      case .data(let range):
        for index in range { request.body.append(bytes[index]) }
      case .needMore:
        body = reader
        return false
      case .end:
        body = nil
        request.trailers = reader.trailers.map { "\($0.name): \($0.value)" }
        request.end = start + used + offset
        outcomes.append(.accepted(request))
        return true
      }
    }
  }
}

extension ReadRequest {
  fileprivate init(_ head: RequestHead) {
    method = head.text(head.method)
    target = head.text(head.target)
    path = head.text(head.path)
    query = head.text(head.query)
    host = head.text(head.host)
    traits = head.traits.rawValue
    contentLength = head.contentLength
    fields = head.headers.map { "\($0.name): \($0.value)" }
  }
}
