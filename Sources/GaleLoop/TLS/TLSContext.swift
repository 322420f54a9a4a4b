// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import CSystem
import Synchronization

/// What connections of one configuration share: Python's `ssl.SSLContext`, Tornado's
/// `ssl_options_to_context`.
///
/// It can be used on all loops. Making one reads files and costs milliseconds; a connection costs
/// little more than its handshake.
public final class TLSContext: Sendable {
  /// What it was made of.
  public let configuration: TLSConfiguration
  let sessions = TLSSessionCache()
  private let current: Mutex<NativeContext>

  /// After how many seconds the keys of session tickets are replaced: who steals them can read the
  /// TLS 1.2 sessions of that time only.
  private static let ticketLifetime: Int64 = 12 * 3600

  /// Reads the files of `configuration` and checks that they fit together.
  /// - Throws: ``TLSError``, with the file's name: `.invalidFile`, `.mismatchedPair`, `.wrongPassword`;
  ///   or `.invalidConfiguration`.
  public init(_ configuration: TLSConfiguration) throws(TLSError) {
    if configuration.role == .server, configuration.identity == nil {
      throw TLSError(.invalidConfiguration, "A TLS server needs a certificate and its private key")
    }
    self.configuration = configuration
    current = Mutex(try NativeContext(configuration, TLSMaterials(configuration)))
  }

  /// Reads the files again, for handshakes that begin from now on: renewed certificates without a restart.
  ///
  /// Open connections go on as they are. Sessions that clients hold stay good, unless clients are verified.
  /// - Throws: ``TLSError`` as `init` does; everything stays as it was then, so that a pair that is just
  ///   being written does no harm.
  public func reload() throws(TLSError) {
    let materials = try TLSMaterials(configuration)
    let fresh = try NativeContext(configuration, materials)
    current.withLock { current in
      // Who resumes a session is not verified again: whoever may have been removed from the trusted has to be.
      if configuration.role == .server, configuration.verification == .none {
        fresh.takeTicketKeys(of: current)
      }
      current = fresh
    }
    sessions.removeAll()
  }

  /// What connections that begin now are made of.
  var native: NativeContext {
    let now = gale_monotonic_nanoseconds() / 1_000_000_000
    return current.withLock { current in
      if configuration.role == .server, now - current.ticketTime > TLSContext.ticketLifetime,
        let fresh = try? NativeContext(configuration, current.materials)
      {
        current = fresh
      }
      return current
    }
  }
}

#endif
