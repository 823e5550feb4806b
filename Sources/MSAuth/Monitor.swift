internal import Glibc

/// A value that threads wait on until it changes.
///
/// Unlike `Lock` it takes no part in `ForkGate`, for a thread may sleep in it: what waits on one belongs to the
/// process that made it, and a forked child leaves it alone.
@safe package final class Monitor<Value>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var value: Value

    package init(_ value: sending Value) {
        self.value = value
        unsafe mutex = .allocate(capacity: 1)
        unsafe changed = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(changed, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        // Not destroyed: in a forked child a thread of the parent may seem to sleep in it, and destroying would wait
        // for that thread. glibc's have nothing to give back but this memory.
        unsafe mutex.deallocate()
        unsafe changed.deallocate()
    }

    /// Changes or reads the value, and wakes all who wait on it.
    package func change<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer {
            unsafe pthread_cond_broadcast(changed)
            unsafe pthread_mutex_unlock(mutex)
        }
        return try body(&value)
    }

    /// Looks at the value each time it changes until `body` has an answer, at most so many seconds (nil: for ever);
    /// nil when the time is over.
    package func wait<Result>(seconds: Double? = nil, _ body: (inout Value) -> Result?) -> Result? {
        var end = timespec()
        if let seconds { end = Monitor.monotonic(after: seconds) }
        var isOver = seconds == 0
        while true {
            unsafe pthread_mutex_lock(mutex)
            let result = body(&value)
            if result != nil || isOver {
                unsafe pthread_mutex_unlock(mutex)
                return result
            }
            // The mutex is given back before the gate is entered again: a fork that waits at the gate must not keep
            // others waiting for the mutex.
            ForkGate.waiting {
                if seconds == nil {
                    unsafe pthread_cond_wait(changed, mutex)
                } else {
                    isOver = unsafe pthread_cond_timedwait(changed, mutex, &end) == ETIMEDOUT
                }
                unsafe pthread_mutex_unlock(mutex)
            }
        }
    }

    private static func monotonic(after seconds: Double) -> timespec {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        let whole = min(max(seconds, 0), 1e9)
        let nanoseconds = now.tv_nsec + Int((whole - whole.rounded(.down)) * 1e9)
        return timespec(
            tv_sec: now.tv_sec + Int(whole.rounded(.down)) + nanoseconds / 1_000_000_000,
            tv_nsec: nanoseconds % 1_000_000_000)
    }
}
