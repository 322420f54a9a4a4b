// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

public import GaleHTTP
import GaleCore
import GaleLoop
import GaleWeb
import Synchronization

/// This application at a provider: what sends users there, takes them back and asks for tokens.
///
/// ```swift
/// let google = OpenIDClient(.google, id: "….apps.googleusercontent.com", authentication: .secret(secret))
/// ```
///
/// State, nonce and PKCE belong to every login. One client serves any number of loops.
public final class OpenIDClient: Sendable {
  /// How a client works.
  public struct Configuration: Sendable {
    /// Its name at the provider.
    public var id: String
    /// How it shows who it is.
    public var authentication: ClientAuthentication
    /// Where users come back to; `nil` for this server's own callback, by the host that the browser names.
    public var redirectURI: String?
    /// How ID tokens may be signed.
    ///
    /// With one of HMAC among them, the client's secret is the key, and never a key of the provider's.
    public var algorithms: Set<SigningAlgorithm> = SigningAlgorithm.publicKey
    /// How many seconds the provider's clock may be off.
    public var clockSkew = 60
    /// How long ago the user may have signed in at the provider, in seconds; `nil` for any time.
    public var maxAge: Int?
    /// How users shall be authenticated, for the provider to know: `acr_values`.
    public var acrValues: [String] = []
    /// What the provider shall ask of the user: `login`, `consent`, `select_account`, `none`.
    public var prompt: String?
    /// How long what the provider says of itself is believed, in seconds.
    public var metadataLifetime = 3600
    /// How many seconds pass before keys are asked for again because a token names one that is not there.
    public var keyPause = 300
    /// How long the provider may take to answer.
    public var timeout = Duration.seconds(10)
    /// Whether the provider may be asked without encryption: for tests and development only.
    public var allowsInsecureHTTP = false
    /// Whose connections are used; the running loop's client unless told otherwise.
    public var httpClient: @Sendable () -> AsyncHTTPClient = { .current }
    /// The time, in seconds since 1970.
    public var clock: @Sendable () -> Int = { System.wallSeconds }

    /// A client with these credentials and the defaults above.
    public init(id: String, authentication: ClientAuthentication) {
      self.id = id
      self.authentication = authentication
    }
  }

  /// Whose client it is.
  public let provider: OpenIDProvider
  /// How it works.
  public let configuration: Configuration
  let fetch: AuthFetch
  private let known = Mutex<(metadata: OpenIDMetadata, time: Int)?>(nil)
  private let discovery = SingleFlight<OpenIDMetadata>()
  private let keys: KeyStoreBox
  let refreshes = RefreshFlights()

  /// A client.
  public init(_ provider: OpenIDProvider, _ configuration: Configuration) {
    precondition(!configuration.id.isEmpty, "a client has a name at its provider")
    self.provider = provider
    self.configuration = configuration
    fetch = AuthFetch(
      client: configuration.httpClient, allowsInsecureHTTP: configuration.allowsInsecureHTTP,
      timeout: configuration.timeout)
    keys = KeyStoreBox()
    let (fetch, algorithms) = (fetch, configuration.algorithms)
    keys.store = KeyStore(
      lifetime: configuration.metadataLifetime, pause: configuration.keyPause, clock: configuration.clock
    ) { [weak self] in
      do throws(AuthError) {
        guard let url = try await self?.metadata().keysURL else {
          throw AuthError(.invalidResponse, "the provider has no keys")
        }
        return .success(try await KeySet(try await fetch.object(url), accepting: algorithms))
      } catch {
        return .failure(error)
      }
    }
  }

  /// A client with a name at the provider, and what shows that it is it.
  public convenience init(_ provider: OpenIDProvider, id: String, authentication: ClientAuthentication) {
    self.init(provider, Configuration(id: id, authentication: authentication))
  }

  /// Seconds since 1970.
  var now: Int { configuration.clock() }

  // MARK: - What the provider says of itself

  /// What the provider says of itself, asked for when it is first needed, and again after a while.
  /// - Throws: ``AuthError``
  public func metadata() async throws(AuthError) -> OpenIDMetadata {
    if let metadata = provider.metadata { return metadata }
    let kept = known.withLock { $0 }
    if let kept, now - kept.time < configuration.metadataLifetime { return kept.metadata }
    do {
      return try await discovery.run { [self] in await discover() }
    } catch {
      // It is away: what it said last is good for a day.
      guard let kept, now - kept.time < 86_400 else { throw error }
      return kept.metadata
    }
  }

  private func discover() async -> Result<OpenIDMetadata, AuthError> {
    do throws(AuthError) {
      guard let issuer = provider.issuer else {
        throw AuthError(.invalidConfiguration, "\(provider.name) has neither an issuer nor endpoints")
      }
      let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
      let document = try await fetch.object(
        provider.discoveryURL ?? base + "/.well-known/openid-configuration")
      let metadata = try OpenIDMetadata(
        document, of: issuer, allowsInsecureHTTP: configuration.allowsInsecureHTTP)
      known.withLock { $0 = (metadata, now) }
      return .success(metadata)
    } catch {
      return .failure(error)
    }
  }

  // MARK: - Signatures

  /// Reads a token and throws unless the provider has signed it.
  func verified(_ text: String) async throws(AuthError) -> SignedToken {
    let token = try SignedToken(text, accepting: configuration.algorithms)
    guard token.algorithm.isSymmetric else {
      guard let store = keys.store else { throw AuthError(.invalidConfiguration, "no keys") }
      try await store.verify(token)
      return token
    }
    guard let secret = configuration.authentication.secret else {
      throw AuthError(.invalidConfiguration, "HMAC takes a client's secret")
    }
    guard try await KeySet(secret: secret, accepting: [token.algorithm]).verify(token) else {
      throw AuthError(.invalidToken, "the signature is wrong")
    }
    return token
  }
}

/// Holds the store, whose closure needs the client.
private final class KeyStoreBox: Sendable {
  private let held = Mutex<KeyStore?>(nil)
  var store: KeyStore? {
    get { held.withLock { $0 } }
    set { held.withLock { $0 = newValue } }
  }
}

#endif
