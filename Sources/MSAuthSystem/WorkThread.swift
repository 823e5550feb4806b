internal import CLinux
internal import Glibc
internal import MSAuth

/// Threads that do the library's work in somebody else's process.
///
/// Every signal is blocked in them but those that a fault of the thread itself raises: a host that reads its signals
/// from a signalfd, or handles them on one thread, must not lose one to us. GLib's and libcurl's threads inherit that.
/// The stack is given explicitly, for `ulimit -s` would give it otherwise.
enum WorkThread {
    static let stackSize = 1 << 20

    static func start(_ cancellation: Cancellation, _ work: @escaping @Sendable () -> Void) throws(MSAuthError) {
        try ExitGate.enter(cancellation)
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setstacksize(&attributes, stackSize)
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { unsafe pthread_attr_destroy(&attributes) }

        var blocked = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&blocked)
        for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS] { unsafe sigdelset(&blocked, fault) }
        unsafe pthread_sigmask(SIG_SETMASK, &blocked, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }

        let box = unsafe Unmanaged.passRetained(Work(cancellation, work))
        var thread = pthread_t()
        let failure = unsafe pthread_create(
            &thread, &attributes,
            { box in
                unsafe clinux_name_thread("msauth")
                guard let box = unsafe box else { return nil }
                ForkGate.enter()
                defer { ForkGate.leave() }
                var work: Work? = unsafe Unmanaged<Work>.fromOpaque(box).takeRetainedValue()
                let cancellation = work?.cancellation
                work?.body()
                // What the work held, perhaps a client and its connections, is gone before its thread counts as gone.
                work = nil
                OpenSSL.leaveThread()
                if let cancellation { ExitGate.leave(cancellation) }
                return nil
            }, box.toOpaque())
        guard failure == 0 else {
            unsafe box.release()
            ExitGate.leave(cancellation)
            throw MSAuthError(
                .exhausted, "No thread is left to this process: \(Errno.sentence(failure)).",
                hint: "Fewer operations at once, or a higher limit of processes (ulimit -u).")
        }
    }

    private final class Work {
        let cancellation: Cancellation
        let body: @Sendable () -> Void

        init(_ cancellation: Cancellation, _ body: @escaping @Sendable () -> Void) {
            self.cancellation = cancellation
            self.body = body
        }
    }
}
