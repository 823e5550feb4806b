/// One at a time for each key, among the threads of this process: for connections that live in memory.
package final class Turns: ConnectionLocks {
    private typealias Taken = Monitor<Set<String>>

    private struct State {
        var taken = Taken([])
        /// In a forked child nobody is left who could give a turn back.
        var generation = ForkGate.generation
    }

    private let state = Lock(State())

    package init() {}

    package func acquire(
        _ name: ConnectionName, atMost limit: Double?, _ cancellation: Cancellation
    ) throws(MSAuthError) -> any Lease {
        try acquire(key: name.text, limit, cancellation)
    }

    /// The client's own connection has no name; no name is like this key.
    func acquireUnnamed(atMost limit: Double?, _ cancellation: Cancellation) throws(MSAuthError) -> any Lease {
        try acquire(key: "", limit, cancellation)
    }

    private func acquire(key: String, _ limit: Double?, _ cancellation: Cancellation) throws(MSAuthError) -> any Lease {
        let taken = state.withLock { state in
            if state.generation != ForkGate.generation { state = State() }
            return state.taken
        }
        let isMine = cancellation.interrupting(by: { taken.change { _ in } }) {
            taken.wait(seconds: limit) { keys in
                if cancellation.isCancelled { return false }
                return keys.insert(key).inserted ? true : nil
            } ?? false
        }
        guard isMine else {
            try cancellation.check()
            throw MSAuthError(.storeBusy, "Another thread has held the connection for too long.", hint: "Try again.")
        }
        return Turn(taken, key)
    }
}

private final class Turn: Lease {
    private let taken: Monitor<Set<String>>
    private let key: String

    init(_ taken: Monitor<Set<String>>, _ key: String) {
        self.taken = taken
        self.key = key
    }

    deinit { taken.change { _ = $0.remove(key) } }
}
