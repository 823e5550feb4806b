/// Where tokens are issued: an https host and a tenant.
///
/// A host that the caller names is trusted with what the caller sends; a known cloud's host needs no discovery request.
package struct Authority: Hashable, Sendable, CustomStringConvertible {
    /// `https://host[:port]`, lower-case.
    package let base: String
    package let tenant: String

    /// The tenant for every user of an organisation: the default of Microsoft's own libraries.
    static let organizations = "organizations"

    package init(cloud: Cloud, tenant: String) {
        base = "https://" + cloud.host
        self.tenant = tenant
    }

    /// `https://host` or `https://host/tenant`; a tenant that is given beside it counts more.
    package init(_ text: String, tenant given: String? = nil) throws(MSAuthError) {
        guard let address = Address(text), address.query == nil else { throw Authority.wrong(text) }
        let segments = address.path.split(separator: "/").map(String.init)
        guard segments.count <= 1, segments.allSatisfy(Authority.isTenant) else { throw Authority.wrong(text) }
        base = address.origin
        tenant = given ?? segments.first ?? Authority.organizations
    }

    /// A host that has no tenants.
    package init(host: Address) {
        base = host.origin
        tenant = ""
    }

    package init(_ settings: Settings) throws(MSAuthError) {
        if let text = settings.given(.authority) {
            // A tenant in the nearer authority's path counts more than a tenant that is said farther away.
            let nearest = settings.nearest(of: [.authority, .tenant]).map(\.name)
            let isNearer = nearest == [.authority] && Address(text)?.path.count ?? 0 > 1
            try self.init(text, tenant: isNearer ? nil : settings.given(.tenant))
        } else {
            self.init(
                cloud: settings.cloud, tenant: settings[.tenant] ?? Authority.organizations)
        }
    }

    package var tokenEndpoint: String { "\(description)/oauth2/v2.0/token" }
    package var authorizationEndpoint: String { "\(description)/oauth2/v2.0/authorize" }
    package var deviceAuthorizationEndpoint: String { "\(description)/oauth2/v2.0/devicecode" }

    /// OpenID Connect Discovery 1.0 section 4.
    package var configurationEndpoint: String {
        "\(description)\(isEntra ? "/v2.0" : "")/.well-known/openid-configuration"
    }

    /// AD FS and dSTS know assertions by RS256 and the SHA-1 thumbprint alone.
    package var isEntra: Bool { !["adfs", "dstsv2"].contains(tenant.lowercased()) }

    /// The tenant stands for many: a daemon cannot sign in there.
    package var isShared: Bool { ["common", "organizations", "consumers"].contains(tenant.lowercased()) }

    package var description: String { tenant.isEmpty ? base : "\(base)/\(tenant)" }

    /// A GUID, a domain, or one of the three words. It becomes a part of a path: nothing that means something there.
    package static func isTenant(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...253).contains(bytes.count), bytes.first?.isASCIILetterOrDigit == true else { return false }
        return bytes.allSatisfy { $0.isASCIILetterOrDigit || "-._".utf8.contains($0) }
    }

    private static func wrong(_ text: String) -> MSAuthError {
        .invalidArgument(
            "The option \"authority\" is \(text.quotedForMessage): it takes https://HOST or https://HOST/TENANT, "
                + "such as https://login.microsoftonline.com/contoso.onmicrosoft.com.")
    }
}

extension Authority {
    /// Whether tokens that name this issuer may come from here: the same host or one of its aliases, and the tenant of
    /// the `tid` beside it.
    func isIssuer(_ issuer: Address, tenant tid: String?) -> Bool {
        guard issuer.origin == base || Cloud.areOne(issuer.host, host) else {
            return false
        }
        guard let tid else { return true }
        return issuer.path.split(separator: "/").first.map { $0.lowercased() == tid.lowercased() } ?? false
    }

    private var host: String { String(base.dropFirst("https://".count)) }
}
