/// Who signed in.
package struct Account: Sendable, Equatable {
    /// `uid.utid` of Entra's client_info, else the ID token's subject: it never changes and is never reused.
    package var homeAccountID: String
    package var username: String?
    package var name: String?
    /// The tenant that the user signed in to.
    package var tenant: String?
    /// Where: in another tenant the same person has another token, and is told apart by other claims.
    package var authority: String?

    package init(
        homeAccountID: String, username: String? = nil, name: String? = nil, tenant: String? = nil,
        authority: String? = nil
    ) {
        self.homeAccountID = homeAccountID
        self.username = username
        self.name = name
        self.tenant = tenant
        self.authority = authority
    }

    /// Nil where no user signed in, or the service did not say who.
    package init?(_ response: TokenResponse, authority: String) {
        guard let id = response.clientInfo?.homeAccountID ?? response.idToken?.claim("sub") else { return nil }
        homeAccountID = id
        username = response.idToken.flatMap { $0.claim("preferred_username") ?? $0.claim("upn") ?? $0.emails.first }
        name = response.idToken?.claim("name")
        tenant = response.idToken?.claim("tid")
        self.authority = authority
    }
}
