/// Keeps records as long as the process, in memory that is wiped.
package final class MemoryStore: Store {
    private let records = Lock<[ConnectionName: [Secret]]>([:])

    package init() {}

    package let name = "memory"
    package let isPersistent = false

    package func read(_ name: ConnectionName, _ cancellation: Cancellation) throws(MSAuthError) -> [Secret] {
        records.withLock { $0[name] ?? [] }
    }

    package func write(_ name: ConnectionName, _ record: Secret, _ cancellation: Cancellation) throws(MSAuthError) {
        records.withLock { $0[name] = [record] }
    }

    package func delete(_ name: ConnectionName, _ cancellation: Cancellation) throws(MSAuthError) -> Bool {
        records.withLock { $0.removeValue(forKey: name) != nil }
    }

    /// Nothing in memory becomes unreadable: there is nothing to do.
    package func setAside(_ name: ConnectionName, _ cancellation: Cancellation) throws(MSAuthError) {}

    package func list(_ cancellation: Cancellation) throws(MSAuthError) -> [StoredConnection] {
        records.withLock { records in
            records.map { StoredConnection(name: $0.key.text, records: $0.value) }
        }
    }
}
