extension Client {
    /// A token that is held and good, without a thread, a descriptor or a look at the store; nil when more must be done.
    package func heldToken(_ name: ConnectionName?, _ options: Options) -> TokenAnswer? {
        guard let options = try? options.afterProbe(environment.whereabouts) else { return nil }
        let asked = LookupKey(name, options)
        let (record, known) = withState { state in
            let isKept = name.map { state.unsaved[$0] == nil } ?? true
            return (isKept ? state.held[name] : nil, asked.flatMap { state.lookups[$0] })
        }
        guard let record, let lookup = known ?? (try? Wish(options, record, self))?.lookup,
            let key = try? lookup.key(for: options, environment.crypto), let token = record.token(key),
            lookup.decide(token, environment.clock) == .use
        else { return nil }
        if known == nil, let asked {
            withState { state in
                // Unless the record has changed meanwhile: then the next call works it out.
                guard state.held[name]?.generation == record.generation else { return }
                if state.lookups.count >= LookupKey.limit { state.lookups.removeAll() }
                state.lookups[asked] = lookup
            }
        }
        return answer(token, key, record, name, .held)
    }

    /// A token, never a prompt.
    package func acquire(
        _ name: ConnectionName?, _ options: Options, _ run: Run
    ) throws(MSAuthError) -> TokenAnswer {
        var run = run
        run.isThrottled = true
        let options = try options.probed(run)
        let shelf = shelf(name, run)
        // Read first, where this client has not seen it: what is asked for is not known without it, and whoever asks for
        // something else at the same time must not share the answer.
        var record: Record
        if let held = shelf.held { record = held } else { record = try shelf.find() }
        // What this client remembers may be a sign-in that another process has finished meanwhile.
        if (try? Wish(options, record, self)) == nil { record = try shelf.find() }
        let refusal = try shelf.saveAgain()
        while true {
            let wish = try Wish(options, record, self)
            if let token = record.token(wish.key), wish.takes(token) {
                switch wish.decide(token, environment.clock) {
                case .use: return answer(token, wish.key, record, name, .held, refusal.map(Client.notKept))
                case .renew: return try renewEarly(wish, token, record, shelf, run)
                case .replace: break
                }
            }
            let asking = run
            let answer = try fly(wish.flight(name), run) { () throws(MSAuthError) in try renew(wish, shelf, asking) }
            if let answer { return answer }
            record = shelf.held ?? record
        }
    }

    /// Past `refresh_on`, but still good: a failure that may pass is no reason to fail.
    private func renewEarly(
        _ wish: Wish, _ token: Token, _ record: Record, _ shelf: Shelf, _ run: Run
    ) throws(MSAuthError) -> TokenAnswer {
        let flight = wish.flight(shelf.name)
        let now = environment.clock.boot
        let failedAt = withState { $0.renewalFailedAt[flight] }
        if failedAt.map({ now - $0 < 60 }) != true {
            do {
                if let answer = try fly(flight, run, { () throws(MSAuthError) in try renew(wish, shelf, run) }) {
                    withState { $0.renewalFailedAt[flight] = nil }
                    return answer
                }
            } catch {
                // An assertion that is not there yet is asked for when the token is over, not before.
                guard error.mayPass || error.status == .assertionRequired else { throw error }
                environment.log.write { "early renewal failed, the held token is still good: \(error.message)" }
                withState { $0.renewalFailedAt[flight] = now }
            }
        }
        return answer(token, wish.key, record, shelf.name, .held)
    }

    /// Under the connection's lock: somebody may have refreshed, signed in or disconnected meanwhile. Requests that
    /// change nothing but what is held for themselves go without, side by side.
    private func renew(_ wish: Wish, _ shelf: Shelf, _ run: Run) throws(MSAuthError) -> TokenAnswer {
        let isAlone = wish.isIndependent(of: shelf.held, shelf.name)
        let lease = isAlone ? nil : try shelf.lease()
        defer { withExtendedLifetime(lease) {} }
        var record = try shelf.find()
        let asked = wish.asked
        let wish = try Wish(wish.options, record, self)
        // Somebody has signed in meanwhile in another way.
        if isAlone, !wish.isIndependent(of: record, shelf.name) { return try renew(wish, shelf, run) }
        if let token = record.token(wish.key), wish.decide(token, environment.clock) == .use,
            wish.takes(token, newerThan: asked)
        {
            return answer(token, wish.key, record, shelf.name, .held)
        }
        let (response, source, sent) = try redeem(wish, &record, shelf, run)
        let own = try? Wish(Options(), record, self).key
        record.take(response, for: wish.key, own: own, challenge: wish.challenge, sent: sent)
        var warning: String?
        if isAlone {
            record.moveTokensToCache(now: sent.wall)
        } else {
            do { try shelf.save(record) } catch { warning = Client.notKept(error.message) }
        }
        guard let token = record.token(wish.key) else {
            throw MSAuthError(.internalError, "The new token is not kept.")
        }
        return answer(token, wish.key, record, shelf.name, source, warning)
    }

    /// Through the gate, which a refusal closes and a success opens.
    private func redeem(
        _ wish: Wish, _ record: inout Record, _ shelf: Shelf, _ run: Run
    ) throws(MSAuthError) -> (TokenResponse, TokenAnswer.Source, Moment) {
        try record.checkGate(wish.identity, now: environment.clock.wall)
        do {
            let redeemed = try ask(wish, &record, shelf, run)
            record.gate = nil
            return redeemed
        } catch {
            let (error, isClosed) = record.closeGate(after: error, wish.identity, now: environment.clock.wall)
            // What the store refuses is in this client's copy at least.
            if isClosed { try? shelf.save(record) }
            throw error
        }
    }

    /// Refresh, then kept credentials, then the user.
    private func ask(
        _ wish: Wish, _ record: inout Record, _ shelf: Shelf, _ run: Run
    ) throws(MSAuthError) -> (TokenResponse, TokenAnswer.Source, Moment) {
        let what =
            wish.grant == .password
            ? "no password: none is kept, or the service refused it" : "nothing that a token can be had with"
        let nothingLeft = MSAuthError(
            .interactionRequired, "The connection \(shelf.name.map { "\"\($0.text)\" " } ?? "")holds \(what).",
            hint: record.wayToSignIn)
        // What proves the application is not fetched for nothing.
        guard record.refreshToken != nil || wish.grant.isUnattended else {
            throw wish.grant == .accessToken ? Wish.nothingRenews : nothingLeft
        }
        let signIn = try wish.signIn(run)
        var refusal: MSAuthError?
        for _ in 0..<2 {
            guard wish.key.userAssertion == nil, let refreshToken = record.refreshToken else { break }
            let sent = Moment(environment.clock)
            do {
                return (try signIn.refresh(refreshToken, of: record.account), .refreshed, sent)
            } catch let error where signIn.isOver(error) {
                refusal = error
                // A program that knows nothing of our lock may have refreshed meanwhile.
                record = try shelf.find()
                if record.refreshToken.map({ $0.matches(refreshToken) }) != false { break }
            }
        }
        if wish.canSignIn(record, after: refusal) {
            let sent = Moment(environment.clock)
            let response = try signInAgain(signIn, wish, &record, isOver: refusal != nil, shelf)
            // What was refused is not tried again.
            if refusal != nil { record.refreshToken = nil }
            return (response, .signedIn, sent)
        }
        throw refusal ?? nothingLeft
    }

    private static func notKept(_ reason: String) -> String {
        "The store refused this token, so only this client holds it: \(reason)"
    }

    func answer(
        _ token: Token, _ key: TokenKey, _ record: Record, _ name: ConnectionName?, _ source: TokenAnswer.Source,
        _ warning: String? = nil
    ) -> TokenAnswer {
        let isOwn = key.userAssertion == nil
        return TokenAnswer(
            token: token, key: key, account: isOwn ? record.account : token.subject?.account,
            idToken: isOwn ? record.idToken : token.subject?.idToken, connection: name, source: source,
            warning: warning)
    }
}

/// What one call of acquire asks for, made of the three places that options come from.
struct Wish {
    let options: Options
    let settings: Settings
    let grant: Grant
    let identity: ClientIdentity
    let scopes: Scopes
    let claims: String?
    let key: TokenKey
    /// What the claims of this call are told by: one challenge forces one new token, however often it is brought.
    let challenge: String?
    private let isRefresh: Bool
    /// When it was asked: a token that is newer satisfies a forced refresh too.
    let asked: Moment
    private let minValidity: Int

    init(_ options: Options, _ record: Record, _ client: Client) throws(MSAuthError) {
        let settings = try Settings(call: options, record: record.makingWay(for: options), client: client.options)
            .completed(client.environment.machine)
        guard let grant = try settings.grant else {
            throw MSAuthError(
                .interactionRequired, "This connection has not signed in yet, and no \"grant\" says how it should.",
                hint: record.wayToSignIn)
        }
        self.options = options
        self.settings = settings
        self.grant = grant
        identity = try ClientIdentity(settings, grant)
        scopes = try Wish.scopes(of: grant, settings, record)
        let cae = settings.flag(.cae)
        claims = Claims.merged(options[.claims], cae: cae)
        key = identity.key(scopes, cae: cae, try UserAssertion(settings, grant)?.hash(client.environment.crypto))
        isRefresh = options[.refresh] == "true"
        challenge = try options[.claims].map { (claims) throws(MSAuthError) in
            Base64.encode(try client.environment.crypto.sha256(Secret(claims)), .url).text()
        }
        asked = Moment(client.environment.clock)
        // What cannot be renewed is good to its end, unless somebody asks for more.
        minValidity =
            grant == .accessToken
            ? settings.given(.minValidity).flatMap { Int($0) } ?? 0 : settings.seconds(.minValidity)
    }

    /// Whether a token that is held is what this call wants; one that is newer than it also when it wants a new one.
    func takes(_ token: Token, newerThan asked: Moment? = nil) -> Bool {
        guard challenge == nil || challenge == token.challenge else { return false }
        return !isRefresh || asked.map { token.acquiredOn > $0.wall } ?? false
    }

    func decide(_ token: Token, _ clock: any Clock) -> TokenPolicy.Decision {
        TokenPolicy(minValidity: minValidity, now: Moment(clock)).decide(token)
    }

    /// Where a token may be held that grants it; nil where none does.
    var lookup: Lookup? { isRefresh ? nil : Lookup(key, minValidity: minValidity, challenge) }

    /// Spends nothing, and changes nothing of the connection: by an assertion, or with credentials in memory alone. A
    /// refresh token is spent, a token broker counts, and a password gives a refresh token and is tried once.
    func isIndependent(of record: Record?, _ name: ConnectionName?) -> Bool {
        if grant == .onBehalfOf { return true }
        return name == nil && grant.isUnattended && ![.tokenBroker, .password].contains(grant)
            && record?.refreshToken == nil
    }

    func signIn(_ run: Run) throws(MSAuthError) -> SignIn {
        try SignIn(grant, settings, identity, scopes, claims: claims, run)
    }

    func flight(_ name: ConnectionName?) -> FlightKey {
        .token(name, key, claims: options[.claims], isForced: isRefresh || challenge != nil)
    }
}

extension MSAuthError {
    /// Whether the same call may succeed later without anybody doing anything.
    var mayPass: Bool {
        switch status {
        case .network, .throttled, .service, .storeBusy, .storeUnavailable, .storeLocked: true
        default: false
        }
    }
}
