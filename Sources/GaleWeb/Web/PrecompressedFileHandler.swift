// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWire

/// A ``StaticFileHandler`` that sends `app.js.br`, `app.js.zst` or `app.js.gz` in place of `app.js` to clients that take
/// it (RFC 9110, section 12.5.3).
///
/// What the client likes best is sent; when it does not care, the first of these three. Such a file must lie below the
/// directory like any other and be no older than the file that it stands for: what was forgotten when a file changed is
/// not sent. It has an entity tag of its own, and ranges are ranges of what is sent.
open class PrecompressedFileHandler: StaticFileHandler {
  /// The codings in the order in which they are preferred, with the endings of their files.
  private static let codings = [("br", ".br"), ("zstd", ".zst"), ("gzip", ".gz")]

  private var plainPath = ""
  private var coding: String?
  private var hasVariants = false

  /// The file itself, or the compressed one that stands for it.
  open override func validateAbsolutePath(_ root: String, _ absolutePath: String) throws -> String? {
    guard let plain = try super.validateAbsolutePath(root, absolutePath) else { return nil }
    plainPath = plain
    guard let status = FileStatus(path: plain) else { return plain }
    let qualities = ContentCodingQualities(request.headers["Accept-Encoding"] ?? "")
    var best: (quality: Double, coding: String, path: String)?
    for (coding, ending) in Self.codings {
      guard let path = Self.variant(of: plain, ending, below: root, notBefore: status) else { continue }
      hasVariants = true
      let quality = qualities.quality(of: coding)
      if quality > 0, quality >= qualities.identity, quality > best?.quality ?? 0 {
        best = (quality, coding, path)
      }
    }
    coding = best?.coding
    return best?.path ?? plain
  }

  /// That of the file itself.
  open override func contentType() -> String { MIMEType.contentType(forPath: plainPath) }

  open override func setHeaders() throws {
    try super.setHeaders()
    if hasVariants { try setHeader("Vary", "Accept-Encoding") }
    if let coding { try setHeader("Content-Encoding", coding) }
  }

  private static func variant(
    of path: String, _ ending: String, below root: String, notBefore original: FileStatus
  ) -> String? {
    // One that leads outside is as good as none; most are not there.
    guard FileStatus(path: path + ending) != nil,
      let found = try? StaticFile.find(path + ending, below: root), found.status.isRegular
    else {
      return nil
    }
    let (status, isNewer) = (found.status, found.status.modifiedSeconds > original.modifiedSeconds)
    let isAsNew =
      status.modifiedSeconds == original.modifiedSeconds
      && status.modifiedNanoseconds >= original.modifiedNanoseconds
    return isNewer || isAsNew ? found.path : nil
  }
}
