internal import Glibc
internal import MSAuth

/// Lets a process that exits wait for our threads, for at most a quarter of a second.
///
/// OpenSSL's own exit handler frees what a thread in a handshake still uses: 7 of 150 processes crashed so. It is
/// switched off, and ours cancels what runs and waits for it to leave.
enum ExitGate {
    private struct State {
        var running: [ObjectIdentifier: Cancellation] = [:]
        /// There once the process exits.
        var drained: Monitor<Bool>?
        /// A forked child has none of its parent's threads.
        var generation = ForkGate.generation
    }

    private static let state = Lock(State())

    private static let handler: Void = {
        OpenSSL.prepare()
        _ = atexit { ExitGate.drain() }
    }()

    static func enter(_ cancellation: Cancellation) throws(MSAuthError) {
        handler
        let isExiting = withState { state in
            guard state.drained == nil else { return true }
            state.running[ObjectIdentifier(cancellation)] = cancellation
            return false
        }
        if isExiting { throw MSAuthError(.exhausted, "The process is exiting.") }
    }

    static func leave(_ cancellation: Cancellation) {
        let drained = withState { state in
            state.running[ObjectIdentifier(cancellation)] = nil
            return state.running.isEmpty ? state.drained : nil
        }
        drained?.change { $0 = true }
    }

    private static func drain() {
        let drained = Monitor(false)
        let running = withState { state in
            state.drained = drained
            return Array(state.running.values)
        }
        guard !running.isEmpty else { return }
        for cancellation in running { cancellation.cancel() }
        _ = drained.wait(seconds: 0.25) { $0 ? true : nil }
    }

    private static func withState<Result>(_ body: (inout State) -> Result) -> Result {
        state.withLock { state in
            if state.generation != ForkGate.generation { state = State() }
            return body(&state)
        }
    }
}
