// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import Glibc

/// When a request was answered, and how long that took.
struct AccessMoment {
  /// Unix time of the end.
  let wall: Int64
  let duration: Int64

  var microseconds: Int { Int(duration / 1000) }
}

extension AccessLogFormat {
  /// Writes the line of a request, without its line break.
  func write(_ request: HTTPServerRequest, _ moment: AccessMoment, to line: AccessLineBuilder) {
    switch form {
    case .parts(let parts): for part in parts { AccessLogFormat.write(part, request, moment, to: line) }
    case .tornado: AccessLogFormat.writeTornado(request, moment, to: line)
    case .json: AccessLogFormat.writeJSON(request, moment, to: line)
    }
  }

  private static func write(
    _ part: Part, _ request: HTTPServerRequest, _ moment: AccessMoment, to line: AccessLineBuilder
  ) {
    switch part {
    case .text(let text): line.append(text)
    case .atom(let atom): write(atom, request, moment, to: line)
    case .requestField(let name): writeField(name, request.head, to: line)
    case .answerField(let name): writeField(name, request.answerHeaders, to: line)
    case .variable(let variable): write(variable, request, to: line)
    }
  }

  private static func write(
    _ atom: Atom, _ request: HTTPServerRequest, _ moment: AccessMoment, to line: AccessLineBuilder
  ) {
    let head = request.head
    switch atom {
    case .dash: line.append(ASCII.hyphen)
    case .host: line.append(request.remoteAddress)
    case .user: writeOrDash(user(of: head), to: line)
    case .time: line.appendClock(moment.wall)
    case .requestLine:
      write(head, head.method, to: line)
      line.append(ASCII.space)
      writeTarget(request, to: line)
      line.append(ASCII.space)
      line.append(version(of: head))
    case .method: write(head, head.method, to: line)
    case .path: writePath(request, to: line)
    case .query: writeQuery(request, to: line)
    case .protocolVersion: line.append(version(of: head))
    case .status: line.append(decimal: request.responseStatus)
    case .byteCount, .byteNumber: line.append(decimal: request.responseByteCount)
    case .referer: writeField(AccessLogFormat.refererName, head, to: line)
    case .userAgent: writeField(AccessLogFormat.userAgentName, head, to: line)
    case .seconds: line.append(decimal: moment.microseconds / 1_000_000)
    case .microseconds: line.append(decimal: moment.microseconds)
    case .milliseconds: line.append(decimal: moment.microseconds / 1000)
    case .decimalSeconds: writeSeconds(moment, to: line)
    case .process:
      line.append(0x3C)
      line.append(decimal: Int(getpid()))
      line.append(0x3E)
    }
  }

  private static let refererName = Array("referer".utf8)
  private static let userAgentName = Array("user-agent".utf8)

  private static func writeSeconds(_ moment: AccessMoment, to line: AccessLineBuilder) {
    line.append(decimal: moment.microseconds / 1_000_000)
    line.append(0x2E)
    line.append(decimal: moment.microseconds % 1_000_000, width: 6)
  }

  private static func version(of head: RequestHead) -> StaticString {
    if head.traits.contains(.http2) { return "HTTP/2.0" }
    return head.traits.contains(.http11) ? "HTTP/1.1" : "HTTP/1.0"
  }

  // MARK: - Pieces of the head

  private static func write(_ head: RequestHead, _ range: Range<Int>, to line: AccessLineBuilder) {
    let bytes = head.bytes
    line.append(escaped: bytes.span.extracting(range))
  }

  private static func writeTarget(_ request: HTTPServerRequest, to line: AccessLineBuilder) {
    let head = request.head
    guard request.hidesQuery else { return write(head, head.target, to: line) }
    write(head, request.shownTarget, to: line)
    line.append("..." as StaticString)
  }

  private static func writeQuery(_ request: HTTPServerRequest, to line: AccessLineBuilder) {
    guard request.hidesQuery else { return write(request.head, request.head.query, to: line) }
    line.append("..." as StaticString)
  }

  private static func writeOrDash(_ bytes: [UInt8]?, to line: AccessLineBuilder) {
    guard let bytes else { return line.append(ASCII.hyphen) }
    line.append(escaped: bytes.span)
  }

  /// The decoded path, as PEP 3333's PATH_INFO.
  private static func writePath(_ request: HTTPServerRequest, to line: AccessLineBuilder) {
    let head = request.head
    guard !head.path.isEmpty else { return line.append(ASCII.slash) }
    let bytes = head.bytes
    let path = bytes.span.extracting(head.path)
    for at in path.indices where path[at] == ASCII.percent {
      return line.append(escaped: urlUnescapeBytes(path, plus: false).span)
    }
    line.append(escaped: path)
  }

  /// The value of the last field of that name; several are rare, and gunicorn keeps the last.
  private static func writeField(_ name: [UInt8], _ head: RequestHead, to line: AccessLineBuilder) {
    guard let range = head.lastValue(of: name) else { return line.append(ASCII.hyphen) }
    write(head, range, to: line)
  }

  private static func writeField(_ name: [UInt8], _ headers: HTTPHeaders?, to line: AccessLineBuilder) {
    writeOrDash(headers?.values(String(decoding: name, as: UTF8.self)).last.map { Array($0.utf8) }, to: line)
  }

  /// Who HTTP's basic authentication says it is (RFC 7617).
  static func user(of head: RequestHead) -> [UInt8]? {
    guard let range = head.lastValue(of: AccessLogFormat.authorizationName), range.count > 6 else {
      return nil
    }
    let value = head.bytes[range]
    guard value.prefix(6).map(\.asciiLowercased) == Array("basic ".utf8) else { return nil }
    let trimmed = value.dropFirst(6).filter { $0 != ASCII.space }
    guard let credentials = Base64.decode(trimmed.span) else { return nil }
    let user = credentials.prefix { $0 != ASCII.colon }
    return String(validating: user, as: UTF8.self).map { Array($0.utf8) }
  }

  private static let authorizationName = Array("authorization".utf8)

  private static func write(_ variable: Variable, _ request: HTTPServerRequest, to line: AccessLineBuilder) {
    let head = request.head
    switch variable {
    case .requestMethod: write(head, head.method, to: line)
    case .scriptName: line.append(escaped: urlUnescapeBytes(request.mountPath, plus: false).span)
    case .pathInfo: writePath(request, to: line)
    case .queryString: writeQuery(request, to: line)
    case .rawURI: writeTarget(request, to: line)
    case .serverProtocol: line.append(version(of: head))
    case .remoteAddress: line.append(request.remoteAddress)
    case .remotePort: line.append(decimal: Int(request.remoteAddress.port))
    case .serverName: line.append(escaped: Array((request.context.listenAddress?.host ?? "").utf8).span)
    case .serverPort: line.append(decimal: Int(request.context.listenAddress?.port ?? 0))
    case .urlScheme: line.append(escaped: Array(request.protocol.utf8).span)
    case .requestID: line.append(request.id.description)
    case .field(let name): writeField(name, head, to: line)
    case .unknown: line.append(ASCII.hyphen)
    }
  }

  // MARK: - Ready-made forms

  private static func writeTornado(
    _ request: HTTPServerRequest, _ moment: AccessMoment, to line: AccessLineBuilder
  ) {
    let status = request.responseStatus
    line.append(status < 400 ? "[I " as StaticString : status < 500 ? "[W " : "[E ")
    line.appendTornadoTime(moment.wall)
    line.append(" access] " as StaticString)
    line.append(decimal: status)
    line.append(ASCII.space)
    write(.method, request, moment, to: line)
    line.append(ASCII.space)
    writeTarget(request, to: line)
    line.append(" (" as StaticString)
    line.append(request.remoteAddress)
    line.append(") " as StaticString)
    line.append(decimal: moment.microseconds / 1000)
    line.append(0x2E)
    line.append(decimal: moment.microseconds / 10 % 100, width: 2)
    line.append("ms" as StaticString)
  }

  private static func writeJSON(
    _ request: HTTPServerRequest, _ moment: AccessMoment, to line: AccessLineBuilder
  ) {
    let head = request.head
    let bytes = head.bytes
    func text(_ key: StaticString, _ range: Range<Int>?) {
      line.append(key)
      guard let range else { return line.append("null" as StaticString) }
      line.append(json: bytes.span.extracting(range))
    }
    line.append(#"{"time":""# as StaticString)
    line.appendTimestamp(moment.wall)
    line.append(#"","remote":""# as StaticString)
    line.append(request.remoteAddress)
    line.append(#"","user":"# as StaticString)
    if let user = user(of: head) { line.append(json: user.span) } else { line.append("null" as StaticString) }
    text(#","method":"#, head.method)
    line.append(#","host":"# as StaticString)
    line.append(json: Array(request.host.utf8).span)
    line.append(#","path":"# as StaticString)
    if head.path.isEmpty {
      line.append(#""/""# as StaticString)
    } else {
      line.append(json: bytes.span.extracting(head.path))
    }
    if request.hidesQuery {
      line.append(##","query":"...""## as StaticString)
    } else {
      text(#","query":"#, head.query)
    }
    line.append(#","protocol":""# as StaticString)
    line.append(version(of: head))
    line.append(#"","status":"# as StaticString)
    line.append(decimal: request.responseStatus)
    line.append(#","bytes":"# as StaticString)
    line.append(decimal: request.responseByteCount)
    line.append(#","duration":"# as StaticString)
    writeSeconds(moment, to: line)
    text(#","referer":"#, head.lastValue(of: refererName))
    text(#","user_agent":"#, head.lastValue(of: userAgentName))
    line.append(#","request_id":""# as StaticString)
    line.append(request.id.description)
    line.append(#"","pid":"# as StaticString)
    line.append(decimal: Int(getpid()))
    line.append(0x7D)
  }
}

extension RequestHead {
  /// Where the value of the last field called `name` stands, which is lower case.
  func lastValue(of name: [UInt8]) -> Range<Int>? {
    let block = self.bytes
    let bytes = block.span
    let wanted = name.span
    let fields = self.fields
    search: for index in fields.indices.reversed() {
      let field = fields[index]
      guard Int(field.nameCount) == wanted.count, !field.isRemoved else { continue }
      let start = Int(field.nameStart)
      for at in wanted.indices where bytes[start + at].asciiLowercased != wanted[at] { continue search }
      return field.value
    }
    return nil
  }
}
