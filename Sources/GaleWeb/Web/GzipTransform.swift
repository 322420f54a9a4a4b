// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleHTTP
public import GaleWire
import GaleCore

/// Compresses answers for clients that take gzip: Tornado's `GZipContentEncoding`.
///
/// On with ``Application/Settings/compressesResponse``. Texts of 1 KiB and more are compressed, and those of unknown length
/// that are sent in pieces; nothing that is encoded already, and no part of a file. `Vary` says that the answer depends on
/// `Accept-Encoding`, and an entity tag becomes a weak one: the bytes are others than without compression.
///
/// A page that holds a secret beside something that its reader can choose betrays the secret by its length when it is
/// compressed (BREACH). XSRF tokens are masked for this reason.
public final class GzipTransform: OutputTransform {
  /// Types that are compressed besides `text/…`.
  public static let contentTypes: Set<String> = [
    "application/javascript", "application/x-javascript", "application/xml", "application/atom+xml",
    "application/json", "application/xhtml+xml", "image/svg+xml",
  ]
  /// How hard it tries, of 9.
  public static let level = 6
  /// Bodies with fewer bytes are not worth it.
  public static let minLength = 1024

  private let isAccepted: Bool
  private var deflater: Deflater?
  /// Whether the answer is compressed.
  public var changesBody: Bool { deflater != nil }

  /// Creates the transform of the answer to `request`.
  public init(_ request: HTTPServerRequest) {
    isAccepted = request.headers["Accept-Encoding"].map(GzipTransform.acceptsGzip) ?? false
  }

  /// Says that the answer depends on `Accept-Encoding`, and compresses it when that is worth it.
  public func transformFirstChunk(
    _ status: inout Int, _ headers: inout HTTPHeaders, _ chunk: [UInt8], isLast: Bool
  ) throws -> [UInt8] {
    try GzipTransform.addVary(&headers)
    guard isAccepted, isWorthIt(status, headers, isLast ? chunk.count : nil) else { return chunk }
    try headers.set("Content-Encoding", "gzip")
    if let tag = headers["Etag"], !tag.hasPrefix("W/") { try headers.set("Etag", "W/" + tag) }
    deflater = Deflater(.gzip, level: GzipTransform.level)
    let compressed = try transformChunk(chunk, isLast: isLast)
    if headers.contains("Content-Length") {
      if isLast {
        try headers.set("Content-Length", String(compressed.count))
      } else {
        headers.remove("Content-Length")
      }
    }
    return compressed
  }

  /// Compresses a piece; what comes out of it can be read at once.
  public func transformChunk(_ chunk: [UInt8], isLast: Bool) throws -> [UInt8] {
    guard let deflater, isLast || !chunk.isEmpty else { return chunk }
    let output = ByteBuffer(capacity: chunk.count / 2 + 64)
    deflater.deflate(chunk.span, into: output, flush: isLast ? .finish : .sync)
    return output.take(output.count)
  }

  private func isWorthIt(_ status: Int, _ headers: HTTPHeaders, _ byteCount: Int?) -> Bool {
    guard !HTTPStatus(status).forbidsBody, status != 206, !headers.contains("Content-Encoding"),
      !headers.contains("Content-Range")
    else { return false }
    let type = headers["Content-Type"].map { $0.prefix { $0 != ";" }.lowercased() } ?? ""
    guard type.hasPrefix("text/") || GzipTransform.contentTypes.contains(type) else { return false }
    let count = byteCount ?? headers["Content-Length"].flatMap { Int($0) }
    return count.map { $0 >= GzipTransform.minLength } ?? true
  }

  private static func addVary(_ headers: inout HTTPHeaders) throws {
    guard let vary = headers["Vary"], !vary.isEmpty else { return try headers.set("Vary", "Accept-Encoding") }
    let names = vary.split(separator: ",").map { $0.lowercased().filter { $0 != " " } }
    guard !names.contains("*"), !names.contains("accept-encoding") else { return }
    try headers.set("Vary", vary + ", Accept-Encoding")
  }

  /// Whether an `Accept-Encoding` field takes gzip, and does not prefer the bytes as they are (RFC 9110, section
  /// 12.5.3).
  static func acceptsGzip(_ field: String) -> Bool {
    let qualities = ContentCodingQualities(field)
    let gzip = qualities.quality(of: "gzip")
    return gzip > 0 && gzip >= qualities.identity
  }
}
