internal import Glibc
internal import MSAuth

/// A secret on its way in, byte by byte into memory that is wiped.
enum SecretInput {
    /// More than an option takes: what is longer is refused there.
    private static let limit = 1 << 17

    /// Asks on the terminal that the program was started from; nil when there is none.
    static func ask(_ question: String, _ interrupt: Interrupt) throws(MSAuthError) -> Secret? {
        let terminal = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        return try read(terminal, question: question, from: "the terminal", interrupt)
    }

    /// To the end; of a terminal one line, without echo. One trailing newline is no part of it, unless it may hold any byte.
    static func read(
        _ descriptor: Int32, question: String = "", from place: String, isBinary: Bool = false, _ interrupt: Interrupt
    ) throws(MSAuthError) -> Secret {
        let terminal = Terminal(descriptor)
        // After the echo is off: what is typed from now on is not seen.
        if !question.isEmpty { _ = unsafe write(descriptor, question, question.utf8.count) }
        var text = SecretText()
        var chunk = Chunk(byteCount: 4096)
        var length = 0
        while length < limit {
            try interrupt.wait(for: descriptor)
            let count = chunk.fill(from: descriptor)
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR || errno == EAGAIN { continue }
                throw .invalidArgument(
                    "No secret can be read from \(place): \(lastErrorSentence).")
            }
            unsafe text.append(contentsOf: chunk.filled(count))
            length += count
            if terminal != nil, chunk.endsLine(count) { break }
        }
        let secret = text.finish()
        return isBinary ? secret : secret.withoutNewline
    }
}

/// A buffer that is wiped.
@safe private struct Chunk: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer

    init(byteCount: Int) { unsafe memory = .allocate(byteCount: byteCount, alignment: 1) }

    deinit {
        if let start = unsafe memory.baseAddress { unsafe explicit_bzero(start, memory.count) }
        unsafe memory.deallocate()
    }

    mutating func fill(from descriptor: Int32) -> Int {
        unsafe Glibc.read(descriptor, memory.baseAddress, memory.count)
    }

    func filled(_ count: Int) -> UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    func endsLine(_ count: Int) -> Bool { unsafe memory[count - 1] == UInt8(ascii: "\n") }
}

extension Secret {
    fileprivate var withoutNewline: Secret {
        guard last == UInt8(ascii: "\n") else { return self }
        let text = dropLast()
        return Secret(text.last == UInt8(ascii: "\r") ? text.dropLast() : text)
    }
}
