// swift-tools-version: 6.0
// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let package = Package(
  name: "get",
  dependencies: [
    .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
  ],
  targets: [
    .executableTarget(
      name: "get",
      dependencies: [
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ]
    )
  ]
)
