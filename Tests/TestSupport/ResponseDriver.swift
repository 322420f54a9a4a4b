// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleWire

/// A response as the readers understood it.
package struct ReadResponse: Equatable, Sendable {
  package var status = 0
  package var reason = ""
  package var traits: UInt8 = 0
  package var contentLength = -1
  package var fields: [String] = []
  package var body: [UInt8] = []
  package var trailers: [String] = []
  /// Where the next response begins.
  package var end = 0
}

/// What became of one response.
package enum ResponseOutcome: Equatable, Sendable {
  case accepted(ReadResponse)
  /// More bytes are needed.
  case incomplete
  case failed(HTTPInputError.Code)

  package var response: ReadResponse? {
    if case .accepted(let response) = self { response } else { nil }
  }
}

/// Shows bytes to the response readers as a connection does, in pieces.
package struct ResponseDriver {
  private let limits: HTTPLimits
  private let isHead: Bool
  private var reader: ResponseHeadReader
  private var body: BodyReader?
  private var response = ReadResponse()
  private var start = 0
  private var outcomes: [ResponseOutcome] = []

  private init(limits: HTTPLimits, isHead: Bool) {
    self.limits = limits
    self.isHead = isHead
    reader = ResponseHeadReader(limits: limits)
  }

  /// Reads the responses in `bytes`, which arrive in pieces that end at `ends`.
  /// - Parameters:
  ///   - isClosed: Whether the connection ends behind them.
  ///   - isHead: Whether they answer HEAD.
  /// - Returns: One outcome for each response; the last one says how it ended.
  package static func read(
    _ bytes: [UInt8], ends: [Int] = [], limits: HTTPLimits = HTTPLimits(), isClosed: Bool = false,
    isHead: Bool = false
  ) -> [ResponseOutcome] {
    var driver = ResponseDriver(limits: limits, isHead: isHead)
    do throws(HTTPInputError) {
      for end in ends where end < bytes.count { try driver.take(bytes, until: end) }
      try driver.take(bytes, until: bytes.count)
      if isClosed, var body = driver.body {
        try body.connectionEnded()
        driver.finishBody(body, driver.start)
      }
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
    response = ReadResponse(head)
    response.end = start + used
    if head.contentLength > limits.body, head.framing(isHead: isHead) != .none {
      throw HTTPInputError(.bodyTooLarge, "Content-Length too long")
    }
    body = BodyReader(head.framing(isHead: isHead), limits: limits)
    if body == nil { outcomes.append(.accepted(response)) }
    reader.recycle(head)
    if let body, body.isDone { finishBody(body, start + used) }
    return true
  }

  private mutating func finishBody(_ reader: BodyReader, _ end: Int) {
    body = nil
    response.trailers = reader.trailers.map { "\($0.name): \($0.value)" }
    response.end = end
    outcomes.append(.accepted(response))
  }

  private mutating func readBody(_ bytes: Span<UInt8>, _ used: inout Int) throws(HTTPInputError) -> Bool {
    guard var reader = body else { return false }
    var offset = 0
    defer { used += offset }
    while true {
      switch try reader.next(bytes, &offset) {
      case .data(let range):
        for index in range { response.body.append(bytes[index]) }
      case .needMore:
        body = reader
        return false
      case .end:
        finishBody(reader, start + used + offset)
        return true
      }
    }
  }
}

extension ReadResponse {
  fileprivate init(_ head: ResponseHead) {
    status = head.status
    reason = head.reasonText
    traits = head.traits.rawValue
    contentLength = head.contentLength
    fields = head.headers.map { "\($0.name): \($0.value)" }
  }
}
