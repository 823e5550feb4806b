extension Authority {
    /// Where a password is taken: not where personal accounts sign in, and `common` includes them.
    func takingPasswords() throws(MSAuthError) -> Authority {
        switch tenant.lowercased() {
        case "consumers", Authority.consumers:
            throw .invalidArgument(
                "The grant password takes no personal Microsoft accounts: \"tenant\" is an organisation's GUID or domain, "
                    + "or organizations.")
        case "common": return choosing(tenant: Authority.organizations)
        default: return self
        }
    }

    /// Entra knows where each domain's passwords are checked; B2C, AD FS and others check them all themselves.
    var knowsUserRealms: Bool { kind == .entra }

    /// The tenant of all personal accounts.
    private static let consumers = "9188040d-6c67-4c5b-b112-36a304b66dad"
}
