extension Client {
    /// How long the user has for the sign-in page, in a program that hands the redirect in.
    private static let lifetime = 3600

    /// The first half: an address for the user's browser, and a pending sign-in that only its redirect finishes.
    func beginAuthorization(
        _ shelf: Shelf, _ settings: Settings, _ kept: [OptionName: String], _ options: Options, _ before: Record?,
        _ run: Run
    ) throws(MSAuthError) {
        let redirectURI = try settings.required(.redirectURI, .authorizationCode)
        let (request, address, pending) = try authorize(
            .authorizationCode, settings, kept, options, before, redirectURI: redirectURI, seconds: Client.lifetime,
            run)
        try keep(pending, shelf)
        run.show(Prompt(address, request.state, expiresOn: pending.expiresOn, opensBrowser: false))
    }

    /// What is asked, and what will be checked when the browser comes back.
    func authorize(
        _ grant: Grant, _ settings: Settings, _ kept: [OptionName: String], _ options: Options, _ before: Record?,
        redirectURI: String, seconds: Int, _ run: Run
    ) throws(MSAuthError) -> (request: AuthorizationRequest, address: String, pending: PendingSignIn) {
        let crypto = environment.crypto
        // A mistake there must not wait until the user has signed in.
        _ = try ClientCredential(settings, grant)
        let identity = try ClientIdentity(settings, grant).located(settings, grant, run)
        let claims = Claims.merged(options[.claims], cae: settings.flag(.cae))
        let request = AuthorizationRequest(identity, try settings.scopes, redirectURI: redirectURI, crypto)
        // Who signs in again is the one who signed in before, unless the call makes a new connection.
        let again = options[.grant] == nil ? before?.beginning.makingWay(for: options) : nil
        let address = try request.address(
            identity, settings, claims: claims, loginHint: settings.given(.loginHint) ?? again?.account?.username,
            crypto)
        let pending = PendingSignIn(
            settings: kept,
            credentials: options.keptCredentials(of: grant, settings, over: again?.credentials ?? [:]),
            way: .authorization(request),
            expiresOn: environment.clock.wall + seconds, claims: claims,
            expectedAccount: again?.account?.homeAccountID)
        return (request, address, pending)
    }

    /// The second half: the redirect is checked, and the code redeemed by whoever claims it first.
    func finish(
        _ shelf: Shelf, _ pending: PendingSignIn, _ request: AuthorizationRequest, _ options: Options, _ run: Run
    ) throws(MSAuthError) -> TokenAnswer {
        let response = try AuthorizationResponse(handedIn: Client.redirect(options), to: request)
        let settings = Settings(
            call: options, record: Record(settings: pending.settings, credentials: pending.credentials),
            client: self.options)
        if case .code = response {
            // What only the caller can give: the code is not spent without it.
            try ClientCredential(settings, .authorizationCode)?
                .checkAtHand(settings, .authorizationCode, now: environment.clock.wall)
        }
        let lease = try shelf.lease()
        defer { withExtendedLifetime(lease) {} }
        let record = try shelf.find()
        guard let current = record.pending?.authorization, current.state.matches(request.state) else {
            throw PendingSignIn.endedMeanwhile
        }
        // Before the code is sent anywhere: it works once, and nobody else may try it.
        try claim(record, shelf)
        guard pending.expiresOn > environment.clock.wall else {
            throw MSAuthError(
                .expired, "The sign-in was not finished in time.", hint: "Begin another one with connect.")
        }
        switch response {
        case .code(let code):
            return try redeem(
                code, request, pending, .authorizationCode, settings, over: shelf.held ?? Record(), shelf, run)
        case .refused(let error): throw error
        }
    }

    static func redirect(_ options: Options) throws(MSAuthError) -> Secret {
        guard let redirect = options.secret(.redirect) else {
            throw .invalidArgument("The option \"redirect\" is missing: \(Vocabulary.definition(.redirect).help).")
        }
        return redirect
    }

    /// Under the connection's lock.
    func redeem(
        _ code: AuthorizationCode, _ request: AuthorizationRequest, _ pending: PendingSignIn, _ grant: Grant,
        _ settings: Settings,
        over record: Record, loginHint: String? = nil, _ shelf: Shelf, _ run: Run
    ) throws(MSAuthError) -> TokenAnswer {
        let identity = try ClientIdentity(settings, grant)
        guard identity.authority.description == request.issuer, identity.clientID == request.clientID else {
            throw MSAuthError(
                .configuration,
                "The sign-in was begun at \(request.issuer) for the application \(request.clientID), but this client is "
                    + "set to \(identity.authority) and \(identity.clientID).",
                hint: "Give connect and resume the same client_id, tenant and authority.")
        }
        let scopes = Scopes(request.scopes)
        let sent = Moment(environment.clock)
        let response = try SignIn(grant, settings, identity, scopes, claims: pending.claims, run)
            .redeem(code, request)
        if let loginHint, response.idToken?.isAbout(loginHint) != true {
            throw MSAuthError(
                .untrusted, "Somebody else than \(ServerText.clean(loginHint, limit: 128)) signed in.",
                hint: "Sign in as the one whom \"login_hint\" names, or leave it out.")
        }
        let key = identity.key(scopes, cae: settings.flag(.cae))
        return try end(pending, with: response, key, sent: sent, over: record, shelf)
    }
}
