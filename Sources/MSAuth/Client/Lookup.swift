/// Where a held token is found, and how good it must be.
struct Lookup {
    private var key: TokenKey
    private let minValidity: Int
    private let challenge: String?

    /// Without whose it is, which each call says for itself.
    init(_ key: TokenKey, minValidity: Int, _ challenge: String?) {
        self.key = key
        self.key.userAssertion = nil
        self.minValidity = minValidity
        self.challenge = challenge
    }

    func key(for options: Options, _ crypto: any Crypto) throws(MSAuthError) -> TokenKey {
        guard let assertion = options.secret(.userAssertion) else { return key }
        var key = key
        key.userAssertion = try crypto.sha256(assertion)
        return key
    }

    func decide(_ token: Token, _ clock: any Clock) -> TokenPolicy.Decision {
        guard challenge == nil || challenge == token.challenge else { return .replace }
        return TokenPolicy(minValidity: minValidity, now: Moment(clock)).decide(token)
    }
}

/// Calls that agree in it look in the same place. Working that out takes longer than looking.
struct LookupKey: Hashable {
    /// More ways to ask than a program has.
    static let limit = 256

    private let name: ConnectionName?
    private let texts: [OptionName: String]

    /// Nil for a call that is like no other, or that brings another secret than whose token it wants.
    init?(_ name: ConnectionName?, _ options: Options) {
        guard options.failures.isEmpty, options.secretNames.allSatisfy({ $0 == .userAssertion }),
            options[.correlationID] == nil
        else { return nil }
        self.name = name
        texts = options.texts
    }
}
