// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleWeb

/// A row of `Tests/Vectors/locale-dates.json`: how Tornado tells a date.
struct DateVector: Decodable, Sendable {
  let code: String
  let now: Int
  let date: Int
  let gmtOffset: Int
  let relative: Bool
  let shorter: Bool
  let full: Bool
  let text: String
}

/// A row of `Tests/Vectors/gettext.json`: what Tornado finds in a catalogue.
struct GettextVector: Decodable, Sendable {
  let code: String
  let message: String
  let context: String?
  let plural: String?
  let count: Int?
  let text: String
}

/// All that changes the translations of the process, one after the other.
@Suite("locale", .serialized)  // LOC-001 to LOC-018, WEB-062 to WEB-064
struct LocaleTests {
  static let directory = "\(Vectors.path)/translations"

  init() throws {
    WebLocale.setDefault("en_US")
    try WebLocale.loadTranslations(directory: Self.directory)
  }

  @Test func `dates are told as Tornado tells them`() throws {
    let rows = try Vectors.rows("locale-dates.json", as: DateVector.self)
    #expect(rows.count > 2000)
    for row in rows {
      let text = WebLocale.get(row.code).formatDate(
        HTTPDate(unixSeconds: row.date), gmtOffset: row.gmtOffset, relative: row.relative,
        shorter: row.shorter,
        fullFormat: row.full, now: HTTPDate(unixSeconds: row.now))
      #expect(text == row.text, "\(row)")
    }
  }

  @Test func `a day ahead is not now`() {
    let now = HTTPDate(unixSeconds: 1_795_391_460)
    let text = WebLocale.get("en_US").formatDate(HTTPDate(unixSeconds: now.unixSeconds + 86_410), now: now)
    #expect(text == "November 23, 2026 at 11:51 pm")
  }

  @Test func `the present is the clock's`() {
    let past = HTTPDate(unixSeconds: System.wallSeconds - 7200)
    #expect(WebLocale.get("en_US").formatDate(past) == "2 hours ago")
  }

  @Test(
    arguments: [Int.min, Int.max, -62_135_596_800, 253_402_300_799, 0], [0, Int.max, Int.min, 720, -840])
  func `no date is too far away`(_ seconds: Int, _ offset: Int) {
    let locale = WebLocale.get("en_US")
    for now in [Int.min, 0, Int.max] {
      let text = locale.formatDate(
        HTTPDate(unixSeconds: seconds), gmtOffset: offset, now: HTTPDate(unixSeconds: now))
      #expect(!text.isEmpty)
    }
    #expect(!locale.formatDay(HTTPDate(unixSeconds: seconds), gmtOffset: offset).isEmpty)
  }

  @Test func `days are told with their weekday or without`() {  // LOC-014
    let date = HTTPDate(unixSeconds: 1_359_312_200)  // Sun, 27 Jan 2013 18:43:20 GMT
    let (english, german) = (WebLocale.get("en_US"), WebLocale.get("de"))
    #expect(english.formatDay(date) == "Sunday, January 27")
    #expect(english.formatDay(date, gmtOffset: -6 * 60) == "Monday, January 28")
    #expect(english.formatDay(date, weekday: false) == "January 27")
    #expect(german.formatDay(date, gmtOffset: -6 * 60) == "Montag, Januar 28")
  }

  @Test func `lists and numbers`() {  // LOC-015, LOC-016
    let (english, german) = (WebLocale.get("en_US"), WebLocale.get("de"))
    let lists: [([String], String, String)] = [
      ([], "", ""), (["A"], "A", "A"), (["A", "B"], "A and B", "A und B"),
      (["A", "B", "C"], "A, B and C", "A, B und C"), (["%(last)s", "x"], "%(last)s and x", "%(last)s und x"),
    ]
    for (parts, first, second) in lists {
      #expect(english.list(parts) == first)
      #expect(german.list(parts) == second)
    }
    let numbers = [
      (0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1234, "-1,234"), (-123, "-123"),
      (Int.min, "-9,223,372,036,854,775,808"),
    ]
    for (number, text) in numbers { #expect(english.friendlyNumber(number) == text) }
    #expect(german.friendlyNumber(1_234_567) == "1234567")
  }

  @Test func `lists in Persian are joined by a word`() {
    WebLocale.setDefault("fa_IR")
    defer { WebLocale.setDefault("en_US") }
    let persian = WebLocale.get("xx")
    #expect(persian.list(["A", "B", "C"]) == "A \u{648} B and C")
    #expect(persian.isRightToLeft)
    #expect(persian.name == "فارسی")
  }

  @Test func `CSV files are read as Excel writes them`() {  // LOC-003, LOC-017
    let (german, spanish, chinese) = (WebLocale.get("de"), WebLocale.get("es"), WebLocale.get("zh_CN"))
    #expect(german.translate("January") == "Januar")
    #expect(german.translate("quoted \"text\", twice") == "in \"Anführung\", zweimal")
    #expect(german.translate("padded") == "auch")
    #expect(german.translate("short") == "short")
    #expect(
      german.translate("1 minute ago", plural: "%(minutes)d minutes ago", count: 1) == "vor einer Minute")
    #expect(
      german.translate("1 minute ago", plural: "%(minutes)d minutes ago", count: 2)
        == "vor %(minutes)d Minuten")
    #expect(german.translate("1 minute ago") == "1 minute ago")
    #expect(spanish.translate("school") == "escuela")
    let liked = "%(name)s liked this"
    #expect(spanish.translate(liked, plural: liked, count: 1) == "A %(name)s le gustó esto")
    #expect(spanish.translate(liked, plural: liked, count: 0) == "A %(name)s les gustó esto")
    #expect(chinese.translate("hello") == "你好")
    #expect(german.translate("January", context: "month") == "Januar")
    #expect(german.translate("a", context: "c", plural: "b", count: 3) == "b")
    #expect((german.code, german.name, german.isRightToLeft) == ("de", "Unknown", false))
    #expect(chinese.name == "中文(简体)")
  }

  static let csv: [(text: String, rows: [[String]])] = [
    ("", []), ("a", [["a"]]), ("a,b\n", [["a", "b"]]), ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]),
    ("a\rb", [["a"], ["b"]]), ("\n\na,\n", [[], [], ["a", ""]]), ("\"a,b\",c", [["a,b", "c"]]),
    ("\"a\"\"b\"", [["a\"b"]]), ("\"a\nb\r\nc\"", [["a\nb\nc"]]), ("a\"b\"", [["a\"b\""]]),
    ("\"a\"b,c", [["ab", "c"]]),
    ("\"\",\"\"\n", [["", ""]]), ("\"open", [["open"]]), (",", [["", ""]]), ("\"a\" ,b", [["a ", "b"]]),
    (" \"a\"", [[" \"a\""]]), ("\"\"\"\"", [["\""]]),
  ]

  @Test(arguments: csv)
  func `CSV rows are those of Python's csv module`(_ sample: (text: String, rows: [[String]])) {
    #expect(CSVReader.rows(of: sample.text) == sample.rows)
  }

  static let closest: [(codes: [String], code: String)] = [  // LOC-006
    (["de"], "de"), (["de-AT"], "de"), (["DE_de"], "de"), (["DE"], "de"), (["zh-cn"], "zh_CN"),
    (["zh"], "en_US"),
    (["zh_TW"], "en_US"), (["fr", "es"], "es"), (["", "es"], "es"), (["zh-Hans-CN", "de"], "de"),
    ([], "en_US"),
    (["en_US"], "en_US"), (["en-us"], "en_US"), (["en"], "en_US"), (["de-", "x"], "de"), (["_"], "en_US"),
    (["es_419"], "es"),
  ]

  @Test(arguments: closest)
  func `the closest locale is found`(_ row: (codes: [String], code: String)) {
    #expect(WebLocale.closest(to: row.codes).code == row.code)
  }

  @Test func `codes are those of the files and the default`() {  // LOC-002, LOC-005, LOC-007
    #expect(WebLocale.supported == ["de", "es", "zh_CN", "en_US"])
    #expect(WebLocale(code: "de")?.code == "de")
    #expect(WebLocale(code: "fr") == nil)
    WebLocale.setDefault("fr")
    defer { WebLocale.setDefault("en_US") }
    #expect(WebLocale(code: "fr")?.translate("school") == "school")
    #expect(WebLocale.get("xx").code == "fr")
    #expect(WebLocale.supported == ["de", "es", "zh_CN", "fr"])
  }

  @Test func `files that are not right are left out or refused`() throws {
    let tree = try TemporaryTree()
    try tree.write("a,b\nc,d,sometimes\ne,f,\n", to: "fr.csv")
    for name in ["FR.csv", "fr_fr.csv", "fr_FR_x.csv", "_FR.csv", "fr_.csv", "notes.txt", "fr.csv.bak"] {
      try tree.write("a,b", to: name)
    }
    try WebLocale.loadTranslations(directory: tree.path)
    #expect(WebLocale.supported == ["fr", "en_US"])
    let french = WebLocale.get("fr")
    #expect([french.translate("a"), french.translate("c"), french.translate("e")] == ["b", "c", "f"])

    try tree.write([0x61, 0x2C, 0xE9], to: "it.csv")
    var error = #expect(throws: LocaleError.self) { try WebLocale.loadTranslations(directory: tree.path) }
    #expect(error?.code == .encoding)
    #expect(WebLocale.supported == ["fr", "en_US"], "nothing changed")
    try WebLocale.loadTranslations(directory: tree.path, encoding: .latin1)
    #expect(WebLocale.get("it").translate("a") == "é")
    error = #expect(throws: LocaleError.self) {
      try WebLocale.loadTranslations(directory: tree.path + "/none")
    }
    #expect(error?.code == .unreadable)
    error = #expect(throws: LocaleError.self) {
      try WebLocale.loadGettextTranslations(directory: tree.path + "/none", domain: "site")
    }
    #expect(error?.code == .unreadable)
  }

  @Test(
    arguments: [
      ([0xFF, 0xFE, 0x61, 0x00], "a"), ([0xFE, 0xFF, 0x00, 0x61], "a"), ([0xEF, 0xBB, 0xBF, 0x61], "a"),
      ([0xFF, 0xFE, 0x00, 0xD8], nil), ([0xFF, 0xFE, 0x00], nil), ([], ""), ([0x80], nil),
    ] as [([UInt8], String?)])
  func `a byte order mark tells the encoding`(_ bytes: [UInt8], _ text: String?) {
    #expect(TextEncoding.detect(bytes).decode(bytes) == text)
  }

  @Test func `catalogues are read as Python reads them`() throws {  // LOC-004, LOC-009, LOC-010
    try WebLocale.loadGettextTranslations(directory: "\(Vectors.path)/gettext", domain: "site")
    #expect(WebLocale.supported == ["pt", "pt_BR", "ru", "ar", "en_US"])
    let rows = try Vectors.rows("gettext.json", as: GettextVector.self)
    #expect(rows.count > 1000)
    // Python looks for a message with a plural only when it is asked with one; GNU gettext finds it.
    #expect(WebLocale.get("pt").translate("one file") == "um ficheiro")
    for row in rows where row.message != "one file" || row.plural != nil {
      let locale = WebLocale.get(row.code)
      let text =
        switch (row.context, row.plural, row.count) {
        case (nil, nil, _): locale.translate(row.message)
        case (let context?, nil, _): locale.translate(row.message, context: context)
        case (nil, let plural?, let count): locale.translate(row.message, plural: plural, count: count ?? 0)
        case (let context?, let plural?, let count):
          locale.translate(row.message, context: context, plural: plural, count: count ?? 0)
        }
      #expect(text == row.text, "\(row)")
    }
  }

  @Test func `a catalogue that is cut off or changed is refused or read, never more`() throws {
    let bytes = try LocaleFiles.read("\(Vectors.path)/gettext/pt_BR/LC_MESSAGES/site.mo")
    // The last byte is the NUL behind the last text, which nobody needs.
    for count in bytes.indices.dropLast() {
      #expect(throws: LocaleError.self) { try GettextCatalogue(parsing: Array(bytes[..<count])) }
    }
    for index in bytes.indices {
      for change in [0xFF, 0x80, 0x01] as [UInt8] {
        var changed = bytes
        changed[index] ^= change
        _ = try? GettextCatalogue(parsing: changed)
      }
    }
  }

  @Test func `placeholders are filled`() {
    let values = ["name": "Zoë", "n": "3"]
    for (text, result) in [
      ("", ""), ("%(name)s", "Zoë"), ("%(n)d files of %(name)s", "3 files of Zoë"), ("100%", "100%"),
      ("100%%", "100%"),
      ("%(other)s", "%(other)s"), ("%(name)", "%(name)"), ("%(name)x", "%(name)x"), ("%(name", "%(name"),
      ("%s", "%s"),
      ("%%(name)s", "%(name)s"),
    ] {
      #expect(WebLocale.fill(text, values) == result)
    }
  }

  // MARK: - Requests

  static let accepted: [(field: String?, code: String)] = [
    (nil, "en_US"), ("de", "de"), ("de-CH, es", "de"), ("fr, es;q=0.5", "es"), ("es;q=0.5, de;q=0.8", "de"),
    ("es;q=0.5, de;q=0.5", "es"), ("es;q=0, de;q=0.1", "de"), ("es;q=x, de;q=0.1", "de"),
    ("es;q=-1, de", "de"),
    ("", "en_US"), (",,;;", "en_US"), ("*", "en_US"), ("zh-CN;q=0.9, de;q=0.8", "zh_CN"),
    ("de ; q=0.2 , es; q=0.1", "de"),
    ("es;q=nan, de;q=0.1", "de"), ("es;q=inf, de", "es"),
  ]

  @Test(arguments: accepted)
  func `the browser's languages are honoured`(_ row: (field: String?, code: String)) throws {
    let route = URLSpec.to("/") { $0.write(try $0.locale.code) }
    try serving([route]) { server async throws in
      let fields = row.field.map { ["Accept-Language: \($0)"] } ?? []
      #expect(try await server.fetch("GET", "/", fields).text == row.code)
    }
  }

  private final class UserHandler: RequestHandler {
    override func userLocale() throws -> WebLocale? { cookie("lang").map { WebLocale.get($0) } }
    override func browserLocale(default code: String) -> WebLocale { super.browserLocale(default: "es") }
    override func get() async throws { write(try locale.translate("January")) }
    override func post() async throws {
      setLocale(WebLocale.get("de"))
      write(try locale.code)
    }
  }

  @Test func `the user's choice counts more`() throws {
    try serving([URLSpec("/", UserHandler.self)]) { server async throws in
      #expect(
        try await server.fetch("GET", "/", ["Accept-Language: en", "Cookie: lang=de"]).text == "Januar")
      #expect(try await server.fetch("GET", "/", ["Accept-Language: de"]).text == "Januar")
      #expect(try await server.fetch("POST", "/").text == "de")
    }
  }
}

@Suite("locale: plural forms")
struct PluralFormsTests {
  static let forms: [(text: String, n: Int, index: Int?)] = [
    ("0", 5, 0), ("n", 5, 5), ("n != 1", 1, 0), ("n!=1", 2, 1), ("n>1?1:0", 2, 1), ("!n", 0, 1),
    ("!!n", 3, 1),
    ("! (n == 1)", 1, 0), ("n%10==1 && n%100!=11 ? 0 : 1", 21, 0), ("n%10==1 && n%100!=11 ? 0 : 1", 11, 1),
    ("1 + 2 * 3 - 4 / 2 % 3", 0, 5), ("n || 1/0", 1, 1), ("n && 1/0", 0, 0), ("1/n", 0, nil), ("1%n", 0, nil),
    ("n<1?0:n<2?1:2", 5, 2), ("(n)", 4, 4), ("n<=1", 1, 1), ("n>=2", 1, 0), ("n ? n ? 1 : 2 : 3", 1, 1),
    ("9999999999*9999999999*9999999999", 1, Int(9_999_999_999) &* 9_999_999_999 &* 9_999_999_999),
  ]

  @Test(arguments: forms)
  func `are those of C`(_ row: (text: String, n: Int, index: Int?)) throws {
    let parsed = try #require(PluralForms(parsing: row.text))
    #expect(parsed.index(row.n) == row.index)
  }

  @Test(arguments: [
    "", "n n", "x", "n +", "(n", "n)", "n ? 1", "n ? 1 :", "1 2", "n = 1", "n & 1", "__import__('os')",
    "n; 1", "é",
    String(repeating: "(", count: 400) + "n" + String(repeating: ")", count: 400),
    String(repeating: "!", count: 500) + "n",
    String(repeating: "n+", count: 600) + "n", "99999999999999999999",
  ])
  func `what is no expression is refused`(_ text: String) {
    #expect(PluralForms(parsing: text) == nil)
  }
}
