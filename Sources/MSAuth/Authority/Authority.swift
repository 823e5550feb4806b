/// Where tokens are issued: an https host and what stands there.
///
/// A host that the caller names is trusted with what the caller sends; a known cloud's host needs no discovery request.
package struct Authority: Hashable, Sendable, CustomStringConvertible {
    package let kind: AuthorityKind
    /// `https://host[:port]`, lower-case.
    package let base: String
    /// Empty where there is none, or none that can be chosen.
    package let tenant: String
    private let segments: [String]
    /// What the authority said of itself; nil before it was asked, and for the kinds whose address says all.
    var discovered: OpenIDConfiguration?

    /// The tenant for every user of an organisation: the default of Microsoft's own libraries.
    static let organizations = "organizations"

    package init(cloud: Cloud, tenant: String) {
        self.init(.entra, "https://" + cloud.host, tenant: tenant, [tenant])
    }

    /// A tenant that is given beside the address counts more than one in its path, where tenants can be chosen.
    package init(_ text: String, tenant given: String? = nil, type: AuthorityType = .auto) throws(MSAuthError) {
        let (address, segments) = try Authority.parts(of: text)
        let kind = type.kind ?? AuthorityKind(address.host, segments)
        guard
            let (tenant, path) = Authority.path(kind, address.host, segments, given)
        else { throw Authority.wrong(text, kind) }
        self.init(kind, address.origin, tenant: tenant, path)
    }

    private init(_ kind: AuthorityKind, _ base: String, tenant: String, _ segments: [String]) {
        self.kind = kind
        self.base = base
        self.tenant = tenant
        self.segments = segments
    }

    /// The same service for another tenant, where tenants can be chosen.
    func choosing(tenant: String) -> Authority {
        kind == .entra ? Authority(.entra, base, tenant: tenant, [tenant]) : self
    }

    /// A host that has no tenants.
    package init(host: Address) {
        self.init(.entra, host.origin, tenant: "", [])
    }

    package init(_ settings: Settings) throws(MSAuthError) {
        guard let text = settings.given(.authority) else {
            guard settings.given(.authorityType).map({ $0 == AuthorityType.auto.rawValue }) ?? true else {
                throw .invalidArgument(
                    "The option \"authority_type\" needs the option \"authority\": it says what stands there.")
            }
            self.init(cloud: settings.cloud, tenant: settings[.tenant] ?? Authority.organizations)
            return
        }
        // A tenant in the nearer authority's path counts more than a tenant that is said farther away, and what stands at a
        // farther authority says nothing of a nearer one.
        let nearest = settings.nearest(of: [.authority, .tenant]).map(\.name)
        let isNearer = nearest == [.authority] && Address(text)?.path.count ?? 0 > 1
        let isOther = settings.nearest(of: [.authority, .authorityType]).map(\.name) == [.authority]
        let type = isOther ? nil : settings.given(.authorityType).flatMap { AuthorityType(rawValue: $0) }
        try self.init(text, tenant: isNearer ? nil : settings.given(.tenant), type: type ?? .auto)
    }

    /// AD FS and dSTS know assertions by RS256 and the SHA-1 thumbprint alone; of other OpenID providers nobody knows
    /// more, and RS256 is what each must take (OpenID Connect Core 15.1).
    package var isEntra: Bool {
        switch kind {
        case .entra, .b2c, .ciam: true
        case .adfs, .dsts, .oidc: false
        }
    }

    /// The tenant stands for many: a daemon cannot sign in there.
    package var isShared: Bool { ["common", "organizations", "consumers"].contains(tenant.lowercased()) }

    package var description: String { ([base] + segments).joined(separator: "/") }

    var host: String { String(base.dropFirst("https://".count)) }

    /// A GUID, a domain, or one of the three words. It becomes a part of a path: nothing that means something there.
    package static func isTenant(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...253).contains(bytes.count), bytes.first?.isASCIILetterOrDigit == true else { return false }
        return bytes.allSatisfy { $0.isASCIILetterOrDigit || "-._".utf8.contains($0) }
    }

    /// What every kind asks of an address.
    static func parts(of text: String) throws(MSAuthError) -> (Address, [String]) {
        guard let address = Address(text), address.query == nil else { throw wrong(text, nil) }
        let segments = address.path.split(separator: "/").map(String.init)
        guard segments.count <= 8, segments.allSatisfy(isTenant) else { throw wrong(text, nil) }
        return (address, segments)
    }

    /// The tenant, and the path in front of the endpoints; nil where the address is none of its kind.
    private static func path(
        _ kind: AuthorityKind, _ host: String, _ segments: [String], _ given: String?
    ) -> (tenant: String, path: [String])? {
        switch kind {
        case .entra:
            guard segments.count <= 1 else { return nil }
            let tenant = given ?? segments.first ?? organizations
            return (tenant, [tenant])
        case .ciam:
            guard segments.count <= 1 else { return nil }
            let name = host.dropLast(AuthorityKind.ciamSuffix.count)
            let tenant = given ?? segments.first ?? name + ".onmicrosoft.com"
            return (tenant, [tenant])
        case .b2c:
            // A policy belongs to its tenant: one that is given beside it cannot be meant.
            let path = segments.first?.lowercased() == "tfp" ? Array(segments.dropFirst()) : segments
            guard path.count == 2 else { return nil }
            return (path[0], segments)
        case .adfs:
            return segments.count == 1 ? ("", segments) : nil
        case .dsts:
            guard segments.count <= 2, let first = segments.first, let tenant = given ?? segments.dropFirst().first
            else { return nil }
            return (tenant, [first, tenant])
        case .oidc: return ("", segments)
        }
    }

    private static func wrong(_ text: String, _ kind: AuthorityKind?) -> MSAuthError {
        let said = "The option \"authority\" is \(text.quotedForMessage): "
        guard let kind else {
            let forms = AuthorityKind.allCases.map { "for \($0.title) \($0.form)" }.joined(separator: "; ")
            return .invalidArgument("\(said)it takes \(forms).")
        }
        let others = kind == .entra ? " What else stands there is said by \"authority_type\"." : ""
        return .invalidArgument("\(said)for \(kind.title) it takes \(kind.form).\(others)")
    }
}
