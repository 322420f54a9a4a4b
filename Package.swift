// swift-tools-version: 6.3
// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// What every Swift target is compiled with: the strictest checks that the compiler has.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .enableUpcomingFeature("ImmutableWeakCaptures"),
]

/// Targets stand bottom first: each imports only what stands above it.
let package = Package(
  name: "gale",
  products: [
    .library(name: "GaleCore", targets: ["GaleCore"]),
    .library(name: "GaleWire", targets: ["GaleWire"]),
    .library(name: "GaleWeb", targets: ["GaleWeb"]),
  ],
  targets: [
    .target(name: "GaleCore", swiftSettings: strict),
    .target(name: "GaleWire", dependencies: ["GaleCore"], swiftSettings: strict),
    .target(name: "GaleWeb", dependencies: ["GaleCore"], swiftSettings: strict),
    .testTarget(name: "GaleCoreTests", dependencies: ["GaleCore"], swiftSettings: strict),
    .testTarget(name: "GaleWireTests", dependencies: ["GaleWire"], swiftSettings: strict),
    .testTarget(name: "GaleWebTests", dependencies: ["GaleWeb"], swiftSettings: strict),
  ]
)
