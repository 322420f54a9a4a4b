// swift-tools-version: 6.3
// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// The root package's directory, after which SwiftPM names it for the compiler.
///
/// What it calls `package` is open to us because we say that we are it.
let root = Context.packageDirectory.split(separator: "/").dropLast(2).last.map(String.init) ?? "gale"
let packageName = String(root.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .strictMemorySafety(), .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .unsafeFlags(["-parse-as-library", "-package-name", packageName]),
]

func fuzzTarget(_ name: String, _ more: [String] = []) -> Target {
  .executableTarget(
    name: name,
    dependencies: [
      "FuzzSupport", .product(name: "GaleCore", package: "gale"), .product(name: "GaleWire", package: "gale"),
    ] + more.map { .product(name: $0, package: "gale") },
    packageAccess: false,  // SwiftPM would name this package.
    swiftSettings: strict)
}

/// Built by `run.sh` with `-sanitize=fuzzer,address`, so that the code under test is instrumented.
let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "gale", path: "../..")],
  targets: [
    .target(name: "FuzzSupport", packageAccess: false, swiftSettings: strict),
    fuzzTarget("FuzzRequestReader"),
    fuzzTarget("FuzzResponseReader"),
    fuzzTarget("FuzzCookies"),
    fuzzTarget("FuzzURL"),
    fuzzTarget("FuzzMultipart"),
    fuzzTarget("FuzzWebSocketFrames"),
    fuzzTarget("FuzzHTTP2", ["GaleLoop", "GaleHTTP"]),
    fuzzTarget("FuzzTemplate", ["GaleWeb"]),
  ]
)
