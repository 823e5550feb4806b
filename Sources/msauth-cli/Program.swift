internal import CLinux
internal import Glibc
internal import MSAuth

/// The program `msauth`: puts the core and the system together as the library does, and speaks with a person.
@main
enum Program {
    static func main() {
        keepMemoryPrivate()
        // A reader that has seen enough ends us without a word, also where our parent ignores SIGPIPE.
        _ = signal(SIGPIPE, SIG_DFL)
        exit(run().rawValue)
    }

    private static func run() -> Status {
        var console = Console()
        do throws(MSAuthError) {
            try Invocation.read(&console)?.run(console)
            return .ok
        } catch {
            console.fail(error)
            return error.status
        }
    }

    /// Before anything secret is read: no core dump, and no other process of this user looks in.
    private static func keepMemoryPrivate() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        clinux_forbid_core_dumps()
    }
}
