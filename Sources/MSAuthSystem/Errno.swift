internal import Glibc

/// What the C library says about a number.
enum Errno {
    static func sentence(_ number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        // The POSIX form, which Swift imports: it writes into the buffer.
        guard unsafe strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
