// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWeb

/// Files with traps around them.
struct StaticTree {
  let tree: TemporaryTree
  var root: String { tree.path + "/static" }

  static let alphabet = "abcdefghijklmnopqrstuvwxyz"
  /// 2009-02-13 23:31:30 UTC.
  static let modified = 1_234_567_890

  init() throws {
    tree = try TemporaryTree()
    for name in [
      "static", "static/sub", "static/empty", "static/odd", "static/odd/index.html", "static_secret",
      "outside",
    ] {
      try tree.makeDirectory(name)
    }
    for name in ["secret.txt", "static_secret/canary.txt", "outside/canary.txt", "staticx"] {
      try tree.write("CANARY-OUTSIDE", to: name)
    }
    try tree.write(Self.alphabet, to: "static/letters.txt")
    try tree.write("", to: "static/nothing.txt")
    try tree.write("index of sub\n", to: "static/sub/index.html")
    try tree.write("inner", to: "static/sub/inner.css")
    try tree.write("space", to: "static/a b.txt")
    try tree.write("unicode", to: "static/grün.txt")
    try tree.write("hidden", to: "static/hidden.txt")
    try tree.write([0x1F, 0x8B], to: "static/data.tar.gz")
    try tree.write("?", to: "static/unknown.zzz")
    tree.setMode("static/hidden.txt", 0)
    tree.setModified("static/letters.txt", Self.modified)
    try tree.link("static/out.txt", to: tree.path + "/outside/canary.txt")
    try tree.link("static/outdir", to: tree.path + "/outside")
    try tree.link("static/up.txt", to: "../secret.txt")
    try tree.link("static/in.txt", to: "letters.txt")
    try tree.link("static/indir", to: "sub")
    try tree.link("static/loop", to: "loop")
    try tree.link("static/dangling", to: "nowhere")
    try tree.link("static/sub/default-out", to: tree.path + "/secret.txt")
    try tree.makeFIFO("static/fifo")
  }

  func routes(_ handler: StaticFileHandler.Type = StaticFileHandler.self, index: String? = nil) -> [URLSpec] {
    var arguments: HandlerArguments = ["path": root]
    if let index { arguments["default_filename"] = index }
    return [URLSpec("/static/(.*)", handler, arguments)]
  }
}
