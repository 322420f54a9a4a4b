// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import GaleWire

/// What holds for every `Cookie` field: each `;` ends a cookie, whatever stands before it.
///
/// And for every `Set-Cookie`: it is refused, or it has the attributes that were given and no other, and the
/// cookie that a browser sends back has the same name and value.
///
/// The first byte says which attributes are set. The rest is the field, and cut at each 0x00 the parts of
/// the cookie.
@c(LLVMFuzzerTestOneInput)
public func fuzzCookies(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard let input = unsafe FuzzInput(start, count) else { return 0 }
  checkField(input.bytes)
  let texts = input.texts
  guard texts.count >= 2 else { return 0 }
  checkCookie(
    SetCookie(
      texts[0], texts[1], domain: texts.count > 2 ? texts[2] : nil, path: texts.count > 3 ? texts[3] : nil,
      maxAge: input.flags & 1 != 0 ? Int(input.flags) : nil, isSecure: input.flags & 2 != 0,
      isHTTPOnly: input.flags & 4 != 0, sameSite: input.flags & 8 != 0 ? .lax : nil,
      isPartitioned: input.flags & 16 != 0))
  return 0
}

private func checkField(_ field: [UInt8]) {
  let whole = Cookies(parsing: field.span).entries
  let pieces = field.split(separator: 0x3B).flatMap { Cookies(parsing: Array($0).span).entries }
  check(whole == pieces, "cookies that are read together differ: \(whole), \(pieces)")
  check(whole.allSatisfy { !$0.name.isEmpty || !$0.value.isEmpty || field.contains(0x22) }, "an empty cookie")
}

private func checkCookie(_ cookie: SetCookie) {
  guard let field = try? cookie.headerValue() else {
    check((try? cookie.validate()) == nil, "valid, and refused")
    return
  }
  check(
    field.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a control character in \(field.debugDescription)")
  let parts = field.utf8.split(separator: 0x3B, omittingEmptySubsequences: false)
  let flags = [
    cookie.domain?.isEmpty == false, cookie.path?.isEmpty == false, cookie.maxAge != nil, cookie.isSecure,
    cookie.isHTTPOnly, cookie.sameSite != nil, cookie.isPartitioned,
  ]
  check(parts.count == 1 + flags.count { $0 }, "the attributes of \(field.debugDescription)")
  let back = Cookies(parsing: Array(parts[0]).span).entries
  let isSame =
    back.count == 1 && back[0].name.utf8.elementsEqual(cookie.name.utf8)
    && back[0].value.utf8.elementsEqual(cookie.value.utf8)
  check(isSame, "\(cookie.name.debugDescription)=\(cookie.value.debugDescription) comes back as \(back)")
}
