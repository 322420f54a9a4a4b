// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleHTTP
public import GaleWire
import GaleCore

/// Compresses answers for clients that take that: Tornado's `GZipContentEncoding`, and brotli and Zstandard too.
///
/// The client's `Accept-Encoding` says which coding, and ``Application/Settings/responseCodings`` where that leaves a choice.
///
/// On with ``Application/Settings/compressesResponse``. Texts of 1 KiB and more are compressed, and those of unknown length
/// that are sent in pieces; nothing that is encoded already, and no part of a file. `Vary` says that the answer depends on
/// `Accept-Encoding`, and an entity tag becomes a weak one, the same for each coding: the bytes are others than without
/// compression, what they mean is the same.
///
/// A page that holds a secret beside something that its reader can choose betrays the secret by its length when it is
/// compressed (BREACH). XSRF tokens are masked for this reason.
public final class CompressionTransform: OutputTransform {
  /// Types that are compressed besides `text/…`.
  public static let contentTypes: Set<String> = [
    "application/javascript", "application/x-javascript", "application/xml", "application/atom+xml",
    "application/json", "application/xhtml+xml", "image/svg+xml",
  ]
  /// Bodies with fewer bytes are not worth it.
  public static let minLength = 1024

  private let coding: ContentCoding?
  private var encoder: ContentEncoder?
  /// Whether the answer is compressed.
  public var changesBody: Bool { encoder != nil }

  /// Creates the transform of the answer to `request`.
  /// - Parameter codings: What can be had, the best first.
  public init(_ request: HTTPServerRequest, codings: [ContentCoding] = Application.Settings().responseCodings)
  {
    coding = request.headers["Accept-Encoding"].flatMap {
      ContentCoding.preferred(by: $0, among: codings)
    }
  }

  /// Says that the answer depends on `Accept-Encoding`, and compresses it when that is worth it.
  public func transformFirstChunk(
    _ status: inout Int, _ headers: inout HTTPHeaders, _ chunk: [UInt8], isLast: Bool
  ) throws -> [UInt8] {
    try CompressionTransform.addVary(&headers)
    guard let coding, isWorthIt(status, headers, isLast ? chunk.count : nil) else { return chunk }
    try headers.set("Content-Encoding", coding.rawValue)
    if let tag = headers["Etag"], !tag.hasPrefix("W/") { try headers.set("Etag", "W/" + tag) }
    encoder = ContentEncoder(coding, byteCount: isLast ? chunk.count : nil)
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
    guard let encoder, isLast || !chunk.isEmpty else { return chunk }
    let output = ByteBuffer(capacity: chunk.count / 2 + 64)
    encoder.encode(chunk.span, into: output, flush: isLast ? .finish : .sync)
    return output.take(output.count)
  }

  private func isWorthIt(_ status: Int, _ headers: HTTPHeaders, _ byteCount: Int?) -> Bool {
    guard !HTTPStatus(status).forbidsBody, status != 206, !headers.contains("Content-Encoding"),
      !headers.contains("Content-Range")
    else { return false }
    let type = headers["Content-Type"].map { $0.prefix { $0 != ";" }.lowercased() } ?? ""
    guard type.hasPrefix("text/") || CompressionTransform.contentTypes.contains(type) else { return false }
    let count = byteCount ?? headers["Content-Length"].flatMap { Int($0) }
    return count.map { $0 >= CompressionTransform.minLength } ?? true
  }

  static func addVary(_ headers: inout HTTPHeaders) throws {
    guard let vary = headers["Vary"], !vary.isEmpty else { return try headers.set("Vary", "Accept-Encoding") }
    let names = vary.split(separator: ",").map { $0.lowercased().filter { $0 != " " } }
    guard !names.contains("*"), !names.contains("accept-encoding") else { return }
    try headers.set("Vary", vary + ", Accept-Encoding")
  }
}
