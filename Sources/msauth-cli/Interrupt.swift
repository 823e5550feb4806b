internal import CLinux
internal import Glibc
internal import MSAuth

/// The user's wish to stop: SIGINT, SIGTERM or SIGHUP, seen wherever the program waits.
///
/// The signals come by a descriptor, so that no handler runs and nothing is left half done: a terminal gets its echo
/// back, and a sign-in is cancelled before the program ends. One that our parent ignores (nohup) stays ignored.
struct Interrupt {
    private let descriptor: Int32

    init() throws(MSAuthError) {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] where !Interrupt.isIgnored(number) {
            unsafe sigaddset(&signals, number)
        }
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        descriptor = unsafe signalfd(-1, &signals, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        guard descriptor >= 0 else { throw Interrupt.noDescriptor() }
    }

    /// Waits until there is something to read; throws `cancelled` when the user stops it before.
    func wait(for readable: Int32) throws(MSAuthError) {
        // poll() skips what is below zero, and would wait for ever.
        guard readable >= 0 else { throw Interrupt.noDescriptor() }
        var polled = [descriptor, readable].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while unsafe poll(&polled, 2, -1) < 0 {
            guard errno == EINTR else { throw Interrupt.noDescriptor() }
        }
        if polled[0].revents != 0 { throw .cancelled }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        unsafe sigaction(number, nil, &action)
        // Functions have no ==; these two are numbers that pose as functions.
        return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private static func noDescriptor() -> MSAuthError {
        MSAuthError(
            .exhausted, "No descriptor is left to this process: \(lastErrorSentence).",
            hint: "A higher limit of open files (ulimit -n).")
    }
}
