// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Glibc

/// Python's `datetime` and `time`, as far as pages need them: naive times and differences, `strftime`.
enum DateLibrary {
  static var module: TemplateValue {
    TemplateModuleObject(
      "datetime", ["datetime": dateTimeType, "date": dateType, "timedelta": differenceType]
    ).templateValue
  }

  static var timeModule: TemplateValue {
    TemplateModuleObject(
      "time",
      [
        "time": .function("time") { _ in .double(Double(System.wallMicroseconds) / 1e6) },
        "strftime": .function("strftime") { arguments in
          .string(
            try TemplateDateTime(microseconds: System.wallMicroseconds, isUTC: false).formatted(
              try arguments.string(0)))
        },
      ]
    ).templateValue
  }

  private static var dateTimeType: TemplateValue {
    let attributes: [String: TemplateValue] = [
      "now": .function("now") { _ in
        TemplateDateTime(microseconds: System.wallMicroseconds, isUTC: false).templateValue
      },
      "today": .function("today") { _ in
        TemplateDateTime(microseconds: System.wallMicroseconds, isUTC: false).templateValue
      },
      "utcnow": .function("utcnow") { _ in
        TemplateDateTime(microseconds: System.wallMicroseconds, isUTC: true).templateValue
      },
      "fromtimestamp": .function("fromtimestamp") { try from($0, isUTC: false) },
      "utcfromtimestamp": .function("utcfromtimestamp") { try from($0, isUTC: true) },
    ]
    return .function(
      TemplateFunction(type: "datetime", attributes: attributes) { arguments in
        let names = ["year", "month", "day", "hour", "minute", "second", "microsecond"]
        let parts = try names.enumerated().map { index, name in
          index > 2 && arguments.value(index, name) == nil ? 0 : try arguments.int(index, name)
        }
        return try TemplateDateTime(parts: parts).templateValue
      })
  }

  private static var dateType: TemplateValue {
    let today: TemplateValue = .function("today") { _ in
      TemplateDateTime(microseconds: System.wallMicroseconds, isUTC: false).date.templateValue
    }
    return .function(
      TemplateFunction(type: "date", attributes: ["today": today]) { arguments in
        let parts = [
          try arguments.int(0, "year"), try arguments.int(1, "month"), try arguments.int(2, "day"), 0, 0, 0,
          0,
        ]
        return try TemplateDateTime(parts: parts).date.templateValue
      })
  }

  private static func from(_ arguments: TemplateArguments, isUTC: Bool) throws -> TemplateValue {
    let seconds = try TemplateLibrary.float(try arguments.required(0))
    guard seconds.magnitude < 1e11 else { throw TemplateException(.valueError, "year is out of range") }
    return TemplateDateTime(microseconds: Int((seconds * 1e6).rounded(.toNearestOrEven)), isUTC: isUTC)
      .templateValue
  }

  private static var differenceType: TemplateValue {
    .function(
      TemplateFunction(type: "timedelta") { arguments in
        let units: [(String, Double)] = [
          ("days", 86400e6), ("seconds", 1e6), ("microseconds", 1), ("milliseconds", 1e3), ("minutes", 60e6),
          ("hours", 3600e6), ("weeks", 604800e6),
        ]
        var total = 0.0
        for (index, unit) in units.enumerated() {
          if let value = arguments.value(index, unit.0) { total += try TemplateLibrary.float(value) * unit.1 }
        }
        guard total.magnitude < 8.64e19 / 10 else {
          throw TemplateException(.overflowError, "days out of range")
        }
        return TemplateTimeDelta(microseconds: Int(total.rounded(.toNearestOrEven))).templateValue
      })
  }
}

extension System {
  /// The wall clock in microseconds since 1970.
  static var wallMicroseconds: Int {
    var time = timespec()
    // SAFETY: the structure lives for the call.
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
  }
}
