// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// What Swift sees of nghttp2: its header. Everything that Gale needs of it is a function or an enumerator, which Swift
// imports as they are.

#ifndef GALE_CNGHTTP2_SHIM_H
#define GALE_CNGHTTP2_SHIM_H

#include <nghttp2/nghttp2.h>

// RFC 9218's priorities, and the check of white space around values, came with 1.50.
#if NGHTTP2_VERSION_NUM < 0x013200
#error "Gale needs nghttp2 1.50 or later"
#endif

#endif
