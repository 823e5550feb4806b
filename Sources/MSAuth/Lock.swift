internal import Glibc

/// Guards a value that several threads change, also across a fork.
///
/// Not `Synchronization.Mutex`: that is a priority-inheriting futex on Linux, and its first contended lock in a forked
/// child ends in `fatalError`. A critical section is short, never waits, and never takes another lock: `ForkGate`
/// keeps a fork out of all of them, so that the child finds every value whole and every mutex free.
@safe package final class Lock<Value>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    package init(_ value: sending Value) {
        self.value = value
        unsafe mutex = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        ForkGate.enter()
        unsafe pthread_mutex_lock(mutex)
        defer {
            unsafe pthread_mutex_unlock(mutex)
            ForkGate.leave()
        }
        return try body(&value)
    }
}

/// Keeps `fork()` out of critical sections, and counts the forks that made this process.
///
/// A reader-writer lock: critical sections read, a fork writes. So at the moment of a fork no `Lock` is held.
package enum ForkGate {
    nonisolated(unsafe) private static let gate: UnsafeMutablePointer<pthread_rwlock_t> = {
        let gate = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)
        unsafe open(gate)
        _ = pthread_atfork(
            { unsafe pthread_rwlock_wrlock(ForkGate.gate) },
            { unsafe pthread_rwlock_unlock(ForkGate.gate) },
            {
                unsafe ForkGate.open(ForkGate.gate)
                unsafe ForkGate.generations.pointee += 1
                for close in unsafe ForkGate.inChild { close() }
            })
        return unsafe gate
    }()

    nonisolated(unsafe) private static let generations: UnsafeMutablePointer<Int> = {
        let pointer = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        unsafe pointer.initialize(to: 0)
        return unsafe pointer
    }()

    /// Written before the first operation and read in forked children alone.
    nonisolated(unsafe) private static var inChild: [@convention(c) () -> Void] = []

    /// Changes in a forked child: what was made under another number belongs to the parent.
    package static var generation: Int { unsafe generations.pointee }

    /// Runs `close`, which may only make async-signal-safe calls, in every child that is forked from now on.
    package static func runInChild(_ close: @convention(c) () -> Void) {
        unsafe pthread_rwlock_wrlock(gate)
        unsafe inChild.append(close)
        leave()
    }

    static func enter() { unsafe pthread_rwlock_rdlock(gate) }
    static func leave() { unsafe pthread_rwlock_unlock(gate) }

    /// A fork must not wait for ever behind threads that keep acquiring: it goes first.
    private static func open(_ gate: UnsafeMutablePointer<pthread_rwlock_t>) {
        var attributes = pthread_rwlockattr_t()
        unsafe pthread_rwlockattr_init(&attributes)
        unsafe pthread_rwlockattr_setkind_np(
            &attributes, Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
        unsafe pthread_rwlock_init(gate, &attributes)
        unsafe pthread_rwlockattr_destroy(&attributes)
    }
}
