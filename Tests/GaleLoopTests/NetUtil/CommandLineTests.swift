// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GaleLoop

struct CommandLineTests {
  @Test func `the command line is the kernel's, which the standard library's agrees with`() {
    #expect(System.commandLine == CommandLine.arguments)
    #expect(!System.commandLine.isEmpty)
  }
}
