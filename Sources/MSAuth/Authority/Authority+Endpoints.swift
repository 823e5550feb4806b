extension Authority {
    /// Also the audience of what an application signs for itself.
    package var tokenEndpoint: String { discovered?.token ?? endpoint("token") }
    package var authorizationEndpoint: String { discovered?.authorization ?? endpoint("authorize") }

    /// RFC 8628 section 3.1.
    package var deviceAuthorizationEndpoint: String {
        get throws(MSAuthError) {
            guard let discovered else { return endpoint("devicecode") }
            guard let endpoint = discovered.deviceAuthorization else {
                throw MSAuthError(
                    .unsupported, "\(self) has no endpoint for device codes.", hint: "Sign in by another grant.")
            }
            return endpoint
        }
    }

    /// OpenID Connect Discovery 1.0 section 4.
    var configurationEndpoint: String {
        "\(description)\(isEntra ? "/v2.0" : "")/.well-known/openid-configuration"
    }

    /// Below the authority, for the kinds whose address says where. An OpenID provider that was not asked has none:
    /// nothing is ever sent to an address that was guessed.
    private func endpoint(_ name: String) -> String {
        switch kind {
        case .entra, .b2c, .ciam, .dsts: "\(description)/oauth2/v2.0/\(name)"
        case .adfs: "\(description)/oauth2/\(name)"
        case .oidc: ""
        }
    }

    /// The token endpoint of the service in one of Azure's regions, which knows client credentials alone. Everything else,
    /// the audience of an assertion too, stays the global one's.
    func tokenEndpoint(in region: String?) -> String {
        guard let region else { return tokenEndpoint }
        let cloud = Cloud.of(host)
        let global = cloud == .public ? "login.microsoft.com" : cloud?.host ?? host
        return "https://\(region).\(global)/\(tenant)/oauth2/v2.0/token"
    }
}
