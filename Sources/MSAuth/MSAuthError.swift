/// What failed: a status, one sentence, what to do next, and what the service said.
///
/// Its texts may be shown and logged: no secret ever goes into one.
package struct MSAuthError: Error, Sendable {
    package let status: Status
    package var message: String
    package var hint: String?

    /// The service's own words, where it answered: RFC 6749 section 5.2 and Entra's additions to it.
    package var service: ServiceFailure?

    package init(_ status: Status, _ message: String, hint: String? = nil, service: ServiceFailure? = nil) {
        self.status = status
        self.message = message
        self.hint = hint
        self.service = service
    }

    package static func invalidArgument(_ message: String) -> MSAuthError {
        MSAuthError(.invalidArgument, message)
    }

    package static func notFound(_ name: String) -> MSAuthError {
        MSAuthError(
            .notFound, "There is no connection named \"\(name)\".",
            hint: "List the connections, or sign in with connect first.")
    }

    package static let cancelled = MSAuthError(.cancelled, "The operation was cancelled.")

    /// The caller's own "timeout" is over.
    package static let timedOut: MSAuthError = {
        var error = MSAuthError(
            .expired, "The operation did not end within its \"timeout\".",
            hint: "Call again with a longer \"timeout\"; a sign-in that is pending can still be resumed.")
        error.isTimeout = true
        return error
    }()

    private var isTimeout = false

    /// Says nothing about anybody else who asks for the same.
    var concernsItsCallerAlone: Bool {
        isTimeout || [.cancelled, .invalidArgument, .assertionRequired].contains(status)
    }
}

/// What a token or device-code endpoint said when it refused.
package struct ServiceFailure: Sendable, Equatable {
    package var errorCode: String?
    package var suberror: String?
    package var aadsts: Int?
    package var claims: String?
    package var correlationID: String?
    package var traceID: String?
    package var retryAfter: Int?
    package var httpStatus: Int?

    package init() {}
}
