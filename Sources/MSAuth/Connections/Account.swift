/// Who signed in.
package struct Account: Sendable, Equatable {
    /// `uid.utid` of Entra's client_info, else the ID token's subject: it never changes and is never reused.
    package var homeAccountID: String
    package var username: String?
    package var name: String?
    /// The tenant that the user signed in to.
    package var tenant: String?

    package init(homeAccountID: String, username: String? = nil, name: String? = nil, tenant: String? = nil) {
        self.homeAccountID = homeAccountID
        self.username = username
        self.name = name
        self.tenant = tenant
    }

    /// Nil where no user signed in, or the service did not say who.
    package init?(_ response: TokenResponse) {
        guard let id = response.clientInfo?.homeAccountID ?? response.idToken?.claim("sub") else { return nil }
        homeAccountID = id
        username = response.idToken.flatMap { $0.claim("preferred_username") ?? $0.claim("upn") }
        name = response.idToken?.claim("name")
        tenant = response.idToken?.claim("tid")
    }
}
