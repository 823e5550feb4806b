internal import Glibc
package import MSAuth

/// One holder at a time for each connection among all processes of a user, by `flock` on a file of its own.
///
/// The file holds nothing and is never deleted: a lock on a deleted file would be nobody's. A dead process's lock is
/// free at once, unless a raw-forked child of it lives.
package struct LockFiles: ConnectionLocks {
    private let storeName: String
    private let timeout: Double
    private let clock: any Clock
    /// For tests; nil: where this user's locks are.
    private let directory: String?

    package init(storeName: String, timeout: Double, clock: any Clock, directory: String? = nil) {
        self.storeName = storeName
        self.timeout = timeout
        self.clock = clock
        self.directory = directory
    }

    package func acquire(
        _ name: ConnectionName, atMost limit: Double?, _ cancellation: Cancellation
    ) throws(MSAuthError) -> any Lease {
        let timeout = min(timeout, limit ?? timeout)
        let folder = try LockFiles.folder(directory)
        defer { close(folder) }
        let deadline = clock.boot + timeout
        let file = try OpenSSL.sha256("\(storeName)\n\(name.text)").map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            .joined()
        var pause = 0.005
        while true {
            try cancellation.check()
            if let lease = try LockFiles.lock(file, in: folder) { return lease }
            guard clock.boot < deadline else {
                throw MSAuthError(
                    .storeBusy, "Another process has held the connection \"\(name.text)\" for \(Int(timeout)) seconds.",
                    hint: "Try again when it is done; a program that hangs may have to be ended.")
            }
            // flock has no time limit: short sleeps with jitter, so that those who wait do not march in step.
            clock.sleep(pause * Double.random(in: 0.5...1.5), cancellation)
            pause = min(pause * 1.5, 0.1)
        }
    }

    /// Nil when somebody else has it.
    private static func lock(_ file: String, in folder: Int32) throws(MSAuthError) -> LockFile? {
        while true {
            let descriptor = unsafe openat(folder, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw unusable("the lock file cannot be opened: \(Errno.sentence(errno))") }
            let lease = LockFile(descriptor)
            var mine = stat()
            var there = stat()
            guard unsafe fstat(descriptor, &mine) == 0, mine.st_uid == geteuid(), mine.st_mode & S_IFMT == S_IFREG
            else {
                throw unusable("the lock file is not this user's")
            }
            // A umask of 0777 makes files that nobody can open a second time.
            if mine.st_mode & 0o777 != 0o600 { fchmod(descriptor, 0o600) }
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                if errno == EWOULDBLOCK || errno == EINTR { return nil }
                throw unusable("the lock file cannot be locked: \(Errno.sentence(errno))")
            }
            // Somebody who cleans up may have removed the file between open and lock: then it is nobody's lock.
            if unsafe fstatat(folder, file, &there, AT_SYMLINK_NOFOLLOW) == 0, mine.st_ino == there.st_ino,
                mine.st_dev == there.st_dev
            {
                return lease
            }
        }
    }

    /// `/run/user/EUID/msauth` where that is ours, else under the user's state; never /tmp.
    private static func folder(_ given: String?) throws(MSAuthError) -> Int32 {
        if let given { return try open(given) }
        let runtime = "/run/user/\(geteuid())"
        if isPrivate(runtime), let folder = try? open("\(runtime)/msauth") { return folder }
        guard let state = stateFolder else {
            throw unusable("neither /run/user/\(geteuid()) nor XDG_STATE_HOME nor HOME names a folder of this user")
        }
        return try open("\(state)/msauth")
    }

    private static var stateFolder: String? {
        if let state = ProcessEnvironment["XDG_STATE_HOME"], state.hasPrefix("/") { return state }
        guard let home = ProcessEnvironment["HOME"], home.hasPrefix("/") else { return nil }
        return home + "/.local/state"
    }

    private static func isPrivate(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
            && status.st_mode & 0o077 == 0
    }

    /// Makes what is missing, each folder for this user alone.
    private static func open(_ path: String) throws(MSAuthError) -> Int32 {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            if unsafe mkdir(made, 0o700) == 0 { unsafe chmod(made, 0o700) }
        }
        let folder = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { throw unusable("\(path) cannot be used: \(Errno.sentence(errno))") }
        var status = stat()
        guard unsafe fstat(folder, &status) == 0, status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            close(folder)
            throw unusable("\(path) is not this user's alone")
        }
        return folder
    }

    private static func unusable(_ what: String) -> MSAuthError {
        MSAuthError(
            .storeUnavailable, "Connections cannot be locked against other processes: \(what).",
            hint: "Give this user a folder of its own: /run/user/\(geteuid()), or the one that XDG_STATE_HOME names.")
    }
}

/// A descriptor with a lock on it.
private final class LockFile: Lease {
    private let descriptor: Int32

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        HeldDescriptors.remember(descriptor)
    }

    deinit {
        // Gone from the table first: a child that is forked now must not close a number that may be somebody else's.
        guard HeldDescriptors.forget(descriptor) else { return }
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
