// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

extension OptionParser {
  /// Sets options from a command line, like Tornado's `parse_command_line`.
  ///
  /// One or two dashes stand before a name, `=` between name and value; a flag needs no value. `--help`
  /// prints help and ends the program with status 0.
  /// - Parameters:
  ///   - arguments: The program's name and its arguments.
  ///   - final: Whether to call the parse callbacks; pass `false` to all but the last parse method.
  /// - Returns: The arguments from the first on that is no option, or those behind `--`.
  /// - Throws: ``OptionError`` with `.unrecognized` (after printing help), `.missingValue` or
  ///   `.invalidValue`; what an `onChange` or a parse callback throws.
  @discardableResult
  public func parseCommandLine(
    _ arguments: [String] = CommandLine.arguments, final: Bool = true
  ) throws -> [String] {
    var rest = arguments.dropFirst()
    while let argument = rest.first, argument.hasPrefix("-") {
      rest.removeFirst()
      if argument == "--" { break }
      let parts = argument.drop { $0 == "-" }.split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = OptionParser.normalize(String(parts[0]))
      guard let definition = definition(name) else {
        printHelp()
        throw OptionError(.unrecognized, "Unrecognized command line option: '\(name)'")
      }
      guard parts.count > 1 || definition.isFlag else {
        throw OptionError(.missingValue, "Option '\(name)' requires a value")
      }
      try store(definition.read(parts.count > 1 ? String(parts[1]) : "true"), definition)
    }
    if final { try runParseCallbacks() }
    return Array(rest)
  }

  /// Sets options from environment variables: `prefix`, then the name in capitals with underscores.
  ///
  /// With the prefix `SHOP_`, `SHOP_LOG_FILE_PREFIX` sets `log-file-prefix`. Values are as on the command
  /// line; other variables are left alone. Tornado has no such thing.
  /// - Parameters:
  ///   - prefix: What the names of this program's variables begin with.
  ///   - variables: The environment; `nil` for that of this process.
  ///   - final: Whether to call the parse callbacks; pass `false` to all but the last parse method.
  /// - Throws: ``OptionError`` with `.invalidValue`; what an `onChange` or a parse callback throws.
  public func parseEnvironment(
    prefix: String, variables: [String: String]? = nil, final: Bool = true
  ) throws {
    for definition in definitions where definition.name != "help" {
      let name = prefix + definition.name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
      // SAFETY: the string is copied at once; POSIX forbids setenv while other threads may read.
      let value = variables.map { $0[name] } ?? (unsafe getenv(name).map { unsafe String(cString: $0) })
      if let value { try store(definition.read(value), definition) }
    }
    if final { try runParseCallbacks() }
  }

  /// Sets options from a config file, like Tornado's `parse_config_file`.
  ///
  /// The file is written in that part of Python that assigns literals (see ``ConfigFile``), or is a JSON
  /// object if its name ends in `.json`. Nothing in it is executed. Names that are no options are ignored.
  /// A text is read as on the command line, other values must be of the option's type.
  ///
  /// ```
  /// # comment
  /// port = 443
  /// hosts = ["a.example.com", "b.example.com"]   # or 'a.example.com,b.example.com'
  /// cache_size = 64 * 1024 * 1024
  /// ```
  /// - Parameters:
  ///   - path: The file, in UTF-8.
  ///   - final: Whether to call the parse callbacks; pass `false` to all but the last parse method.
  /// - Throws: ``OptionError`` with `.unreadable`, `.syntax`, `.wrongType` or `.invalidValue`; what an
  ///   `onChange` or a parse callback throws.
  public func parseConfigFile(_ path: String, final: Bool = true) throws {
    try set(ConfigFile.read(path), final: final)
  }

  /// Sets options to what a config file says.
  package func set(_ values: [(name: String, value: ConfigValue)], final: Bool) throws {
    for (name, value) in values {
      guard let definition = definition(name) else { continue }
      try store(definition.read(value), definition)
    }
    if final { try runParseCallbacks() }
  }
}
