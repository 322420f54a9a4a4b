// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// The tool of the plug-in `GaleTemplates`: makes a Swift file of templates.
//   GaleTemplateCompiler OUTPUT MODULE DIRECTORY NAME...
// MODULE is what the file imports: `Gale` or `GaleWeb`. Names of templates are relative to DIRECTORY. What is wrong with
// one is said as compilers say it, `file:line:column: error: …`, and ends the build.

import GaleTemplate
import Glibc

@main
struct Main {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count >= 4 else {
      report("error: usage: GaleTemplateCompiler OUTPUT MODULE DIRECTORY NAME...")
      exit(2)
    }
    let directory = arguments[3]
    let set = TemplateSet(directory: directory, names: Array(arguments.dropFirst(4)))
    do {
      let text = try set.swift(importing: arguments[2])
      guard TextFile.write(text, to: arguments[1]) else {
        report("error: \(arguments[1]) cannot be written")
        exit(1)
      }
    } catch let error as TemplateError {
      for (index, place) in error.places.enumerated() {
        let kind = index == 0 ? "error: \(error.message)" : "note: included from here"
        report("\(directory)/\(place.file):\(place.line):\(max(place.column, 1)): \(kind)")
      }
      if error.places.isEmpty { report("error: \(error.message)") }
      exit(1)
    } catch {
      report("error: \(error)")
      exit(1)
    }
  }

  private static func report(_ line: String) { TextFile.write(line + "\n", toDescriptor: STDERR_FILENO) }
}

/// Files as text.
enum TextFile {
  static func read(_ path: String) -> [UInt8]? {
    // SAFETY: the call reads the path.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // SAFETY: the array lends its bytes for the call.
      let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      guard count >= 0 else { return nil }
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
  }

  static func write(_ text: String, to path: String) -> Bool {
    // SAFETY: the call reads the path.
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return write(text, toDescriptor: descriptor)
  }

  @discardableResult
  static func write(_ text: String, toDescriptor descriptor: Int32) -> Bool {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      // SAFETY: the slice lends its bytes for the call.
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
