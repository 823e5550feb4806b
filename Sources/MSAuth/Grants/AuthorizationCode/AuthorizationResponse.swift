/// What the browser brought back, checked against what was asked.
enum AuthorizationResponse {
    case code(Secret)
    /// The service's own refusal, or the user's.
    case refused(MSAuthError)

    /// Throws `untrusted` for what is no answer to this request: that request still waits then.
    init(_ parameters: Parameters, to request: AuthorizationRequest) throws(MSAuthError) {
        // Before anything else is believed, an error included: anybody can send a browser anywhere.
        guard let state = parameters["state"], state.matches(request.state) else {
            throw MSAuthError(
                .untrusted, "The redirect does not belong to this sign-in: its \"state\" is another or missing.",
                hint: "Use the address that this sign-in gave, and what the browser came back with from there.")
        }
        // RFC 9207 section 2.4.
        if let issuer = parameters.text("iss") {
            guard let address = Address(issuer), request.isIssuer(address) else {
                throw MSAuthError(.untrusted, "The redirect comes from another issuer than \(request.issuer).")
            }
        }
        if parameters["error"] != nil {
            self = .refused(ServiceError(parameters).error)
            return
        }
        guard let code = parameters["code"], !code.isEmpty else {
            throw MSAuthError(.untrusted, "The redirect has neither a \"code\" nor an \"error\".")
        }
        self = .code(code)
    }

    /// What a person or a program hands in: the whole address, its query, the form, or the code alone.
    init(handedIn redirect: Secret, to request: AuthorizationRequest) throws(MSAuthError) {
        guard redirect.count <= 65536 else { throw AuthorizationResponse.unreadable }
        var text = redirect.text()
        if let (uri, query) = RedirectURI.parts(text) {
            guard uri == RedirectURI(request.redirectURI) else {
                throw MSAuthError(
                    .untrusted,
                    "The redirect went to another address than this sign-in's \"redirect_uri\", \(request.redirectURI)."
                )
            }
            text = query
        } else if text.hasPrefix("?") {
            text.removeFirst()
        } else if !text.utf8.contains(where: { "=&?#:/% ".utf8.contains($0) }) {
            // Without a state, but good for nobody who lacks our verifier: RFC 7636.
            self = .code(redirect)
            return
        }
        guard let parameters = Parameters(text.utf8) else { throw AuthorizationResponse.unreadable }
        try self.init(parameters, to: request)
    }

    private static let unreadable = MSAuthError(
        .untrusted, "The redirect cannot be read: a parameter stands in it twice, or is not encoded as a form.",
        hint: "Hand in the whole address that the browser came back to, without a change.")
}
