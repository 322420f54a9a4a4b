// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// What Swift sees of Zstandard: its header.

#ifndef GALE_CZSTD_SHIM_H
#define GALE_CZSTD_SHIM_H

#include <zstd.h>

#endif
