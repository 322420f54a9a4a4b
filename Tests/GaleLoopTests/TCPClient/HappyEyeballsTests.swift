// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GaleLoop

@Suite("tcpclient: Happy Eyeballs")
struct HappyEyeballsTests {
  private func addresses(_ names: String) throws -> [SocketAddress] {
    try names.split(separator: " ").map { name in
      let number = name.dropFirst()
      return try SocketAddress(host: name.first == "4" ? "10.0.0.\(number)" : "2001:db8::\(number)", port: 80)
    }
  }

  /// RFC 8305 section 4; TCC-003.
  @Test(
    arguments: [
      ("", ""), ("41", "41"), ("61 62", "61 62"), ("61 62 41 42", "61 41 62 42"),
      ("41 61 42 62 43", "41 61 42 62 43"), ("61 62 63 41", "61 41 62 63"), ("41 42 61", "41 61 42"),
      ("41 41 61 41 61", "41 61"),
    ])
  func `families take turns, the first one's first`(_ given: String, _ expected: String) throws {
    #expect(HappyEyeballs(try addresses(given)).order == (try addresses(expected)))
  }

  @Test func `each silence and each failure starts another attempt`() throws {
    var race = HappyEyeballs(try addresses("61 62 41"))
    #expect(race.next() == .start(0))
    #expect(race.next() == .start(1))
    #expect(race.attemptFailed() == .start(2))
    #expect(!race.hasMore)
    #expect(race.next() == .wait)
    #expect(race.attemptFailed() == .wait)
    #expect(race.attemptFailed() == .giveUp)
  }

  @Test func `without an address there is nothing to wait for`() {
    var race = HappyEyeballs([])
    #expect(race.next() == .giveUp)
  }
}
