internal import CLinux
internal import Glibc
package import MSAuth

/// Anything that may take time: straight-line work on a thread of its own, seen from outside as a state that changes.
///
/// `Value` is what the work ends with.
package final class Operation<Value: Sendable>: Sendable {
    private struct State {
        var prompts: [Prompt] = []
        /// How many of the prompts the caller has been told of.
        var announced = 0
        var outcome: Result<Value, MSAuthError>?
        var descriptor: Int32 = -1

        /// Whether wait would answer something else than pending.
        var hasNews: Bool { outcome != nil || announced < prompts.count }
    }

    package enum Progress: Sendable {
        case pending
        case prompt
        case ended(Result<Value, MSAuthError>)
    }

    private let state: Monitor<State>
    private let cancellation = Cancellation()
    private let generation = ForkGate.generation

    private init(_ state: sending State) {
        self.state = Monitor(state)
    }

    /// One that had its answer before it began: no thread, no descriptor.
    package static func ended(_ value: Value) -> Operation {
        Operation(State(outcome: .success(value)))
    }

    /// Begins the work. Throws `exhausted` when no thread can be had.
    package static func start(
        _ work: @escaping @Sendable (Cancellation, @escaping @Sendable (Prompt) -> Void) throws(MSAuthError) -> Value
    ) throws(MSAuthError) -> Operation {
        let operation = Operation(State())
        try WorkThread.start(operation.cancellation) {
            let result: Result<Value, MSAuthError>
            do throws(MSAuthError) {
                result = .success(
                    try work(operation.cancellation) { prompt in operation.change { $0.prompts.append(prompt) } })
            } catch {
                result = .failure(error)
            }
            operation.change { state in
                // Cancelled first, ended second: the caller was told already.
                if state.outcome == nil { state.outcome = result }
            }
        }
        return operation
    }

    /// Made in this process, or in the one that forked it?
    package var isMine: Bool { generation == ForkGate.generation }

    /// Waits at most so long, nil: to the end. A prompt is answered once.
    package func wait(milliseconds: Int?) -> Progress {
        state.wait(seconds: milliseconds.map { Double($0) / 1000 }) { state in
            if state.announced < state.prompts.count {
                state.announced += 1
                self.signal(state)
                return .prompt
            }
            return state.outcome.map { .ended($0) }
        } ?? .pending
    }

    /// What it ended with, without a wait that could answer a prompt.
    package var outcome: Result<Value, MSAuthError>? { state.wait(seconds: 0) { $0.outcome } }

    /// A descriptor that is readable as long as `wait` would not answer pending; -1 when the process has none left.
    package var descriptor: Int32 {
        state.change { state in
            if state.descriptor < 0 {
                let number = errno
                defer { errno = number }
                state.descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
                self.signal(state)
            }
            return state.descriptor
        }
    }

    /// The last prompt that was announced, and which one it was.
    package var prompt: (number: Int, prompt: Prompt)? {
        state.change { state in
            let number = state.announced - 1
            return number >= 0 ? (number, state.prompts[number]) : nil
        }
    }

    /// The caller learns of it at once; what the work was doing is interrupted and cleans up after itself.
    package func cancel() {
        guard isMine else { return }
        change { state in
            guard state.outcome == nil else { return }
            state.outcome = .failure(.cancelled)
            // Nobody wants to see what was not shown yet.
            state.announced = state.prompts.count
        }
        cancellation.cancel()
    }

    /// The caller has let go: cancels, and gives the descriptor back at once.
    package func abandon() {
        cancel()
        guard isMine else { return }
        let descriptor = state.change { state in
            defer { state.descriptor = -1 }
            return state.descriptor
        }
        if descriptor >= 0 { close(descriptor) }
    }

    private func change(_ body: (inout State) -> Void) {
        state.change { state in
            body(&state)
            self.signal(state)
        }
    }

    /// Keeps the descriptor as readable as the state says.
    private func signal(_ state: State) {
        guard state.descriptor >= 0 else { return }
        // Also on a thread of the host's.
        let number = errno
        defer { errno = number }
        var count: UInt64 = 1
        if state.hasNews {
            _ = unsafe write(state.descriptor, &count, 8)
        } else {
            _ = unsafe read(state.descriptor, &count, 8)
        }
    }
}
