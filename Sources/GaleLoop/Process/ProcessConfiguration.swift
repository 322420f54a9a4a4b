// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem

extension Subprocess {
  /// What a child's standard input, output or error is.
  public enum Stream: Hashable, Sendable {
    /// That of this process.
    case inherit
    /// A pipe to the ``Subprocess``, as a ``PipeIOStream``: Tornado's `Subprocess.STREAM`.
    case stream
    /// Nothing: `/dev/null`.
    case null
    /// An open descriptor of this process, which keeps it.
    case descriptor(Int32)
    /// For standard error only: where standard output goes, like Python's `STDOUT`.
    case standardOutput
  }

  /// How a child is started, apart from its command and streams; what Python's `Popen` takes by keyword.
  public struct Configuration: Sendable {
    /// The child's working directory; `nil` for that of this process.
    public var workingDirectory: String?
    /// The child's whole environment; `nil` for that of this process.
    public var environment: [String: String]?
    /// Variables that are added to the environment, or replace others in it.
    public var additionalEnvironment: [String: String] = [:]
    /// Descriptors that the child gets under the same numbers, 3 or more: Python's `pass_fds`.
    ///
    /// It gets no others besides its standard streams.
    public var passedDescriptors: [Int32] = []
    /// Whether the child leads a session, and so a process group, of its own.
    public var startsSession = false
    /// Whether the child leads a process group of its own, which a terminal's Ctrl-C does not reach.
    public var startsProcessGroup = false

    /// What `Popen` does by default.
    public init() {}
  }
}

/// The strings of a child, in the form that the system takes: its program, arguments and environment.
struct SpawnRequest {
  private var block: [CChar] = []
  private let argumentCount: Int
  private let environmentCount: Int
  private let configuration: Subprocess.Configuration

  init(_ command: [String], executable: String?, _ configuration: Subprocess.Configuration) throws(LoopError)
  {
    guard let name = command.first else { throw LoopError(.invalidArgument, "a command needs a program") }
    self.configuration = configuration
    argumentCount = command.count
    var environment: [String]?
    if configuration.environment != nil || !configuration.additionalEnvironment.isEmpty {
      let all = (configuration.environment ?? ProcessEnvironment.current).merging(
        configuration.additionalEnvironment
      ) { $1 }
      environment = all.map { "\($0.key)=\($0.value)" }
    }
    environmentCount = environment?.count ?? -1
    for text in [executable ?? name] + command + (environment ?? []) {
      guard !text.utf8.contains(0) else {
        throw LoopError(.invalidArgument, "a command cannot contain a NUL character")
      }
      block += text.utf8.map { CChar(bitPattern: $0) }
      block.append(0)
    }
  }

  /// Starts the child.
  /// - Returns: Its process id.
  func start(input: Int32, output: Int32, error: Int32) throws(LoopError) -> Int32 {
    let passed = Set(configuration.passedDescriptors).sorted()
    guard passed.first ?? 3 >= 3 else {
      throw LoopError(.invalidArgument, "passed descriptors begin at 3")
    }
    // SAFETY: the arrays and the string lend their memory for the call, which copies what it needs.
    let result: Int32 = unsafe block.withUnsafeBufferPointer { block in
      unsafe passed.withUnsafeBufferPointer { passed in
        guard let start = block.baseAddress else { return -1 }
        func spawn(_ directory: UnsafePointer<CChar>?) -> Int32 {
          var what = unsafe gale_spawn(
            block: start, argument_count: Int32(argumentCount), environment_count: Int32(environmentCount),
            directory: directory, standard: (input, output, error), passed: passed.baseAddress,
            passed_count: Int32(passed.count), new_session: configuration.startsSession ? 1 : 0,
            new_group: configuration.startsProcessGroup ? 1 : 0)
          return unsafe gale_spawn(&what)
        }
        guard let directory = configuration.workingDirectory else { return spawn(nil) }
        return unsafe directory.withCString { unsafe spawn($0) }
      }
    }
    return try LoopError.check(result, "cannot start \(program)")
  }

  private var program: String {
    String(decoding: block.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
