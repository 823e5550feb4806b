/// Tokens that this process alone holds, at most so many: the least recently used one makes room, one that has expired
/// before it.
///
/// It is shared by all copies of a record. A new sign-in begins with an empty one, so whatever is still on its way for
/// the sign-in before arrives where nobody looks.
package final class TokenCache: Sendable {
    package static let limit = 100_000

    private let table: Lock<TokenTable>

    package init(limit: Int = TokenCache.limit) { table = Lock(TokenTable(limit: limit)) }

    package func token(for key: TokenKey) -> Token? { table.withLock { $0.use(key) } }

    package func keep(_ token: Token, for key: TokenKey, now: Int) {
        table.withLock { $0.keep(token, for: key, now: now) }
    }

    package var count: Int { table.withLock { $0.count } }
}

/// What a cache holds, in two orders: a list from the newest use to the oldest, and a heap by expiry.
///
/// Nothing here walks over all tokens: a look-up is one hash, and taking one in is that and a way through the heap.
private struct TokenTable {
    private struct Entry {
        let key: TokenKey
        var token: Token
        /// The neighbours by use.
        var newer = none
        var older = none
        /// Where the heap has it.
        var place = 0
    }

    /// No entry.
    private static let none = -1
    /// How many expired tokens one call takes out: what has gathered is cleared away by many, not by one.
    private static let sweep = 4

    private let limit: Int
    private var numbers: [TokenKey: Int] = [:]
    /// By number; a number that is free has nil.
    private var entries: [Entry?] = []
    private var free: [Int] = []
    private var newest = none
    private var oldest = none
    /// Numbers; each expires no later than the two at twice its place.
    private var heap: [Int] = []

    init(limit: Int) { self.limit = max(limit, 1) }

    var count: Int { numbers.count }

    mutating func use(_ key: TokenKey) -> Token? {
        guard let number = numbers[key] else { return nil }
        if number != newest {
            unlink(number)
            link(number)
        }
        return entries[number]?.token
    }

    mutating func keep(_ token: Token, for key: TokenKey, now: Int) {
        if let number = numbers[key] { remove(number) }
        for _ in 0..<TokenTable.sweep {
            guard let first = heap.first, expiry(first) <= now else { break }
            remove(first)
        }
        if numbers.count >= limit { remove(oldest) }
        let number = free.popLast() ?? entries.count
        let entry = Entry(key: key, token: token, place: heap.count)
        if number == entries.count { entries.append(entry) } else { entries[number] = entry }
        numbers[key] = number
        link(number)
        heap.append(number)
        rise(heap.count - 1)
    }

    private mutating func remove(_ number: Int) {
        guard let entry = entries[number] else { return }
        unlink(number)
        let last = heap.removeLast()
        if last != number {
            put(last, entry.place)
            rise(entry.place)
            sink(entry.place)
        }
        numbers[entry.key] = nil
        entries[number] = nil
        free.append(number)
    }

    // MARK: By use

    private mutating func link(_ number: Int) {
        entries[number]?.older = newest
        entries[number]?.newer = TokenTable.none
        if newest == TokenTable.none { oldest = number } else { entries[newest]?.newer = number }
        newest = number
    }

    private mutating func unlink(_ number: Int) {
        guard let entry = entries[number] else { return }
        if entry.newer == TokenTable.none { newest = entry.older } else { entries[entry.newer]?.older = entry.older }
        if entry.older == TokenTable.none { oldest = entry.newer } else { entries[entry.older]?.newer = entry.newer }
    }

    // MARK: By expiry

    private func expiry(_ number: Int) -> Int { entries[number]?.token.expiresOn ?? 0 }

    private mutating func put(_ number: Int, _ place: Int) {
        heap[place] = number
        entries[number]?.place = place
    }

    private mutating func rise(_ from: Int) {
        var place = from
        while place > 0 {
            let above = (place - 1) / 2
            guard expiry(heap[place]) < expiry(heap[above]) else { return }
            swap(place, above)
            place = above
        }
    }

    private mutating func sink(_ from: Int) {
        var place = from
        while true {
            var first = place
            for below in [2 * place + 1, 2 * place + 2] where below < heap.count {
                if expiry(heap[below]) < expiry(heap[first]) { first = below }
            }
            guard first != place else { return }
            swap(place, first)
            place = first
        }
    }

    private mutating func swap(_ one: Int, _ other: Int) {
        let (first, second) = (heap[one], heap[other])
        put(second, one)
        put(first, other)
    }
}
