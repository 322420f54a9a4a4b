// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop
import GaleCore
import GaleWire
import Logging

/// A log with a line for each request, in a form of its own and written aside: for
/// ``HTTPServerConfiguration/accessLog``.
///
/// ```swift
/// var configuration = HTTPServerConfiguration()
/// configuration.accessLog = AccessLog(.combined, to: try LogWriter(path: "access.log"), excluding: ["/health"])
/// ```
///
/// Without it, requests are logged through swift-log, by the logger `gale.access`.
public final class AccessLog: Sendable {
  /// What lines look like.
  public let format: AccessLogFormat
  /// Where they go.
  public let writer: LogWriter
  /// Paths whose requests are not logged, as they were sent; one that ends with `*` stands for all that begin so.
  public let excludedPaths: [String]
  /// Requests that took less are not logged.
  public let minimumDuration: Duration
  /// Requests with a lower status are not logged; 0 for none.
  public let minimumStatus: Int
  private let excluded: [(bytes: [UInt8], isPrefix: Bool)]

  /// Describes a log.
  public init(
    _ format: AccessLogFormat = .combined, to writer: LogWriter, excluding excludedPaths: [String] = [],
    minimumDuration: Duration = .zero, minimumStatus: Int = 0
  ) {
    self.format = format
    self.writer = writer
    self.excludedPaths = excludedPaths
    self.minimumDuration = minimumDuration
    self.minimumStatus = minimumStatus
    excluded = excludedPaths.map { path in
      path.hasSuffix("*") ? (Array(path.dropLast().utf8), true) : (Array(path.utf8), false)
    }
  }

  func record(_ request: HTTPServerRequest, _ line: AccessLineBuilder) {
    let duration = request.requestTime
    guard duration >= minimumDuration, request.responseStatus >= minimumStatus, !isExcluded(request) else {
      return
    }
    line.clear()
    if writer.takesPriorities {
      let status = request.responseStatus
      line.append(status < 400 ? "<6>" as StaticString : status < 500 ? "<4>" : "<3>")
    }
    let moment = AccessMoment(wall: System.wallNanoseconds, duration: duration.clampedNanoseconds)
    format.write(request, moment, to: line)
    line.append(ASCII.lineFeed)
    let bytes = line.bytes
    writer.write(bytes.span)
  }

  private func isExcluded(_ request: HTTPServerRequest) -> Bool {
    guard !excluded.isEmpty else { return false }
    return request.withPath { path in
      excluded.contains { entry in
        guard entry.isPrefix ? path.count >= entry.bytes.count : path.count == entry.bytes.count else {
          return false
        }
        for at in entry.bytes.indices where path[at] != entry.bytes[at] { return false }
        return true
      }
    }
  }
}

extension HTTPServerRequest {
  /// Writes the access log's line: that of the server's ``AccessLog``, or like Tornado's `log_request`
  /// `200 GET / (127.0.0.1) 0.42ms` to the logger `gale.access`.
  package func logAccess() {
    if let log = context.configuration.accessLog { return log.record(self, context.accessLine) }
    let status = responseStatus
    let level: Logger.Level = status < 400 ? .info : status < 500 ? .warning : .error
    guard HTTPLog.access.logLevel <= level else { return }
    let hundredths = requestTime.clampedNanoseconds / 10_000
    let fraction = String(hundredths % 100)
    HTTPLog.access.log(
      level: level,
      "\(status) \(summary) \(hundredths / 100).\(fraction.count < 2 ? "0" : "")\(fraction)ms")
  }

  /// Keeps the fields of the answer for the access log, if its lines tell of any.
  @inline(__always)
  func noteAnswer(_ headers: HTTPHeaders, contentLength: Int? = nil) {
    if context.keepsAnswerHeaders { keepAnswer(headers, contentLength) }
  }

  @inline(never)
  private func keepAnswer(_ headers: HTTPHeaders, _ contentLength: Int?) {
    var headers = headers
    if let contentLength, !headers.has("Content-Length") {
      headers.append("Content-Length", decimal: contentLength)
    }
    answerHeaders = headers
  }
}
