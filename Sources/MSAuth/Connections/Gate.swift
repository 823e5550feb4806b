/// A token broker that refused is left alone for a while, by every process that shares the connection: for 2, 4, 8 and
/// at last 64 seconds, or as long as it asked for itself.
package struct Gate: Sendable, Equatable {
    /// Whom it is about: another registration, or another broker, has done nothing wrong.
    package let registration: String
    /// How many there were in a row, at most as many as count.
    package let refusals: Int
    package let refusedOn: Int
    package let nextRequestTime: Int

    static let mostRefusals = 6

    package init(registration: String, refusals: Int, refusedOn: Int, nextRequestTime: Int) {
        self.registration = registration
        self.refusals = min(max(refusals, 0), Gate.mostRefusals)
        self.refusedOn = refusedOn
        self.nextRequestTime = nextRequestTime
    }

    /// Closes behind one more refusal.
    init(_ registration: String, after previous: Gate?, retryAfter: Int?, now: Int) {
        let refusals = min((previous?.refusals ?? 0) + 1, Gate.mostRefusals)
        self.init(
            registration: registration, refusals: refusals, refusedOn: now,
            nextRequestTime: now + max(1 << refusals, retryAfter ?? 0))
    }

    /// How many seconds it stays closed. Before its own beginning it is open: a clock was wrong.
    func remaining(now: Int) -> Int {
        now < refusedOn ? 0 : max(nextRequestTime - now, 0)
    }
}

extension Record {
    /// Throws while the broker is to be left alone.
    func checkGate(_ identity: ClientIdentity, now: Int) throws(MSAuthError) {
        guard let gate, gate.registration == identity.broker?.description else { return }
        let seconds = gate.remaining(now: now)
        guard seconds > 0 else { return }
        var service = ServiceFailure()
        service.retryAfter = seconds
        throw MSAuthError(
            .throttled, "The token broker refused the last request, so it is left alone for \(seconds) more seconds.",
            hint: "Wait \(seconds) seconds before another try.", service: service)
    }

    /// Closes the gate if a broker's answer is why it failed. The error then says when to come back.
    mutating func closeGate(
        after error: MSAuthError, _ identity: ClientIdentity, now: Int
    ) -> (error: MSAuthError, isClosed: Bool) {
        guard let registration = identity.broker?.description, (error.service?.httpStatus ?? 0) >= 400 else {
            return (error, false)
        }
        let previous = gate?.registration == registration ? gate : nil
        let gate = Gate(registration, after: previous, retryAfter: error.service?.retryAfter, now: now)
        self.gate = gate
        var error = error
        error.service?.retryAfter = gate.remaining(now: now)
        return (error, true)
    }
}
