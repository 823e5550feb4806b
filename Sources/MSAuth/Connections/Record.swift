/// A connection as it is kept: how it signs in, who signed in, its tokens.
package struct Record: Sendable {
    /// Grows with each write. An older record never replaces a newer one.
    package var generation = 0
    package var settings: [OptionName: String] = [:]
    package var credentials: [OptionName: Secret] = [:]
    package var account: Account?
    package var refreshToken: Secret?
    package var idToken: Secret?
    package var tokens: [TokenKey: Token] = [:]
    package var pending: PendingSignIn?

    /// Members that a later release wrote: they survive a rewrite.
    var unknown: [String: JSON] = [:]
    var unknownSettings: [String: JSON] = [:]

    package init() {}

    package init(settings: [OptionName: String], credentials: [OptionName: Secret] = [:]) {
        self.settings = settings
        self.credentials = credentials
    }

    package var grant: Grant? { settings[.grant].flatMap { Grant(rawValue: $0) } }

    /// Nothing that is worth keeping: a sign-in that never succeeded.
    package var isEmpty: Bool {
        settings.isEmpty && credentials.isEmpty && refreshToken == nil && tokens.isEmpty && pending == nil
            && unknown.isEmpty && unknownSettings.isEmpty
    }

    /// What a new sign-in goes on from: a connection that never got beyond its first has only the pending one's settings.
    package var beginning: Record {
        guard settings.isEmpty, let pending else { return self }
        return Record(settings: pending.settings)
    }

    /// Whether a new token can be had without the user.
    package var isRenewable: Bool {
        if refreshToken != nil { return true }
        guard let grant, grant.isUnattended else { return false }
        return grant.credentials.allSatisfy { !grant.required.contains($0) || credentials[$0] != nil }
    }

    /// Takes a new token in. An answer without a refresh token keeps the old one.
    package mutating func take(_ response: TokenResponse, for key: TokenKey, sent: Moment) {
        tokens[key] = Token(response, sent: sent)
        if let refreshToken = response.refreshToken { self.refreshToken = refreshToken }
        if let idToken = response.idToken { self.idToken = idToken.text }
        if let account = Account(response) { self.account = account }
    }

    /// Drops what no longer works, and the least lasting tokens beyond the limit.
    package mutating func prune(now: Int) {
        tokens = tokens.filter { $0.value.expiresOn > now && $0.value.acquiredOn <= now + 300 }
        if tokens.count > Record.maxTokens {
            let kept = tokens.sorted { $0.value.acquiredOn > $1.value.acquiredOn }.prefix(Record.maxTokens)
            tokens = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
        }
        if let pending, pending.expiresOn <= now { self.pending = nil }
    }

    static let maxTokens = 1000
    static let maxBytes = 262_144
}
