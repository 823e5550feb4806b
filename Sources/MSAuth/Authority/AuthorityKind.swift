/// What stands at an authority: it says where the endpoints are and which issuers may answer.
///
/// All but the last are told by their address, as Microsoft's own libraries tell them.
package enum AuthorityKind: String, CaseIterable, Sendable {
    case entra
    case b2c
    case ciam
    case adfs
    case dsts
    case oidc

    init(_ host: String, _ segments: [String]) {
        let first = segments.first?.lowercased()
        let second = segments.dropFirst().first?.lowercased()
        if host.hasSuffix(AuthorityKind.ciamSuffix) {
            self = .ciam
        } else if AuthorityKind.b2cSuffixes.contains(where: host.hasSuffix) || first == "tfp"
            || second?.hasPrefix("b2c_") == true
        {
            self = .b2c
        } else if first == "adfs" {
            self = .adfs
        } else if first == "dstsv2" {
            self = .dsts
        } else {
            self = .entra
        }
    }

    static let ciamSuffix = ".ciamlogin.com"
    private static let b2cSuffixes = [".b2clogin.com", ".b2clogin.cn", ".b2clogin.us", ".b2clogin.de"]

    /// Its name for people.
    var title: String {
        switch self {
        case .entra: "Entra"
        case .b2c: "B2C"
        case .ciam: "CIAM"
        case .adfs: "AD FS"
        case .dsts: "dSTS"
        case .oidc: "any OpenID provider (authority_type oidc)"
        }
    }

    /// What its address looks like.
    package var form: String {
        switch self {
        case .entra:
            "https://HOST or https://HOST/TENANT, such as https://login.microsoftonline.com/contoso.onmicrosoft.com"
        case .b2c: "https://NAME.b2clogin.com/TENANT/POLICY or https://HOST/tfp/TENANT/POLICY"
        case .ciam: "https://NAME.ciamlogin.com or https://NAME.ciamlogin.com/TENANT"
        case .adfs: "https://HOST/adfs"
        case .dsts: "https://HOST/dstsv2/TENANT"
        case .oidc: "https://HOST/PATH, where openid-configuration is below"
        }
    }

    /// Whether Microsoft Graph is what a token is for when nobody says.
    var hasGraph: Bool {
        switch self {
        case .entra, .ciam, .oidc: true
        case .b2c, .adfs, .dsts: false
        }
    }
}

/// How the option `authority_type` overrules what the address says.
package enum AuthorityType: String, CaseIterable, Sendable {
    case auto
    case b2c
    case oidc

    var kind: AuthorityKind? {
        switch self {
        case .auto: nil
        case .b2c: .b2c
        case .oidc: .oidc
        }
    }
}
