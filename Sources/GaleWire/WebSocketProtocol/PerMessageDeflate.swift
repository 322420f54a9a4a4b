// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// What both sides have agreed on about compression (RFC 7692, section 7.1).
package struct PerMessageDeflate: Hashable, Sendable {
  /// How one side compresses.
  package struct Direction: Hashable, Sendable {
    package var windowBits = 15
    package var keepsContext = true

    package init(windowBits: Int = 15, keepsContext: Bool = true) {
      self.windowBits = windowBits
      self.keepsContext = keepsContext
    }
  }

  /// What the server sends.
  package var server = Direction()
  /// What the client sends.
  package var client = Direction()

  package init() {}

  static let name = "permessage-deflate"

  /// One element of a `Sec-WebSocket-Extensions` field.
  private struct Parameters {
    var serverNoContext = false
    var clientNoContext = false
    var serverBits: Int?
    var clientBits: Int?
    /// `client_max_window_bits` without a value: the client can do with whatever it is told.
    var offersClientBits = false

    /// `nil` for parameters that are unknown, repeated or have no meaning: such an element is declined
    /// (RFC 7692, section 7.1).
    init?(_ element: HeaderParameters) {
      var seen: Set<String> = []
      for parameter in element.parameters {
        guard seen.insert(parameter.name).inserted else { return nil }
        switch (parameter.name, parameter.value) {
        case ("server_no_context_takeover", nil): serverNoContext = true
        case ("client_no_context_takeover", nil): clientNoContext = true
        case ("client_max_window_bits", nil): offersClientBits = true
        case ("server_max_window_bits", let value?):
          guard let bits = Parameters.bits(value) else { return nil }
          serverBits = bits
        case ("client_max_window_bits", let value?):
          guard let bits = Parameters.bits(value) else { return nil }
          offersClientBits = true
          clientBits = bits
        default: return nil
        }
      }
    }

    /// A number from 8 to 15, without leading zeros.
    private static func bits(_ value: String) -> Int? {
      (8...15).first { String($0) == value }
    }
  }

  // MARK: - The server's part

  /// Takes the first of a client's offers that can be had.
  /// - Parameter field: The values of `Sec-WebSocket-Extensions`, joined by commas.
  /// - Returns: What is agreed on, and what the answer's field says; `nil` when there is nothing to take.
  package static func accept(
    _ field: String, _ options: WebSocketCompression
  ) -> (agreed: PerMessageDeflate, answer: String)? {
    for element in HTTPGrammar.listElements(field) {
      let element = HeaderParameters(parsing: element)
      guard element.value.lowercased() == name, let offer = Parameters(element) else { continue }
      return accept(offer, options)
    }
    return nil
  }

  private static func accept(
    _ offer: Parameters, _ options: WebSocketCompression
  ) -> (agreed: PerMessageDeflate, answer: String) {
    var agreed = PerMessageDeflate()
    var answer = name
    if offer.serverNoContext || !options.contextTakeover {
      agreed.server.keepsContext = false
      answer += "; server_no_context_takeover"
    }
    if offer.clientNoContext || !options.contextTakeover {
      agreed.client.keepsContext = false
      answer += "; client_no_context_takeover"
    }
    agreed.server.windowBits = min(offer.serverBits ?? 15, options.maxWindowBits)
    if offer.serverBits != nil || agreed.server.windowBits < 15 {
      answer += "; server_max_window_bits=\(agreed.server.windowBits)"
    }
    // A client that does not say that it knows the parameter must not be answered with it.
    if offer.offersClientBits {
      agreed.client.windowBits = min(offer.clientBits ?? 15, options.peerMaxWindowBits)
      if offer.clientBits != nil || agreed.client.windowBits < 15 {
        answer += "; client_max_window_bits=\(agreed.client.windowBits)"
      }
    }
    return (agreed, answer)
  }

  // MARK: - The client's part

  /// What a client's `Sec-WebSocket-Extensions` field says.
  package static func offer(_ options: WebSocketCompression) -> String {
    var offer = name + "; client_max_window_bits"
    if options.maxWindowBits < 15 { offer += "=\(options.maxWindowBits)" }
    if options.peerMaxWindowBits < 15 { offer += "; server_max_window_bits=\(options.peerMaxWindowBits)" }
    if !options.contextTakeover { offer += "; server_no_context_takeover; client_no_context_takeover" }
    return offer
  }

  /// Checks what a server answered.
  /// - Parameter options: What was offered; `nil` for nothing.
  /// - Returns: What is agreed on; `nil` for no compression.
  /// - Throws: ``Refusal`` when the answer is not one to the offer.
  package static func confirm(
    _ field: String, _ options: WebSocketCompression?
  ) throws(Refusal) -> PerMessageDeflate? {
    let elements = HTTPGrammar.listElements(field)
    guard let first = elements.first else { return nil }
    let element = HeaderParameters(parsing: first)
    guard let options, element.value.lowercased() == name else {
      throw Refusal("the server uses the extension \(element.value), which was not offered")
    }
    guard elements.count == 1 else { throw Refusal("the server uses an extension twice") }
    guard let answer = Parameters(element), !answer.offersClientBits || answer.clientBits != nil else {
      throw Refusal("the server answers \(name) with parameters that make no sense")
    }
    var agreed = PerMessageDeflate()
    agreed.server.keepsContext = !answer.serverNoContext
    agreed.client.keepsContext = !answer.clientNoContext && options.contextTakeover
    agreed.server.windowBits = answer.serverBits ?? 15
    agreed.client.windowBits = min(answer.clientBits ?? 15, options.maxWindowBits)
    guard agreed.server.windowBits <= options.peerMaxWindowBits else {
      throw Refusal("the server's window is larger than what was asked for")
    }
    guard options.contextTakeover || answer.serverNoContext else {
      throw Refusal("the server keeps its context, although it was asked not to")
    }
    return agreed
  }

  /// An answer that does not fit the offer.
  package struct Refusal: Error, Hashable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
  }
}

extension HTTPGrammar {
  /// The elements of a list, separated by commas that stand outside of quotes (RFC 9110, section 5.6.1), without
  /// empty ones.
  package static func listElements(_ field: String) -> [String] {
    var elements: [String] = []
    var element = ""
    var isQuoted = false
    var isEscaped = false
    for character in field.unicodeScalars {
      if character == ",", !isQuoted {
        elements.append(element)
        element = ""
        continue
      }
      if isEscaped {
        isEscaped = false
      } else if character == "\"" {
        isQuoted.toggle()
      } else if character == "\\" {
        isEscaped = isQuoted
      }
      element.unicodeScalars.append(character)
    }
    elements.append(element)
    return elements.compactMap { element in
      let bytes = element.utf8.span
      let range = bytes.trimmed(0..<bytes.count)
      return range.isEmpty ? nil : bytes.text(in: range)
    }
  }
}
