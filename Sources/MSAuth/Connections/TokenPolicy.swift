/// Decides about a held token: good, good but due for renewal, or not good.
package struct TokenPolicy: Sendable {
    package enum Decision: Sendable, Equatable { case use, renew, replace }

    let minValidity: Int
    let now: Moment

    package init(minValidity: Int, now: Moment) {
        self.minValidity = minValidity
        self.now = now
    }

    package func decide(_ token: Token) -> Decision {
        // A token from the future says that a clock was wrong when it was issued: its expiry means nothing.
        guard token.acquiredOn <= now.wall + 300 else { return .replace }
        var remaining = token.expiresOn - now.wall
        if let expiresAtBoot = token.expiresAtBoot {
            remaining = min(remaining, Int(max(min(expiresAtBoot - now.boot, 1e9), -1)))
        }
        // At most half its life, or a token of five minutes would never be good.
        let lifetime = max(token.expiresOn - token.acquiredOn, 0)
        guard remaining > 0, remaining >= min(minValidity, lifetime / 2) else { return .replace }
        if let refreshOn = token.refreshOn, refreshOn <= now.wall { return .renew }
        return .use
    }
}
