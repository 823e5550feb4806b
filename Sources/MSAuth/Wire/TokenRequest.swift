/// A request to the token endpoint: what the grant adds, and what every request says.
package struct TokenRequest: Sendable {
    package let authority: Authority
    /// Where it is sent.
    package private(set) var endpoint: String
    package var form: FormBody
    /// What it goes through on its way to the authority; nil: nothing.
    let proxy: TokenProxy?
    /// Who it is about, as far as that is known: see `AnchorMailbox`.
    private var anchor: String?

    var headers: [(name: String, value: String)] {
        guard authority.isEntra else { return [] }
        let value = anchor ?? form.plain("username").flatMap { AnchorMailbox.value(username: $0) }
        return value.map { [(AnchorMailbox.name, $0)] } ?? []
    }

    /// RFC 6749 section 4.4.
    package static func clientCredentials(_ identity: ClientIdentity, _ scopes: Scopes, claims: String?) -> TokenRequest
    {
        var request = TokenRequest(identity, grantType: "client_credentials")
        request.endpoint = identity.authority.tokenEndpoint(in: identity.region)
        request.form.add("scope", scopes.description)
        request.form.add("claims", ifAny: claims)
        return request
    }

    /// RFC 6749 section 6.
    package static func refresh(
        _ identity: ClientIdentity, _ refreshToken: Secret, _ scopes: Scopes, claims: String?, account: Account? = nil
    ) -> TokenRequest {
        var request = TokenRequest(identity, grantType: "refresh_token")
        request.anchor = account.flatMap { AnchorMailbox.value(homeAccountID: $0.homeAccountID) }
        request.form.add("refresh_token", refreshToken)
        request.form.add("scope", scopes.withReserved)
        request.form.add("client_info", "1")
        request.form.add("claims", ifAny: claims)
        return request
    }

    /// RFC 6749 section 4.1.3, RFC 7636 section 4.5.
    static func authorizationCode(
        _ identity: ClientIdentity, _ code: AuthorizationCode, _ authorization: AuthorizationRequest, claims: String?
    ) -> TokenRequest {
        var request = TokenRequest(identity, grantType: "authorization_code")
        request.anchor = code.clientInfo.flatMap { AnchorMailbox.value(homeAccountID: $0.homeAccountID) }
        request.form.add("code", code.value)
        request.form.add("redirect_uri", authorization.redirectURI)
        request.form.add("code_verifier", authorization.verifier)
        request.form.add("scope", Scopes(authorization.scopes).withReserved)
        request.form.add("client_info", "1")
        request.form.add("claims", ifAny: claims)
        return request
    }

    /// RFC 8628 section 3.4.
    package static func deviceCode(_ identity: ClientIdentity, _ deviceCode: Secret, claims: String?) -> TokenRequest {
        var request = TokenRequest(identity, grantType: "urn:ietf:params:oauth:grant-type:device_code")
        request.form.add("device_code", deviceCode)
        request.form.add("client_info", "1")
        request.form.add("claims", ifAny: claims)
        return request
    }

    /// learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow, by RFC 7523 section 2.1.
    static func onBehalfOf(
        _ identity: ClientIdentity, _ assertion: Secret, _ scopes: Scopes, claims: String?
    ) -> TokenRequest {
        var request = TokenRequest(identity, grantType: "urn:ietf:params:oauth:grant-type:jwt-bearer")
        request.form.add("assertion", assertion)
        request.form.add("requested_token_use", "on_behalf_of")
        request.form.add("scope", scopes.withReserved)
        request.form.add("client_info", "1")
        request.form.add("claims", ifAny: claims)
        return request
    }

    init(_ identity: ClientIdentity, grantType: String) {
        authority = identity.authority
        endpoint = authority.tokenEndpoint
        proxy = identity.proxy
        form = FormBody()
        form.add("client_id", identity.clientID)
        form.add("grant_type", grantType)
        switch identity.proof {
        case .secret(let secret)?: form.add("client_secret", secret)
        case .assertion(let assertion)?:
            form.add("client_assertion_type", ClientAssertion.type)
            form.add("client_assertion", assertion)
        case nil: break
        }
    }
}

/// Which application asks, and where.
package struct ClientIdentity: Sendable {
    package internal(set) var authority: Authority
    /// One of Azure's, whose token service is asked for client credentials; nil: the global one.
    var region: String?
    package let clientID: String
    /// The broker that knows the application, where one stands between; nil: Entra itself is asked.
    package let broker: BrokerRegistration?
    /// How it proves itself. Only a request needs it: a token that is held is handed out without.
    package private(set) var proof: Proof?
    /// What its requests go through; nil: nothing.
    private(set) var proxy: TokenProxy?
    /// The identity that a platform gives: the platform knows the authority, and the client ID where nobody named one.
    private let managed: ManagedIdentity?

    package enum Proof: Sendable {
        case secret(Secret)
        case assertion(Secret)
    }

    package init(_ settings: Settings, _ grant: Grant) throws(MSAuthError) {
        broker = grant == .tokenBroker ? try BrokerRegistration(settings) : nil
        managed = grant == .managedIdentity ? try settings.managedIdentity : nil
        if let broker {
            clientID = broker.id
            authority = Authority(host: broker.address)
            return
        }
        if let managed {
            clientID = managed.clientID ?? ""
            // Nobody is asked there.
            authority = try Authority(settings)
            return
        }
        // A token that was imported may not say to whom it was issued.
        clientID = grant == .accessToken ? settings.given(.clientID) ?? "" : try settings.required(.clientID, grant)
        authority = try grant == .password ? Authority(settings).takingPasswords() : Authority(settings)
        try grant.checkTenant(of: authority)
    }

    /// What its tokens are kept by.
    package func key(_ scopes: Scopes, cae: Bool, _ userAssertion: [UInt8]? = nil) -> TokenKey {
        TokenKey(
            authority: managed?.description ?? authority.description, clientID: clientID, scopes: scopes.description,
            cae: cae, userAssertion: userAssertion)
    }

    /// The same with its proof, for a request.
    package func proven(_ settings: Settings, _ grant: Grant, _ run: Run) throws(MSAuthError) -> ClientIdentity {
        var identity = self
        identity.proxy = try TokenProxy(settings, grant, run.environment)
        identity.proof = try ClientCredential(settings, grant)?.proof(self, settings, grant, run)
        return identity
    }
}
