/// The answer of a token endpoint, RFC 6749 section 5.1, read and checked.
package struct TokenResponse: Sendable {
    package var accessToken: Secret
    package var tokenType: String
    package var expiresIn: Int
    package var refreshIn: Int?
    package var grantedScopes: String?
    package var refreshToken: Secret?
    package var idToken: IDToken?
    package var clientInfo: ClientInfo?

    package init(_ response: HTTPResponse) throws(MSAuthError) {
        guard let json = JSON(response.body), json.object != nil else { throw Unreadable.notJSON(response) }
        guard let accessToken = json["access_token"]?.string, !accessToken.isEmpty else {
            throw Unreadable.lacks("access_token")
        }
        self.accessToken = Secret(accessToken)
        guard TokenResponse.isToken68(self.accessToken) else {
            throw MSAuthError(
                .untrusted,
                "The service's access token holds characters that no bearer token has (RFC 6750 section 2.1).")
        }
        tokenType = json["token_type"]?.string.map { ServerText.clean($0, limit: 32) } ?? "Bearer"
        expiresIn = try TokenResponse.lifetime(json["expires_in"])
        refreshIn = json["refresh_in"]?.integer.flatMap { $0 > 0 ? $0 : nil }
        grantedScopes = json["scope"]?.string.map { ServerText.clean($0, limit: 8192) }
        refreshToken = json["refresh_token"]?.string.flatMap { $0.isEmpty ? nil : Secret($0) }
        idToken = try json["id_token"]?.string.map { (text) throws(MSAuthError) in try IDToken(text) }
        clientInfo = json["client_info"]?.string.flatMap { ClientInfo($0) }
    }

    /// Whole seconds from 0 to 90 days. The RFC only recommends the field: an hour, as Entra gives it, when it is absent.
    private static func lifetime(_ value: JSON?) throws(MSAuthError) -> Int {
        guard let value else { return 3600 }
        guard let seconds = value.integer, seconds >= 0 else {
            throw MSAuthError(.untrusted, "The service's expires_in is not a number of seconds.")
        }
        return min(seconds, 90 * 86400)
    }

    /// RFC 6750's b64token. Tokens land in headers and shells: nothing else may be in one.
    static func isToken68(_ token: Secret) -> Bool {
        token.allSatisfy { $0.isASCIILetterOrDigit || "-._~+/=".utf8.contains($0) }
    }
}

/// An answer with status 200 that is not what the protocol says.
enum Unreadable {
    static func notJSON(_ response: HTTPResponse) -> MSAuthError {
        MSAuthError(
            .untrusted, response.body.isEmpty ? "The service's answer is empty." : "The service's answer is not JSON.",
            hint:
                "Something between you and the service may have answered: a proxy, a captive portal, or a wrong authority."
        )
    }

    static func lacks(_ member: String) -> MSAuthError {
        MSAuthError(.untrusted, "The service's answer has no usable \(member).")
    }
}
