// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Gale

struct Send: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Sends files.")

  @Option(help: "Where the server is.")
  var url = "http://localhost:8888"

  @Flag(help: "Send each file as a request of its own, instead of all in one form.")
  var put = false

  @Argument(help: "The files.")
  var files: [String]

  func run() throws {
    try IOLoop.current.runSync {
      let files = try files.map { try LocalFile($0) }
      for request in put ? try files.map({ try $0.putRequest(to: url) }) : [try postRequest(files, to: url)] {
        print(try await AsyncHTTPClient.current.fetch(request).text, terminator: "")
      }
      AsyncHTTPClient.current.close()
    }
  }
}

/// A file to be sent.
struct LocalFile {
  let path: String
  let name: String
  let count: Int

  init(_ path: String) throws {
    self.path = path
    name = URL(fileURLWithPath: path).lastPathComponent
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    guard let size = attributes[.size] as? Int, attributes[.type] as? FileAttributeType == .typeRegular else {
      throw ValidationError("\(path) is no file")
    }
    count = size
  }

  var contentType: String { MIMEType.contentType(forPath: name) }

  /// Writes the file's content, piece by piece.
  ///
  /// A piece is read while the one before it is with the server, and no more is in memory.
  func write(to writer: HTTPBodyWriter) async throws {
    let loop = IOLoop.current
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    defer { try? file.close() }
    while true {
      let piece = try await loop.runInExecutor { () throws -> [UInt8] in
        try file.read(upToCount: 65536).map { [UInt8]($0) } ?? []
      }
      guard !piece.isEmpty else { return }
      try await writer.write(piece)
    }
  }

  /// A request whose body is the file.
  func putRequest(to url: String) throws -> HTTPRequest {
    let name = urlEscape(self.name, plus: false)
    var request = HTTPRequest(
      "\(url)/\(name)", method: "PUT", body: .producer(length: count) { try await write(to: $0) })
    try request.headers.set("Content-Type", contentType)
    request.requestTimeout = .zero
    request.idleTimeout = .seconds(30)
    return request
  }
}

/// A request whose body is a form with all files.
func postRequest(_ files: [LocalFile], to url: String) throws -> HTTPRequest {
  // 128 random bits: no file has it inside.
  let boundary = (0..<2).map { _ in String(UInt64.random(in: 0 ... .max), radix: 16) }.joined()
  let parts = files.map { (head: partHead($0, boundary), file: $0) }
  let end = Array("--\(boundary)--\r\n".utf8)
  let length = parts.reduce(end.count) { $0 + $1.head.count + $1.file.count + 2 }
  var request = HTTPRequest(
    "\(url)/post", method: "POST",
    body: .producer(length: length) { writer in
      for part in parts {
        try await writer.write(part.head)
        try await part.file.write(to: writer)
        try await writer.write("\r\n")
      }
      try await writer.write(end)
    })
  try request.headers.set("Content-Type", "multipart/form-data; boundary=\(boundary)")
  request.requestTimeout = .zero
  request.idleTimeout = .seconds(30)
  return request
}

private func partHead(_ file: LocalFile, _ boundary: String) -> [UInt8] {
  // As browsers do it (the HTML standard's multipart form data): these three are escaped.
  let name = file.name.replacing("\"", with: "%22").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
  return Array(
    "--\(boundary)\r\nContent-Disposition: form-data; name=\"files\"; filename=\"\(name)\"\r\n".utf8)
    + Array("Content-Type: \(file.contentType)\r\n\r\n".utf8)
}
