/// One request in the air that several callers wait for.
///
/// Whoever asks for the same token while it is being fetched shares the answer, a failure as well: a hundred callers
/// behind a dead network do not try a hundred times.
final class Flight: Sendable {
    private let outcome = Monitor<Result<TokenAnswer, MSAuthError>?>(nil)

    func land(_ result: Result<TokenAnswer, MSAuthError>) { outcome.change { $0 = result } }

    /// Nil when the one who fetched ended for a reason of its own: then somebody else must.
    func wait(_ run: Run) throws(MSAuthError) -> TokenAnswer? {
        let outcome = self.outcome
        let cancellation = run.cancellation
        let limit = try run.remaining()
        let result: Result<TokenAnswer, MSAuthError>? = cancellation.interrupting(by: { outcome.change { _ in } }) {
            outcome.wait(seconds: limit) { cancellation.isCancelled ? .failure(.cancelled) : $0 }
        }
        try cancellation.check()
        guard let result else { throw .timedOut }
        do { return try result.get() } catch {
            guard error.concernsItsCallerAlone else { throw error }
            return nil
        }
    }
}

/// What makes two requests the same.
enum FlightKey: Hashable {
    case token(ConnectionName?, TokenKey, claims: String?, isForced: Bool)
    case signIn(ConnectionName?, userCode: String)
}

extension Client {
    /// Runs `body` for all who ask for the same at once. Nil when another ran it, for a caller who then gave up: this
    /// one must look again.
    func fly(
        _ key: FlightKey, _ run: Run, _ body: () throws(MSAuthError) -> TokenAnswer
    ) throws(MSAuthError) -> TokenAnswer? {
        let mine = Flight()
        let flight = withState { state in
            if let flight = state.flights[key] { return flight }
            state.flights[key] = mine
            return mine
        }
        guard flight === mine else { return try flight.wait(run) }
        let result: Result<TokenAnswer, MSAuthError>
        do { result = .success(try body()) } catch { result = .failure(error) }
        withState { state in
            if state.flights[key] === mine { state.flights[key] = nil }
        }
        mine.land(result)
        return try result.get()
    }
}
