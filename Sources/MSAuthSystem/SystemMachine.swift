internal import CLinux
internal import Glibc
package import MSAuth

/// This machine and process.
package struct SystemMachine: Machine {
    package init() {}

    package func variable(_ name: String) -> String? { ProcessEnvironment[name] }

    package func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Goes down part by part, and follows no symbolic link on the way. Nothing that is opened can block.
    package func read(_ path: String, limit: Int) throws(FileRefusal) -> Secret {
        var parts = path.split(separator: "/").map(String.init)
        guard let name = parts.popLast() else { throw .notRegular }
        var folder = unsafe clinux_open_folder(AT_FDCWD, "/")
        defer { close(folder) }
        for part in parts {
            let next = unsafe clinux_open_folder(folder, part)
            guard next >= 0 else { throw SystemMachine.refusal() }
            close(folder)
            folder = next
        }
        let file = unsafe openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw SystemMachine.refusal() }
        defer { close(file) }
        return try SystemMachine.regularContent(of: file, limit: limit)
    }

    package func readFollowingLinks(_ path: String, limit: Int) throws(FileRefusal) -> Secret {
        // Without waiting for who writes a pipe: that is none.
        let file = unsafe open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard file >= 0 else { throw SystemMachine.refusal() }
        defer { close(file) }
        return try SystemMachine.regularContent(of: file, limit: limit)
    }

    private static func regularContent(of file: Int32, limit: Int) throws(FileRefusal) -> Secret {
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
        return try content(of: file, limit: limit)
    }

    /// One byte more than may be there is asked for: the size may be another than a moment ago.
    private static func content(of file: Int32, limit: Int) throws(FileRefusal) -> Secret {
        let size = limit + 1
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 1)
        defer {
            unsafe explicit_bzero(buffer, size)
            unsafe buffer.deallocate()
        }
        var count = 0
        while count < size {
            let more = unsafe Glibc.read(file, buffer + count, size - count)
            if more == 0 { return unsafe Secret(copying: UnsafeRawBufferPointer(start: buffer, count: count)) }
            if more > 0 {
                count += more
            } else if errno != EINTR {
                throw refusal()
            }
        }
        throw .tooLarge
    }

    private static func refusal() -> FileRefusal {
        switch errno {
        case ENOENT: .missing
        case EACCES, EPERM: .forbidden
        case ELOOP, ENOTDIR, ENXIO: .notRegular
        default: .failed(Errno.sentence(errno))
        }
    }

    private static let probed = Lock<Bool?>(nil)

    package var imdsAnswers: Bool? { SystemMachine.probed.withLock { $0 } }

    package func remember(imdsAnswers: Bool) { SystemMachine.probed.withLock { $0 = imdsAnswers } }
}
