extension Client {
    /// Asks for a code and keeps the pending sign-in before anybody sees it.
    func begin(
        _ shelf: Shelf, _ settings: Settings, _ kept: [OptionName: String], _ options: Options, _ expected: String?,
        _ run: Run
    ) throws(MSAuthError) -> (PendingSignIn, PendingDeviceCode) {
        let identity = try ClientIdentity(settings, .deviceCode).located(settings, .deviceCode, run)
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

    /// Waits for the user. Threads that finish the same sign-in poll once for all of them.
    func finish(
        _ shelf: Shelf, _ pending: PendingSignIn, _ code: PendingDeviceCode, begunHere: Bool, _ run: Run
    ) throws(MSAuthError) -> TokenAnswer {
        while true {
            let answer = try fly(.signIn(shelf.name, userCode: code.userCode), run) { () throws(MSAuthError) in
                try pollToTheEnd(shelf, pending, code, begunHere: begunHere, run)
            }
            if let answer { return answer }
        }
    }

    /// Polls until the user has answered, RFC 8628 section 3.5.
    private func pollToTheEnd(
        _ shelf: Shelf, _ pending: PendingSignIn, _ code: PendingDeviceCode, begunHere: Bool, _ run: Run
    ) throws(MSAuthError) -> TokenAnswer {
        let expiry = environment.clock.boot + Double(max(pending.expiresOn - environment.clock.wall, 0))
        var pace = DevicePoll(code)
        var pause = begunHere ? code.interval : 0
        while true {
            if pause > 0 { try run.sleep(max(min(Double(pause), expiry - environment.clock.boot), 0)) }
            switch try poll(shelf, pending, code, &pace, isLate: environment.clock.boot >= expiry, run) {
            case .done(let answer): return answer
            case .again(let seconds): pause = seconds
            }
        }
    }

    private enum PollResult {
        case done(TokenAnswer)
        case again(after: Int)
    }

    /// One poll, under the connection's lock: two processes may resume the same sign-in. They share its pace, and one
    /// of them gets the tokens for both.
    private func poll(
        _ shelf: Shelf, _ pending: PendingSignIn, _ code: PendingDeviceCode, _ pace: inout DevicePoll, isLate: Bool,
        _ run: Run
    ) throws(MSAuthError) -> PollResult {
        let lease = try shelf.lease()
        defer { withExtendedLifetime(lease) {} }
        var record = try shelf.load() ?? Record()
        guard var current = record.pending?.deviceCode, current.deviceCode.matches(code.deviceCode) else {
            return .done(try somebodyElses(record, code, shelf))
        }
        if !isLate, let pause = pace.pause(current, now: environment.clock.wall) { return .again(after: pause) }

        let settings = Settings(call: Options(), record: Record(settings: pending.settings), client: options)
        let identity = try ClientIdentity(settings, .deviceCode)
        let scopes = try settings.scopes
        let sent = Moment(environment.clock)
        let response: TokenResponse
        do {
            response = try SignIn(.deviceCode, settings, identity, scopes, claims: pending.claims, run)
                .poll(code.deviceCode)
        } catch {
            if !isLate, let pause = pace.pause(after: error, polledOn: sent.wall) {
                environment.log.write { "not yet, next poll in \(pause) s: \(error.message)" }
                if error.service?.errorCode != nil {
                    current.interval = pace.interval
                    current.polledOn = sent.wall
                    record.pending?.way = .deviceCode(current)
                    // Only the pace of other processes hangs on it.
                    try? shelf.save(record)
                }
                return .again(after: pause)
            }
            // Without the service's last word the sign-in stays, to be resumed.
            guard isLate || error.service?.errorCode != nil else { throw error }
            end(record, shelf)
            throw isLate ? Client.codeExpired : error
        }
        let key = identity.key(scopes, cae: settings.flag(.cae))
        return .done(try end(pending, with: response, key, sent: sent, over: record, shelf))
    }

    private static let codeExpired = MSAuthError(
        .expired, "The code was not entered in time.", hint: "Sign in again for a new one.")

    /// Another process polled first: if it was this sign-in that succeeded, its token is ours too.
    private func somebodyElses(
        _ record: Record, _ code: PendingDeviceCode, _ shelf: Shelf
    ) throws(MSAuthError) -> TokenAnswer {
        guard record.signedInWith == code.userCode, let wish = try? Wish(Options(), record, self),
            let token = record.token(wish.key), wish.decide(token, environment.clock) != .replace
        else {
            throw MSAuthError(
                .cancelled, "Another program ended this sign-in, or another one took its place.",
                hint: "Begin another one with connect.")
        }
        return answer(token, wish.key, record, shelf.name, .held)
    }
}
