package enum HTTPStatus { package static func standardReason(_ s: Int) -> String { "X" } }
package enum HTTPDate { package static func format(_ s: Int64) -> String { "Mon, 23 Nov 2026 00:00:00 GMT" } }
