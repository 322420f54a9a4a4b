// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: requires that 'Song' conform to 'PathParameter'
import Gale

struct Song: Sendable {}

func routes() -> [URLSpec] {
  #if WRONG
  let route = URLSpec.get("/songs/{song}") { (handler: RequestHandler, song: Song) -> String in "\(song)" }
  #else
  let route = URLSpec.get("/songs/{song}") { (handler: RequestHandler, song: Int) -> String in "\(song)" }
  #endif
  return [route]
}
