/// A password that the service refused, in the memory of one client.
struct RefusedPassword {
    let password: Secret
    let username: String?
    let authority: Authority
    let clientID: String
    let error: MSAuthError
}

extension Wish {
    /// Whether the grant needs nobody, here and now.
    ///
    /// A password helps where a refresh token is over; it proves nothing that a policy asks for besides. And where the
    /// connection has signed in before and no password is at hand, only the user can go on.
    func canSignIn(_ record: Record, after refusal: MSAuthError?) -> Bool {
        guard grant.isUnattended else { return false }
        guard grant == .password else { return true }
        if let refusal, refusal.demandsMore { return false }
        return settings.secret(.password) != nil || record.settings.isEmpty && record.account == nil
    }
}

extension Client {
    /// Signs in once more from what the connection or the caller has, under the connection's lock.
    ///
    /// A password that is refused is forgotten, here and in the record: each further try brings the account nearer to its
    /// lock.
    func signInAgain(
        _ signIn: SignIn, _ wish: Wish, _ record: inout Record, isOver: Bool, _ shelf: Shelf
    ) throws(MSAuthError) -> TokenResponse {
        guard wish.grant == .password else { return try signIn.redeem() }
        if let refused = refusedPassword(wish.settings, wish.identity, shelf) {
            throw MSAuthError(
                refused.status, refused.message,
                hint: "This was the answer last time, and the same password is not sent again. Connect again. "
                    + (refused.hint ?? ""), service: refused.service)
        }
        do {
            let response = try signIn.redeem()
            // Another application may know the same person by another name.
            let own = try? Wish(Options(), record, self).identity.clientID
            if response.clientInfo != nil || own == wish.identity.clientID {
                try Client.check(Account(response, authority: wish.identity.authority.description), is: record.account)
            }
            return response
        } catch {
            guard error.refusesPassword else { throw error }
            remember(error, wish.settings, wish.identity, shelf)
            if wish.options.secret(.password) == nil { record.credentials[.password] = nil }
            // What was refused is not tried again.
            if isOver { record.refreshToken = nil }
            // What the store refuses is in this client's copy at least.
            try? shelf.save(record)
            throw error
        }
    }

    /// After a connect that failed: the password that it used, if that is the kept one, is worth nothing any more.
    func forgetPassword(
        refusedBy error: MSAuthError, _ settings: Settings, _ identity: ClientIdentity, _ shelf: Shelf
    ) {
        guard error.refusesPassword, (try? settings.grant) == .password, let password = settings.secret(.password)
        else { return }
        remember(error, settings, identity, shelf)
        guard let lease = try? shelf.lease() else { return }
        defer { withExtendedLifetime(lease) {} }
        guard var record = try? shelf.load(), record.grant == .password,
            record.settings[.username] == settings[.username],
            record.credentials[.password]?.matches(password) == true
        else { return }
        record.credentials[.password] = nil
        try? shelf.save(record)
    }

    /// What the service said of this very password before.
    private func refusedPassword(_ settings: Settings, _ identity: ClientIdentity, _ shelf: Shelf) -> MSAuthError? {
        guard let refused = withState({ $0.refusedPasswords[shelf.name] }), let password = settings.secret(.password),
            refused.password.matches(password), refused.username == settings[.username],
            refused.authority == identity.authority, refused.clientID == identity.clientID
        else { return nil }
        return refused.error
    }

    private func remember(_ error: MSAuthError, _ settings: Settings, _ identity: ClientIdentity, _ shelf: Shelf) {
        guard let password = settings.secret(.password) else { return }
        let refused = RefusedPassword(
            password: password, username: settings[.username], authority: identity.authority,
            clientID: identity.clientID, error: error)
        withState { $0.refusedPasswords[shelf.name] = refused }
    }

    static func check(_ account: Account?, is expected: Account?) throws(MSAuthError) {
        guard let expected, account?.homeAccountID != expected.homeAccountID else { return }
        throw anotherPerson(account, insteadOf: expected.username ?? expected.homeAccountID)
    }

    static func anotherPerson(_ account: Account?, insteadOf was: String) -> MSAuthError {
        let who = account.map { $0.username ?? $0.homeAccountID } ?? "Somebody whom the service did not name"
        return MSAuthError(
            .account, "\(who) signed in, but the connection is \(was)'s; it stays as it was.",
            hint: "Sign in as \(was), or name the \"grant\" to make a new connection of it.")
    }
}
