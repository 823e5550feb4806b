/// The one stateful object: the records it has seen, and what is being fetched.
///
/// `acquire` alone knows the order: held token, refresh, sign in again from kept credentials, ask. Everything below
/// goes straight down and straight back.
package final class Client: Sendable {
    package let options: Options
    package let environment: Environment
    private let turns = Turns()
    private let state: Lock<State>

    struct State {
        /// Copies of what was last read or written. The connection without a name lives here alone, always.
        var held: [ConnectionName?: Record] = [nil: Record()] { didSet { lookups.removeAll() } }
        /// What calls ask for, worked out once for those that ask alike.
        var lookups: [LookupKey: Lookup] = [:]
        /// Records that the store refused, which are tried again.
        var unsaved: [ConnectionName: Unsaved] = [:]
        var flights: [FlightKey: Flight] = [:]
        /// When a renewal that was not urgent failed: not before a minute later.
        var renewalFailedAt: [FlightKey: Double] = [:] {
            // One that is forgotten costs one more try.
            didSet { if renewalFailedAt.count > 10_000 { renewalFailedAt.removeAll() } }
        }
        /// What was refused is not sent again unless somebody connects.
        var refusedPasswords: [ConnectionName?: RefusedPassword] = [:]
        /// Flights of a parent process never land in its child.
        var generation = ForkGate.generation
    }

    struct Unsaved {
        /// What the store had when it refused; if it has something else since, that counts.
        let generation: Int
        let triedAt: Double
        let reason: String
    }

    package init(_ options: Options, _ environment: Environment) {
        self.options = options
        self.environment = environment
        state = Lock(State())
    }

    func withState<Result>(_ body: (inout State) -> Result) -> Result {
        state.withLock { state in
            if state.generation != ForkGate.generation {
                state.flights = [:]
                state.generation = ForkGate.generation
            }
            return body(&state)
        }
    }

    /// The connection of that name, or the client's own.
    func shelf(_ name: ConnectionName?, _ run: Run) -> Shelf { Shelf(self, name, run) }

    func lease(_ name: ConnectionName?, _ run: Run) throws(MSAuthError) -> any Lease {
        let limit = try run.remaining()
        do {
            guard let name else { return try turns.acquireUnnamed(atMost: limit, run.cancellation) }
            return try environment.locks.acquire(name, atMost: limit, run.cancellation)
        } catch {
            _ = try run.remaining()
            throw error
        }
    }
}
