// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0
