// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
import TestSupport
import Testing

@testable import GaleLoop

private func text(_ bytes: [UInt8]?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }

/// Ends a child that a failing test leaves behind.
private func started(_ child: Subprocess, _ body: (Subprocess) async throws -> Void) async throws {
  defer {
    child.kill()
    for stream in [child.stdin, child.stdout, child.stderr] { stream?.close() }
  }
  try await body(child)
}

/// What a shell's command writes.
private func output(
  _ command: String, _ configuration: Subprocess.Configuration = .init(), on loop: IOLoop
) async throws -> String {
  let child = try Subprocess(shell: command, stdout: .stream, configuration: configuration, on: loop)
  let result = text(try await child.stdout?.readUntilClose())
  try await child.waitForExit()
  return result
}

@Suite("process: Subprocess")
struct SubprocessTests {
  // MARK: - Streams (PRO-007)

  @Test func `a conversation over pipes`() throws {
    try runLoop { loop async throws in
      let child = try Subprocess(
        ["python3", "-u", "-i", "-I"], stdin: .stream, stdout: .stream, stderr: .standardOutput, on: loop)
      try await started(child) { child in
        _ = try await child.stdout?.read(until: Array(">>> ".utf8))
        try await child.stdin?.write(Array("print('hello')\n".utf8))
        #expect(text(try await child.stdout?.read(until: [10])) == "hello\n")
        _ = try await child.stdout?.read(until: Array(">>> ".utf8))
        try await child.stdin?.write(Array("raise SystemExit(3)\n".utf8))
        #expect(text(try await child.stdout?.readUntilClose()) == "")
        #expect(try await child.waitForExit(raiseError: false) == 3)
      }
    }
  }

  @Test func `the child sees the end of its input`() throws {
    try runLoop { loop async throws in
      let child = try Subprocess(["cat"], stdin: .stream, stdout: .stream, on: loop)
      try await child.stdin?.write(Array("line\n".utf8))
      child.stdin?.close()
      #expect(text(try await child.stdout?.readUntilClose()) == "line\n")
      #expect(try await child.waitForExit() == 0)
    }
  }

  @Test func `standard error is apart`() throws {
    try runLoop { loop async throws in
      let child = try Subprocess(
        shell: "echo out; echo err >&2", stdout: .stream, stderr: .stream, on: loop)
      #expect(text(try await child.stderr?.readUntilClose()) == "err\n")
      #expect(text(try await child.stdout?.readUntilClose()) == "out\n")
      #expect(child.stdin == nil)
      try await child.waitForExit()
    }
  }

  /// Far more than pipes hold, both ways at once: each side holds the other back, nothing is lost.
  @Test func `large data in both directions`() throws {
    try runLoop { loop async throws in
      let child = try Subprocess(["cat"], stdin: .stream, stdout: .stream, on: loop)
      let data = pattern(5_000_000)
      loop.spawn {
        try await child.stdin?.write(data)
        child.stdin?.close()
      }
      var received: [UInt8] = []
      while let piece = try? await child.stdout?.read(count: 300_000, partial: true) { received += piece }
      #expect(areEqual(received, data))
      try await child.waitForExit()
    }
  }

  @Test func `a child that does not read holds the writer back`() throws {
    try runLoop { loop async throws in
      let child = try Subprocess(["sleep", "3600"], stdin: .stream, on: loop)
      var hasWritten = false
      loop.spawn {
        try? await child.stdin?.write(pattern(1_000_000))
        hasWritten = true
      }
      await loop.turns(20)
      #expect(!hasWritten)
      child.kill()
      // With its reader gone the write ends.
      try await loop.wait { hasWritten }
    }
  }

  @Test func `null and given descriptors`() throws {
    try runLoop { loop async throws in
      let ends = try makePipe()
      let child = try Subprocess(
        shell: "wc -c; readlink /proc/self/fd/2 >&2", stdin: .null, stdout: .descriptor(ends.writer),
        stderr: .stream, on: loop)
      _ = gale_close(ends.writer)
      let reader = PipeIOStream(descriptor: ends.reader, on: loop)
      #expect(text(try await reader.readUntilClose()) == "0\n")
      #expect(text(try await child.stderr?.readUntilClose()).hasPrefix("pipe:"))
      try await child.waitForExit()
      let silent = try Subprocess(shell: "echo x; echo y >&2", stdout: .null, stderr: .null, on: loop)
      try await silent.waitForExit()
    }
  }

  /// The child's own ends block, as programs expect of their streams.
  @Test func `the child's pipes are ordinary ones`() throws {
    try runLoop { loop async throws in
      let script =
        "import fcntl,os; print([fcntl.fcntl(n, fcntl.F_GETFL) & os.O_NONBLOCK for n in (0, 1, 2)])"
      let child = try Subprocess(
        ["python3", "-c", script], stdin: .stream, stdout: .stream, stderr: .stream, on: loop)
      #expect(text(try await child.stdout?.readUntilClose()) == "[0, 0, 0]\n")
      try await child.waitForExit()
    }
  }

  // MARK: - How it is started (PRO-007)

  @Test func `a command is looked up or named, arguments arrive as they are`() throws {
    try runLoop { loop async throws in
      for program in ["printf", "/usr/bin/printf"] {
        let child = try Subprocess([program, "%s|", "a b", "", "ü'\"\n", "$HOME"], stdout: .stream, on: loop)
        #expect(text(try await child.stdout?.readUntilClose()) == "a b||ü'\"\n|$HOME|")
      }
      let renamed = try Subprocess(
        ["other name", "-c", "echo $0"], executable: "/bin/sh", stdout: .stream, on: loop)
      #expect(text(try await renamed.stdout?.readUntilClose()) == "other name\n")
    }
  }

  @Test(
    arguments: [
      (["/no/such/program"], ENOENT), (["no-such-program-anywhere"], ENOENT), (["/"], EACCES),
      (["/etc/passwd"], EACCES),
    ] as [([String], Int32)])
  func `what cannot be started is told at once`(_ command: [String], _ number: Int32) throws {
    try runLoop { loop async throws in
      _ = #expect {
        _ = try Subprocess(command, stdin: .stream, stdout: .stream, stderr: .stream, on: loop)
      } throws: {
        let error = $0 as? LoopError
        return error?.systemError == number && error?.message.contains(command[0]) == true
      }
    }
  }

  /// In a process of its own, where nobody else opens anything.
  @Test func `descriptors are not left open`() throws {
    try runLoop { loop async throws in
      let program = try Subprocess([try TestProgram.path("workers"), "descriptors"], on: loop)
      #expect(try await program.waitForExit(raiseError: false) == 0)
    }
  }

  @Test func `senseless commands are refused`() throws {
    try runLoop { loop async throws in
      #expect(throws: LoopError.self) { _ = try Subprocess([], on: loop) }
      #expect(throws: LoopError.self) { _ = try Subprocess(["echo", "a\0b"], on: loop) }
      var configuration = Subprocess.Configuration()
      configuration.passedDescriptors = [1]
      #expect(throws: LoopError.self) { _ = try Subprocess(["true"], configuration: configuration, on: loop) }
      configuration = Subprocess.Configuration()
      configuration.workingDirectory = "/no/such/directory"
      #expect(throws: LoopError.self) { _ = try Subprocess(["true"], configuration: configuration, on: loop) }
    }
  }

  @Test func `directory and environment`() throws {
    try runLoop { loop async throws in
      var configuration = Subprocess.Configuration()
      configuration.workingDirectory = "/usr/bin"
      #expect(try await output("pwd", configuration, on: loop) == "/usr/bin\n")
      configuration.environment = ["A": "1=2", "B": "x y", "PATH": "/usr/bin:/bin"]
      let whole = try await output("env", configuration, on: loop)
      #expect(Set(whole.split(separator: "\n")).isSuperset(of: ["A=1=2", "B=x y"]))
      #expect(!whole.contains("HOME="))
      configuration = Subprocess.Configuration()
      configuration.additionalEnvironment = ["A": "2"]
      let added = try await output("echo $A $PATH", configuration, on: loop)
      // SAFETY: copied at once.
      let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? ""
      #expect(added == "2 \(path)\n")
      let inherited = try await output("env | grep -c .", on: loop)
      #expect(Int(inherited.dropLast()) ?? 0 > 1)
    }
  }

  @Test func `sessions and groups`() throws {
    try runLoop { loop async throws in
      // Process id, group and session of the shell itself.
      let ids = "python3 -c 'import os; p=os.getppid(); print(p == os.getpgid(p), p == os.getsid(p))'; true"
      #expect(try await output(ids, on: loop) == "False False\n")
      var configuration = Subprocess.Configuration()
      configuration.startsProcessGroup = true
      #expect(try await output(ids, configuration, on: loop) == "True False\n")
      configuration = Subprocess.Configuration()
      configuration.startsSession = true
      #expect(try await output(ids, configuration, on: loop) == "True True\n")
    }
  }

  /// R20: no descriptor reaches a child that was not meant for it, also when somebody forgot close-on-exec.
  @Test func `only passed descriptors are inherited`() throws {
    try runLoop { loop async throws in
      let forgotten = dup(0)
      let ends = try makePipe()
      defer { for descriptor in [forgotten, ends.reader, ends.writer] { _ = gale_close(descriptor) } }
      // 3 is that of ls itself.
      #expect(try await output("ls /proc/self/fd | tr '\\n' ' '", on: loop) == "0 1 2 3 ")
      var configuration = Subprocess.Configuration()
      configuration.passedDescriptors = [ends.writer, ends.writer]
      let list = try await output("ls /proc/$$/fd | tr '\\n' ' '", configuration, on: loop)
      let passed = list.split(separator: " ").compactMap { Int32($0) }
      #expect(passed.contains(ends.writer) && !passed.contains(forgotten) && !passed.contains(ends.reader))
      _ = try await output("echo hello > /proc/self/fd/\(ends.writer)", configuration, on: loop)
      #expect(readNow(ends.reader) == "hello\n")
    }
  }

  /// What this process does with signals is not the child's business: pipes are why it ignores SIGPIPE.
  @Test func `signals are as usual in the child`() throws {
    try runLoop { loop async throws in
      _ = gale_signal_ignore(SIGPIPE)
      let status = try await output("cat /proc/self/status", on: loop)
      let lines = status.split(separator: "\n").filter { $0.hasPrefix("SigBlk") || $0.hasPrefix("SigIgn") }
      // 32 and 33 are the C library's own, which it lets nobody touch.
      let masks = lines.compactMap { UInt64($0.suffix(16), radix: 16) }.map { $0 & ~0x1_8000_0000 }
      #expect(masks == [0, 0], "\(lines)")
    }
  }

  // MARK: - The end (PRO-008, PRO-009, PRO-011)

  @Test(
    arguments: [
      ("exit 0", 0), ("exit 1", 1), ("exit 255", 255), ("kill -TERM $$", -15), ("kill -KILL $$", -9),
    ], [true, false])
  func `the end is told in every way`(_ end: (String, Int32), _ usesDescriptor: Bool) throws {
    try runLoop { loop async throws in
      let child = try Subprocess(["sh", "-c", end.0], on: loop, mayUseDescriptor: usesDescriptor)
      var told: [Int32] = []
      child.setExitCallback { told.append($0) }
      #expect(try await child.waitForExit(raiseError: false) == end.1)
      #expect(child.returnCode == end.1)
      #expect(told == [end.1])
      child.setExitCallback { told.append($0) }
      await loop.turns(2)
      #expect(told == [end.1, end.1])
      if end.1 == 0 {
        try await child.waitForExit()
      } else {
        await #expect(throws: CalledProcessError(returnCode: end.1, command: ["sh", "-c", end.0])) {
          try await child.waitForExit()
        }
      }
      // The zombie is gone.
      #expect(kill(child.pid, 0) == -1)
      #expect(throws: LoopError.self) { try child.send(SIGTERM) }
      child.terminate()
      child.kill()
    }
  }

  @Test(arguments: [SIGTERM, SIGKILL, SIGUSR1], [true, false])
  func `signals reach the child`(_ signal: Int32, _ usesDescriptor: Bool) throws {
    try runLoop { loop async throws in
      let child = try Subprocess(["sleep", "3600"], on: loop, mayUseDescriptor: usesDescriptor)
      #expect(child.returnCode == nil)
      switch signal {
      case SIGTERM: child.terminate()
      case SIGKILL: child.kill()
      default: try child.send(signal)
      }
      #expect(try await child.waitForExit(raiseError: false) == -signal)
    }
  }

  @Test func `several may wait, and stop waiting`() throws {
    try runLoop { loop async throws in
      let child = try Subprocess(["cat"], stdin: .stream, on: loop)
      var trace: [String] = []
      let tasks = (0..<2).map { index in
        loop.spawn {
          do { trace.append("\(index) \(try await child.waitForExit())") } catch {
            trace.append("\(index) cancelled")
          }
        }
      }
      await loop.turns(1)
      tasks[0].cancel()
      await tasks[0].value
      #expect(child.returnCode == nil)
      child.stdin?.close()
      await tasks[1].value
      #expect(trace == ["0 cancelled", "1 0"])
    }
  }

  @Test func `a child that nobody holds is cleaned up after`() throws {
    try runLoop { loop async throws in
      let pid = try Subprocess(["true"], on: loop).pid
      try await loop.wait { kill(pid, 0) == -1 }
    }
  }

  @Test func `many children at once`() throws {
    try runLoop { loop async throws in
      let codes = try await multi(0..<40, on: loop) { index in
        try await Subprocess(shell: "exit \(index)", on: loop).waitForExit(raiseError: false)
      }
      #expect(codes == Array(0..<40))
    }
  }

  @Test func `errors are told in words`() {
    let texts = [
      CalledProcessError(returnCode: 2, command: ["ls", "x y"]).description,
      CalledProcessError(returnCode: -15, command: ["sleep"]).description,
    ]
    #expect(texts[0] == #"Command ["ls", "x y"] returned non-zero exit status 2"#)
    #expect(texts[1] == #"Command ["sleep"] died with signal 15 (Terminated)"#)
  }

  /// PRO-001.
  @Test func `processors are counted`() {
    #expect(cpuCount >= 1)
    #expect(cpuCount <= Int(sysconf(Int32(_SC_NPROCESSORS_CONF))))
  }
}
