extension Client {
    /// Signs in; nil when the sign-in is pending and the caller does not wait.
    package func connect(
        _ name: ConnectionName?, _ options: Options, _ run: Run
    ) throws(MSAuthError) -> TokenAnswer? {
        let shelf = shelf(name, run)
        let before = try existing(shelf)
        // A grant that the call names makes a new connection: nothing is taken from the old one.
        let basis = options[.grant] == nil ? before?.beginning : nil
        let settings = Settings(call: options, record: basis, client: self.options)
        guard let grant = try settings.grant else {
            throw .invalidArgument(
                "The option \"grant\" is missing: it says how to sign in, by "
                    + Grant.allCases.map(\.rawValue).joined(separator: ", ") + ".")
        }
        let kept = options.kept(over: basis?.settings ?? [:])
        switch grant {
        case .clientSecret: return try signIn(shelf, grant, settings, kept, options, run)
        case .deviceCode:
            let expected = options[.grant] == nil ? before?.account?.homeAccountID : nil
            let (pending, code) = try begin(shelf, settings, kept, options, expected, run)
            guard settings.flag(.wait) else { return nil }
            return try finish(shelf, pending, code, firstPollAfter: Double(code.interval), run)
        case .authorizationCode:
            try beginAuthorization(shelf, settings, kept, options, before, run)
            return nil
        case .interactive: return try interact(shelf, settings, kept, options, before, run)
        }
    }

    /// Finishes what `connect` began, here or in another process.
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
            return try finish(shelf, pending, code, firstPollAfter: 0, run)
        case .authorization(let request): return try finish(shelf, pending, request, options, run)
        }
    }

    /// What stands under the name now. A record that cannot be read is set aside: signing in again is the way out.
    private func existing(_ shelf: Shelf) throws(MSAuthError) -> Record? {
        do { return try shelf.load() } catch let error where error.status == .storeCorrupt {
            environment.log.write { "\(error.message) It is set aside." }
            try shelf.setAside()
            return nil
        }
    }

    // MARK: Grants that need nobody

    private func signIn(
        _ shelf: Shelf, _ grant: Grant, _ settings: Settings, _ kept: [OptionName: String], _ options: Options,
        _ run: Run
    ) throws(MSAuthError) -> TokenAnswer {
        let identity = try ClientIdentity(settings, grant)
        let scopes = try settings.scopes
        let cae = settings.flag(.cae)
        let sent = Moment(environment.clock)
        let response = try SignIn(
            grant, settings, identity, scopes, claims: Claims.merged(options[.claims], cae: cae), run
        ).redeem()
        let lease = try shelf.lease()
        defer { withExtendedLifetime(lease) {} }
        let before = try shelf.load()
        var record = Record(settings: kept)
        record.generation = before?.generation ?? 0
        if settings.flag(.keepCredentials) {
            // The client's secret stays the client's: only what this call gave, or the connection had, is kept.
            for name in grant.credentials {
                record.credentials[name] =
                    options.secret(name) ?? (options[.grant] == nil ? before?.credentials[name] : nil)
            }
        }
        let key = identity.key(scopes, cae: cae)
        record.take(response, for: key, sent: sent)
        return try keep(record, key, shelf)
    }

    /// A sign-in is only done when it is kept.
    func keep(_ record: Record, _ key: TokenKey, _ shelf: Shelf) throws(MSAuthError) -> TokenAnswer {
        do { try shelf.save(record) } catch {
            throw MSAuthError(
                .notKept, "Signed in, but the store refused the record, so only this client holds it: \(error.message)",
                hint: error.hint)
        }
        guard let token = record.tokens[key] else { throw MSAuthError(.internalError, "The new token is not kept.") }
        return answer(token, key, record, shelf.name, .signedIn)
    }

    // MARK: Device code

    /// Asks for a code and keeps the pending sign-in before anybody sees it.
    private func begin(
        _ shelf: Shelf, _ settings: Settings, _ kept: [OptionName: String], _ options: Options, _ expected: String?,
        _ run: Run
    ) throws(MSAuthError) -> (PendingSignIn, PendingDeviceCode) {
        let identity = try ClientIdentity(settings, .deviceCode)
        let claims = Claims.merged(options[.claims], cae: settings.flag(.cae))
        let begun = environment.clock.wall
        let authorization = try TokenEndpoint(run).authorizeDevice(identity, settings.scopes)
        let code = PendingDeviceCode(authorization)
        let pending = PendingSignIn(
            settings: kept, way: .deviceCode(code), expiresOn: begun + authorization.expiresIn, claims: claims,
            expectedAccount: expected)
        try keep(pending, shelf)
        run.show(Prompt(authorization, expiresOn: pending.expiresOn))
        return (pending, code)
    }

    /// Keeps what another process can go on with.
    func keep(_ pending: PendingSignIn, _ shelf: Shelf) throws(MSAuthError) {
        let lease = try shelf.lease()
        defer { withExtendedLifetime(lease) {} }
        var record = try shelf.load() ?? Record()
        record.pending = pending
        try shelf.save(record)
    }

    /// Waits for the user. Threads that finish the same sign-in poll once for all of them.
    private func finish(
        _ shelf: Shelf, _ pending: PendingSignIn, _ code: PendingDeviceCode, firstPollAfter: Double, _ run: Run
    ) throws(MSAuthError) -> TokenAnswer {
        var pause = firstPollAfter
        while true {
            let answer = try fly(.signIn(shelf.name, userCode: code.userCode), run) { () throws(MSAuthError) in
                try pollToTheEnd(shelf, pending, code, firstPollAfter: pause, run)
            }
            if let answer { return answer }
            // Who polled until now has just done so.
            pause = Double(code.interval)
        }
    }

    /// Polls until the user has answered, RFC 8628 section 3.5.
    private func pollToTheEnd(
        _ shelf: Shelf, _ pending: PendingSignIn, _ code: PendingDeviceCode, firstPollAfter: Double, _ run: Run
    ) throws(MSAuthError) -> TokenAnswer {
        let expiry = environment.clock.boot + Double(max(pending.expiresOn - environment.clock.wall, 0))
        var interval = Double(code.interval)
        var pause = firstPollAfter
        while true {
            try run.sleep(pause)
            switch try poll(shelf, pending, code, isLate: environment.clock.boot >= expiry, run) {
            case .done(let answer): return answer
            case .pending: break
            case .slowDown: interval += 5
            case .unreachable(let retryAfter):
                // "Unilaterally reduce the polling frequency": twice as long, up to a minute.
                interval = max(min(interval * 2, 60), Double(min(retryAfter ?? 0, 300)))
            }
            pause = interval
        }
    }

    private enum PollResult {
        case done(TokenAnswer)
        case pending, slowDown
        case unreachable(retryAfter: Int?)
    }

    /// One poll, under the connection's lock: two processes may resume the same sign-in, and one of them gets tokens.
    private func poll(
        _ shelf: Shelf, _ pending: PendingSignIn, _ code: PendingDeviceCode, isLate: Bool, _ run: Run
    ) throws(MSAuthError) -> PollResult {
        let lease = try shelf.lease()
        defer { withExtendedLifetime(lease) {} }
        var record = try shelf.load() ?? Record()
        guard let current = record.pending?.deviceCode, current.deviceCode.matches(code.deviceCode) else {
            return .done(try somebodyElses(record, shelf))
        }
        let settings = Settings(call: Options(), record: Record(settings: pending.settings), client: options)
        let identity = try ClientIdentity(settings, .deviceCode)
        let scopes = try settings.scopes
        let sent = Moment(environment.clock)
        let response: TokenResponse
        do {
            response = try SignIn(.deviceCode, settings, identity, scopes, claims: pending.claims, run)
                .poll(code.deviceCode)
        } catch {
            switch (error.service?.errorCode, error.status) {
            case ("authorization_pending", _) where !isLate: return .pending
            case ("slow_down", _) where !isLate: return .slowDown
            case (_, .network) where !isLate, (_, .service) where !isLate, (_, .throttled) where !isLate:
                run.environment.log.write { "poll failed, going on: \(error.message)" }
                return .unreachable(retryAfter: error.service?.retryAfter)
            case (_, .cancelled): throw error
            default:
                record.pending = nil
                try end(record, shelf)
                throw isLate ? Client.codeExpired : error
            }
        }
        let key = identity.key(scopes, cae: settings.flag(.cae))
        return .done(try end(pending, with: response, key, sent: sent, over: record, shelf))
    }

    /// Puts what was signed in in the place of what was there, unless somebody else signed in than who may.
    func end(
        _ pending: PendingSignIn, with response: TokenResponse, _ key: TokenKey, sent: Moment, over record: Record,
        _ shelf: Shelf
    ) throws(MSAuthError) -> TokenAnswer {
        var signedIn = Record(settings: pending.settings)
        signedIn.credentials = pending.credentials
        signedIn.generation = record.generation
        signedIn.unknown = record.unknown
        signedIn.unknownSettings = record.unknownSettings
        signedIn.take(response, for: key, sent: sent)
        if let expected = pending.expectedAccount, let account = signedIn.account, account.homeAccountID != expected {
            let was = record.account?.username ?? expected
            var record = record
            record.pending = nil
            try end(record, shelf)
            throw MSAuthError(
                .account,
                "\(account.username ?? account.homeAccountID) signed in, but the connection is \(was)'s; it stays as it was.",
                hint: "Sign in as \(was), or name the \"grant\" to make a new connection of it.")
        }
        return try keep(signedIn, key, shelf)
    }

    private static let codeExpired = MSAuthError(
        .expired, "The code was not entered in time.", hint: "Sign in again for a new one.")

    /// Another process polled first: if it got tokens they are ours too.
    private func somebodyElses(_ record: Record, _ shelf: Shelf) throws(MSAuthError) -> TokenAnswer {
        guard let wish = try? Wish(Options(), record, self), let token = record.tokens[wish.key],
            wish.decide(token, environment.clock) != .replace
        else {
            throw MSAuthError(
                .notFound, "The pending sign-in was ended or replaced meanwhile.",
                hint: "Begin another one with connect.")
        }
        return answer(token, wish.key, record, shelf.name, .held)
    }

    /// Takes a sign-in that failed out of the record; a record that was nothing else goes with it.
    func end(_ record: Record, _ shelf: Shelf) throws(MSAuthError) {
        if record.isEmpty {
            _ = try shelf.forget()
        } else {
            try shelf.save(record)
        }
    }
}
