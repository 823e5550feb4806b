/// What the browser brought back, checked against what was asked.
enum AuthorizationResponse {
    case code(AuthorizationCode)
    /// The service's own refusal, or the user's.
    case refused(MSAuthError)

    /// Throws `untrusted` for what is no answer to this request: that request still waits then.
    init(_ parameters: Parameters, to request: AuthorizationRequest) throws(MSAuthError) {
        try parameters.check(state: request.state, issuer: request.issuer) { request.isIssuer($0) }
        if parameters["error"] != nil {
            self = .refused(ServiceError(parameters).error)
            return
        }
        guard let code = parameters["code"], !code.isEmpty else {
            throw MSAuthError(.untrusted, "The redirect has neither a \"code\" nor an \"error\".")
        }
        let clientInfo = parameters.text("client_info").flatMap { ClientInfo($0) }
        self = .code(AuthorizationCode(value: code, clientInfo: clientInfo))
    }

    /// What a person or a program hands in: the whole address, its query, the form, or the code alone.
    init(handedIn redirect: Secret, to request: AuthorizationRequest) throws(MSAuthError) {
        switch try HandedInRedirect(redirect, to: request.redirectURI) {
        case .parameters(let parameters): try self.init(parameters, to: request)
        // Without a state, but good for nobody who lacks our verifier: RFC 7636.
        case .bare(let code): self = .code(AuthorizationCode(value: code))
        }
    }
}
