// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleLoop

/// How the running program is built anew: by the Swift package that it came from.
package struct PackageBuild {
  /// The directory of `Package.swift`.
  package let root: String
  /// The command that builds the program.
  package let command: [String]

  /// The package in whose `.build` directory the program lies; `nil` for one that lies somewhere else.
  ///
  /// `…/.build/<triple>/debug/<product>`, or without the triple.
  package init?(executable: String) {
    let parts = executable.split(separator: "/", omittingEmptySubsequences: false)
    guard let build = parts.lastIndex(of: ".build"), build > 0, parts.count > build + 2 else { return nil }
    root = parts[..<build].joined(separator: "/")
    let configuration = String(parts[parts.count - 2])
    guard ["debug", "release"].contains(configuration) else { return nil }
    let product = String(parts[parts.count - 1])
    command = ["swift", "build", "--package-path", root, "-c", configuration, "--product", product]
  }

  /// The files that the program is built of.
  package var sources: FileTree {
    FileTree(root, suffixes: PackageBuild.suffixes, excluding: ["Tests", "node_modules"])
  }

  private static let suffixes = [".swift", ".c", ".h", ".cpp", ".modulemap"]

  /// Builds a program.
  /// - Returns: What the compiler said; `nil` when all went well.
  package static func run(_ command: [String], on loop: IOLoop) async -> String? {
    do {
      let compiler = try Subprocess(command, stdin: .null, stdout: .stream, stderr: .standardOutput, on: loop)
      let output = try await compiler.stdout?.readUntilClose() ?? []
      let status = try await compiler.waitForExit(raiseError: false)
      return status == 0 ? nil : String(decoding: output, as: UTF8.self)
    } catch {
      return "\(error)"
    }
  }
}
