internal import Glibc
package import MSAuth

/// The machine's clocks.
package struct SystemClock: Clock {
    package init() {}

    package var wall: Int { SystemClock.read(CLOCK_REALTIME).tv_sec }

    package var boot: Double {
        let now = SystemClock.read(CLOCK_BOOTTIME)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    package func sleep(_ seconds: Double, _ cancellation: Cancellation) {
        let alarm = Monitor(())
        // A suspended machine stretches this sleep; who sleeps looks at its deadline by `boot` afterwards.
        _ = cancellation.interrupting(by: { alarm.change { _ in } }) {
            alarm.wait(seconds: seconds) { _ in cancellation.isCancelled ? true : nil }
        }
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var now = timespec()
        unsafe clock_gettime(clock, &now)
        return now
    }
}
