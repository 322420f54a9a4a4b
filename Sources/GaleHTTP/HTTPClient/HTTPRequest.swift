// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleWire

/// A request to be sent by a client: Tornado's `HTTPRequest`.
///
/// ```swift
/// var request = HTTPRequest("https://example.com/things", method: "POST", body: .text("a=b"))
/// request.requestTimeout = .seconds(5)
/// ```
///
/// Every option of ``HTTPRequestOptions`` is a property here too.
@dynamicMemberLookup
public struct HTTPRequest {
  /// Where to: an absolute `http` or `https` URL.
  ///
  /// A fragment is not sent; a user and a password in it are
  /// basic credentials.
  public var url: String
  /// The method, in upper case as a rule.
  public var method: String
  /// Fields to be sent.
  ///
  /// `Host`, `User-Agent`, `Accept-Encoding`, `Content-Length` and `Transfer-Encoding` are
  /// added where they are missing.
  public var headers: HTTPHeaders
  /// What is sent behind the header; `nil` for nothing.
  ///
  /// POST, PUT and PATCH must have one, if only an empty one; other methods must not, unless
  /// ``HTTPRequestOptions/allowsNonstandardMethods`` says so.
  public var body: HTTPRequestBody?
  private var box = OptionsBox.shared

  /// Creates a request whose options are the client's.
  public init(
    _ url: String, method: String = "GET", headers: HTTPHeaders = HTTPHeaders(), body: HTTPRequestBody? = nil
  ) {
    self.url = url
    self.method = method
    self.headers = headers
    self.body = body
  }

  /// How it is to be sent; what is `nil` in it is as the client's defaults say.
  public var options: HTTPRequestOptions {
    get { box.options }
    set { box = OptionsBox(newValue) }
  }

  /// An option.
  public subscript<Value>(dynamicMember path: WritableKeyPath<HTTPRequestOptions, Value>) -> Value {
    get { box.options[keyPath: path] }
    set { options[keyPath: path] = newValue }
  }

  /// Whether no option was ever set.
  var hasNoOptions: Bool { box === OptionsBox.shared }
}

/// Options out of line: most requests have none, and a request is copied more often than it is asked.
private final class OptionsBox: @unchecked Sendable {
  // @unchecked Sendable: the only one that threads share is `shared`, which holds nothing but `nil`.
  let options: HTTPRequestOptions
  static let shared = OptionsBox(HTTPRequestOptions())

  init(_ options: HTTPRequestOptions) { self.options = options }
}

/// What is sent behind a request's header.
public struct HTTPRequestBody: ExpressibleByStringLiteral {
  enum Storage {
    case bytes([UInt8])
    case file(String)
    case producer(length: Int?, (HTTPBodyWriter) async throws -> Void)
  }

  let storage: Storage

  private init(_ storage: Storage) { self.storage = storage }

  /// Text, in UTF-8.
  public init(stringLiteral text: String) { storage = .bytes(Array(text.utf8)) }

  /// These bytes.
  public static func bytes(_ bytes: [UInt8]) -> HTTPRequestBody { HTTPRequestBody(.bytes(bytes)) }

  /// Text, in UTF-8.
  public static func text(_ text: String) -> HTTPRequestBody { HTTPRequestBody(.bytes(Array(text.utf8))) }

  /// What is in a file, which goes out in pieces as the server takes them.
  ///
  /// Its length is that which it has when the request begins.
  public static func file(_ path: String) -> HTTPRequestBody { HTTPRequestBody(.file(path)) }

  /// What a function writes: Tornado's `body_producer`.
  ///
  /// - Parameters:
  ///   - length: How many bytes; `nil` sends chunks, unless the request has a Content-Length.
  ///   - produce: Called with the writer, on the client's loop; called again when the request is sent again
  ///     because of a redirect or a challenge. What it throws ends the fetch.
  public static func producer(
    length: Int? = nil, _ produce: @escaping (HTTPBodyWriter) async throws -> Void
  ) -> HTTPRequestBody {
    precondition(length ?? 0 >= 0, "a length is not negative")
    return HTTPRequestBody(.producer(length: length, produce))
  }
}

/// Takes a request's body, piece by piece.
public final class HTTPBodyWriter {
  private let send: ([UInt8]) async throws -> Void

  /// For engines: a writer whose bytes `send` takes.
  public init(_ send: @escaping ([UInt8]) async throws -> Void) { self.send = send }

  /// Sends a piece, and returns when the kernel has it: that holds a fast producer back.
  /// - Throws: ``HTTPClientError`` when the server went away, has answered already, or was promised fewer bytes.
  public func write(_ bytes: [UInt8]) async throws {
    if !bytes.isEmpty { try await send(bytes) }
  }

  /// Sends text, in UTF-8.
  public func write(_ text: String) async throws { try await write(Array(text.utf8)) }
}
