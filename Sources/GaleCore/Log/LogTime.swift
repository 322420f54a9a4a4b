// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// The wall clock, for logs.
package enum LogTime {
  /// Now, in Unix seconds and milliseconds.
  static func now() -> (seconds: Int, milliseconds: Int) {
    var time = timespec()
    // SAFETY: filled in during the call.
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return (time.tv_sec, time.tv_nsec / 1_000_000)
  }

  /// The last text that was made: most records of a second follow each other.
  private static let last = Mutex((seconds: 0, format: "", text: ""))

  /// A time in this process's time zone, by `strftime`'s directives.
  static func format(_ seconds: Int, _ format: String) -> String {
    last.withLock { last in
      if last.seconds != seconds || last.format != format {
        last = (seconds, format, makeText(seconds, format))
      }
      return last.text
    }
  }

  /// Like ``format(_:_:)``, without keeping the text.
  package static func makeText(_ seconds: Int, _ format: String) -> String {
    var time = time_t(seconds)
    var parts = unsafe tm()
    var room = [CChar](repeating: 0, count: 256)
    // SAFETY: everything lives for the call, and strftime keeps to the room.
    unsafe localtime_r(&time, &parts)
    let count = unsafe strftime(&room, room.count, format, &parts)
    return String(decoding: room.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The parts of a time in this process's time zone.
  static func local(_ seconds: Int) -> tm {
    var time = time_t(seconds)
    var parts = unsafe tm()
    // SAFETY: as above.
    unsafe localtime_r(&time, &parts)
    return unsafe parts
  }

  /// The time that local clocks show, or would show at that day and time.
  static func unixSeconds(_ parts: tm) -> Int {
    var parts = unsafe parts
    unsafe parts.tm_isdst = -1
    // SAFETY: as above.
    return unsafe mktime(&parts)
  }
}
