// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// What a line of an ``AccessLog`` looks like: gunicorn's language, or a ready-made form.
///
/// The language is text with atoms in it; `%%` is a percent sign.
///
/// | Atom | |
/// |---|---|
/// | `%(h)s` | client's address |
/// | `%(l)s` | `-` |
/// | `%(u)s` | user of HTTP's basic authentication |
/// | `%(t)s` | time, `[28/Nov/2026:10:00:00 +0000]` |
/// | `%(r)s` | request line |
/// | `%(m)s` `%(U)s` `%(q)s` `%(H)s` | method; path, decoded; query; protocol |
/// | `%(s)s` | status, 0 when nothing was answered |
/// | `%(b)s` `%(B)s` | bytes of the answer's body |
/// | `%(f)s` `%(a)s` | Referer; User-Agent |
/// | `%(T)s` `%(M)s` `%(D)s` `%(L)s` | time it took in seconds, milliseconds, microseconds, and in seconds with a fraction |
/// | `%(p)s` | process, `<123>` |
/// | `%({name}i)s` `%({name}o)s` | field of the request, of the answer |
/// | `%({name}e)s` | variable of the WSGI environ that follows from the request, and `gale.request_id` |
///
/// What is absent is `-`. Nothing that a client sends can make a line of its own or end a quoted text: control
/// characters and bytes beyond ASCII become `\xNN`, quotes `\"`, backslashes `\\`.
public struct AccessLogFormat: Sendable {
  enum Form: Sendable {
    case parts([Part])
    case tornado
    case json
  }

  let form: Form
  /// Whether a field of the answer is asked for, which must be kept then.
  let needsAnswerHeaders: Bool

  /// Takes a format apart, once and for all.
  /// - Throws: ``AccessLogFormatError`` for an atom that there is not.
  public init(_ format: String) throws(AccessLogFormatError) {
    let parts = try Part.parse(format)
    form = .parts(parts)
    needsAnswerHeaders = parts.contains { if case .answerField = $0 { true } else { false } }
  }

  private init(_ form: Form) {
    self.form = form
    needsAnswerHeaders = false
  }

  /// The Common Log Format of Apache and NCSA.
  public static let common = ready(#"%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s"#)
  /// ``common`` with Referer and User-Agent: gunicorn's default.
  public static let combined = ready(#"%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s""#)
  /// Tornado's line: `[I 261128 10:00:00 access] 200 GET / (127.0.0.1) 0.42ms`.
  public static let tornado = AccessLogFormat(.tornado)
  /// A JSON object per line.
  ///
  /// The keys, always all of them: `time` (RFC 3339), `remote`, `user`, `method`, `host`, `path` (as it was sent),
  /// `query`, `protocol`, `status`, `bytes`, `duration` (seconds), `referer`, `user_agent`, `request_id`, `pid`. `user`,
  /// `referer` and `user_agent` may be `null`.
  public static let json = AccessLogFormat(.json)

  private static func ready(_ format: String) -> AccessLogFormat {
    do throws(AccessLogFormatError) { return try AccessLogFormat(format) } catch {
      preconditionFailure(error.message)
    }
  }

  /// A ready-made form by its name, `common`, `combined`, `json` or `tornado`, or a format.
  /// - Throws: ``AccessLogFormatError`` for a format with an unknown atom, and for a text that has no atom at all.
  public init(name: String) throws(AccessLogFormatError) {
    switch name {
    case "common": self = .common
    case "combined": self = .combined
    case "json": self = .json
    case "tornado": self = .tornado
    default:
      guard name.contains("%") else {
        throw AccessLogFormatError(
          "there is no access log format \(name): common, combined, json, tornado, or atoms")
      }
      try self.init(name)
    }
  }
}

/// A format of an access log cannot be understood.
public struct AccessLogFormatError: Error, Hashable, CustomStringConvertible {
  /// What is wrong.
  public let message: String

  init(_ message: String) { self.message = message }

  /// The message.
  public var description: String { message }
}

extension AccessLogFormat {
  /// A piece of a format.
  enum Part: Sendable, Hashable {
    case text([UInt8])
    case atom(Atom)
    /// Names are lower case.
    case requestField([UInt8])
    case answerField([UInt8])
    case variable(Variable)

    static func parse(_ format: String) throws(AccessLogFormatError) -> [Part] {
      var parts: [Part] = []
      var text: [UInt8] = []
      var rest = format[...]
      while let character = rest.popFirst() {
        guard character == "%" else {
          // A line break would make two lines of one.
          text += character.isNewline ? [ASCII.space] : Array(character.utf8)
          continue
        }
        if rest.first == "%" {
          rest.removeFirst()
          text.append(0x25)
          continue
        }
        let part = try parseAtom(&rest)
        if !text.isEmpty { parts.append(.text(text)) }
        text = []
        parts.append(part)
      }
      if !text.isEmpty { parts.append(.text(text)) }
      return parts
    }

    /// `(name)s`, behind the percent sign.
    private static func parseAtom(_ rest: inout Substring) throws(AccessLogFormatError) -> Part {
      guard rest.popFirst() == "(", let end = rest.firstIndex(of: ")") else {
        throw AccessLogFormatError(
          "a percent sign is not followed by an atom such as %(h)s; write %% for the sign")
      }
      let name = String(rest[..<end])
      rest = rest[rest.index(after: end)...]
      guard let letter = rest.popFirst(), letter == "s" || letter == "d" else {
        throw AccessLogFormatError("the atom %(\(name)) does not end with s or d")
      }
      if name.hasPrefix("{"), let close = name.lastIndex(of: "}") {
        let field = name[name.index(after: name.startIndex)..<close].lowercased()
        switch name[name.index(after: close)...] {
        case "i": return .requestField(Array(field.utf8))
        case "o": return .answerField(Array(field.utf8))
        case "e": return .variable(Variable(field))
        default: break
        }
      } else if let atom = Atom(rawValue: name) {
        return .atom(atom)
      }
      throw AccessLogFormatError("there is no atom %(\(name))\(letter)")
    }
  }

  /// gunicorn's atoms of a letter.
  enum Atom: String, Sendable {
    case host = "h"
    case dash = "l"
    case user = "u"
    case time = "t"
    case requestLine = "r"
    case method = "m"
    case path = "U"
    case query = "q"
    case protocolVersion = "H"
    case status = "s"
    case byteCount = "b"
    case byteNumber = "B"
    case referer = "f"
    case userAgent = "a"
    case seconds = "T"
    case microseconds = "D"
    case milliseconds = "M"
    case decimalSeconds = "L"
    case process = "p"
  }

  /// What of the WSGI environ follows from the request.
  enum Variable: Sendable, Hashable {
    case requestMethod, scriptName, pathInfo, queryString, rawURI, serverProtocol, remoteAddress, remotePort
    case serverName, serverPort, urlScheme, requestID
    /// `HTTP_…`, `CONTENT_TYPE`, `CONTENT_LENGTH`: the field's name, lower case.
    case field([UInt8])
    case unknown

    /// - Parameter name: In lower case.
    init(_ name: String) {
      switch name {
      case "request_method": self = .requestMethod
      case "script_name": self = .scriptName
      case "path_info": self = .pathInfo
      case "query_string": self = .queryString
      case "raw_uri", "request_uri": self = .rawURI
      case "server_protocol": self = .serverProtocol
      case "remote_addr": self = .remoteAddress
      case "remote_port": self = .remotePort
      case "server_name": self = .serverName
      case "server_port": self = .serverPort
      case "wsgi.url_scheme": self = .urlScheme
      case "gale.request_id": self = .requestID
      case "content_type": self = .field(Array("content-type".utf8))
      case "content_length": self = .field(Array("content-length".utf8))
      default:
        guard name.hasPrefix("http_") else {
          self = .unknown
          return
        }
        self = .field(name.dropFirst(5).utf8.map { $0 == 0x5F ? 0x2D : $0 })
      }
    }
  }
}
