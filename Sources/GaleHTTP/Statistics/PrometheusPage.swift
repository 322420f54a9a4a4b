// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Puts a page of metrics together: Prometheus's text format, version 0.0.4.
public struct PrometheusPage: Sendable {
  /// What a metric is.
  public enum Kind: String, Sendable {
    /// It only grows.
    case counter
    /// It goes up and down.
    case gauge
    /// How often what values came.
    case histogram
  }

  /// The `Content-Type` of the page.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"
  /// The page so far.
  public private(set) var text = ""

  /// An empty page.
  public init() {}

  /// Begins a metric, whose samples follow.
  public mutating func metric(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(PrometheusPage.escape(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
  }

  /// A value of a metric.
  public mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
    text += name
    if !labels.isEmpty {
      let pairs = labels.map { "\($0)=\"\(PrometheusPage.escape($1, quotes: true))\"" }
      text += "{" + pairs.joined(separator: ",") + "}"
    }
    text += " \(PrometheusPage.describe(value))\n"
  }

  /// A value of a metric.
  public mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Int) {
    sample(name, labels, Double(value))
  }

  /// A metric with one value.
  public mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
    metric(name, kind, help)
    sample(name, [], value)
  }

  private static func describe(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    guard let whole = Int64(exactly: value) else { return "\(value)" }
    return String(whole)
  }

  private static func escape(_ text: String, quotes: Bool) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}

extension PrometheusPage {
  /// What servers have counted.
  public mutating func add(_ counts: HTTPStatisticsSnapshot) {
    metric(
      "gale_http_requests_total", .counter, "Requests that were answered, by method and class of the status.")
    for method in StatisticsLayout.methods {
      for (index, name) in StatisticsLayout.classes.enumerated() {
        let count = counts.requestCount(method: method, statusClass: index)
        // GET 2xx is always there, so that a rate can be computed from the first request on.
        guard count > 0 || method == "GET" && index == 2 else { continue }
        sample("gale_http_requests_total", [("method", method), ("status", name)], count)
      }
    }
    histogram(
      "gale_http_request_duration_seconds", "Time from a request's head to the end of its answer.",
      counts.durations, sum: counts.durationSum)
    single(
      "gale_http_received_bytes_total", .counter, "Bytes from clients.", Double(counts.receivedByteCount))
    single("gale_http_sent_bytes_total", .counter, "Bytes to clients.", Double(counts.sentByteCount))
    single("gale_http_accepted_connections_total", .counter, "Connections.", Double(counts.acceptedCount))
    single(
      "gale_http_refused_messages_total", .counter, "Messages that could not be understood.",
      Double(counts.refusedCount))
    single("gale_http_connections", .gauge, "Connections that are open.", Double(counts.connectionCount))
    single(
      "gale_http_requests_in_flight", .gauge, "Requests that are being answered.",
      Double(counts.inFlightCount))
    single(
      "gale_loop_lag_seconds_total", .counter,
      "How late the loops came to what was due, measured each second.",
      counts.lagSum / .seconds(1))
    single(
      "gale_loop_lag_measurements_total", .counter, "How many times that was measured.",
      Double(counts.lagCount))
    histogram(
      "gale_loop_lag_seconds", "How late the loops came to what was due, measured each second.", counts.lags,
      sum: counts.lagSum)
  }

  /// A metric with how many values came up to each bound, the last having none, and their sum.
  package mutating func histogram(
    _ name: String, _ help: String, _ buckets: [(upperBound: Duration?, count: Int)], sum: Duration
  ) {
    metric(name, .histogram, help)
    var total = 0
    for bucket in buckets {
      total += bucket.count
      let bound = bucket.upperBound.map { PrometheusPage.describe($0 / .seconds(1)) } ?? "+Inf"
      sample("\(name)_bucket", [("le", bound)], total)
    }
    sample("\(name)_sum", [], sum / .seconds(1))
    sample("\(name)_count", [], total)
  }
}
