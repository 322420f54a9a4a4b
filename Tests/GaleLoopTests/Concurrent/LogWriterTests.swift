// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GaleCore
import TestSupport
import Testing

@testable import GaleLoop

@Suite("log writer")
struct LogWriterTests {
  /// A directory for one test.
  private final class Scratch {
    let path: String
    init() throws {
      path = FileManager.default.temporaryDirectory.appendingPathComponent("gale-" + UUID().uuidString).path
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    var file: String { path + "/log" }
    func read(_ name: String = "log") -> String {
      (try? String(contentsOfFile: path + "/" + name, encoding: .utf8)) ?? "no file"
    }
  }

  private func write(_ text: String, to writer: LogWriter) {
    let bytes = Array(text.utf8)
    writer.write(bytes.span)
  }

  @Test func `lines are there after flush, behind what was there`() throws {
    let scratch = try Scratch()
    try "before\n".write(toFile: scratch.file, atomically: false, encoding: .utf8)
    let writer = try LogWriter(path: scratch.file)
    write("one\n", to: writer)
    write("two\n", to: writer)
    writer.flush()
    #expect(scratch.read() == "before\none\ntwo\n")
    writer.close()
  }

  @Test func `lines are written without anybody's asking`() throws {
    let scratch = try Scratch()
    let writer = try LogWriter(path: scratch.file)
    write("one\n", to: writer)
    while scratch.read() != "one\n" { System.pause(.milliseconds(5)) }
    writer.close()
  }

  @Test func `flush of nothing does not wait`() throws {
    let scratch = try Scratch()
    let writer = try LogWriter(path: scratch.file)
    writer.flush()
    writer.close()
    #expect(scratch.read() == "")
  }

  @Test func `a file that was put aside is left, and a new one begun`() throws {
    let scratch = try Scratch()
    let writer = try LogWriter(path: scratch.file)
    write("old\n", to: writer)
    writer.flush()
    try FileManager.default.moveItem(atPath: scratch.file, toPath: scratch.path + "/log.1")
    write("new\n", to: writer)
    writer.flush()
    #expect(scratch.read("log.1") == "old\n")
    #expect(scratch.read() == "new\n")
    writer.close()
  }

  @Test func `without its directory it goes on with the old file`() throws {
    let scratch = try Scratch()
    let inner = scratch.path + "/inner"
    try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
    let writer = try LogWriter(path: inner + "/log")
    write("a\n", to: writer)
    writer.flush()
    try FileManager.default.moveItem(atPath: inner, toPath: scratch.path + "/aside")
    write("b\n", to: writer)
    writer.flush()
    #expect(scratch.read("aside/log") == "a\nb\n")
    try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
    write("c\n", to: writer)
    writer.flush()
    #expect(scratch.read("inner/log") == "c\n")
    writer.close()
  }

  @Test func `reopen makes the file, though nothing is to be written`() throws {
    let scratch = try Scratch()
    let writer = try LogWriter(path: scratch.file)
    try FileManager.default.moveItem(atPath: scratch.file, toPath: scratch.path + "/log.1")
    writer.reopen()
    writer.flush()
    #expect(scratch.read() == "")
    writer.close()
  }

  @Test func `a writer that is closed opens nothing again`() throws {
    let scratch = try Scratch()
    let writer = try LogWriter(path: scratch.file)
    try FileManager.default.removeItem(atPath: scratch.file)
    writer.close()
    writer.reopen()
    writer.flush()
    #expect(scratch.read() == "no file")
  }

  @Test func `many lines of several threads are whole and all there`() throws {
    let scratch = try Scratch()
    let writer = try LogWriter(path: scratch.file)
    let done = Monitor(0)
    for thread in 0..<4 {
      startThread {
        for number in 0..<2000 {
          let bytes = Array("\(thread) \(number) \(String(repeating: "x", count: number % 50))\n".utf8)
          writer.write(bytes.span)
        }
        done.withLock { $0 += 1 }
        done.broadcast()
      }
    }
    done.waitUntil { $0 == 4 ? () : nil }
    writer.close()
    let lines = scratch.read().split(separator: "\n")
    #expect(lines.count == 8000)
    for thread in 0..<4 {
      let own = lines.filter { $0.hasPrefix("\(thread) ") }.map { $0.split(separator: " ")[1] }
      #expect(own == (0..<2000).map { Substring("\($0)") })
    }
  }

  @Test func `a full disk loses lines, and holds nobody up`() throws {
    let writer = try LogWriter(path: "/dev/full")
    for _ in 0..<3 {
      write("lost\n", to: writer)
      writer.flush()
    }
    writer.close()
  }

  @Test func `a file that cannot be opened is an error with its reason`() {
    let error = #expect(throws: LogFileError.self) { try LogWriter(path: "/no/such/directory/log") }
    #expect(error?.description == "cannot open log file /no/such/directory/log: No such file or directory")
  }

  @Test func `waiting on a monitor ends by itself`() {
    let monitor = Monitor(0)
    monitor.wait(for: .milliseconds(1)) { $0 == 1 }
    monitor.wait(for: .seconds(3600)) { $0 == 0 }
  }
}
