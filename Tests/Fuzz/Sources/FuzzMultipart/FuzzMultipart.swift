// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import GaleCore
import GaleWire

/// What holds for every input: nothing but a `FormError` is thrown (the compiler sees to that); parts are
/// slices of the body, in its order, and none holds a delimiter; tighter limits refuse or change nothing; a
/// form that is made of the input is read back as it was made.
///
/// The first byte chooses the boundary and the way. The rest is the body, or cut at the first 0x00 a content
/// type and a body.
@c(LLVMFuzzerTestOneInput)
public func fuzzMultipart(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard let input = unsafe FuzzInput(start, count) else { return 0 }
  switch input.flags & 3 {
  case 0, 1: checkBody(input.bytes, boundary: input.flags & 1 == 0 ? "b" : "----Gale")
  case 2: checkForm(input.bytes)
  default: checkMade(input.bytes)
  }
  return 0
}

private func checkBody(_ body: [UInt8], boundary: String) {
  let tight = MultipartFormData.Limits(partCount: 2, partHeaderByteCount: 60)
  let taken = try? MultipartFormData(parsing: body, boundary: boundary, limits: tight)
  guard let form = try? MultipartFormData(parsing: body, boundary: boundary) else {
    check(taken == nil, "taken under tight limits only")
    return
  }
  check(taken == nil || taken?.parts == form.parts, "tight limits change the parts")
  check(form.parts.count <= 100 && (taken?.parts.count ?? 0) <= 2, "more parts than the limit")
  let delimiter = Array("\r\n--\(boundary)".utf8)
  var end = 0
  for part in form.parts {
    check(!part.name.isEmpty, "a part without a name")
    check(part.filename?.isEmpty != true, "an empty file name")
    check(part.body.startIndex >= end && part.body.endIndex <= body.count, "parts overlap")
    check(part.body.elementsEqual(body[part.body.indices]), "a body that is no slice of the input")
    for tail in ["\r\n", "--"] {
      check(!holds(part.body, delimiter + tail.utf8), "a part with a delimiter in it")
    }
    end = part.body.endIndex
  }
}

private func checkForm(_ input: [UInt8]) {
  let pieces = input.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false).map { Array($0) }
  guard pieces.count == 2 else { return }
  let type = String(decoding: pieces[0], as: UTF8.self)
  guard let form = try? FormBody(parsing: pieces[1], contentType: type) else { return }
  check(
    form.files.allSatisfy { !$0.filename.isEmpty && !$0.contentType.isEmpty }, "a file without name or type")
  check(form.arguments.count + form.files.count <= 1000, "more arguments than the limit")
}

/// Bodies between 0x00 bytes, as a browser would send them.
private func checkMade(_ input: [UInt8]) {
  let bodies = input.split(separator: 0, omittingEmptySubsequences: false).prefix(100).map { Array($0) }
  guard !holds(input[...], Array("\n--b".utf8)), !bodies.contains(where: { $0.starts(with: "--b".utf8) })
  else {
    return
  }
  var text: [UInt8] = []
  for (index, body) in bodies.enumerated() {
    text +=
      Array("--b\r\nContent-Disposition: form-data; name=\"n\(index)\"\r\n\r\n".utf8) + body + [0x0D, 0x0A]
  }
  text += Array("--b--\r\n".utf8)
  guard let form = try? MultipartFormData(parsing: text, boundary: "b") else {
    fatalError("a form as browsers send it is refused")
  }
  check(form.parts.map { Array($0.body) } == bodies, "bodies come back otherwise")
  check(form.parts.map(\.name) == bodies.indices.map { "n\($0)" }, "names come back otherwise")
}

private func holds(_ text: ArraySlice<UInt8>, _ pattern: [UInt8]) -> Bool {
  var rest = text
  while let start = rest.firstIndex(of: pattern[0]) {
    if rest[start...].starts(with: pattern) { return true }
    rest = rest[(start + 1)...]
  }
  return false
}
