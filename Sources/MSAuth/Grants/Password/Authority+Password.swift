extension Authority {
    /// Where a password is taken: not where personal accounts sign in, and `common` includes them.
    func takingPasswords() throws(MSAuthError) -> Authority {
        switch tenant.lowercased() {
        case "consumers", Authority.consumers:
            throw .invalidArgument(
                "The grant password takes no personal Microsoft accounts: \"tenant\" is an organisation's GUID or domain, "
                    + "or organizations.")
        case "common": return Authority(self, tenant: Authority.organizations)
        default: return self
        }
    }

    /// Entra knows where each domain's passwords are checked; an AD FS checks them itself.
    var knowsUserRealms: Bool { isEntra }

    /// The tenant of all personal accounts.
    private static let consumers = "9188040d-6c67-4c5b-b112-36a304b66dad"

    private init(_ other: Authority, tenant: String) {
        base = other.base
        self.tenant = tenant
    }
}
