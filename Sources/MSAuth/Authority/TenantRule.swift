/// Which tenants a grant can sign in at, by the words that stand for many of them.
///
/// learn.microsoft.com/entra/identity-platform/v2-protocols#endpoints: the service refuses the rest, in words that few
/// understand; said before a request, the refusal names the option.
package enum TenantRule: Sendable, Equatable {
    /// One, or `common`, `organizations` or `consumers`: a person's account says which.
    case any
    /// One by its GUID or a domain: an application is not everywhere the same.
    case one
    /// One, or `organizations`; a personal account has no password that a program could use.
    case organization
    /// It has no authority of the caller's.
    case none

    /// What can be said to have it right; nil where it is right.
    func problem(with authority: Authority) -> String? {
        switch self {
        case .any, .none: return nil
        case .one:
            return authority.isShared
                ? "to name one tenant, by its GUID or a domain: \"\(authority.tenant)\" stands for many" : nil
        case .organization:
            return ["common", "consumers"].contains(authority.tenant.lowercased())
                ? "to name one tenant, or organizations: \"\(authority.tenant)\" has personal accounts too" : nil
        }
    }
}

extension Grant {
    /// One row a grant.
    package var tenants: TenantRule {
        switch self {
        case .interactive, .authorizationCode, .deviceCode, .refreshToken: .any
        case .clientSecret, .certificate, .federated, .workloadIdentity, .onBehalfOf: .one
        case .tokenBroker, .managedIdentity, .accessToken: .none
        case .password: .organization
        }
    }

    func checkTenant(of authority: Authority) throws(MSAuthError) {
        guard let problem = tenants.problem(with: authority) else { return }
        throw .invalidArgument("The grant \(rawValue) needs the option \"tenant\" \(problem).")
    }
}
