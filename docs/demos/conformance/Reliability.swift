// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Gale

/// Answers after `?s=` seconds.
final class SleepHandler: RequestHandler {
  override func get() async throws {
    try await loop.sleep(for: .milliseconds(Int((try queryArgument("s").flatMap(Double.init) ?? 1) * 1000)))
    write("slept\n")
  }
}

/// Writes 197 MB, with `?flush=1` as the client takes it and otherwise all at once.
final class FloodHandler: RequestHandler {
  private static let piece = [UInt8](repeating: 120, count: 1 << 16)

  override func get() async throws {
    let flushes = try queryArgument("flush") != nil
    for _ in 0..<3000 {
      write(Self.piece)
      if flushes { try await flush() }
    }
  }
}

/// Takes a body of up to 2 GiB, and sleeps before it takes the first piece.
final class SleepyUploadHandler: RequestHandler {
  override class var streamsRequestBody: Bool { true }
  private var byteCount = 0

  override func initialize(_ arguments: HandlerArguments) throws { request.maxBodySize = 2 << 30 }

  override func dataReceived(_ chunk: [UInt8]) async throws {
    if byteCount == 0 {
      let seconds = try queryArgument("s").flatMap(Double.init) ?? 1
      try await loop.sleep(for: .milliseconds(Int(seconds * 1000)))
    }
    byteCount += chunk.count
  }

  override func post() async throws { write("\(byteCount)\n") }
}

/// Waits for longer than anybody wants to; `/reliability/left` says how many of its tasks were cancelled.
final class WaitHandler: RequestHandler {
  // Belongs to the one loop that serves.
  nonisolated(unsafe) static var cancelledCount = 0

  override func get() async throws {
    do {
      try await loop.sleep(for: .seconds(60))
    } catch {
      unsafe WaitHandler.cancelledCount += 1
      throw error
    }
  }
}

final class LeftHandler: RequestHandler {
  override func get() async throws { write("\(unsafe WaitHandler.cancelledCount)") }
}

/// How long the loop's turns took since the last POST.
final class TurnsHandler: RequestHandler {
  override func get() async throws {
    let durations = loop.turnDurations ?? TurnDurations()
    write([
      "longest_us": .int(Int(durations.longest / .microseconds(1))), "turns": .int(durations.count),
      "below_power_of_two_us": .array(durations.counts.map { .int($0) }),
    ])
  }

  override func post() async throws {
    loop.turnDurations = TurnDurations()
    write("begun\n")
  }
}

extension URLSpec {
  /// What interop/tests/reliability.py asks for.
  static var reliability: [URLSpec] {
    [
      URLSpec("/reliability/sleep", SleepHandler.self), URLSpec("/reliability/flood", FloodHandler.self),
      URLSpec("/reliability/upload", SleepyUploadHandler.self),
      URLSpec("/reliability/wait", WaitHandler.self), URLSpec("/reliability/left", LeftHandler.self),
      URLSpec("/reliability/turns", TurnsHandler.self),
    ]
  }
}
