// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl

import CCurl
import GaleHTTP
import GaleLoop
import GaleWire

extension CurlHandle {
  /// Sets what no request changes.
  func setBasics() throws(CurlError) {
    // Signals would be the process's; name look-ups, for which libcurl would use them, are ours.
    try set(CURLOPT_NOSIGNAL, true)
    try set(CURLOPT_PROTOCOLS_STR, "http,https")
    try set(CURLOPT_FOLLOWLOCATION, false)  // Where a redirect may lead, and with what, is decided above.
    try set(CURLOPT_PATH_AS_IS, true)
    try set(CURLOPT_HTTP09_ALLOWED, false)
    try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, true)
    // Times are kept by the loop. libcurl's own limit for connecting is 300 s unless another is set.
    try set(CURLOPT_CONNECTTIMEOUT_MS, 1_000_000_000)
    try set(CURLOPT_EXPECT_100_TIMEOUT_MS, 1000)
    // Empty, not nil: nothing is taken from the environment unless the request says so.
    try set(CURLOPT_PROXY, "")
    try set(CURLOPT_NOPROXY, "")
    try set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
  }

  /// Sets the method, and how the body comes.
  func set(method: String, body: CurlBody) throws(CurlError) {
    switch body {
    case .none where method == "GET": try set(CURLOPT_HTTPGET, true)
    case .none where method == "HEAD": try set(CURLOPT_NOBODY, true)
    case .none:
      try set(CURLOPT_HTTPGET, true)
      try set(CURLOPT_CUSTOMREQUEST, method)
    case .small(let bytes):
      try set(CURLOPT_POST, true)
      try setBody(copying: bytes)
      try set(CURLOPT_CUSTOMREQUEST, method)
    case .read(let length):
      try set(CURLOPT_UPLOAD, true)
      try set(CURLOPT_INFILESIZE_LARGE, offset: length ?? -1)
      try set(CURLOPT_CUSTOMREQUEST, method)
    }
  }

  private func setBody(copying bytes: [UInt8]) throws(CurlError) {
    try set(CURLOPT_POSTFIELDSIZE_LARGE, offset: bytes.count)
    let code = unsafe bytes.withUnsafeBytes { bytes in
      // SAFETY: copied during the call; libcurl wants an address also for nothing.
      var nothing: UInt8 = 0
      return unsafe withUnsafeMutablePointer(to: &nothing) { nothing in
        let start =
          unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress) ?? UnsafeMutableRawPointer(nothing)
        return unsafe cgale_curl_set_pointer(raw, CURLOPT_COPYPOSTFIELDS, start)
      }
    }
    guard code == CURLE_OK else { throw CurlError(code) }
  }

  /// Sets the fields that are sent: these, and none of those that libcurl would add.
  func set(_ headers: HTTPHeaders, expectsContinue: Bool) throws(CurlError) {
    var lines: [String] = []
    // How the body is framed libcurl knows by itself.
    for (name, value) in headers where !["Content-Length", "Transfer-Encoding", "Expect"].contains(name) {
      // The values are checked: no line of them can become two. A line without a value is written with a semicolon.
      lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
    }
    for name in ["Accept", "Content-Type", "User-Agent"] where !headers.contains(name) {
      lines.append("\(name):")
    }
    lines.append(expectsContinue ? "Expect: 100-continue" : "Expect:")
    try set(CURLOPT_HTTPHEADER, list: lines)
  }

  /// - Parameter tunnels: Whether the proxy carries a connection for an `https` URL.
  func set(_ proxy: HTTPProxy, tunnels: Bool) throws(CurlError) {
    try set(CURLOPT_PROXY, proxy.host.utf8.contains(0x3A) ? "[\(proxy.host)]" : proxy.host)
    try set(CURLOPT_PROXYPORT, Int(proxy.port))
    let type = proxy.kind == .http ? CURLPROXY_HTTP : CURLPROXY_SOCKS5_HOSTNAME
    try set(CURLOPT_PROXYTYPE, Int(type.rawValue))
    // Requests that a proxy forwards have their credentials among their fields already.
    guard let credentials = proxy.credentials, tunnels || proxy.kind == .socks5 else { return }
    try set(CURLOPT_PROXYUSERNAME, credentials.username)
    try set(CURLOPT_PROXYPASSWORD, credentials.password)
    let isDigest = credentials.mode == .digest && proxy.kind == .http
    try set(CURLOPT_PROXYAUTH, isDigest ? CurlHandle.digest : CurlHandle.basic)
  }

  // CURLAUTH_… are macros with casts, which Swift does not import.
  private static let basic = 1
  private static let digest = 2

  /// Sets where the connection comes from: a numeric address, or an interface by its name.
  func set(networkInterface: String) throws(CurlError) {
    let isAddress = (try? SocketAddress.numeric(networkInterface, port: 0)) != nil
    // Without a prefix libcurl would also look it up as a name, and wait for that.
    try set(CURLOPT_INTERFACE, isAddress ? "host!\(networkInterface)" : "if!\(networkInterface)")
  }

  /// Sets where the connection goes.
  func set(_ route: CurlRoute) throws(CurlError) {
    switch route {
    case .asNamed: break
    case .resolved(let line, _): try set(CURLOPT_RESOLVE, list: [line])
    case .address(let address, _) where address.isPath: try set(CURLOPT_UNIX_SOCKET_PATH, address.host)
    case .address(let address, _): try set(CURLOPT_CONNECT_TO, list: ["::\(address)"])
    }
  }
}

/// How a request's body comes to libcurl.
enum CurlBody {
  case none
  /// Handed over whole, to go out together with the header.
  case small([UInt8])
  /// Read in pieces.
  case read(length: Int?)
}

#endif
