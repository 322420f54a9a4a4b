// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire

/// What holds for every input: it has the same outcome whole and in pieces, nothing but an
/// `HTTPInputError` is thrown (the compiler sees to that), and nothing traps.
///
/// The first byte says how many places the bytes are split at (3 bits), which limits hold, whether the
/// connection ends behind them, and whether they answer HEAD; the next ones say where they are split. The rest
/// is what arrives.
@c(LLVMFuzzerTestOneInput)
public func fuzzResponseReader(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  // SAFETY: libFuzzer lends `count` bytes for the call.
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard let first = input.first else { return 0 }
  let splitCount = min(Int(first & 7), input.count - 1)
  let bytes = Array(input[(1 + splitCount)...])
  let limits = first & 8 == 0 ? HTTPLimits() : tightLimits
  let (isClosed, isHead) = (first & 16 != 0, first & 32 != 0)
  func read(_ ends: [Int]) -> [ResponseOutcome] {
    ResponseDriver.read(bytes, ends: ends, limits: limits, isClosed: isClosed, isHead: isHead)
  }
  let whole = read([])
  var ends: [Int] = []
  var end = 0
  for step in input[1...].prefix(splitCount) {
    end += Int(step)
    ends.append(end)
  }
  check(read(ends) == whole, "pieces that end at \(ends)")
  if bytes.count <= 512 { check(read(Array(bytes.indices)) == whole, "single bytes") }
  for case .accepted(let response) in whole { checkAccepted(response, isHead: isHead) }
  return 0
}

/// Limits that short inputs reach.
private let tightLimits: HTTPLimits = {
  var limits = HTTPLimits()
  limits.requestLine = 24
  limits.fieldLine = 24
  limits.fieldCount = 4
  limits.head = 96
  limits.body = 20
  limits.chunkLine = 12
  limits.chunkExtensions = 16
  limits.trailers = 24
  limits.trailerCount = 2
  return limits
}()

private func check(_ condition: Bool, _ what: String) {
  guard condition else { fatalError("the outcome differs in \(what)") }
}

/// What every accepted response keeps to, whoever reads it.
private func checkAccepted(_ response: ReadResponse, isHead: Bool) {
  let isChunked = ResponseTraits(rawValue: response.traits).contains(.chunked)
  let isBodiless = isHead || response.status < 200 || response.status == 204 || response.status == 304
  check((100...999).contains(response.status), "a status of three digits")
  check(!isChunked || response.contentLength < 0, "chunked with a length")
  check(!isBodiless || response.body.isEmpty, "a body where there is none")
  check(
    isBodiless || isChunked || response.contentLength < 0 || response.body.count == response.contentLength,
    "the length of a body")
  for line in response.fields + response.trailers + [response.reason] {
    check(!line.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }, "a control character")
  }
}
