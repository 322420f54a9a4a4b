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
    .library(name: "GalePython", targets: ["GalePython"]),
  ],
  traits: [
    .trait(name: "Python", description: "Hosts Python apps in an embedded CPython 3.9 or later."),
    .default(enabledTraits: ["Python"]),
  ],
  targets: [
    .target(name: "GaleCore", swiftSettings: strict),
    .target(name: "GaleWire", dependencies: ["GaleCore"], swiftSettings: strict),

    // Python. `interop/gale/link_python.py` chooses the interpreter and how it is linked.
    .systemLibrary(
      name: "CPython", path: "Bridges/CPython", pkgConfig: "python3-embed",
      providers: [.apt(["libpython3-dev"])]),
    .target(
      name: "GalePython",
      dependencies: ["GaleCore", .target(name: "CPython", condition: .when(traits: ["Python"]))],
      path: "Bridges/GalePython", swiftSettings: strict),

    .testTarget(name: "GaleCoreTests", dependencies: ["GaleCore"], swiftSettings: strict),
    .testTarget(name: "GaleWireTests", dependencies: ["GaleWire"], swiftSettings: strict),
    .testTarget(name: "GalePythonTests", dependencies: ["GalePython"], swiftSettings: strict),
  ]
)
