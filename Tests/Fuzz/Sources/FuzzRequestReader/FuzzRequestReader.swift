// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire

/// What holds for every input: it has the same outcome whole and in pieces, nothing but an
/// `HTTPInputError` is thrown (the compiler sees to that), and nothing traps.
///
/// The first byte says how many places the bytes are split at, and which limits hold; the next ones say
/// where. The rest is what arrives.
@c(LLVMFuzzerTestOneInput)
public func fuzzRequestReader(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  // SAFETY: libFuzzer lends `count` bytes for the call.
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard let first = input.first else { return 0 }
  let splitCount = min(Int(first & 7), input.count - 1)
  let bytes = Array(input[(1 + splitCount)...])
  let limits = first & 8 == 0 ? HTTPLimits() : tightLimits
  let whole = RequestDriver.read(bytes, limits: limits)

  var ends: [Int] = []
  var end = 0
  for step in input[1...].prefix(splitCount) {
    end += Int(step)
    ends.append(end)
  }
  check(RequestDriver.read(bytes, ends: ends, limits: limits) == whole, "pieces that end at \(ends)")
  if bytes.count <= 512 {
    check(RequestDriver.read(bytes, ends: Array(bytes.indices), limits: limits) == whole, "single bytes")
  }
  for case .accepted(let request) in whole { checkAccepted(request) }
  return 0
}

/// Limits that short inputs reach.
private let tightLimits: HTTPLimits = {
  var limits = HTTPLimits()
  limits.requestLine = 32
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

/// What every accepted request keeps to, whoever reads it.
private func checkAccepted(_ request: ReadRequest) {
  let isChunked = RequestTraits(rawValue: request.traits).contains(.chunked)
  check(!request.method.isEmpty && !request.target.isEmpty, "an empty method or target")
  check(!isChunked || request.contentLength < 0, "chunked with a length")
  check(isChunked || request.body.count == max(0, request.contentLength), "the length of a body")
  for line in request.fields + request.trailers + [request.method, request.target, request.host] {
    check(!line.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }, "a control character")
  }
}
