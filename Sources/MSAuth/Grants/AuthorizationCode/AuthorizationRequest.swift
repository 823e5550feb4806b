/// What one sign-in on a page is bound to, from the address that the browser opens to the code that it brings back.
package struct AuthorizationRequest: Sendable {
    /// The authority that was asked.
    package var issuer: String
    /// As it calls itself, where it said so beforehand.
    package var issuerName: String?
    package var clientID: String
    /// As it is registered and sent.
    package var redirectURI: String
    package var scopes: String
    package var state: Secret
    package var nonce: String
    package var verifier: Secret

    package init(
        issuer: String, clientID: String, redirectURI: String, scopes: String, state: Secret, nonce: String,
        verifier: Secret
    ) {
        self.issuer = issuer
        self.clientID = clientID
        self.redirectURI = redirectURI
        self.scopes = scopes
        self.state = state
        self.nonce = nonce
        self.verifier = verifier
    }

    init(_ identity: ClientIdentity, _ scopes: Scopes, redirectURI: String, _ crypto: any Crypto) {
        self.init(
            issuer: identity.authority.description, clientID: identity.clientID, redirectURI: redirectURI,
            scopes: scopes.description, state: Base64.encode(crypto.random(24), .url),
            nonce: Base64.encode(crypto.random(24), .url).text(), verifier: ProofKey(crypto).verifier)
        issuerName = identity.authority.discovered?.issuer
    }

    /// Whether the browser may come back from there.
    func isIssuer(_ address: Address) -> Bool {
        if let issuerName { return Address(issuerName)?.origin == address.origin }
        return Authority.isIssuer(address, of: issuer)
    }

    /// RFC 6749 section 4.1.1, OpenID Connect Core 3.1.2.1.
    func address(
        _ identity: ClientIdentity, _ settings: Settings, claims: String?, loginHint: String?, _ crypto: any Crypto
    ) throws(MSAuthError) -> String {
        var form = FormBody()
        form.add("client_id", clientID)
        form.add("response_type", "code")
        form.add("redirect_uri", redirectURI)
        form.add("scope", Scopes(scopes).withReserved)
        form.add("state", state.text())
        form.add("nonce", nonce)
        form.add("code_challenge", try ProofKey(verifier: verifier).challenge(crypto))
        form.add("code_challenge_method", "S256")
        form.add("response_mode", settings[.responseMode] ?? ResponseMode.query.rawValue)
        form.add("client_info", "1")
        form.add("prompt", ifAny: settings.given(.prompt))
        form.add("login_hint", ifAny: loginHint)
        form.add("domain_hint", ifAny: settings.given(.domainHint))
        form.add("claims", ifAny: claims)
        return identity.authority.authorizationEndpoint + "?" + form.encoded().text()
    }
}
