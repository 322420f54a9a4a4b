// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

/// What is served, and where it appears.
struct MountOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Serve an application at a path, of a host or a domain if one is named: /shop=shop:app, \
      api.example.com/=api:app, '*.example.com/v1=v1:app'. Lane settings may follow behind commas: \
      /shop=shop:app,lane=threads,threads=8. The longest path wins. May be repeated.
      """, valueName: "[host]/path=application"))
  var mount: [String] = []

  @Option(
    name: .customLong("static"),
    help: ArgumentHelp(
      """
      Serve the files below a directory, compressed ones (.br, .zst, .gz) beside them to clients that take them. \
      expires= (seconds) and index= (the file for directories) may follow: /static=public,expires=3600. May be \
      repeated.
      """, valueName: "[host]/path=directory"))
  var statics: [String] = []

  func collect(in sources: inout SettingSources) {
    sources.mounts = mount
    sources.statics = statics
  }
}
