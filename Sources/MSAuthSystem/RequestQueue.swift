package import MSAuth

/// Lets so many requests run at once; who comes later waits in line.
///
/// A request costs descriptors and half a megabyte, most of it for TLS: ten thousand users at once must not cost ten
/// thousand times that. Each who waits is woken alone, when it is his turn.
package final class RequestQueue: Sendable {
    private typealias Turn = Monitor<Bool>

    private struct State {
        var free: Int
        /// First come, first served; those before `next` have had their turn or have left.
        var line: [Turn?] = []
        var next = 0
        /// In a forked child nobody is left who could give a place back.
        var generation = ForkGate.generation
    }

    private let places: Int
    private let state: Lock<State>

    package init(places: Int) {
        self.places = places
        state = Lock(State(free: places))
    }

    /// Waits for a place, which `leave` gives back; false when so many seconds (nil: no limit) were not enough or it was cancelled.
    package func enter(atMost limit: Double?, _ cancellation: Cancellation) -> Bool {
        let mine = Turn(false)
        let isFree = state.withLock { state in
            if state.generation != ForkGate.generation { state = State(free: places) }
            if state.free > 0 {
                state.free -= 1
                return true
            }
            state.line.append(mine)
            return false
        }
        if isFree { return true }
        let isMyTurn = cancellation.interrupting(by: { mine.change { _ in } }) {
            mine.wait(seconds: limit) { isMyTurn in isMyTurn || cancellation.isCancelled ? isMyTurn : nil } ?? false
        }
        if isMyTurn { return true }
        // The turn may have come in the very moment in which it was given up.
        if state.withLock({ RequestQueue.leave(&$0, mine) }) { return false }
        leave()
        return false
    }

    package func leave() {
        let next: Turn? = state.withLock { state in
            while state.next < state.line.count {
                let turn = state.line[state.next]
                state.line[state.next] = nil
                state.next += 1
                if state.next > 1000, state.next * 2 > state.line.count {
                    state.line.removeFirst(state.next)
                    state.next = 0
                }
                if let turn { return turn }
            }
            state.line.removeAll()
            state.next = 0
            state.free = min(state.free + 1, places)
            return nil
        }
        next?.change { $0 = true }
    }

    /// Whether it still stood in line.
    private static func leave(_ state: inout State, _ turn: Turn) -> Bool {
        guard let index = state.line.firstIndex(where: { $0 === turn }) else { return false }
        state.line[index] = nil
        return true
    }
}
