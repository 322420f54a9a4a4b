// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import Logging

extension IOStream {
  /// Takes the header of the PROXY protocol off the beginning of the stream.
  ///
  /// When there is none, it is malformed or late, that is logged and the stream closed.
  /// - Parameters:
  ///   - version: Which headers are understood.
  ///   - peer: Who sends it.
  ///   - timeout: How long it may take.
  /// - Returns: Whom the connection comes from: the one that the header names, or `peer`; `nil` when the stream is closed.
  package func takeProxyHeader(
    _ version: ProxyProtocol.Version, from peer: SocketAddress, timeout: Duration
  ) async -> SocketAddress? {
    let timer = loop.callLater(timeout) { [self] in
      close(StreamError(.closed, "no header of the PROXY protocol in \(timeout)"))
    }
    defer { loop.removeTimeout(timer) }
    do {
      return try await readProxyHeader(version).source ?? peer
    } catch let error as ProxyHeaderError {
      refuse(peer, error.description)
    } catch let error as StreamError {
      // Who looks whether the port is open, as balancers do, sends nothing.
      let isSilent = error == .closed() && (readBuffer?.isEmpty ?? true)
      refuse(peer, error.description, isSilent ? .debug : .info)
    } catch {
      refuse(peer, "\(error)")
    }
    return nil
  }

  private func readProxyHeader(_ version: ProxyProtocol.Version) async throws -> ProxyHeader {
    let whole: (Span<UInt8>) -> Int? = { bytes in
      // What can become no header is taken as it is, to be refused.
      do { return try ProxyHeader.read(bytes, version)?.byteCount } catch { return bytes.count }
    }
    let bytes = try await read(.match(whole, limit: ProxyHeader.maximumByteCount))
    guard let header = try ProxyHeader.read(bytes.span, version) else {
      throw ProxyHeaderError("the header is cut off")
    }
    return header
  }

  private func refuse(_ peer: SocketAddress, _ reason: String, _ level: Logger.Level = .info) {
    LoopLog.general.log(level: level, "Connection from the proxy \(peer) refused: \(reason)")
    close()
  }
}
