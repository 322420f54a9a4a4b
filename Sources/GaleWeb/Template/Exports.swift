// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// `TemplateError`, `WhitespaceMode` and `filterWhitespace` are in a module that needs nothing else, for the tool of the build.
@_exported public import GaleTemplate
