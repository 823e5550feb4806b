/// A connection as it is kept: how it signs in, who signed in, its tokens.
package struct Record: Sendable {
    /// Grows with each write. An older record never replaces a newer one.
    package var generation = 0
    package var settings: [OptionName: String] = [:]
    package var credentials: [OptionName: Secret] = [:]
    package var account: Account?
    package var refreshToken: Secret?
    package var gate: Gate?
    package var idToken: Secret?
    package var tokens: [TokenKey: Token] = [:]
    /// Tokens that no store has: all of a connection without a name, and everybody's on whose behalf one acts. Those are
    /// worth an hour and can be had again, so they are not worth a write of the whole record each.
    package private(set) var cache = TokenCache()
    package var pending: PendingSignIn?
    /// The code that the last sign-in was made with: who waits for that one knows that it has succeeded.
    package var signedInWith: String?

    /// What a later release wrote and this one does not understand: it survives a rewrite.
    var unknown = Unknown()

    struct Unknown: Sendable {
        var members: [String: JSON] = [:]
        var settings: [String: JSON] = [:]
        var credentials: [String: JSON] = [:]
        /// Whole tokens: a member that is not understood may say that a token is somebody else's.
        var tokens: [JSON] = []
        var pending: JSON?

        var isEmpty: Bool {
            members.isEmpty && settings.isEmpty && credentials.isEmpty && tokens.isEmpty && pending == nil
        }
    }

    package init() {}

    /// A new connection in the place of an old one: nothing stays of that but what only a later release understands.
    package init(
        settings: [OptionName: String], credentials: [OptionName: Secret] = [:], over before: Record? = nil
    ) {
        self.settings = settings
        self.credentials = credentials
        succeeds(before)
    }

    /// Takes the place of another one.
    package mutating func succeeds(_ before: Record?) {
        generation = before?.generation ?? 0
        unknown.members = before?.unknown.members ?? [:]
        unknown.settings = before?.unknown.settings ?? [:]
    }

    package var grant: Grant? { settings[.grant].flatMap { Grant(rawValue: $0) } }

    /// Nothing that is worth keeping: a sign-in that never succeeded.
    package var isEmpty: Bool {
        settings.isEmpty && credentials.isEmpty && refreshToken == nil && tokens.isEmpty && cache.count == 0
            && pending == nil && unknown.isEmpty
    }

    /// What a new sign-in goes on from: a connection that never got beyond its first has only what the pending one has.
    package var beginning: Record {
        guard settings.isEmpty, let pending else { return self }
        return Record(settings: pending.settings, credentials: pending.credentials)
    }

    /// A credential that a call gives takes the place of the one before, whole: a certificate's key and password go
    /// with it. So does a key in a device, or one in a file after that: no PIN is tried that was another's.
    func makingWay(for options: Options) -> Record {
        let names: [OptionName]
        let isReplaced = ClientCredential.deciding.contains {
            $0 != .clientCertificateKeyURI && (options[$0] != nil || options.secret($0) != nil)
        }
        if isReplaced {
            names = ClientCredential.options
        } else if let uri = options[.clientCertificateKeyURI] ?? options[.clientCertificateKey].map({ _ in "" }),
            uri != settings[.clientCertificateKeyURI] ?? ""
        {
            names = ClientCertificate.keyNames + (uri.isEmpty ? [] : ClientCredential.others)
        } else {
            names = []
        }
        var record = self
        // One user's password is not tried under another's name.
        if let username = options[.username], username != settings[.username] { record.credentials[.password] = nil }
        for name in names {
            record.settings[name] = nil
            record.credentials[name] = nil
        }
        return record
    }

    /// What its user can do, when it holds nothing that a token can be had with.
    var wayToSignIn: String {
        pending == nil ? "Sign in with connect." : "A sign-in is pending: finish it with resume, or connect again."
    }

    /// Whether a new token can be had without the user.
    package var isRenewable: Bool {
        // A broker wants its Key with every request, also with one for a refresh token.
        if refreshToken != nil, grant != .tokenBroker { return true }
        guard let grant, grant.isUnattended else { return false }
        // It takes somebody's assertion each time.
        if grant == .onBehalfOf { return false }
        if grant == .certificate {
            return settings[.clientCertificate] != nil || credentials[.clientCertificateData] != nil
                || settings[.clientCertificateKeyURI] != nil
        }
        if grant == .federated {
            // Of the program's own assertions none is left when it is over.
            return credentials[.clientAssertion] != nil
                || AssertionSource.deciding.contains {
                    settings[$0].map { $0 != AssertionSource.program.rawValue } ?? false
                }
        }
        return grant.credentials.allSatisfy { !grant.required.contains($0) || credentials[$0] != nil }
    }

    /// Takes a new token in. An answer without a refresh token keeps the old one.
    ///
    /// `own` is whom the connection signs in as when a call says nothing else: what another application or another
    /// tenant is told about the user is not the connection's. `challenge` is what the token answers.
    package mutating func take(
        _ response: TokenResponse, for key: TokenKey, own: TokenKey? = nil, challenge: String? = nil, sent: Moment
    ) {
        var token = Token(response, sent: sent)
        token.challenge = challenge
        if key.userAssertion != nil {
            // One of many: nothing of theirs becomes the connection's. Nor is a refresh token kept, whose user would
            // outlive the assertion: that is redeemed again.
            token.subject = Subject(response, authority: key.authority)
            return cache.keep(token, for: key, now: sent.wall)
        }
        tokens[key] = token
        let own = own ?? key
        guard key.clientID == own.clientID else { return }
        if let refreshToken = response.refreshToken { self.refreshToken = refreshToken }
        guard key.authority == own.authority else { return }
        if let idToken = response.idToken { self.idToken = idToken.text }
        if let account = Account(response, authority: key.authority) { self.account = account }
    }

    package func token(_ key: TokenKey) -> Token? {
        if !tokens.isEmpty, let token = tokens[key] { return token }
        return cache.token(for: key)
    }

    /// For a record that is in no store.
    mutating func moveTokensToCache(now: Int) {
        for (key, token) in tokens { cache.keep(token, for: key, now: now) }
        tokens = [:]
    }

    /// The same connection, read again.
    mutating func shareCache(of other: Record) { cache = other.cache }

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
