/// A refusal, RFC 6749 section 5.2 with Entra's additions, and what it means for the caller.
///
/// Microsoft warns that AADSTS numbers may change, so they only refine: the HTTP status counts first where it says
/// "slow down", then `error`, then the number; `suberror` has a say in the hint.
package struct ServiceError: Sendable {
    package private(set) var failure = ServiceFailure()
    private var description = ""
    private let isJSON: Bool

    package init(_ response: HTTPResponse, secrets: [Secret]) {
        func clean(_ text: String?, limit: Int) -> String? {
            text.map { ServerText.clean(ServerText.redact($0, secrets), limit: limit) }.flatMap {
                $0.isEmpty ? nil : $0
            }
        }
        failure.httpStatus = response.status
        failure.retryAfter = response.retryAfter
        failure.correlationID = clean(response.headers["client-request-id"], limit: 64)
        let json = JSON(response.body)
        isJSON = json?["error"]?.string != nil
        guard let json, isJSON else { return }
        failure.errorCode = clean(json["error"]?.string, limit: 128)
        failure.suberror = clean(json["suberror"]?.string, limit: 128)
        failure.claims = clean(json["claims"]?.string, limit: 8192)
        failure.correlationID = clean(json["correlation_id"]?.string, limit: 64) ?? failure.correlationID
        failure.traceID = clean(json["trace_id"]?.string, limit: 64)
        description = clean(json["error_description"]?.string, limit: 2048) ?? ""
        failure.aadsts = json["error_codes"]?.array?.first?.integer ?? AADSTS.number(in: description)
    }

    /// A refusal that a browser brought back, RFC 6749 section 4.1.2.1.
    init(_ redirect: Parameters) {
        isJSON = true
        failure.errorCode = redirect.text("error").map { ServerText.clean($0, limit: 128) }
        failure.suberror = (redirect.text("error_subcode") ?? redirect.text("suberror")).map {
            ServerText.clean($0, limit: 128)
        }
        description = ServerText.clean(redirect.text("error_description") ?? "")
        failure.aadsts = AADSTS.number(in: description)
    }

    package var error: MSAuthError {
        let meaning = self.meaning
        return MSAuthError(meaning.status, sentence, hint: meaning.hint, service: failure)
    }

    private var meaning: (status: Status, hint: String?) {
        let known = failure.aadsts.flatMap { AADSTS.table[$0] }
        let byError = meaningOfError
        if failure.httpStatus == 429 { return (.throttled, throttledHint) }
        guard let byError else {
            if let known { return (known.status, known.hint) }
            return meaningOfSuberror ?? meaningOfClaims ?? byHTTPStatus
        }
        // A device code's answers are exact; everything else the number may refine.
        if byError.isExact { return (byError.status, byError.hint) }
        if let known { return (known.status, known.hint) }
        // Why only the user can continue, or what else `invalid_grant` stands for.
        guard byError.status == .interactionRequired else { return (byError.status, byError.hint) }
        return meaningOfSuberror ?? meaningOfClaims ?? (byError.status, byError.hint)
    }

    /// What a conditional access policy wants besides is in the claims.
    private var meaningOfClaims: (status: Status, hint: String?)? {
        failure.claims == nil ? nil : (.interactionRequired, AADSTS.challenge)
    }

    private var meaningOfError: (status: Status, hint: String?, isExact: Bool)? {
        switch failure.errorCode {
        case "authorization_pending", "slow_down":
            (.interactionRequired, AADSTS.codeNotEntered, true)
        case "expired_token", "code_expired":
            (.expired, "The code was not entered in time: sign in again for a new one.", true)
        case "access_denied", "authorization_declined", "permission_denied":
            (.denied, "The sign-in was declined. Ask an administrator if the application needs approval.", true)
        case "bad_verification_code": (.rejected, "The sign-in is unknown to the service: sign in again.", false)
        case "invalid_grant", "interaction_required", "login_required", "consent_required":
            (.interactionRequired, AADSTS.signInAgain, false)
        case "invalid_client":
            (.badCredential, "Check the client_id and the secret, and whether the secret has expired.", false)
        case "unauthorized_client":
            (.configuration, "The application's registration does not allow this grant.", false)
        case "invalid_scope", "invalid_resource":
            (
                .configuration,
                "Check \"scopes\" or \"resource\", and whether the application has permission for them.", false
            )
        case "invalid_request", "unsupported_grant_type", "unsupported_response_type", "invalid_tenant",
            "invalid_instance":
            (.configuration, "Check tenant, client_id, scopes and the application's registration.", false)
        case "temporarily_unavailable", "server_error": (.service, AADSTS.tryLater, false)
        default: nil
        }
    }

    private var meaningOfSuberror: (status: Status, hint: String?)? {
        switch failure.suberror {
        case "basic_action", "additional_action":
            (.interactionRequired, failure.claims == nil ? AADSTS.signInAgain : AADSTS.challenge)
        case "message_only": (.interactionRequired, "The sign-in page has a message for the user: connect again.")
        case "consent_required": (.interactionRequired, AADSTS.consent)
        case "user_password_expired": (.interactionRequired, AADSTS.passwordExpired)
        case "bad_token", "token_expired": (.interactionRequired, AADSTS.sessionOver)
        case "device_authentication_failed": (.interactionRequired, "The device must be registered again.")
        // No sign-in changes these two.
        case "client_mismatch":
            (.configuration, "The refresh token belongs to another application: connect again with this \"client_id\".")
        case "protection_policy_required":
            (
                .configuration,
                "A policy lets in only applications that Intune protects: ask the administrator for an exception."
            )
        default: nil
        }
    }

    private var byHTTPStatus: (status: Status, hint: String?) {
        switch failure.httpStatus ?? 0 {
        case 300...399: (.untrusted, "Token requests follow no redirect: check the authority.")
        case 408, 500...599: (.service, AADSTS.tryLater)
        case 404: (.configuration, "There is no such endpoint: check the authority and the tenant.")
        default: (.rejected, nil)
        }
    }

    private var throttledHint: String {
        failure.retryAfter.map { "Wait \($0) seconds before another try." }
            ?? "Wait a minute before another try, and ask less often."
    }

    /// What happened, in one sentence: the service's own where it gave one.
    private var sentence: String {
        let text = ServiceError.withoutTrace(description)
        if !text.isEmpty { return text }
        if let code = failure.errorCode { return "The service refused with the error \"\(code)\"." }
        let status = failure.httpStatus ?? 0
        switch status {
        case 300...399: return "The service answered with a redirect (HTTP \(status)), which is not followed."
        case 429: return "The service asks to slow down (HTTP 429)."
        default: return "The service answered with HTTP \(status)\(isJSON ? "" : " and no error that can be read")."
        }
    }

    /// Entra adds IDs and a time to its sentence; they are fields of their own here.
    private static func withoutTrace(_ text: String) -> String {
        let end = text.firstRange(of: "Trace ID: ")?.lowerBound ?? text.endIndex
        return ServerText.clean(String(text[..<end]))
    }
}
