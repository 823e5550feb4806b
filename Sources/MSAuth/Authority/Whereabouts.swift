/// What a client has learned of the places it asks, each asked once: which unknown hosts Microsoft vouches for, what OpenID
/// providers say of themselves, what addresses ask a token for, and in which of Azure's regions this runs.
package final class Whereabouts: Sendable {
    private struct State {
        var validated: Set<String> = []
        var configurations: [String: OpenIDConfiguration] = [:]
        var probed: [String: Probe.Finding] = [:]
        /// Nil before it was looked for; nil within where none was found.
        var region: Region??
    }

    private let state = Lock(State())
    /// An address can be anybody's: what is remembered of them is bounded.
    private static let limit = 1000

    init() {}

    func isValidated(_ host: String) -> Bool { state.withLock { $0.validated.contains(host) } }
    func validated(_ host: String) {
        state.withLock { state in
            if state.validated.count >= Whereabouts.limit { state.validated.removeAll() }
            state.validated.insert(host)
        }
    }

    func configuration(of authority: Authority) -> OpenIDConfiguration? {
        state.withLock { $0.configurations[authority.description] }
    }
    func remember(_ configuration: OpenIDConfiguration, of authority: Authority) {
        state.withLock { state in
            if state.configurations.count >= Whereabouts.limit { state.configurations.removeAll() }
            state.configurations[authority.description] = configuration
        }
    }

    func finding(of url: String) -> Probe.Finding? { state.withLock { $0.probed[url] } }
    func remember(_ finding: Probe.Finding, of url: String) {
        state.withLock { state in
            if state.probed.count >= Whereabouts.limit { state.probed.removeAll() }
            state.probed[url] = finding
        }
    }

    var region: Region?? { state.withLock { $0.region } }
    func remember(_ region: Region?) { state.withLock { $0.region = .some(region) } }
}
