/// Where one connection's record stands: the store and the client's copy of it, or the client alone.
struct Shelf {
    private let client: Client
    let name: ConnectionName?
    private let run: Run

    init(_ client: Client, _ name: ConnectionName?, _ run: Run) {
        self.client = client
        self.name = name
        self.run = run
    }

    /// The client's copy, without asking the store.
    var held: Record? { client.withState { $0.held[name] } }

    /// One holder at a time, among all processes that share the store.
    func lease() throws(MSAuthError) -> any Lease { try client.lease(name, run) }

    /// The record as the store has it now; nil when there is none.
    func load() throws(MSAuthError) -> Record? {
        guard let name else { return held }
        var newest: Record?
        var failure: MSAuthError?
        for text in try run.environment.store.read(name, run.cancellation) {
            do {
                let record = try RecordFormat.read(text)
                if record.generation >= newest?.generation ?? 0 { newest = record }
            } catch { failure = error }
        }
        if newest == nil, let failure { throw named(failure, name) }
        return client.withState { state in
            if let unsaved = state.unsaved[name], unsaved.generation == newest?.generation ?? 0 {
                // What the store refused last time is newer than what it has.
                return state.held[name]
            }
            state.unsaved[name] = nil
            state.held[name] = newest?.keepingBootTimes(of: state.held[name])
            return state.held[name]
        }
    }

    /// The same for a sign-in that takes its place, under the connection's lock: one that cannot be read is set aside.
    func loadToReplace() throws(MSAuthError) -> Record? {
        do { return try load() } catch let error where error.status == .storeCorrupt {
            run.environment.log.write { "\(error.message) It is set aside." }
            if let name { try run.environment.store.setAside(name, run.cancellation) }
            return nil
        }
    }

    /// Holds what the store could not even be asked about; it is tried again like any record that was refused.
    func hold(_ record: Record, refused error: MSAuthError) {
        let stored = held?.generation ?? 0
        var record = record
        record.generation = stored + 1
        if name == nil { record.moveTokensToCache(now: run.environment.clock.wall) }
        let kept = record
        let unsaved = Client.Unsaved(generation: stored, triedAt: run.environment.clock.boot, reason: error.message)
        client.withState { state in
            state.held[name] = kept
            if let name { state.unsaved[name] = unsaved }
        }
    }

    /// Forgets a record that could not be saved and that nobody may see.
    func takeBack(_ before: Record?) {
        client.withState { state in
            state.held[name] = before
            if let name { state.unsaved[name] = nil }
        }
    }

    /// The record, or the error of a connection that is not there. The client's own always is.
    func find() throws(MSAuthError) -> Record {
        if let record = try load() { return record }
        throw .notFound(name?.text ?? "")
    }

    /// Writes the record in one piece; the client holds it even when the store refuses.
    func save(_ record: Record) throws(MSAuthError) {
        var record = record
        let stored = client.withState { state in name.flatMap { state.unsaved[$0]?.generation } } ?? record.generation
        record.generation += 1
        record.prune(now: run.environment.clock.wall)
        if name == nil { record.moveTokensToCache(now: run.environment.clock.wall) }
        let saved = record
        client.withState { $0.held[name] = saved }
        guard let name else { return }
        do {
            let text = try RecordFormat.write(record, name: name.text)
            try run.environment.store.write(name, text, run.cancellation)
            client.withState { $0.unsaved[name] = nil }
        } catch {
            run.environment.log.write { "the store refused \(name.text): \(error.message)" }
            let unsaved = Client.Unsaved(
                generation: stored, triedAt: run.environment.clock.boot, reason: error.message)
            client.withState { $0.unsaved[name] = unsaved }
            throw error
        }
    }

    /// Tries once more, a minute after it failed, to write what the store refused; what it says, if it still refuses.
    func saveAgain() throws(MSAuthError) -> String? {
        guard let name, let unsaved = client.withState({ $0.unsaved[name] }) else { return nil }
        guard run.environment.clock.boot - unsaved.triedAt >= 60 else { return unsaved.reason }
        do {
            let lease = try lease()
            defer { withExtendedLifetime(lease) {} }
            if let record = try load(), client.withState({ $0.unsaved[name] }) != nil { try save(record) }
            return nil
        } catch let error where error.status != .cancelled {
            return error.message
        }
    }

    func forget() throws(MSAuthError) -> Bool {
        client.withState { state in
            state.held[name] = name == nil ? Record() : nil
            if let name { state.unsaved[name] = nil }
        }
        guard let name else { return true }
        return try run.environment.store.delete(name, run.cancellation)
    }

    private func named(_ error: MSAuthError, _ name: ConnectionName) -> MSAuthError {
        MSAuthError(
            error.status, error.message.replacing("The connection's record", with: "The record of \"\(name.text)\""),
            hint: error.hint)
    }
}

extension Record {
    /// What the store cannot know: when a token expires by the clock of this machine's uptime.
    fileprivate func keepingBootTimes(of other: Record?) -> Record {
        guard let other else { return self }
        var record = self
        record.shareCache(of: other)
        for (key, token) in other.tokens where record.tokens[key]?.acquiredOn == token.acquiredOn {
            record.tokens[key]?.expiresAtBoot = token.expiresAtBoot
        }
        return record
    }
}
