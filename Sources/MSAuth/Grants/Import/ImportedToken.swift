/// An access token that another program got, and what it says of itself. It is read, not verified: what stands in it
/// only decides what we offer it for, and its resource alone says whether it is good.
struct ImportedToken {
    let text: Secret
    /// The resource that it is for.
    let audience: String
    let expiresOn: Int
    let issuedOn: Int
    let tenant: String?
    let clientID: String?
    let grantedScopes: String?
    /// The user's ID in the tenant, and name; nil for an application's own token.
    let user: (id: String, username: String?, name: String?)?

    init(_ text: Secret, _ cloud: Cloud, now: Int) throws(MSAuthError) {
        guard TokenResponse.isToken68(text) else {
            throw .invalidArgument(
                "The option \"access_token\" holds characters that no bearer token has (RFC 6750 section 2.1): it takes the "
                    + "token alone, without \"Bearer\" before it.")
        }
        guard let claims = JSONWebToken(text) else {
            throw .invalidArgument(
                "The option \"access_token\" is no JWT that can be read: nothing says what it is for and how long it "
                    + "lasts. Hand it to its resource without libmsauth.")
        }
        guard
            let audience = claims.text("aud")
                ?? claims["aud"]?.array?.first?.string.map({ ServerText.clean($0, limit: 512) }), !audience.isEmpty,
            !audience.contains(" "), audience.utf8.count <= 4096
        else { throw .invalidArgument("The access token does not say what it is for: it has no \"aud\".") }
        guard let expiresOn = claims.time("exp") else {
            throw .invalidArgument("The access token does not say how long it lasts: it has no \"exp\".")
        }
        guard expiresOn > now else {
            throw MSAuthError(
                .expired, "The access token expired \(now - expiresOn) seconds ago.",
                hint: "Get a new one where this one came from.")
        }
        self.text = text
        self.audience = Audience.resource(of: audience, cloud)
        self.expiresOn = min(expiresOn, now + 90 * 86400)
        issuedOn = min(claims.time("iat") ?? now, now)
        tenant = claims.text("tid").flatMap { Authority.isTenant($0) ? $0 : nil }
        clientID = claims.text("appid", "azp")
        let roles = claims["roles"]?.array?.compactMap(\.string).joined(separator: " ")
        grantedScopes = (claims["scp"]?.string ?? roles).map { ServerText.clean($0, limit: 8192) }
        user = ImportedToken.user(claims)
    }

    /// `idtyp` says whose it is where the application asked for that claim; else only a user's token has scopes.
    private static func user(_ claims: JSONWebToken) -> (id: String, username: String?, name: String?)? {
        let isUsers = claims["idtyp"]?.string.map { $0 != "app" } ?? (claims["scp"] != nil)
        guard isUsers, let id = claims.text("oid", "sub") else { return nil }
        return (id, claims.text("preferred_username", "upn", "unique_name"), claims.text("name"))
    }

    /// The same as the service would have given it.
    var token: Token {
        Token(
            accessToken: text, tokenType: "Bearer", expiresOn: expiresOn, refreshOn: nil, acquiredOn: issuedOn,
            grantedScopes: grantedScopes)
    }

    /// A guest's ID is the one of this tenant: the home tenant's is in no access token.
    func account(_ authority: String) -> Account? {
        user.map { user in
            Account(
                homeAccountID: tenant.map { "\(user.id).\($0)" } ?? user.id, username: user.username, name: user.name,
                tenant: tenant, authority: authority)
        }
    }
}
