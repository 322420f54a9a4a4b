// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// What Swift sees of zlib: its header, and a function for each of the two macros that Gale needs (they pass the
// header's version and the structure's size on); Swift imports functions only.

#ifndef GALE_CZLIB_SHIM_H
#define GALE_CZLIB_SHIM_H

#define ZLIB_CONST
#include <zlib.h>

static inline int cgale_inflate_init(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }

static inline int cgale_deflate_init(z_stream *stream, int level, int window_bits, int memory_level) {
  return deflateInit2(stream, level, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY);
}

#endif
