/// One request in the air that several callers wait for.
///
/// Whoever asks for the same token while it is being fetched shares the answer, a failure as well: a hundred callers
/// behind a dead network do not try a hundred times.
final class Flight: Sendable {
    private let outcome = Monitor<Result<TokenAnswer, MSAuthError>?>(nil)

    func land(_ result: Result<TokenAnswer, MSAuthError>) { outcome.change { $0 = result } }

    /// Nil when the one who fetched was cancelled: then somebody else must.
    func wait(_ cancellation: Cancellation) throws(MSAuthError) -> TokenAnswer? {
        let outcome = self.outcome
        let result: Result<TokenAnswer, MSAuthError>? = cancellation.interrupting(by: { outcome.change { _ in } }) {
            outcome.wait { result in
                if cancellation.isCancelled { return .failure(.cancelled) }
                return result
            }
        }
        try cancellation.check()
        switch result {
        case .success(let answer): return answer
        case .failure(let error) where error.status == .cancelled: return nil
        case .failure(let error): throw error
        case nil: return nil
        }
    }
}

/// What makes two requests the same.
struct FlightKey: Hashable {
    var connection: ConnectionName?
    var token: TokenKey
    var claims: String?
    var isForced: Bool
}
