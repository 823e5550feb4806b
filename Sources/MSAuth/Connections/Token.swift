/// What tokens are kept by: two calls that agree in all of it share one.
package struct TokenKey: Hashable, Sendable {
    package var authority: String
    package var clientID: String
    package var scopes: String
    package var cae: Bool
    /// SHA-256 of the token in whose user's name it was asked for; nil: in the connection's own. It tells thousands of
    /// users apart, so it is part of what is compared, and cannot be turned back into the token.
    package var userAssertion: [UInt8]?

    package init(authority: String, clientID: String, scopes: String, cae: Bool, userAssertion: [UInt8]? = nil) {
        self.authority = authority
        self.clientID = clientID
        self.scopes = scopes
        self.cae = cae
        self.userAssertion = userAssertion
    }

    /// The tenant that the authority names; nil where it has none.
    package var tenant: String? {
        guard let address = Address(authority), address.path.count > 1, let tenant = try? Authority(authority).tenant
        else { return nil }
        return tenant.isEmpty ? nil : tenant
    }

    /// Nil for a managed identity, which is in its place: its platform does not say where it got the token.
    package var issuer: String? { authority.hasPrefix("https://") ? authority : nil }
}

/// An access token and how long it is good.
package struct Token: Sendable {
    package var accessToken: Secret
    package var tokenType: String
    /// Wall time when the request was sent, plus its lifetime.
    package var expiresOn: Int
    package var refreshOn: Int?
    package var acquiredOn: Int
    package var grantedScopes: String?
    /// The claims challenge that it was got for, by its hash: asked for the same again, it is the answer.
    package var challenge: String?
    /// The same moment by the clock that nobody sets; only known in the process that got the token.
    package var expiresAtBoot: Double?
    /// Whose it is, where it is not the connection's user's: only known in the process that got the token.
    package var subject: Subject?

    package init(
        accessToken: Secret, tokenType: String, expiresOn: Int, refreshOn: Int?, acquiredOn: Int,
        grantedScopes: String?,
        expiresAtBoot: Double? = nil
    ) {
        self.accessToken = accessToken
        self.tokenType = tokenType
        self.expiresOn = expiresOn
        self.refreshOn = refreshOn
        self.acquiredOn = acquiredOn
        self.grantedScopes = grantedScopes
        self.expiresAtBoot = expiresAtBoot
    }

    package init(_ response: TokenResponse, sent: Moment) {
        self.init(
            accessToken: response.accessToken, tokenType: response.tokenType, expiresOn: sent.wall + response.expiresIn,
            refreshOn: response.refreshIn.map { sent.wall + min($0, response.expiresIn) }, acquiredOn: sent.wall,
            grantedScopes: response.grantedScopes, expiresAtBoot: sent.boot + Double(response.expiresIn))
    }
}

/// The user on whose behalf a token was issued.
package struct Subject: Sendable {
    /// Nil where the service did not say who: for another application it does not.
    package let account: Account?
    package let idToken: Secret?

    init(_ response: TokenResponse, authority: String) {
        account = Account(response, authority: authority)
        idToken = response.idToken?.text
    }
}

/// Both clocks at once.
package struct Moment: Sendable {
    package let wall: Int
    package let boot: Double

    package init(_ clock: any Clock) {
        wall = clock.wall
        boot = clock.boot
    }
}
