// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The variables by which a run of a program hands something to another run: nobody's settings.
package enum HandoverVariables {
  package static let names = [
    SocketHandover.variable, WorkerSpecification.variable, WorkerLink.variable, Scoreboard.variable,
    SupervisorHandover.variable,
  ]
}
