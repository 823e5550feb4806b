extension Client {
    /// Whoever has to consent is often somebody else, who answers another day.
    private static let consentLifetime = 7 * 86400

    /// The first half: an address for an administrator, and a pending sign-in that only its redirect finishes.
    func beginAdminConsent(
        _ shelf: Shelf, _ grant: Grant, _ settings: Settings, _ kept: [OptionName: String],
        _ before: [OptionName: Secret], _ options: Options, _ run: Run
    ) throws(MSAuthError) {
        let redirectURI = try settings.required(.redirectURI, grant)
        let clientID = try settings.required(.clientID, grant)
        let authority = try Authority(settings)
        guard authority.kind == .entra, authority.tenant.lowercased() != "consumers" else {
            throw .invalidArgument(
                "The option \"admin_consent\" is for tenants of Microsoft Entra, whose administrators consent, and "
                    + "\(authority) is none.")
        }
        if settings[.authorityValidation] == InstanceDiscovery.Validation.discovery.rawValue {
            try InstanceDiscovery.validate(authority, by: settings.cloud, run)
        }
        // What is missing or cannot be read is told now, not after an administrator's work.
        if settings.flag(.keepCredentials) { try checkProof(grant, settings, authority) }
        let request = AdminConsentRequest(
            issuer: authority.description, clientID: clientID, redirectURI: redirectURI,
            state: Base64.encode(environment.crypto.random(24), .url))
        let address = request.address(try settings.scopes)
        let pending = PendingSignIn(
            settings: kept, credentials: options.keptCredentials(of: grant, settings, over: before),
            way: .adminConsent(request),
            expiresOn: environment.clock.wall + Client.consentLifetime,
            claims: Claims.merged(options[.claims], cae: settings.flag(.cae)), expectedAccount: nil)
        try keep(pending, shelf)
        run.show(Prompt(adminConsent: address, request.state, expiresOn: pending.expiresOn))
    }

    private func checkProof(_ grant: Grant, _ settings: Settings, _ authority: Authority) throws(MSAuthError) {
        switch grant {
        case .clientSecret: _ = try settings.requiredSecret(.clientSecret, grant)
        case .certificate:
            let certificate = try ClientCertificate(settings, grant, authority, environment.certificates)
            _ = try environment.certificates.open(certificate.material)
        case .federated: _ = try AssertionSource(settings, grant)
        default: break
        }
    }

    /// The second half: the answer is checked, and the application signs in to the tenant that it names.
    ///
    /// Unlike a code the answer works more than once: until the application has signed in, the pending sign-in stays.
    /// A tenant that has just consented may not know of it everywhere for a minute.
    func finish(
        _ shelf: Shelf, _ pending: PendingSignIn, _ request: AdminConsentRequest, _ options: Options, _ run: Run
    ) throws(MSAuthError) -> TokenAnswer {
        let response = try AdminConsentResponse(handedIn: Client.redirect(options), to: request)
        let lease = try shelf.lease()
        defer { withExtendedLifetime(lease) {} }
        let record = try shelf.find()
        guard let current = record.pending?.adminConsent, current.state.matches(request.state) else {
            throw PendingSignIn.endedMeanwhile
        }
        guard pending.expiresOn > environment.clock.wall else {
            end(record, shelf)
            throw MSAuthError(
                .expired, "The consent was not brought in time.", hint: "Begin another one with connect.")
        }
        switch response {
        case .refused(let error):
            end(record, shelf)
            throw error
        case .granted(let tenant):
            var pending = pending
            pending.settings[.tenant] = tenant
            return try signIn(pending, request, options, over: record, shelf, run)
        }
    }

    /// Under the connection's lock.
    private func signIn(
        _ pending: PendingSignIn, _ request: AdminConsentRequest, _ options: Options, over record: Record,
        _ shelf: Shelf, _ run: Run
    ) throws(MSAuthError) -> TokenAnswer {
        let settings = Settings(
            call: options, record: Record(settings: pending.settings, credentials: pending.credentials),
            client: self.options)
        guard let grant = try settings.grant, grant.isApplication else {
            throw MSAuthError(
                .configuration, "The consent was asked for an application that signs in by itself.",
                hint: "Give connect and resume the same \"grant\".")
        }
        let identity = try ClientIdentity(settings, grant)
        guard try identity.authority.base == Authority(request.issuer).base, identity.clientID == request.clientID
        else {
            throw MSAuthError(
                .configuration,
                "The consent was asked for at \(request.issuer) for the application \(request.clientID), but this client is "
                    + "set to \(identity.authority) and \(identity.clientID).",
                hint: "Give connect and resume the same client_id and authority.")
        }
        let scopes = try settings.scopes
        let sent = Moment(environment.clock)
        let response = try SignIn(grant, settings, identity, scopes, claims: pending.claims, run).redeem()
        let key = identity.key(scopes, cae: settings.flag(.cae))
        return try end(pending, with: response, key, sent: sent, over: record, shelf)
    }
}
