/// One sign-in that is to be made: how, as whom, what for.
struct SignIn {
    let grant: Grant
    let settings: Settings
    let identity: ClientIdentity
    let scopes: Scopes
    let claims: String?
    let run: Run
    private let userAssertion: UserAssertion?

    init(
        _ grant: Grant, _ settings: Settings, _ identity: ClientIdentity, _ scopes: Scopes, claims: String?, _ run: Run
    ) throws(MSAuthError) {
        userAssertion = try UserAssertion(settings, grant)
        // Before the application's own proof, which may cost a request.
        try userAssertion?.checkTime(now: run.environment.clock.wall)
        self.grant = grant
        self.settings = settings
        self.identity = try identity.located(settings, grant, run).proven(settings, grant, run)
        self.scopes = scopes
        self.claims = claims
        self.run = run
    }

    /// Signs in by a grant that needs nobody.
    func redeem() throws(MSAuthError) -> TokenResponse {
        switch grant {
        case .clientSecret, .certificate, .federated, .workloadIdentity:
            return try send(.clientCredentials(identity, scopes, claims: claims))
        case .managedIdentity:
            return try ManagedIdentitySignIn(settings, run).redeem(settings.managedIdentity, scopes)
        case .tokenBroker: return try TokenBroker(self).obtain()
        case .password: return try PasswordSignIn(self).redeem()
        case .onBehalfOf:
            if let userAssertion { return try redeem(userAssertion) }
            fallthrough
        case .interactive, .authorizationCode, .deviceCode, .refreshToken, .accessToken:
            throw MSAuthError(.internalError, "The grant \(grant.rawValue) cannot sign in without its user.")
        }
    }

    func refresh(_ refreshToken: Secret, of account: Account?) throws(MSAuthError) -> TokenResponse {
        if grant == .tokenBroker { return try TokenBroker(self).obtain(by: refreshToken) }
        return try send(.refresh(identity, refreshToken, scopes, claims: claims, account: account))
    }

    /// Whether a refresh token was refused for good, so that only another way in is left.
    func isOver(_ error: MSAuthError) -> Bool {
        error.status == .interactionRequired || grant == .tokenBroker && BrokerRefusal.isFinal(error)
    }

    /// The answer must be about the sign-in that was asked for, RFC 6749 section 10.12 and OpenID Connect's nonce.
    func redeem(_ code: AuthorizationCode, _ authorization: AuthorizationRequest) throws(MSAuthError) -> TokenResponse {
        let response = try send(
            .authorizationCode(identity, code, authorization, claims: claims), nonce: authorization.nonce)
        guard response.idToken != nil else { throw Unreadable.lacks("id_token") }
        return response
    }

    func poll(_ deviceCode: Secret) throws(MSAuthError) -> TokenResponse {
        try send(.deviceCode(identity, deviceCode, claims: claims))
    }

    /// An answer is good when its ID token is.
    func send(_ request: TokenRequest, nonce: String? = nil) throws(MSAuthError) -> TokenResponse {
        let keys = settings[.validateIDToken] == "signature" && !grant.isApplication ? run.environment.issuerKeys : nil
        try keys?.prepare(identity.authority, run)
        let sent = run.environment.clock.wall
        let response = try TokenEndpoint(run).redeem(request)
        guard let idToken = response.idToken else {
            // Who wants a signature is not content without anything that is signed.
            guard keys == nil else { throw Unreadable.lacks("id_token") }
            return response
        }
        try idToken.validate(identity, now: sent, nonce: nonce)
        try keys?.check(idToken, identity.authority, run)
        return response
    }
}
