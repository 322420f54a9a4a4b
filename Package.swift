// swift-tools-version: 6.3
// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// Whether this package is built for itself, not as part of another one, which may not have such flags.
let isRoot = !Context.packageDirectory.contains("/checkouts/")

/// What every Swift target is compiled with: the strictest checks that the compiler has.
let strict: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
  ] + (isRoot ? [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))] : [])

/// Executables carry the Swift runtime and CPython inside, at a fixed address: calls into them cost what
/// they cost in Debian's own python3 (docs/decisions/0006-static-libpython.md).
let executable: [LinkerSetting] = [
  .unsafeFlags([
    "-use-ld=lld", "-static-stdlib", "-Xclang-linker", "-no-pie", "-Xlinker", "--export-dynamic",
    "-l_FoundationCollections", "-l_FoundationCShims",
  ])
]

/// Targets stand bottom first: each imports only what stands above it.
let package = Package(
  name: "gale",
  products: [
    .library(name: "Gale", targets: ["Gale"]),
    .executable(name: "gale", targets: ["GaleCLI"]),
    .library(name: "GaleCore", targets: ["GaleCore"]),
    .library(name: "GaleWire", targets: ["GaleWire"]),
    .library(name: "GaleLoop", targets: ["GaleLoop"]),
    .library(name: "GaleCAres", targets: ["GaleCAres"]),
    .library(name: "GaleHTTP", targets: ["GaleHTTP"]),
    .library(name: "GaleCurl", targets: ["GaleCurl"]),
    .library(name: "GaleTemplate", targets: ["GaleTemplate"]),
    .library(name: "GaleWeb", targets: ["GaleWeb"]),
    .library(name: "GaleAuth", targets: ["GaleAuth"]),
    .plugin(name: "GaleTemplates", targets: ["GaleTemplates"]),
    .library(name: "GaleServiceLifecycle", targets: ["GaleServiceLifecycle"]),
    .library(name: "GaleTesting", targets: ["GaleTesting"]),
    .library(name: "GalePython", targets: ["GalePython"]),
    .library(name: "GaleWSGI", targets: ["GaleWSGI"]),
    .library(name: "GaleAsyncio", targets: ["GaleAsyncio"]),
    .library(name: "GaleASGI", targets: ["GaleASGI"]),
  ],
  traits: [
    .trait(name: "Python", description: "Hosts Python apps in an embedded CPython 3.9 or later."),
    .trait(name: "TLS", description: "Encrypted streams, servers and clients, with OpenSSL 3."),
    .trait(name: "HTTP2", description: "HTTP/2 in servers, with nghttp2."),
    .trait(name: "CAres", description: "Name look-ups on the event loop, with c-ares."),
    .trait(name: "Metrics", description: "Counts and times requests, for any back end of swift-metrics."),
    .trait(
      name: "Tracing", description: "A span for each request, for any back end of swift-distributed-tracing."),
    .trait(name: "ServiceLifecycle", description: "Servers as services of swift-service-lifecycle."),
    .trait(name: "Curl", description: "A second HTTP client, with libcurl."),
    .trait(name: "Brotli", description: "The content coding br, with libbrotli."),
    .trait(name: "Zstd", description: "The content coding zstd, with libzstd."),
    .trait(name: "Auth", description: "Login with OAuth, OpenID and OpenID Connect; tokens by JWTKit."),
    .default(
      enabledTraits: [
        "Python", "TLS", "HTTP2", "CAres", "Curl", "Metrics", "Tracing", "ServiceLifecycle", "Brotli", "Zstd",
        "Auth",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
  ],
  targets: [
    // The core, and protocols without I/O.
    .target(
      name: "GaleCore", dependencies: [.product(name: "Logging", package: "swift-log")], swiftSettings: strict
    ),
    .systemLibrary(
      name: "CZlib", path: "Bridges/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CBrotli", path: "Bridges/CBrotli", pkgConfig: "libbrotlienc",
      providers: [.apt(["libbrotli-dev"])]),
    .systemLibrary(
      name: "CZstd", path: "Bridges/CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .target(
      name: "GaleWire",
      dependencies: [
        "GaleCore", "CZlib", .target(name: "CBrotli", condition: .when(traits: ["Brotli"])),
        .target(name: "CZstd", condition: .when(traits: ["Zstd"])),
      ],
      swiftSettings: strict),

    // The loop.
    .target(name: "CSystem", path: "Bridges/CSystem"),
    .systemLibrary(
      name: "COpenSSL", path: "Bridges/COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .target(
      name: "GaleLoop",
      dependencies: [
        "GaleCore", "CSystem", .target(name: "COpenSSL", condition: .when(traits: ["TLS"])),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),

    // Name look-ups on the loop. A target of its own: only who imports it links c-ares.
    .systemLibrary(
      name: "CCAres", path: "Bridges/CCAres", pkgConfig: "libcares", providers: [.apt(["libc-ares-dev"])]),
    .target(
      name: "GaleCAres",
      dependencies: ["GaleLoop", .target(name: "CCAres", condition: .when(traits: ["CAres"]))],
      path: "Bridges/GaleCAres", swiftSettings: strict),

    // HTTP and the framework.
    .systemLibrary(
      name: "CNGHTTP2", path: "Bridges/CNGHTTP2", pkgConfig: "libnghttp2",
      providers: [.apt(["libnghttp2-dev"])]),
    .target(
      name: "GaleHTTP",
      dependencies: [
        "GaleCore", "GaleWire", "GaleLoop", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "DequeModule", package: "swift-collections"),
        .target(name: "CNGHTTP2", condition: .when(traits: ["HTTP2"])),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    // The HTTP client on libcurl. A target of its own: only who imports it links libcurl.
    .systemLibrary(
      name: "CCurl", path: "Bridges/CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .target(
      name: "GaleCurl",
      dependencies: [
        "GaleCore", "GaleWire", "GaleLoop", "GaleHTTP",
        .target(name: "CCurl", condition: .when(traits: ["Curl"])),
      ],
      path: "Bridges/GaleCurl", swiftSettings: strict),
    // The language of templates. Without dependencies: the tool that makes Swift of templates is built before all else.
    .target(name: "GaleTemplate", swiftSettings: strict),
    .executableTarget(name: "GaleTemplateCompiler", dependencies: ["GaleTemplate"], swiftSettings: strict),
    .plugin(
      name: "GaleTemplates", capability: .buildTool(), dependencies: ["GaleTemplateCompiler"],
      path: "Sources/GaleTemplates"),
    .target(
      name: "GaleWeb",
      dependencies: [
        "GaleCore", "GaleWire", "GaleLoop", "GaleHTTP", "GaleTemplate",
        .product(name: "Crypto", package: "swift-crypto"), .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics", condition: .when(traits: ["Metrics"])),
        .product(
          name: "Tracing", package: "swift-distributed-tracing", condition: .when(traits: ["Tracing"])),
      ],
      swiftSettings: strict),
    .target(
      name: "Gale", dependencies: ["GaleCore", "GaleWire", "GaleLoop", "GaleHTTP", "GaleWeb"],
      swiftSettings: strict),

    // Login. A target of its own: only who imports it links JWTKit.
    .target(
      name: "GaleAuth",
      dependencies: [
        "GaleCore", "GaleWire", "GaleLoop", "GaleHTTP", "GaleWeb",
        .product(name: "Crypto", package: "swift-crypto"), .product(name: "Logging", package: "swift-log"),
        .product(name: "JWTKit", package: "jwt-kit", condition: .when(traits: ["Auth"])),
      ],
      swiftSettings: strict),

    // Servers among the services of a process. A target of its own: only who imports it links the library.
    .target(
      name: "GaleServiceLifecycle",
      dependencies: [
        "GaleLoop", "GaleHTTP",
        .product(
          name: "ServiceLifecycle", package: "swift-service-lifecycle",
          condition: .when(traits: ["ServiceLifecycle"])),
      ],
      path: "Bridges/GaleServiceLifecycle", swiftSettings: strict),

    // The test kit. It needs Swift Testing, which comes with the toolchain.
    .target(
      name: "GaleTesting",
      dependencies: [
        "GaleCore", "GaleWire", "GaleLoop", "GaleHTTP", "GaleWeb",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),

    // Python. `interop/gale/link_python.py` chooses the interpreter and how it is linked.
    .systemLibrary(
      name: "CPython", path: "Bridges/CPython", pkgConfig: "python3-embed",
      providers: [.apt(["libpython3-dev"])]),
    .target(
      name: "GalePython",
      dependencies: ["GaleCore", .target(name: "CPython", condition: .when(traits: ["Python"]))],
      path: "Bridges/GalePython", swiftSettings: strict),
    .target(
      name: "GaleAsyncio",
      dependencies: [
        "GaleCore", "GaleLoop", "GalePython", .product(name: "Logging", package: "swift-log"),
      ],
      path: "Bridges/GaleAsyncio",
      resources: [
        .embedInCode("Python/gale_asyncio.py"), .embedInCode("Python/gale_sockets.py"),
        .embedInCode("Python/gale_twisted.py"),
      ],
      swiftSettings: strict),
    .target(
      name: "GaleASGI",
      dependencies: [
        "GaleCore", "GaleWire", "GaleLoop", "GaleHTTP", "GalePython", "GaleAsyncio",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Bridges/GaleASGI", swiftSettings: strict),
    .target(
      name: "GaleWSGI",
      dependencies: [
        "GaleCore", "GaleWire", "GaleLoop", "GaleHTTP", "GalePython",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Bridges/GaleWSGI", swiftSettings: strict),

    // The command line, and what `gale serve` does.
    .target(
      name: "GaleServe",
      dependencies: [
        "GaleASGI", "GaleAsyncio", "GaleAuth", "GaleCore", "GaleHTTP", "GaleLoop", "GalePython", "GaleWSGI",
        "GaleWeb", "GaleWire",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "GaleCLI",
      dependencies: [
        "GaleCore", "GaleHTTP", "GaleLoop", "GalePython", "GaleServe", "GaleWeb", "GaleWire",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict, linkerSettings: executable),

    // Demos.
    .target(
      name: "ChatRoom", dependencies: ["Gale"], path: "docs/demos/websocketchat/Room", swiftSettings: strict),
    .executableTarget(
      name: "websocketchat",
      dependencies: ["ChatRoom", "Gale", .product(name: "Logging", package: "swift-log")],
      path: "docs/demos/websocketchat", exclude: ["Room", "static"], swiftSettings: strict),
    .executableTarget(
      name: "demo",
      dependencies: [
        "ChatRoom", "Gale", "GaleASGI", "GaleAsyncio", "GaleAuth", "GalePython", "GaleWSGI",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "docs/demos/demo", exclude: ["static", "templates"], swiftSettings: strict,
      linkerSettings: executable),
    .executableTarget(
      name: "tcpecho",
      dependencies: ["Gale", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "docs/demos/tcpecho", swiftSettings: strict),
    .executableTarget(
      name: "webspider",
      dependencies: ["Gale", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "docs/demos/webspider", swiftSettings: strict),
    .executableTarget(
      name: "fileupload",
      dependencies: [
        "Gale", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "docs/demos/fileupload", swiftSettings: strict),
    .executableTarget(
      name: "chat",
      dependencies: [
        "Gale", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "docs/demos/chat", exclude: ["static", "templates"], swiftSettings: strict),
    .executableTarget(
      name: "autobahn", dependencies: ["Gale", .product(name: "Logging", package: "swift-log")],
      path: "docs/demos/autobahn", swiftSettings: strict),
    .executableTarget(
      name: "bench-target",
      dependencies: [
        "Gale", "GaleAuth", "GalePython", "GaleWSGI", .product(name: "Logging", package: "swift-log"),
      ],
      path: "docs/demos/bench", swiftSettings: strict, linkerSettings: executable, plugins: ["GaleTemplates"]),
    .executableTarget(
      name: "bench-client", dependencies: ["GaleCurl", "GaleHTTP", "GaleLoop"],
      path: "docs/demos/bench-client",
      swiftSettings: strict),
    .executableTarget(
      name: "bench-await", dependencies: ["GaleAsyncio", "GaleLoop", "GalePython"],
      path: "docs/demos/bench-await", swiftSettings: strict, linkerSettings: executable),
    .executableTarget(
      name: "conformance",
      dependencies: ["Gale", "GalePython", "GaleWSGI", .product(name: "Logging", package: "swift-log")],
      path: "docs/demos/conformance", swiftSettings: strict, linkerSettings: executable),

    // Tests.
    .target(
      name: "TestSupport",
      dependencies: [
        "GaleCore", "GaleWire", "GaleLoop", "CSystem",
        .target(name: "CNGHTTP2", condition: .when(traits: ["HTTP2"])),
      ],
      path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(
      name: "GaleCoreTests",
      dependencies: ["GaleCore", "TestSupport", .product(name: "Logging", package: "swift-log")],
      swiftSettings: strict),
    .testTarget(name: "GaleWireTests", dependencies: ["GaleWire", "TestSupport"], swiftSettings: strict),
    .executableTarget(
      name: "workers", dependencies: ["GaleLoop"], path: "Tests/Programs/Workers", swiftSettings: strict),
    .executableTarget(
      name: "main-queue", dependencies: ["Gale", "GaleHTTP", "GaleLoop", "GaleWeb"],
      path: "Tests/Programs/MainQueue", swiftSettings: strict),
    .executableTarget(
      name: "login-site", dependencies: ["Gale", "GaleAuth", "GaleLoop"], path: "Tests/Programs/LoginSite",
      swiftSettings: strict),
    .executableTarget(
      name: "twin", dependencies: ["Gale"], path: "Tests/Programs/Twin", swiftSettings: strict),
    .testTarget(
      name: "GaleLoopTests",
      dependencies: [
        "GaleCore", "GaleLoop", "CSystem", "TestSupport", "workers", "main-queue",
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "GaleCAresTests", dependencies: ["GaleLoop", "GaleCAres", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "GaleHTTPTests",
      dependencies: [
        "GaleCore", "GaleWire", "GaleLoop", "GaleHTTP", "GaleTesting", "CSystem", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "reloader", dependencies: ["Gale"], path: "Tests/Programs/Reloader", swiftSettings: strict),
    .testTarget(
      name: "GaleHTTPClientTests",
      dependencies: ["GaleCore", "GaleWire", "GaleLoop", "GaleHTTP", "GaleCurl", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "GaleWebTests",
      dependencies: [
        "GaleCore", "GaleWire", "GaleLoop", "GaleHTTP", "GaleWeb", "GaleTesting",
        "TestSupport", "reloader",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics", condition: .when(traits: ["Metrics"])),
        .product(name: "MetricsTestKit", package: "swift-metrics", condition: .when(traits: ["Metrics"])),
        .product(
          name: "Tracing", package: "swift-distributed-tracing", condition: .when(traits: ["Tracing"])),
        .product(
          name: "InMemoryTracing", package: "swift-distributed-tracing",
          condition: .when(traits: ["Tracing"])),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "GaleAuthTests",
      dependencies: [
        "GaleCore", "GaleWire", "GaleLoop", "GaleHTTP", "GaleWeb", "GaleAuth", "GaleTesting", "TestSupport",
        .product(name: "Crypto", package: "swift-crypto"), .product(name: "Logging", package: "swift-log"),
        .product(name: "JWTKit", package: "jwt-kit", condition: .when(traits: ["Auth"])),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "GaleTemplateTests", dependencies: ["Gale", "GaleTesting"], swiftSettings: strict,
      plugins: ["GaleTemplates"]),
    .testTarget(
      name: "GaleServiceLifecycleTests",
      dependencies: [
        "GaleLoop", "GaleHTTP", "GaleWeb", "GaleServiceLifecycle", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(
          name: "ServiceLifecycle", package: "swift-service-lifecycle",
          condition: .when(traits: ["ServiceLifecycle"])),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "GaleTestingTests",
      dependencies: [
        "Gale", "GaleCore", "GaleWire", "GaleLoop", "GaleHTTP", "GaleWeb", "GaleTesting", "CSystem",
        "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "GalePythonTests",
      dependencies: [
        "GaleCore", "GalePython", .target(name: "CPython", condition: .when(traits: ["Python"])),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "python-host", dependencies: ["GaleAsyncio", "GaleCore", "GalePython"],
      path: "Tests/Programs/PythonHost",
      swiftSettings: strict, linkerSettings: executable),
    .testTarget(
      name: "GaleAsyncioTests",
      dependencies: [
        "GaleCore", "GaleLoop", "GalePython", "GaleAsyncio", "GaleTesting",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "GaleASGITests",
      dependencies: [
        "GaleCore", "GaleWire", "GaleLoop", "GaleHTTP", "GaleWeb", "GaleTesting", "GalePython", "GaleASGI",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "GaleWSGITests",
      dependencies: [
        "GaleCore", "GaleWire", "GaleLoop", "GaleHTTP", "GaleWeb", "GaleTesting", "GalePython", "GaleWSGI",
        "CSystem",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(name: "GaleServeTests", dependencies: ["GaleServe"], swiftSettings: strict),
  ]
)
