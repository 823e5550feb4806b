internal import CSecret
internal import Glibc
package import MSAuth

/// Keeps records in the user's keyring: gnome-keyring, KeePassXC, KWallet or whatever else is org.freedesktop.secrets.
///
/// One item per connection in the default collection, with the attribute `name`, the schema `org.msauth.Connection` and
/// the label `msauth: NAME`. A record that was set aside has its name in `unreadable` instead.
///
/// No unlocking is asked for unless `storePrompt` says so, and a locked keyring never looks empty: the default
/// collection is asked whether it is locked before anything is looked up (KeePassXC would open a dialog for the search
/// itself), and again before an absence is believed.
package final class SecretServiceStore: Store {
    package let name = "secret-service"
    package let isPersistent = true

    private let timeout: Double
    private let storePrompt: Bool
    private let storePlainSession: Bool
    private let busAddress: String?

    /// Threads take turns; whoever has the turn uses the keyring.
    private struct Turn {
        var isTaken = false
        var isPrompting = false
    }

    private let turn = Monitor(Turn())
    private let keyring = Lock<Keyring?>(nil)

    /// How long a person has to answer a prompt.
    private static let promptSeconds = 120.0

    /// A call has `timeout` seconds for everything. The bus is that of the environment unless an address is given.
    package init(
        timeout: Double = 10, storePrompt: Bool = false, storePlainSession: Bool = false, busAddress: String? = nil
    ) {
        self.timeout = timeout > 0 ? min(timeout, 3600) : 10
        self.storePrompt = storePrompt
        self.storePlainSession = storePlainSession
        self.busAddress = busAddress
    }

    package func read(_ name: ConnectionName, _ cancellation: Cancellation) throws(MSAuthError) -> [Secret] {
        try perform(cancellation) { call throws(KeyringFailure) in
            try self.search(name.text, call)
            return try self.secrets(call)
        }
    }

    package func write(_ name: ConnectionName, _ record: Secret, _ cancellation: Cancellation) throws(MSAuthError) {
        try perform(cancellation) { call throws(KeyringFailure) in
            try self.search(name.text, call, creating: self.storePrompt)
            guard call.found > 0 else {
                return try call.create(name.text, label: "msauth: \(name.text)", record)
            }
            try call.set(0, record)
            // The record is kept: a duplicate that stays is older, and whoever reads it knows.
            for index in 1..<max(call.found, 1) { try? call.delete(index) }
        }
    }

    package func delete(_ name: ConnectionName, _ cancellation: Cancellation) throws(MSAuthError) -> Bool {
        // A second attempt must remember what the first one deleted.
        var deleted = false
        return try perform(cancellation) { call throws(KeyringFailure) in
            try self.search(name.text, call)
            for index in 0..<call.found {
                try call.delete(index)
                deleted = true
            }
            return deleted
        }
    }

    package func setAside(_ name: ConnectionName, _ cancellation: Cancellation) throws(MSAuthError) {
        try perform(cancellation) { call throws(KeyringFailure) in
            try self.search(name.text, call)
            for index in 0..<call.found {
                try call.setAside(index, name.text, label: "msauth: \(name.text) (unreadable)")
            }
        }
    }

    package func list(_ cancellation: Cancellation) throws(MSAuthError) -> [StoredConnection] {
        try perform(cancellation) { call throws(KeyringFailure) in
            try self.search(nil, call)
            let secrets = try self.secrets(call)
            var names: [String] = []
            var records: [String: [Secret]] = [:]
            for (index, secret) in secrets.enumerated() {
                // Those that were set aside have none.
                guard let name = try call.name(index) else { continue }
                if records[name] == nil { names.append(name) }
                records[name, default: []].append(secret)
            }
            return names.map { StoredConnection(name: $0, records: records[$0] ?? []) }
        }
    }

    // MARK: - Steps

    /// Finds the items of a name, or all, unlocked. Nothing is found only where nothing is.
    private func search(_ name: String?, _ call: KeyringCall, creating: Bool = false) throws(KeyringFailure) {
        var state = try call.defaultCollection()
        if state == CSECRET_ABSENT, creating {
            try prompting { () throws(KeyringFailure) in try call.createCollection(label: "Default") }
            state = try call.defaultCollection()
        }
        if state == CSECRET_CLOSED { try unlock(call) }
        try call.search(name)
        if call.hasLocked {
            try unlock(call)
            try call.search(name)
            if call.hasLocked { throw KeyringFailure(.step(CSECRET_LOCKED)) }
        }
        guard call.found == 0 else { return }
        switch try call.defaultCollection() {
        case CSECRET_OPEN: return
        // Where people may be asked, there will be one as soon as something is kept.
        case CSECRET_ABSENT: if !storePrompt { throw KeyringFailure(.noCollection) }
        default: throw KeyringFailure(.step(CSECRET_LOCKED))
        }
    }

    private func secrets(_ call: KeyringCall) throws(KeyringFailure) -> [Secret] {
        try call.fetch()
        var secrets: [Secret] = []
        for index in 0..<call.found {
            guard let secret = call.secret(index) else {
                throw KeyringFailure(.step(CSECRET_VANISHED), "it gave no secret")
            }
            secrets.append(secret)
        }
        return secrets
    }

    private func unlock(_ call: KeyringCall) throws(KeyringFailure) {
        guard storePrompt else { throw KeyringFailure(.step(CSECRET_LOCKED)) }
        try prompting { () throws(KeyringFailure) in try call.unlock() }
    }

    /// If nobody answers, the keyring is still locked.
    private func prompting(_ body: () throws(KeyringFailure) -> Void) throws(KeyringFailure) {
        turn.change { $0.isPrompting = true }
        defer { turn.change { $0.isPrompting = false } }
        do {
            try body()
        } catch {
            throw error.reason == .step(CSECRET_TIMED_OUT) ? KeyringFailure(.step(CSECRET_DISMISSED)) : error
        }
    }

    // MARK: - One operation

    private func perform<Result>(
        _ cancellation: Cancellation, _ body: (KeyringCall) throws(KeyringFailure) -> Result
    ) throws(MSAuthError) -> Result {
        do {
            try Keyring.checkProcess()
            let deadline = monotonicNow() + timeout
            let call = try KeyringCall(
                openedKeyring(), deadline: deadline, patience: storePrompt ? SecretServiceStore.promptSeconds : 0)
            let turn = turn
            return try cancellation.interrupting(
                by: {
                    call.cancel()
                    turn.change { _ in }
                },
                { () throws(KeyringFailure) in
                    try takeTurn(cancellation, until: deadline)
                    defer { turn.change { $0.isTaken = false } }
                    return try attempts(call, body)
                })
        } catch {
            throw error.explained(timeout: timeout)
        }
    }

    /// Tries again what failed because something went away in between, and KWallet's first store, which is lost when
    /// several programs store at once. The deadline is that of all attempts.
    private func attempts<Result>(
        _ call: KeyringCall, _ body: (KeyringCall) throws(KeyringFailure) -> Result
    ) throws(KeyringFailure) -> Result {
        var attempt = 1
        while true {
            call.enter()
            defer { call.leave() }
            do {
                try call.connect(address(), plain: storePlainSession)
                return try body(call)
            } catch {
                guard error.mayPass, attempt < 3 else { throw error }
                attempt += 1
            }
        }
    }

    private func takeTurn(_ cancellation: Cancellation, until deadline: Double) throws(KeyringFailure) {
        let result = turn.wait(seconds: deadline - monotonicNow()) { turn -> csecret_result? in
            if cancellation.isCancelled { return CSECRET_CANCELLED }
            guard !turn.isTaken else { return nil }
            turn.isTaken = true
            return CSECRET_OK
        }
        if result == CSECRET_OK { return }
        let isPrompting = turn.change { $0.isPrompting }
        throw KeyringFailure(.step(result ?? (isPrompting ? CSECRET_LOCKED : CSECRET_TIMED_OUT)))
    }

    private func openedKeyring() throws(KeyringFailure) -> Keyring {
        if let keyring = keyring.withLock({ $0 }) { return keyring }
        // Not made under the lock, which must never wait; of two that were made, one is used.
        let made = try Keyring()
        return keyring.withLock { keyring in
            if let keyring { return keyring }
            keyring = made
            return made
        }
    }

    /// Where the bus listens: never a transport that starts a program or crosses a network.
    private func address() throws(KeyringFailure) -> String {
        var address = busAddress ?? ""
        if busAddress == nil, let value = unsafe getenv("DBUS_SESSION_BUS_ADDRESS") {
            address = unsafe String(cString: value)
        }
        if address.isEmpty {
            let path = "/run/user/\(geteuid())/bus"
            guard unsafe access(path, F_OK) == 0 else { throw KeyringFailure(.noAddress) }
            address = "unix:path=\(path)"
        }
        guard address.split(separator: ";").allSatisfy({ $0.hasPrefix("unix:") }) else {
            throw KeyringFailure(.otherTransport)
        }
        return address
    }
}

private func monotonicNow() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
