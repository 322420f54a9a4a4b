// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop
public import GaleWire

/// How a request is sent and its answer taken: the keyword arguments of Tornado's `HTTPRequest`.
///
/// What is `nil` is as in the client's ``HTTPClientConfiguration/defaults``, and if it is `nil` there too, as the
/// property says. A time of zero is no limit.
public struct HTTPRequestOptions {
  // MARK: - Times

  /// How long it may take until the connection is there, the time in the client's queue and the TLS handshake
  /// included; 20 seconds.
  public var connectTimeout: Duration?
  /// How long a TLS handshake may take, inside of ``connectTimeout``; no limit of its own.
  public var tlsTimeout: Duration?
  /// How long the answer's first byte may take after the request was sent; no limit.
  public var responseTimeout: Duration?
  /// How long nothing may move: no byte of the answer come, and no byte of the request be taken; no limit.
  public var idleTimeout: Duration?
  /// How long all of it may take, from the call on, redirects included; 20 seconds.
  public var requestTimeout: Duration?

  // MARK: - Redirects and credentials

  /// Whether redirects are followed; yes.
  public var followsRedirects: Bool?
  /// How many, at the most; 5.
  ///
  /// The answer behind the last one is returned, whatever it is.
  public var maxRedirects: Int?
  /// Who we are: Tornado's `auth_username`, `auth_password` and `auth_mode`.
  ///
  /// Nobody.
  ///
  /// A redirect to another origin does not get them.
  public var credentials: HTTPCredentials?

  // MARK: - Fields

  /// The value of `If-Modified-Since`; none.
  public var ifModifiedSince: HTTPDate?
  /// The value of `User-Agent`, if the header has none; `Gale/` and the version.
  ///
  /// Empty for no such field.
  public var userAgent: String?
  /// Whether compressed answers are asked for (gzip, deflate, brotli, Zstandard) and taken apart; yes.
  ///
  /// A body that was compressed has its coding in `X-Consumed-Content-Encoding` afterwards.
  public var decompressesResponse: Bool?
  /// Whether the body is sent only once the server has said that it wants it (`Expect: 100-continue`); no.
  ///
  /// A server that says nothing for a second gets it too.
  public var expectsContinue: Bool?
  /// Whether any method goes, with or without a body; no.
  public var allowsNonstandardMethods: Bool?

  // MARK: - The way there

  /// The proxy to use; none.
  ///
  /// ``HTTPProxySelection/environment`` asks the environment's variables.
  public var proxy: HTTPProxySelection?
  /// The numeric address of this machine to connect from; any.
  public var networkInterface: String?
  /// Whether IPv6 addresses are used; yes.
  public var allowsIPv6: Bool?
  /// Where to connect, whatever the URL says, as for a server on a Unix socket; as the URL says.
  public var address: SocketAddress?
  /// Whether the connection may be kept for another request, and one that was kept be used; yes.
  public var keepsAlive: Bool?

  #if TLS
  /// How to speak TLS; overrides the four below.
  ///
  /// Tornado's `ssl_options`.
  public var tls: TLSContext?
  /// Whether the server's certificate must be valid, and for its name; yes.
  public var validatesCertificate: Bool?
  /// A PEM file with the certificates to believe: Tornado's `ca_certs`.
  ///
  /// The system's.
  public var authoritiesFile: String?
  /// A PEM file with the certificate that says who we are: Tornado's `client_cert`.
  ///
  /// None.
  public var certificateFile: String?
  /// A PEM file with its private key; the certificate's.
  ///
  /// Tornado's `client_key`.
  public var privateKeyFile: String?
  #endif

  // MARK: - The answer

  /// The most bytes that the answer's body may have, decompressed; the client's ``HTTPClientConfiguration/maxBodySize``.
  public var maxBodySize: Int?
  /// Takes the body's bytes as they come, instead of ``HTTPResponse/body``.
  ///
  /// While it waits, the server is held back.
  ///
  /// Not called for an answer that is followed by another: a redirect, a challenge.
  public var streamingCallback: (([UInt8]) async throws -> Void)?
  /// Takes each line of the answer's head as it came, with its end: the status line, the fields, the empty line.
  ///
  /// Not called for an answer that is followed by another.
  public var headerCallback: ((String) -> Void)?
  /// Takes the answer when its head is there, before any of its body.
  var headReceived: ((HTTPResponse) -> Void)?

  /// Nothing but `nil`.
  public init() {}

  /// These options, and for what is `nil` those of `defaults`.
  func merged(over defaults: HTTPRequestOptions) -> HTTPRequestOptions {
    var result = self
    result.connectTimeout = connectTimeout ?? defaults.connectTimeout
    result.tlsTimeout = tlsTimeout ?? defaults.tlsTimeout
    result.responseTimeout = responseTimeout ?? defaults.responseTimeout
    result.idleTimeout = idleTimeout ?? defaults.idleTimeout
    result.requestTimeout = requestTimeout ?? defaults.requestTimeout
    result.followsRedirects = followsRedirects ?? defaults.followsRedirects
    result.maxRedirects = maxRedirects ?? defaults.maxRedirects
    result.credentials = credentials ?? defaults.credentials
    result.ifModifiedSince = ifModifiedSince ?? defaults.ifModifiedSince
    result.userAgent = userAgent ?? defaults.userAgent
    result.decompressesResponse = decompressesResponse ?? defaults.decompressesResponse
    result.expectsContinue = expectsContinue ?? defaults.expectsContinue
    result.allowsNonstandardMethods = allowsNonstandardMethods ?? defaults.allowsNonstandardMethods
    result.proxy = proxy ?? defaults.proxy
    result.networkInterface = networkInterface ?? defaults.networkInterface
    result.allowsIPv6 = allowsIPv6 ?? defaults.allowsIPv6
    result.address = address ?? defaults.address
    result.keepsAlive = keepsAlive ?? defaults.keepsAlive
    #if TLS
    result.tls = tls ?? defaults.tls
    result.validatesCertificate = validatesCertificate ?? defaults.validatesCertificate
    result.authoritiesFile = authoritiesFile ?? defaults.authoritiesFile
    result.certificateFile = certificateFile ?? defaults.certificateFile
    result.privateKeyFile = privateKeyFile ?? defaults.privateKeyFile
    #endif
    result.maxBodySize = maxBodySize ?? defaults.maxBodySize
    result.streamingCallback = streamingCallback ?? defaults.streamingCallback
    result.headerCallback = headerCallback ?? defaults.headerCallback
    return result
  }
}

/// A user's name and password, and how they are shown.
public struct HTTPCredentials: Sendable, Hashable {
  /// How credentials are shown: Tornado's `auth_mode`.
  public enum Mode: Sendable, Hashable {
    /// In each request, as they are (RFC 7617).
    case basic
    /// When they are asked for, without telling the password (RFC 7616).
    case digest
  }

  /// The user's name.
  public var username: String
  /// The password.
  public var password: String
  /// How they are shown.
  public var mode: Mode

  /// Creates credentials.
  public init(username: String, password: String, mode: Mode = .basic) {
    self.username = username
    self.password = password
    self.mode = mode
  }
}
