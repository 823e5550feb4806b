import Foundation
import Testing

@testable import MSAuth

@Suite struct TokenCacheTests {
    private func key(_ user: Int) -> TokenKey {
        TokenKey(authority: "https://login.microsoftonline.com/t", clientID: "a", scopes: "\(user)", cae: false)
    }

    private func token(_ text: String, expiresOn: Int = 10_000) -> Token {
        Token(
            accessToken: Secret(text), tokenType: "Bearer", expiresOn: expiresOn, refreshOn: nil, acquiredOn: 0,
            grantedScopes: nil)
    }

    private func text(_ cache: TokenCache, _ user: Int) -> String? { cache.token(for: key(user))?.accessToken.text() }

    @Test("the least recently used token makes room, and a look-up is a use")
    func leastRecentlyUsed() {
        let cache = TokenCache(limit: 3)
        for user in 1...3 { cache.keep(token("\(user)"), for: key(user), now: 0) }
        #expect(text(cache, 1) == "1")
        cache.keep(token("4"), for: key(4), now: 0)
        #expect(text(cache, 2) == nil)
        #expect([1, 3, 4].map { text(cache, $0) } == ["1", "3", "4"])
        cache.keep(token("5"), for: key(5), now: 0)
        #expect(text(cache, 1) == nil && cache.count == 3)
    }

    @Test("a token that has expired goes before one that was used longer ago")
    func expiredFirst() {
        let cache = TokenCache(limit: 3)
        cache.keep(token("old"), for: key(1), now: 0)
        cache.keep(token("expired", expiresOn: 50), for: key(2), now: 0)
        cache.keep(token("recent"), for: key(3), now: 0)
        cache.keep(token("new"), for: key(4), now: 60)
        #expect([1, 2, 3, 4].map { text(cache, $0) } == ["old", nil, "recent", "new"])
    }

    @Test("a new token takes the place of the old one under the same key, and no other")
    func replaced() {
        let cache = TokenCache(limit: 3)
        cache.keep(token("first", expiresOn: 10), for: key(1), now: 0)
        cache.keep(token("other"), for: key(2), now: 0)
        cache.keep(token("second"), for: key(1), now: 0)
        cache.keep(token("third"), for: key(3), now: 20)
        #expect([1, 2, 3].map { text(cache, $0) } == ["second", "other", "third"])
    }

    @Test("what has expired is cleared away by those who come later, a few at a time")
    func sweeping() {
        let cache = TokenCache()
        for user in 0..<100 { cache.keep(token("x", expiresOn: 100), for: key(user), now: 0) }
        cache.keep(token("y"), for: key(100), now: 200)
        #expect(cache.count == 97)
        for user in 101..<140 { cache.keep(token("y"), for: key(user), now: 200) }
        #expect(cache.count == 40)
    }

    @Test("it agrees with a list that is searched and sorted, over ten thousand random steps")
    func model() {
        var generator = Seeded(state: 42)
        let cache = TokenCache(limit: 20)
        /// Oldest use first.
        var list: [(user: Int, text: String, expiresOn: Int)] = []
        var now = 0
        for step in 0..<10_000 {
            let user = Int.random(in: 0..<40, using: &generator)
            let index = list.firstIndex { $0.user == user }
            if Bool.random(using: &generator) {
                #expect(text(cache, user) == index.map { list[$0].text })
                if let index { list.append(list.remove(at: index)) }
            } else {
                now += Int.random(in: 0..<3, using: &generator)
                let expiresOn = now + Int.random(in: 1..<60, using: &generator) * 1000 + step % 1000
                if let index { list.remove(at: index) }
                for _ in 0..<4 {
                    guard let first = list.map(\.expiresOn).min(), first <= now else { break }
                    list.removeAll { $0.expiresOn == first }
                }
                if list.count == 20 { list.removeFirst() }
                list.append((user, "\(step)", expiresOn))
                cache.keep(token("\(step)", expiresOn: expiresOn), for: key(user), now: now)
            }
            #expect(cache.count == list.count)
        }
    }

    @Test("a hundred thousand tokens are held, and one more costs no more than the first")
    func full() {
        let cache = TokenCache()
        let shared = token("shared")
        func seconds(_ users: Range<Int>) -> Double {
            let begun = ProcessInfo.processInfo.systemUptime
            for user in users { cache.keep(shared, for: key(user), now: 0) }
            return ProcessInfo.processInfo.systemUptime - begun
        }
        _ = seconds(0..<1000)
        let few = seconds(1000..<2000)
        _ = seconds(2000..<TokenCache.limit)
        let many = seconds(TokenCache.limit..<TokenCache.limit + 1000)
        #expect(cache.count == TokenCache.limit)
        #expect(text(cache, 0) == nil && text(cache, 999) == nil && text(cache, 1000) == "shared")
        // A walk over all of them would take a thousand times as long; a busy machine ten times.
        #expect(many < max(few, 0.005) * 20)
    }

    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }
}
