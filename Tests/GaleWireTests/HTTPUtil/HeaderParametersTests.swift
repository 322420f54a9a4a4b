// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire
import Testing

@Suite("httputil: parameters of a field")
struct HeaderParametersTests {
  @Test(
    arguments: [
      ("form-data", "form-data", []),
      ("", "", []),
      (#"form-data; foo="b\\a\"r"; file*=utf-8''T%C3%A4st"#, "form-data", ["foo=b\\a\"r", "file=Täst"]),
      ("text/html; Charset = UTF-8 ;x;;y=", "text/html", ["charset=UTF-8", "x", "y="]),
      (#"a; b="c;d=e"; f=g"#, "a", ["b=c;d=e", "f=g"]),
      (#"a; filename="C:\dir\file.txt""#, "a", [#"filename=C:\dir\file.txt"#]),
      (#"a; b="c"#, "a", [#"b="c"#]),
      (#"a; b="c; d=e"#, "a", [#"b="c; d=e"#]),
      (#"a; b="""#, "a", ["b="]),
      (#"a; b=""#, "a", [#"b=""#]),
      (#"a; f="x"; f*=iso-8859-1'en'%E9"#, "a", ["f=x", "f=é"]),
      (#"a; f*0="ab"; f*1=cd; f*2*=%20e"#, "a", ["f=abcd e"]),
      (#"a; f*1*=%C3%A9; f*0*=UTF-8''x"#, "a", ["f=xé"]),
      ("a; f*=%41", "a", ["f=A"]), ("a; f*x=1; *=2", "a", ["f*x=1", "*=2"]),
      ("a; f*99999999999999999999=1", "a", ["f*99999999999999999999=1"]),
      ("a; f*=nonsense'de'%FF", "a", ["f=ÿ"]), ("a; f*=utf-8''%FF", "a", ["f=\u{FFFD}"]),
    ] as [(String, String, [String])])
  func `values and parameters are found`(_ field: String, _ value: String, _ expected: [String]) {
    let header = HeaderParameters(parsing: field)
    #expect(header.value == value)
    let found = header.parameters.map { parameter in
      parameter.value.map { parameter.name + "=" + $0 } ?? parameter.name
    }
    #expect(found == expected)
  }

  @Test(arguments: ["a;b.txt", "a\"b.txt", "a\";b.txt", "a;\"b.txt", "a\";\";.txt", "a\\\"b.txt", "a\\b.txt"])
  func `special file names survive`(_ filename: String) {
    var escaped = ""
    for character in filename {
      escaped += character == "\\" || character == "\"" ? "\\\(character)" : "\(character)"
    }
    let header = HeaderParameters(parsing: "form-data; name=\"files\"; filename=\"\(escaped)\"; x=y")
    #expect(header["filename"] == filename)
    #expect(header["name"] == "files" && header["x"] == "y")
    #expect(HeaderParameters(parsing: HeaderParameters.encode("a", [("f", filename)]))["f"] == filename)
  }

  @Test(arguments: [#"\";"#, "a=b;", ";", "\"", "f*0=a;", "f*=%;", "\\"])
  func `long lists of parameters are no work`(_ piece: String) {
    let field = "form-data; name=\"a\"; " + String(repeating: piece, count: 200_000 / piece.utf8.count)
    #expect(HeaderParameters(parsing: field).value == "form-data")
  }

  @Test func `encoding writes flags and quotes what is no token`() {
    let field = HeaderParameters.encode(
      "permessage-deflate", [("client_max_window_bits", "15"), ("x", nil), ("y", "a b"), ("z", "")])
    #expect(field == "permessage-deflate; client_max_window_bits=15; x; y=\"a b\"; z=\"\"")
  }

  @Test(
    arguments: [
      ("Text/HTML; charset=\"UTF-8\"", "text/html", "utf-8"), ("a/b", "a/b", nil),
      ("multipart/form-data; boundary=x", "multipart/form-data", nil),
    ] as [(String, String, String?)])
  func `media types have an essence`(_ field: String, _ essence: String, _ charset: String?) {
    let type = MediaType(parsing: field)
    #expect(type?.essence == essence)
    #expect(type?.charset == charset)
  }

  @Test(arguments: [
    "", "a", "a/", "/b", "a/b/c", "a b/c", "a/b c", "é/b", ";a=b", String(repeating: "a", count: 9000),
  ])
  func `what is no media type is none`(_ field: String) {
    #expect(MediaType(parsing: field) == nil)
  }
}
