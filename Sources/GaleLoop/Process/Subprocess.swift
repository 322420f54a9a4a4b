// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

/// A child process, with pipes that are streams of the loop: Tornado's `process.Subprocess`.
///
/// ```swift
/// let sort = try Subprocess(["sort", "-u"], stdin: .stream, stdout: .stream)
/// try await sort.stdin?.write(lines)
/// sort.stdin?.close()
/// let sorted = try await sort.stdout?.readUntilClose()
/// try await sort.waitForExit()
/// ```
///
/// Its end is noticed and cleaned up after also when nobody waits for it, and the child goes on when the
/// object is gone. Who asked for streams closes them.
public final class Subprocess {
  /// The process id.
  public let pid: Int32
  /// The command, program first.
  public let command: [String]
  /// Writes to the child's standard input, if that is a `.stream`; the child sees the end when it is closed.
  public private(set) var stdin: PipeIOStream?
  /// Reads the child's standard output, if that is a `.stream`.
  public private(set) var stdout: PipeIOStream?
  /// Reads the child's standard error, if that is a `.stream`.
  public private(set) var stderr: PipeIOStream?
  /// The exit status, or minus the number of the signal that ended it; `nil` while the child runs:
  /// Tornado's `returncode`.
  public var returnCode: Int32? { end.code }

  private let loop: IOLoop
  private let end: End
  private let watcher: ChildWatcher

  /// Starts a program.
  /// - Parameters:
  ///   - command: The program, looked up in this process's `PATH` unless it contains a slash, and its
  ///     arguments.
  ///   - executable: The program, if it is to be another one than `command` tells it.
  ///   - stdin: The child's standard input.
  ///   - stdout: Its standard output.
  ///   - stderr: Its standard error.
  ///   - configuration: Everything else.
  ///   - loop: The loop of the streams and of the notice of its end.
  /// - Throws: ``LoopError`` with `.system` when the program cannot be started.
  public convenience init(
    _ command: [String], executable: String? = nil, stdin: Stream = .inherit, stdout: Stream = .inherit,
    stderr: Stream = .inherit, configuration: Configuration = Configuration(), on loop: IOLoop = .current
  ) throws(LoopError) {
    try self.init(
      command, executable: executable, stdin: stdin, stdout: stdout, stderr: stderr,
      configuration: configuration, on: loop, mayUseDescriptor: true)
  }

  /// Starts a command of the shell, `/bin/sh`: Python's `Popen(…, shell=True)`.
  ///
  /// Never put together such a command from what others sent.
  /// - Throws: As the other one. A command that the shell does not find ends with status 127.
  public convenience init(
    shell command: String, stdin: Stream = .inherit, stdout: Stream = .inherit, stderr: Stream = .inherit,
    configuration: Configuration = Configuration(), on loop: IOLoop = .current
  ) throws(LoopError) {
    try self.init(
      ["/bin/sh", "-c", command], stdin: stdin, stdout: stdout, stderr: stderr, configuration: configuration,
      on: loop)
  }

  init(
    _ command: [String], executable: String? = nil, stdin: Stream = .inherit, stdout: Stream = .inherit,
    stderr: Stream = .inherit, configuration: Configuration = Configuration(), on loop: IOLoop,
    mayUseDescriptor: Bool
  ) throws(LoopError) {
    loop.checkThread()
    self.loop = loop
    self.command = command
    let request = try SpawnRequest(command, executable: executable, configuration)
    let input = try ChildEnd(stdin, isInput: true)
    let output = try ChildEnd(stdout, isInput: false)
    let error = stderr == .standardOutput ? nil : try ChildEnd(stderr, isInput: false)
    let errorDescriptor = error?.descriptor ?? (output.descriptor >= 0 ? output.descriptor : 1)
    pid = try request.start(
      input: input.descriptor, output: output.descriptor, error: errorDescriptor)
    self.stdin = input.takeStream(on: loop)
    self.stdout = output.takeStream(on: loop)
    self.stderr = error?.takeStream(on: loop)
    let end = End(loop)
    self.end = end
    watcher = ChildWatcher(pid, on: loop, mayUseDescriptor: mayUseDescriptor) { end.reached($0) }
  }

  /// Takes over a child that a former run of this process's program started.
  init(adopting pid: Int32, on loop: IOLoop) {
    self.loop = loop
    self.pid = pid
    command = []
    let end = End(loop)
    self.end = end
    watcher = ChildWatcher(pid, on: loop) { end.reached($0) }
  }

  // MARK: - The end

  /// Calls `callback` once, on the loop, when the child has ended: Tornado's `set_exit_callback`.
  ///
  /// It gets the exit status, or minus the number of the signal. A later callback replaces one that was not
  /// called yet.
  public func setExitCallback(_ callback: @escaping (Int32) -> Void) {
    loop.checkThread()
    guard let code = returnCode else {
      end.callback = callback
      return
    }
    loop.addLocalCallback { callback(code) }
  }

  /// Waits until the child has ended.
  ///
  /// To cancel the task that waits does not end the child.
  /// - Parameter raiseError: Whether a status other than 0 is an error.
  /// - Returns: The exit status, or minus the number of the signal.
  /// - Throws: ``CalledProcessError``; `CancellationError`.
  @discardableResult
  public func waitForExit(raiseError: Bool = true) async throws -> Int32 {
    let code = try await end.future.get()
    guard code == 0 || !raiseError else { throw CalledProcessError(returnCode: code, command: command) }
    return code
  }

  /// Sends a signal to the child.
  /// - Throws: ``LoopError`` with `.system`: `ESRCH` when the child has ended, `EPERM`.
  public func send(_ signal: Int32) throws(LoopError) {
    loop.checkThread()
    _ = try LoopError.check(watcher.send(signal), "cannot send signal \(signal) to process \(pid)")
  }

  /// Asks the child to end (SIGTERM), unless it has ended.
  public func terminate() { _ = watcher.send(SIGTERM) }

  /// Ends the child (SIGKILL), unless it has ended.
  public func kill() { _ = watcher.send(SIGKILL) }

  /// What is known of the end; apart from the subprocess, which need not live until then.
  private final class End {
    let future: Future<Int32>
    var code: Int32?
    var callback: ((Int32) -> Void)?

    init(_ loop: IOLoop) { future = Future(on: loop) }

    func reached(_ code: Int32) {
      self.code = code
      future.fulfil(code)
      let callback = callback
      self.callback = nil
      callback?(code)
    }
  }
}

/// The child's end of one of its standard streams, and ours, until the child has started.
private final class ChildEnd {
  /// What the child gets; −1 for the stream of this process.
  let descriptor: Int32
  private let isOurs: Bool
  private var other: Int32 = -1

  init(_ stream: Subprocess.Stream, isInput: Bool) throws(LoopError) {
    switch stream {
    case .inherit, .standardOutput:
      descriptor = -1
      isOurs = false
    case .descriptor(let given):
      descriptor = given
      isOurs = false
    case .null:
      descriptor = try LoopError.check(gale_open_null(), "/dev/null")
      isOurs = true
    case .stream:
      var reader: Int32 = -1
      var writer: Int32 = -1
      // SAFETY: both are filled in during the call.
      _ = try unsafe LoopError.check(gale_blocking_pipe(&reader, &writer), "pipe2")
      descriptor = isInput ? reader : writer
      other = isInput ? writer : reader
      isOurs = true
    }
  }

  func takeStream(on loop: IOLoop) -> PipeIOStream? {
    guard other >= 0 else { return nil }
    defer { other = -1 }
    return PipeIOStream(descriptor: other, on: loop)
  }

  deinit {
    if isOurs { _ = gale_close(descriptor) }
    if other >= 0 { _ = gale_close(other) }
  }
}
