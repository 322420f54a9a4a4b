// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// The framework under one name: `import Gale`.

@_exported public import GaleCore
@_exported public import GaleHTTP
@_exported public import GaleLoop
@_exported public import GaleWeb
@_exported public import GaleWire
