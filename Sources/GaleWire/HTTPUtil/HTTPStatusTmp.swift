package enum HTTPStatus { package static func standardReason(_ s: Int) -> String { "X" } }
