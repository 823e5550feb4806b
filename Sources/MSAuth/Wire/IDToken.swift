internal import FoundationEssentials

/// An OpenID Connect ID token as it came, with the claims we use.
///
/// It came from the token endpoint over TLS, so its signature need not be checked (OpenID Connect Core 3.1.3.7, rule 6):
/// `IssuerKeys` does where somebody asks for it.
package struct IDToken: Sendable {
    package let text: Secret
    private let claims: JSONWebToken

    package init(_ text: String) throws(MSAuthError) {
        self.text = Secret(text)
        guard self.text.count <= 262_144, let claims = JSONWebToken(self.text) else {
            throw MSAuthError(.untrusted, "The service's id_token cannot be read.")
        }
        self.claims = claims
    }

    package func claim(_ name: String) -> String? { claims[name]?.string.map { ServerText.clean($0, limit: 512) } }

    /// OpenID Connect Core 3.1.3.7, rules 2, 3, 9, and 11 where an authorize request sent a nonce. Rules 4 to 8 are about
    /// what we never ask for.
    package func validate(_ identity: ClientIdentity, now: Int, nonce: String? = nil) throws(MSAuthError) {
        guard audience.contains(identity.clientID) else { throw wrong("was issued to another application") }
        guard let expiry = claims["exp"]?.integer, expiry > now - IDToken.clockSkew else {
            throw wrong("has expired; is this machine's clock right?")
        }
        if let nonce, claims["nonce"]?.string != nonce { throw wrong("belongs to another sign-in: its nonce differs") }
        guard let issuer = claim("iss"), let address = Address(issuer),
            identity.authority.isIssuer(address, tenant: claim("tid"))
        else { throw wrong("was issued by somebody else than \(identity.authority.base)") }
    }

    /// Whether a user name is one of those that the service gives its user.
    func isAbout(_ name: String) -> Bool {
        ["preferred_username", "upn", "email", "unique_name", "login_hint"].contains {
            claims[$0]?.string?.lowercased() == name.lowercased()
        } || emails.contains { $0.lowercased() == name.lowercased() }
    }

    /// What B2C says instead: the addresses that its user gave.
    var emails: [String] {
        claims["emails"]?.array?.compactMap(\.string).map { ServerText.clean($0, limit: 512) } ?? []
    }

    private static let clockSkew = 120

    private var audience: [String] {
        claims["aud"]?.array?.compactMap(\.string) ?? claims["aud"]?.string.map { [$0] } ?? []
    }

    private func wrong(_ what: String) -> MSAuthError { MSAuthError(.untrusted, "The service's id_token \(what).") }
}

/// Entra's `client_info`: who signed in, by IDs that never change.
package struct ClientInfo: Sendable {
    package let homeAccountID: String

    package init?(_ text: String) {
        guard text.utf8.count <= 4096, let json = Base64URL.decode(text).flatMap({ JSON($0) }),
            let uid = json["uid"]?.string, let utid = json["utid"]?.string
        else { return nil }
        homeAccountID = ServerText.clean("\(uid).\(utid)", limit: 512)
    }
}

/// RFC 4648 section 5, without padding.
package enum Base64URL {
    package static func decode(_ text: String) -> Secret? {
        var standard = text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        while standard.count % 4 != 0 { standard.append(UInt8(ascii: "=")) }
        return Data(base64Encoded: Data(standard)).map { Secret($0) }
    }
}
