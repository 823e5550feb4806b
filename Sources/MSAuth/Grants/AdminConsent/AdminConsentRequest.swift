/// What one administrator's consent is bound to, from the address that is opened to the answer that comes back.
///
/// learn.microsoft.com/entra/identity-platform/v2-admin-consent
package struct AdminConsentRequest: Sendable {
    /// The authority that was asked: of one tenant, or of whichever the administrator is of.
    package var issuer: String
    package var clientID: String
    /// As it is registered and sent.
    package var redirectURI: String
    package var state: Secret

    package init(issuer: String, clientID: String, redirectURI: String, state: Secret) {
        self.issuer = issuer
        self.clientID = clientID
        self.redirectURI = redirectURI
        self.state = state
    }

    func address(_ scopes: Scopes) -> String {
        var form = FormBody()
        form.add("client_id", clientID)
        form.add("scope", scopes.description)
        form.add("redirect_uri", redirectURI)
        form.add("state", state.text())
        return "\(issuer)/v2.0/adminconsent?\(form.encoded().text())"
    }
}
