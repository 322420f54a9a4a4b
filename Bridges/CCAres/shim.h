// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// What Swift sees of c-ares: its header. Swift calls all of it directly.

#ifndef GALE_CCARES_SHIM_H
#define GALE_CCARES_SHIM_H

#include <sys/time.h>
#include <ares.h>

#if ARES_VERSION < 0x011000
#error "Gale needs c-ares 1.16 or later: ares_getaddrinfo"
#endif

#endif
