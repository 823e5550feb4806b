/// A SAML assertion as a federation server issued it, byte for byte: its signature is over just these.
struct SAMLAssertion: Sendable {
    enum Version: Sendable {
        case saml11, saml20

        /// RFC 7522 section 2.1, and Entra's own word for the older one.
        var grantType: String {
            switch self {
            case .saml11: "urn:ietf:params:oauth:grant-type:saml1_1-bearer"
            case .saml20: "urn:ietf:params:oauth:grant-type:saml2-bearer"
            }
        }

        init?(tokenType: String) {
            switch tokenType {
            case "urn:oasis:names:tc:SAML:1.0:assertion",
                "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV1.1":
                self = .saml11
            case "urn:oasis:names:tc:SAML:2.0:assertion",
                "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV2.0":
                self = .saml20
            default: return nil
            }
        }
    }

    let bytes: Secret
    let version: Version
}
