extension Client {
    /// Signs in; nil when the sign-in is pending and the caller does not wait.
    package func connect(
        _ name: ConnectionName?, _ options: Options, _ run: Run
    ) throws(MSAuthError) -> TokenAnswer? {
        let options = try options.probed(run)
        environment.assertions.forgetRefusals()
        let shelf = shelf(name, run)
        let before = try existing(shelf)
        // A grant that the call names makes a new connection: nothing is taken from the old one.
        let basis = options[.grant] == nil ? before?.beginning.makingWay(for: options) : nil
        let settings = try Settings(call: options, record: basis, client: self.options).completed(environment.machine)
        guard let grant = try settings.grant else {
            throw .invalidArgument(
                "The option \"grant\" is missing: it says how to sign in, by "
                    + Grant.allCases.map(\.rawValue).joined(separator: ", ") + ".")
        }
        let kept = options.kept(over: basis?.settings ?? [:])
        switch grant {
        case .clientSecret, .certificate, .federated, .workloadIdentity, .tokenBroker, .managedIdentity, .password,
            .onBehalfOf:
            if settings.flag(.adminConsent), Vocabulary.definition(.adminConsent).grants.contains(grant) {
                try beginAdminConsent(shelf, grant, settings, kept, basis?.credentials ?? [:], options, run)
                return nil
            }
            return try signIn(shelf, grant, settings, kept, basis?.credentials ?? [:], options, run)
        case .deviceCode:
            let expected = options[.grant] == nil ? before?.account?.homeAccountID : nil
            let (pending, code) = try begin(shelf, settings, kept, options, expected, run)
            guard settings.flag(.wait) else { return nil }
            return try finish(shelf, pending, code, begunHere: true, run)
        case .authorizationCode:
            try beginAuthorization(shelf, settings, kept, options, before, run)
            return nil
        case .interactive: return try interact(shelf, settings, kept, options, before, run)
        case .refreshToken: return try importRefreshToken(shelf, settings, kept, options, before, run)
        case .accessToken: return try importAccessToken(shelf, settings, kept, options, run)
        }
    }

    /// Finishes what `connect` began, here or in another process. The user may have answered already: it asks at once.
    package func resume(_ name: ConnectionName?, _ options: Options, _ run: Run) throws(MSAuthError) -> TokenAnswer {
        let shelf = shelf(name, run)
        guard let pending = try shelf.find().pending else {
            throw MSAuthError(
                .notFound, "No sign-in is pending\(name.map { " for \"\($0.text)\"" } ?? "").",
                hint: "Begin one with connect; one that is not finished in time is forgotten.")
        }
        switch pending.way {
        case .deviceCode(let code):
            guard options.secret(.redirect) == nil else {
                throw .invalidArgument("The pending sign-in is by device code: it takes no \"redirect\".")
            }
            return try finish(shelf, pending, code, begunHere: false, run)
        case .authorization(let request): return try finish(shelf, pending, request, options, run)
        case .adminConsent(let request): return try finish(shelf, pending, request, options, run)
        }
    }

    /// What stands under the name now. A record that cannot be read is as good as none: signing in again is the way out.
    private func existing(_ shelf: Shelf) throws(MSAuthError) -> Record? {
        do { return try shelf.load() } catch let error where error.status == .storeCorrupt { return nil }
    }

    // MARK: Grants that need nobody

    private func signIn(
        _ shelf: Shelf, _ grant: Grant, _ settings: Settings, _ kept: [OptionName: String],
        _ credentials: [OptionName: Secret], _ options: Options, _ run: Run
    ) throws(MSAuthError) -> TokenAnswer {
        let identity = try ClientIdentity(settings, grant)
        let scopes = try settings.scopes
        let cae = settings.flag(.cae)
        let sent = Moment(environment.clock)
        let response: TokenResponse
        do throws(MSAuthError) {
            try shelf.held?.checkGate(identity, now: sent.wall)
            response = try SignIn(
                grant, settings, identity, scopes, claims: Claims.merged(options[.claims], cae: cae), run
            ).redeem()
        } catch {
            forgetPassword(refusedBy: error, settings, identity, shelf)
            throw closeGate(after: error, identity, shelf)
        }
        let key = identity.key(scopes, cae: cae, try UserAssertion(settings, grant)?.hash(environment.crypto))
        var record = Record(settings: kept)
        record.take(response, for: key, sent: sent)
        record.credentials = options.keptCredentials(of: grant, settings, over: credentials)
        // By a password the same person, unless the call makes a new connection.
        return try replace(with: record, key, shelf, samePerson: grant == .password && options[.grant] == nil)
    }

    /// Puts a connection that has signed in where another one may be.
    func replace(
        with record: Record, _ key: TokenKey, _ shelf: Shelf, samePerson: Bool = false
    ) throws(MSAuthError) -> TokenAnswer {
        var record = record
        let lease: any Lease
        let before: Record?
        do {
            lease = try shelf.lease()
            before = try shelf.loadToReplace()
        } catch {
            if samePerson { try Client.check(record.account, is: shelf.held?.account) }
            // Signed in all the same: the token must not be lost with the store.
            shelf.hold(record, refused: error)
            throw Client.notKept(error)
        }
        defer { withExtendedLifetime(lease) {} }
        if samePerson { try Client.check(record.account, is: before?.account) }
        withState { $0.refusedPasswords[shelf.name] = nil }
        record.succeeds(before)
        return try keep(record, key, shelf)
    }

    /// A connection that was there before remembers that its broker refused; a new one leaves nothing behind.
    private func closeGate(
        after error: MSAuthError, _ identity: ClientIdentity, _ shelf: Shelf
    ) -> MSAuthError {
        guard identity.broker != nil, error.service?.httpStatus != nil, let lease = try? shelf.lease() else {
            return error
        }
        defer { withExtendedLifetime(lease) {} }
        guard var record = try? shelf.load() else { return error }
        let (error, isClosed) = record.closeGate(after: error, identity, now: environment.clock.wall)
        if isClosed { try? shelf.save(record) }
        return error
    }

    /// Keeps what another process can go on with, before anybody sees it.
    func keep(_ pending: PendingSignIn, _ shelf: Shelf) throws(MSAuthError) {
        let lease = try shelf.lease()
        defer { withExtendedLifetime(lease) {} }
        let before = try shelf.loadToReplace()
        var record = before ?? Record()
        record.pending = pending
        do { try shelf.save(record) } catch {
            // Nobody has seen it: it must not turn up later.
            shelf.takeBack(before)
            throw error
        }
    }

    /// Makes the connection of a sign-in that was pending, unless somebody else signed in than who may.
    func end(
        _ pending: PendingSignIn, with response: TokenResponse, _ key: TokenKey, sent: Moment, over record: Record,
        _ shelf: Shelf
    ) throws(MSAuthError) -> TokenAnswer {
        var signedIn = Record(settings: pending.settings, credentials: pending.credentials, over: record)
        signedIn.take(response, for: key, sent: sent)
        signedIn.signedInWith = pending.deviceCode?.userCode
        if let expected = pending.expectedAccount, signedIn.account?.homeAccountID != expected {
            end(record, shelf)
            throw Client.anotherPerson(signedIn.account, insteadOf: record.account?.username ?? expected)
        }
        return try keep(signedIn, key, shelf)
    }

    /// Takes a sign-in that failed out of the record; a record that was nothing else goes with it. What failed counts
    /// more than a store that refuses now: the sign-in then goes when it expires.
    func end(_ record: Record, _ shelf: Shelf) {
        do throws(MSAuthError) { try claim(record, shelf) } catch {
            environment.log.write { "the failed sign-in stays in the store: \(error.message)" }
        }
    }

    /// Takes the pending sign-in out of the record: whoever comes later finds none.
    func claim(_ record: Record, _ shelf: Shelf) throws(MSAuthError) {
        var record = record
        record.pending = nil
        if record.isEmpty {
            _ = try shelf.forget()
        } else {
            try shelf.save(record)
        }
    }

    /// A sign-in is only done when it is kept.
    func keep(_ record: Record, _ key: TokenKey, _ shelf: Shelf) throws(MSAuthError) -> TokenAnswer {
        do { try shelf.save(record) } catch { throw Client.notKept(error) }
        guard let token = record.token(key) else { throw MSAuthError(.internalError, "The new token is not kept.") }
        return answer(token, key, record, shelf.name, .signedIn)
    }

    private static func notKept(_ error: MSAuthError) -> MSAuthError {
        guard error.status != .cancelled else { return error }
        return MSAuthError(
            .notKept, "Signed in, but the store refused the record, so only this client holds it: \(error.message)",
            hint: error.hint)
    }
}
