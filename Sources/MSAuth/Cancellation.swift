/// Says that an operation is no longer wanted, and interrupts the blocking call it is in.
package final class Cancellation: Sendable {
    private struct State {
        var isCancelled = false
        var interrupt: (@Sendable () -> Void)?
    }

    private let state = Lock(State())

    package init() {}

    package var isCancelled: Bool { state.withLock { $0.isCancelled } }

    package func cancel() {
        let interrupt = state.withLock { state in
            state.isCancelled = true
            return state.interrupt
        }
        interrupt?()
    }

    /// Throws what a cancelled operation answers.
    package func check() throws(MSAuthError) {
        if isCancelled { throw .cancelled }
    }

    /// Runs `body`, which blocks; `cancel()` calls `interrupt` meanwhile, from another thread.
    ///
    /// A late call, just after `body` has ended, must do no harm. One call at a time.
    package func interrupting<Result, Failure: Error>(
        by interrupt: @escaping @Sendable () -> Void, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let alreadyCancelled = state.withLock { state in
            state.interrupt = interrupt
            return state.isCancelled
        }
        defer { state.withLock { $0.interrupt = nil } }
        if alreadyCancelled { interrupt() }
        return try body()
    }
}
