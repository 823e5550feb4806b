/// What an OpenID provider says of itself, OpenID Connect Discovery 1.0 section 3, read and checked.
package struct OpenIDConfiguration: Hashable, Sendable {
    let issuer: String
    let token: String
    let authorization: String
    let deviceAuthorization: String?

    static func address(of authority: Authority) -> String { "\(authority)/.well-known/openid-configuration" }

    /// Endpoints elsewhere than on the authority's own host are refused: they would get what the authority is trusted with.
    /// Of Microsoft's hosts an external tenant's own name stands for `*.ciamlogin.com` alone, never for another cloud's.
    init(_ response: HTTPResponse, of authority: Authority) throws(MSAuthError) {
        guard response.status == 200 else {
            throw MSAuthError(
                response.status >= 500 ? .service : .configuration,
                "\(authority) has no openid-configuration: it answered with HTTP \(response.status).",
                hint: "Check the option \"authority\": the document is at AUTHORITY/.well-known/openid-configuration.")
        }
        guard let json = JSON(response.body), json.object != nil else { throw Unreadable.notJSON(response) }
        func endpoint(_ name: String) throws(MSAuthError) -> String? {
            guard let text = json[name]?.string else { return nil }
            guard let address = Address(text), address.origin == authority.base else {
                throw MSAuthError(
                    .untrusted,
                    "The openid-configuration of \(authority) names as \(name) \(text.quotedForMessage), which is "
                        + "not on its own host.",
                    hint: "Give the authority by the name that its endpoints have.")
            }
            return text
        }
        guard let issuer = json["issuer"]?.string, let address = Address(issuer) else {
            throw Unreadable.lacks("issuer")
        }
        guard let token = try endpoint("token_endpoint") else { throw Unreadable.lacks("token_endpoint") }
        guard let authorization = try endpoint("authorization_endpoint") else {
            throw Unreadable.lacks("authorization_endpoint")
        }
        guard address.origin == authority.base || address.host.hasSuffix(AuthorityKind.ciamSuffix) else {
            throw MSAuthError(
                .untrusted,
                "The openid-configuration of \(authority) names another issuer, \(issuer.quotedForMessage).",
                hint: "Give the authority by the name of its issuer.")
        }
        self.issuer = issuer
        self.token = token
        self.authorization = authorization
        deviceAuthorization = try endpoint("device_authorization_endpoint")
    }

    /// Exactly the issuer, but for the place that Entra keeps free for the tenant's ID.
    func isIssuer(_ found: Address, tenant tid: String?) -> Bool {
        let expected = issuer.replacing("{tenantid}", with: tid ?? "{tenantid}")
        guard let address = Address(expected) else { return false }
        return address.origin == found.origin && address.path == found.path
    }
}
