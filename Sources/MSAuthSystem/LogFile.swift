internal import FoundationEssentials
internal import Glibc
package import MSAuth

/// Appends lines to a file or a descriptor, each in one write, so that processes may share a file.
package final class LogFile: Log {
    private let descriptor: Int32
    private let isOurs: Bool

    /// `stderr`, `fd:N` or a path.
    package init(_ place: String) throws(MSAuthError) {
        if place == "stderr" || place.hasPrefix("fd:") {
            descriptor = place == "stderr" ? 2 : Int32(place.dropFirst(3)) ?? -1
            isOurs = false
            guard fcntl(descriptor, F_GETFD) >= 0 else { throw LogFile.wrong(place, "is not open") }
        } else {
            descriptor = unsafe open(place, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o600)
            isOurs = true
            guard descriptor >= 0 else { throw LogFile.wrong(place, "cannot be opened: \(Errno.sentence(errno))") }
        }
    }

    deinit {
        if isOurs { close(descriptor) }
    }

    package func write(_ line: () -> String) {
        let text = Array("\(Date().ISO8601Format()) msauth[\(getpid())] \(ServerText.clean(line()))\n".utf8)
        _ = unsafe Glibc.write(descriptor, text, text.count)
    }

    private static func wrong(_ place: String, _ what: String) -> MSAuthError {
        .invalidArgument("The option \"log\" names \(place.quotedForMessage), which \(what).")
    }
}

/// Nobody reads.
package struct NoLog: Log {
    package init() {}
    package func write(_ line: () -> String) {}
}
