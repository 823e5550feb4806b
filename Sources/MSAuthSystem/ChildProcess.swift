internal import CLinux
internal import Glibc
internal import MSAuth

/// A program that was started by its words, without a shell: in a session of its own, so that Ctrl-C here does not end it
/// and that its group can be ended whole; with nothing of ours but the environment.
///
/// The host may ignore SIGCHLD or wait for every child: then nobody here learns how it ended.
struct ChildProcess {
    let id: pid_t

    /// Programs that nobody waits for: reaped when the next one starts.
    private static let left = Lock<[pid_t]>([])

    /// `words` has at least the program, by its whole path; `output` nil: nobody reads it. The error is a number of errno.
    static func start(_ words: [String], output: Int32? = nil) throws(Refusal) -> ChildProcess {
        left.withLock { $0.removeAll { waitpid($0, nil, WNOHANG) != 0 } }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        // First: a host that has closed its own may have given the pipe one of these numbers.
        if let output { unsafe posix_spawn_file_actions_adddup2(&actions, output, 1) }
        for descriptor in Int32(0)...2 where output == nil || descriptor != 1 {
            unsafe posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        unsafe clinux_close_from(&actions, 3)

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | clinux_spawn_in_session)

        guard let program = words.first else { throw Refusal(number: ENOENT) }
        var process = pid_t()
        var argv = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe argv.forEach { unsafe free($0) } }
        let number = unsafe posix_spawn(&process, program, &actions, &attributes, &argv, environ)
        guard number == 0 else { throw Refusal(number: number) }
        return ChildProcess(id: process)
    }

    struct Refusal: Error { let number: Int32 }

    /// A descriptor that is readable once it has ended; nil on a Linux before 5.3, or when it is gone already.
    func descriptor() -> Int32? {
        let descriptor = clinux_pidfd_open(id)
        return descriptor >= 0 ? descriptor : nil
    }

    enum State: Equatable {
        case running
        /// Nil: somebody else was told how.
        case ended(String?)
    }

    /// Looks, and does not wait.
    func look() -> State {
        var status: Int32 = 0
        while true {
            let found = unsafe waitpid(id, &status, WNOHANG)
            if found == 0 { return .running }
            if found < 0 {
                if errno == EINTR { continue }
                return .ended(nil)
            }
            let signal = status & 0x7F
            return .ended(signal == 0 ? "status \(status >> 8 & 0xFF)" : "signal \(signal)")
        }
    }

    /// Ends it and all that it has started.
    func kill() {
        // Not yet waited for, so that the number is still its own.
        _ = Glibc.kill(-id, SIGKILL)
    }

    /// Nobody waits for it any longer.
    func leave() { ChildProcess.left.withLock { $0.append(id) } }
}
