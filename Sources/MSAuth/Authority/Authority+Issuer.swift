extension Authority {
    /// Whether tokens that name this issuer may come from here, with the tenant of the `tid` beside it.
    ///
    /// What cannot be checked: B2C's policies choose among three forms of issuer, AD FS's has no tenant, and dSTS's is not
    /// published: there only the host counts. Microsoft's own libraries check less.
    func isIssuer(_ issuer: Address, tenant tid: String?) -> Bool {
        switch kind {
        case .entra:
            guard issuer.origin == base || Cloud.areOne(issuer.host, host) else { return false }
            return tid.map { issuer.firstSegment == $0.lowercased() } ?? true
        case .ciam:
            // It names itself by the tenant's ID instead of its domain: https://TID.ciamlogin.com/TID/v2.0.
            guard let tid = tid?.lowercased() else { return issuer.origin == base }
            return (issuer.origin == base || issuer.host == tid + AuthorityKind.ciamSuffix)
                && issuer.firstSegment == tid
        case .b2c, .adfs, .dsts: return issuer.origin == base
        case .oidc: return discovered?.isIssuer(issuer, tenant: tid) ?? false
        }
    }

    /// Whether the redirect of a sign-in that was begun at `authority` may name this issuer, RFC 9207. The host decides:
    /// which tenant signed in is said by the ID token alone.
    static func isIssuer(_ issuer: Address, of authority: String) -> Bool {
        guard let address = Address(authority) else { return false }
        let suffix = AuthorityKind.ciamSuffix
        return issuer.origin == address.origin || Cloud.areOne(issuer.host, address.host)
            || issuer.host.hasSuffix(suffix) && address.host.hasSuffix(suffix)
    }
}

extension Address {
    fileprivate var firstSegment: String? { path.split(separator: "/").first?.lowercased() }
}
