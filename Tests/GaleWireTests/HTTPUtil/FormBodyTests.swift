// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleWire
import Testing

@Suite("httputil: forms")
struct FormBodyTests {
  static let multipart = """
    --b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name="f"; \
    filename="x"\r\n\r\nabc\r\n--b--
    """

  static func form(
    _ body: String, _ type: String?, encoding: String? = nil, limits: FormBody.Limits = .init()
  )
    throws(FormError) -> FormBody
  {
    try FormBody(parsing: Array(body.utf8), contentType: type, contentEncoding: encoding, limits: limits)
  }

  @Test(arguments: [
    "application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded; charset=UTF-8",
  ])
  func `URL-encoded forms have arguments`(_ type: String) throws {
    let form = try Self.form("a=1&b=&a=%E9", type)
    let expected = [
      QueryArgument("a", "1"), QueryArgument("b", ""), QueryArgument(name: [0x61], value: [0xE9]),
    ]
    #expect(form.arguments == expected)
    #expect(form.files.isEmpty)
  }

  @Test(arguments: [
    "multipart/form-data; boundary=b", "Multipart/Form-Data; charset=x; Boundary=\"b\"",
    "multipart/form-data;boundary=b;",
  ])
  func `multipart forms have arguments and files`(_ type: String) throws {
    let form = try Self.form(Self.multipart, type)
    #expect(form.arguments == [QueryArgument("a", "1")])
    #expect(form.files.map(\.fieldName) == ["f"] && form.files.map(\.filename) == ["x"])
    #expect(form.files.map(\.contentType) == ["application/unknown"])
    #expect(form.files.map { Array($0.body) } == [Array("abc".utf8)])
  }

  @Test(
    arguments: [nil, "", "application/json", "text/plain; boundary=b", "multipart/mixed; boundary=b", ";"]
      as [String?])
  func `other bodies are left alone`(_ type: String?) throws {
    let form = try Self.form("a=1", type, encoding: "gzip")
    #expect(form.arguments.isEmpty && form.files.isEmpty)
  }

  @Test(
    arguments: [
      ("multipart/form-data", nil, .missingBoundary),
      ("multipart/form-data; boundary=", nil, .missingBoundary),
      ("multipart/form-dataxyz; boundary=b", nil, .invalidContentType),
      ("multipart/form-data; boundary=b", "gzip", .unsupportedContentEncoding),
      ("application/x-www-form-urlencoded", "identity", .unsupportedContentEncoding),
      ("multipart/form-data; boundary=\(String(repeating: "b", count: 5000))", nil, .invalidBoundary),
      ("multipart/form-data; boundary=c", nil, .missingFinalBoundary),
    ] as [(String, String?, FormError.Code)])
  func `what cannot be read is refused`(_ type: String, _ encoding: String?, _ code: FormError.Code) {
    let error = #expect(throws: FormError.self) { try Self.form(Self.multipart, type, encoding: encoding) }
    #expect(error?.code == code)
    #expect(error?.description.contains(code.description) == true)
  }

  @Test func `limits hold`() throws {
    let type = "application/x-www-form-urlencoded"
    let body = Array(repeating: "a=1", count: 1001).joined(separator: "&")
    let error = #expect(throws: FormError.self) { try Self.form(body, type) }
    #expect(error?.description == "invalid form: too many arguments (limit 1000)")
    #expect(try Self.form(body, type, limits: .init(argumentCount: 1001)).arguments.count == 1001)
    let refusal = #expect(throws: FormError.self) {
      try Self.form(
        Self.multipart, "multipart/form-data; boundary=b", limits: .init(isMultipartEnabled: false))
    }
    #expect(refusal?.code == .multipartDisabled)
  }
}
