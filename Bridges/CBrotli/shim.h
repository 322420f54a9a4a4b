// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// What Swift sees of brotli: its headers. pkg-config names the library that compresses; the module map adds the other one.

#ifndef GALE_CBROTLI_SHIM_H
#define GALE_CBROTLI_SHIM_H

#include <brotli/decode.h>
#include <brotli/encode.h>

#endif
