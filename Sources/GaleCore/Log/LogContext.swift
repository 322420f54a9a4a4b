// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import Logging

/// What every log line says that is written on behalf of the present task, such as the id of a request.
public enum LogContext {
  /// Adds to this follows the task, as every task-local value does.
  @TaskLocal public static var metadata: Logger.Metadata = [:]

  /// Brings ``metadata`` into the lines of any logging back end; the one of this package has it already.
  ///
  /// ```swift
  /// LoggingSystem.bootstrap({ label, provider in … }, metadataProvider: LogContext.provider)
  /// ```
  public static let provider = Logger.MetadataProvider { metadata }
}
