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

/// Keeps `fork()` out of our code, and counts the forks that made this process.
///
/// A reader-writer lock: whoever runs our code reads, a fork writes. So at the moment of a fork no `Lock` is held, and
/// none of the Swift runtime's own: a child that found one held would wait for ever (21 of 100 children that were
/// forked during the first request did). The gate is open while a thread of ours waits for something.
package enum ForkGate {
    // Plain memory: a lazy `static let` is made under a lock of the Swift runtime's, and a child that was forked while
    // another thread made it would wait for ever. `pthread_once` makes it anew in such a child.
    nonisolated(unsafe) private static var once: pthread_once_t = 0
    nonisolated(unsafe) private static var made: UnsafeMutablePointer<pthread_rwlock_t>?
    nonisolated(unsafe) private static var depthKey: pthread_key_t = 0
    nonisolated(unsafe) private static var isRegistered = false
    nonisolated(unsafe) private static var generations = 0

    private static var gate: UnsafeMutablePointer<pthread_rwlock_t> { unsafe made.unsafelyUnwrapped }

    /// Before anything else here is looked at.
    private static func make() {
        _ = unsafe pthread_once(&once) {
            unsafe pthread_key_create(&ForkGate.depthKey, nil)
            let gate = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)
            unsafe ForkGate.open(gate)
            unsafe ForkGate.made = gate
            guard unsafe !ForkGate.isRegistered else { return }
            _ = pthread_atfork(
                // A thread of ours that forks itself (a device's module that starts a program) would wait for itself.
                {
                    if unsafe pthread_getspecific(ForkGate.depthKey) == nil {
                        unsafe pthread_rwlock_wrlock(ForkGate.gate)
                    }
                },
                {
                    if unsafe pthread_getspecific(ForkGate.depthKey) == nil {
                        unsafe pthread_rwlock_unlock(ForkGate.gate)
                    }
                },
                {
                    unsafe ForkGate.open(ForkGate.gate)
                    unsafe ForkGate.generations += 1
                    // Then nothing kept it out of other threads' locks. The program that follows has no descriptor of ours.
                    guard unsafe pthread_getspecific(ForkGate.depthKey) == nil else { return }
                    for close in unsafe ForkGate.inChild { close() }
                })
            // Behind it: a child that is forked while the call waits for the fork registers by itself.
            unsafe ForkGate.isRegistered = true
        }
    }

    /// Written before the first operation and read in forked children alone.
    nonisolated(unsafe) private static var inChild: [@convention(c) () -> Void] = []

    /// Changes in a forked child: what was made under another number belongs to the parent.
    package static var generation: Int { unsafe generations }

    /// Runs `close`, which may only make async-signal-safe calls, in every child that is forked from now on.
    package static func runInChild(_ close: @convention(c) () -> Void) {
        registering.withLock { count in
            unsafe inChild.append(close)
            count += 1
        }
    }

    /// Keeps two that register apart; the gate keeps a fork away from both.
    private static let registering = Lock(0)

    /// Lets no fork happen until `leave`. A thread may enter several times.
    package static func enter() {
        make()
        let before = depth
        if before == 0 { unsafe pthread_rwlock_rdlock(gate) }
        depth = before + 1
    }

    package static func leave() {
        let after = depth - 1
        depth = after
        if after == 0 { unsafe pthread_rwlock_unlock(gate) }
    }

    /// Runs `body`, which waits for something, with the gate open for forks.
    package static func waiting<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        make()
        let before = depth
        guard before > 0 else { return try body() }
        depth = 0
        unsafe pthread_rwlock_unlock(gate)
        defer {
            unsafe pthread_rwlock_rdlock(gate)
            depth = before
        }
        return try body()
    }

    /// How often this thread has entered.
    private static var depth: Int {
        get { unsafe Int(bitPattern: pthread_getspecific(depthKey)) }
        set { unsafe pthread_setspecific(depthKey, UnsafeRawPointer(bitPattern: newValue)) }
    }

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
