import Testing

@testable import MSAuth

@Suite struct TokenPolicyTests {
    private let clock = FakeClock()

    private func decide(
        remaining: Int, lifetime: Int = 3600, minValidity: Int = 300, refreshIn: Int? = nil, acquired: Int? = nil,
        bootRemaining: Double? = nil
    ) -> TokenPolicy.Decision {
        let now = clock.wall
        let token = Token(
            accessToken: Secret("t"), tokenType: "Bearer", expiresOn: now + remaining,
            refreshOn: refreshIn.map { now + $0 },
            acquiredOn: acquired ?? now + remaining - lifetime, grantedScopes: nil,
            expiresAtBoot: bootRemaining.map { clock.boot + $0 })
        return TokenPolicy(minValidity: minValidity, now: Moment(clock)).decide(token)
    }

    @Test("a token is good while it has min_validity left")
    func validity() {
        #expect(decide(remaining: 301) == .use)
        #expect(decide(remaining: 300) == .use)
        #expect(decide(remaining: 299) == .replace)
        #expect(decide(remaining: 0, minValidity: 0) == .replace)
        #expect(decide(remaining: 1, minValidity: 0) == .use)
        #expect(decide(remaining: -1) == .replace)
    }

    @Test("min_validity is at most half of the token's life")
    func shortLived() {
        #expect(decide(remaining: 200, lifetime: 300) == .use)
        #expect(decide(remaining: 149, lifetime: 300) == .replace)
    }

    @Test("past refresh_on it is renewed while it is still good")
    func early() {
        #expect(decide(remaining: 1800, refreshIn: -1) == .renew)
        #expect(decide(remaining: 1800, refreshIn: 1) == .use)
        #expect(decide(remaining: 100, refreshIn: -1) == .replace)
    }

    @Test("the earlier of the two clocks counts")
    func clocks() {
        #expect(decide(remaining: 3000, bootRemaining: 100) == .replace)
        #expect(decide(remaining: 100, bootRemaining: 3000) == .replace)
        #expect(decide(remaining: 3000, bootRemaining: -1e300) == .replace)
    }

    @Test("a token from the future has no expiry that can be believed")
    func future() {
        #expect(decide(remaining: 3000, acquired: clock.wall + 301) == .replace)
        #expect(decide(remaining: 3000, acquired: clock.wall + 299) == .use)
    }
}
